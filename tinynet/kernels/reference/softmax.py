"""Softmax and its logarithm along the last axis, with their gradients."""

import numpy as np

from ..kernel import In, Out, kernel


@kernel
def softmax(out: Out, x: In):
    """out ← eˣ / Σ eˣ along the last axis, shifted by the largest x so that nothing overflows."""
    exponentials = np.exp(x - x.max(-1, keepdims=True, initial=-np.inf))
    out[...] = exponentials / exponentials.sum(-1, keepdims=True)


@kernel
def log_softmax(out: Out, x: In):
    """out ← x − log Σ eˣ along the last axis."""
    shifted = x - x.max(-1, keepdims=True, initial=-np.inf)
    out[...] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


@kernel
def softmax_grad(out: Out, g: In, y: In):
    """out ← y (g − Σ g y) along the last axis, for y = softmax(x)."""
    out[...] = y * (g - (g * y).sum(-1, keepdims=True))


@kernel
def log_softmax_grad(out: Out, g: In, y: In):
    """out ← g − eʸ Σ g along the last axis, for y = log_softmax(x)."""
    out[...] = g - np.exp(y) * g.sum(-1, keepdims=True)
