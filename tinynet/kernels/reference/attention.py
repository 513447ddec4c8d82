"""Attention, with all of its weights at once."""

import numpy as np

from ..kernel import In, Out, Scalar, kernel
from .random import dropout


def scores(q, k, mask, scale, causal):
    """scale · Q Kᵀ + mask (B, H, T, S); −inf where a query does not see the key."""
    found = np.einsum("bhid,bhjd->bhij", q, k) * q.dtype.type(scale) + (0 if mask is None else mask)
    return np.where(np.tri(*found.shape[2:], dtype=bool), found, -np.inf) if causal else found


def dropout_factors(shape, dtype, p, seed, counter):
    """What dropout multiplies the weights by."""
    factors = np.ones(shape, dtype)
    if p > 0.0:
        dropout.reference(factors, factors, p, seed, counter)
    return factors


@kernel
def attention(
    out: Out, lse: Out, q: In, k: In, v: In, mask: In, scale, causal, p: Scalar, seed: Scalar, counter: Scalar
):
    """out ← dropout(softmax(scale · q kᵀ + mask)) v, and lse ← the logarithm of the sum of each row's exponentials.

    q (B, H, T, D), k (B, H, S, D), v and out (B, H, ·, E), of any strides with contiguous rows; lse (B, H, T). mask
    (B or 1, H or 1, T or 1, S) is C-contiguous, or None. With `causal`, query i sees the keys up to i. A row that sees
    no key gives 0. Dropout draws as the kernel `dropout` does for an array (B, H, T, S).
    """
    s = scores(q, k, mask, scale, causal)
    top = np.maximum(s.max(-1, initial=-np.inf), np.finfo(q.dtype).min)
    total = np.exp(s - top[..., None]).sum(-1)
    lse[...] = np.where(total == 0, np.inf, top + np.log(np.where(total == 0, 1, total)))
    weights = np.exp(s - lse[..., None]) * dropout_factors(s.shape, q.dtype, p, seed, counter)
    out[...] = np.einsum("bhij,bhjd->bhid", weights, v)


@kernel
def attention_grad(
    gq: Out, gk: Out, gv: Out, g: In, q: In, k: In, v: In, out: In, lse: In, mask: In, scale, causal, p: Scalar,
    seed: Scalar, counter: Scalar,
):  # fmt: skip
    """With the weights P = exp(scale · q kᵀ + mask − lse), P̃ = dropout(P), and gP = dropout(g vᵀ):

    gv ← P̃ᵀ g;  gS = scale · P (gP − Σ g out);  gq ← gS k;  gk ← gSᵀ q.
    """
    weights = np.exp(scores(q, k, mask, scale, causal) - lse[..., None])
    keep = dropout_factors(weights.shape, q.dtype, p, seed, counter)
    by_weights = np.einsum("bhid,bhjd->bhij", g, v) * keep
    by_scores = scale * weights * (by_weights - (g * out).sum(-1, keepdims=True))
    gq[...], gk[...] = np.einsum("bhij,bhjd->bhid", by_scores, k), np.einsum("bhij,bhid->bhjd", by_scores, q)
    gv[...] = np.einsum("bhij,bhid->bhjd", weights * keep, g)
