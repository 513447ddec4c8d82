"""Attention: the scores of some batches at a time by the matrix product, and what lies between the products by rows.

The CPU's kernel never holds the scores of a whole head. Here products of whole heads are what the GPU is fast at, so
the scores are held, of as many batches as take SCRATCH bytes. The softmax of a row, its mask and its dropout are one
kernel, in place; backward, a second one makes of the scores and of gP the weights and the gradient of the scores.
"""

import math

import numpy as np
from numba.types import int64

from .. import reference as kernels
from .array.array import new
from .device import driver
from .device.driver import cuda, device, exp, kernel, log
from .matmul import matmul
from .random import philox_block
from .rows import ROW, larger, row_grid, row_max, row_sum, this_row

SCRATCH = driver.choose(1 << 28, 1 << 9)  # bytes of scores


@device
def score(scores, mask, at, i, j, masked, mask_row, scale, causal):
    """The score of query i and key j, with what the mask adds; −inf where the query does not see the key."""
    value = scores[at + j] * scale
    if masked:
        value += mask[mask_row + j]
    if causal and j > i:
        value = -scores.dtype.type(np.inf)
    return value


@device
def dropout_factor(element, drops, limit, seed, counter, factor, zero, one):
    """What dropout multiplies an element by, as in `random.dropout`: `factor` or 0, and 1 where nothing is dropped."""
    if not drops:
        return one
    keeps = np.int64(philox_block(seed, counter + element // 4)[element % 4]) >> 8 >= limit
    return factor if keeps else zero


@device
def mask_start(row, heads, queries, keys, mask_b, mask_h, mask_t):
    """Where the mask of a row of scores begins; along an axis of length 1 its step is 0."""
    i, head = row % queries, row // queries
    return (head // heads * mask_b + head % heads * mask_h + i * mask_t) * keys


def _types(arrays):
    return lambda real: (*[real[::1]] * arrays, *[int64] * 8, real, *[int64] * 5, real)


@kernel(_types(3))
def weigh(
    scores, lse, mask, heads, queries, keys, masked, mask_b, mask_h, mask_t, causal, scale, first, drops, limit, seed,
    counter, factor,
):  # fmt: skip
    """scores ← dropout(softmax(scale · scores + mask)) by rows, and lse ← the logarithm of each sum of exponentials."""
    parts = cuda.shared.array(ROW, scores.dtype)
    t, step, (row, at, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(keys, scores.size)
    i, zero, one = row % queries, scores.dtype.type(0), scores.dtype.type(1)
    start = mask_start(row, heads, queries, keys, mask_b, mask_h, mask_t)
    top = -scores.dtype.type(np.inf)
    for j in range(t, count, step):
        top = larger(top, score(scores, mask, at, i, j, masked, start, scale, causal))
    top = row_max(parts, t, top)
    shift = zero if top == -scores.dtype.type(np.inf) else top  # a query that sees no key
    total = zero
    for j in range(t, count, step):
        power = exp(score(scores, mask, at, i, j, masked, start, scale, causal) - shift)
        scores[at + j] = power
        total += power
    total = row_sum(parts, t, total)
    share = zero if total == zero else one / total
    for j in range(t, count, step):
        value = scores[at + j] * share
        scores[at + j] = value * dropout_factor(first + at + j, drops, limit, seed, counter, factor, zero, one)
    if t == 0 and count:  # for a query that sees no key +∞, by which all its weights are 0 in the backward too
        lse[row] = scores.dtype.type(np.inf) if total == zero else shift + log(total)


@kernel(_types(4))
def weigh_grad(
    scores, gp, lse, mask, heads, queries, keys, masked, mask_b, mask_h, mask_t, causal, scale, first, drops, limit,
    seed, counter, factor,
):  # fmt: skip
    """scores ← the weights after dropout, P̃, and gp, the gradient by these, ← scale · P (dropout(gp) − Σ gp P̃)."""
    parts = cuda.shared.array(ROW, scores.dtype)
    t, step, (row, at, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(keys, scores.size)
    i, zero, one = row % queries, scores.dtype.type(0), scores.dtype.type(1)
    start = mask_start(row, heads, queries, keys, mask_b, mask_h, mask_t)
    total, shift = zero, lse[row] if count else zero
    for j in range(t, count, step):
        weight = exp(score(scores, mask, at, i, j, masked, start, scale, causal) - shift)
        scores[at + j] = weight
        keep = dropout_factor(first + at + j, drops, limit, seed, counter, factor, zero, one)
        total += weight * gp[at + j] * keep
    total = row_sum(parts, t, total)
    for j in range(t, count, step):
        weight = scores[at + j]
        keep = dropout_factor(first + at + j, drops, limit, seed, counter, factor, zero, one)
        gp[at + j] = scale * weight * (gp[at + j] * keep - total)
        scores[at + j] = weight * keep


class _Rows:
    """The numbers that both kernels take, for some batches at a time."""

    def __init__(self, q, k, mask, scale, causal, p, seed, counter):
        self.batches, self.heads, self.queries = q.shape[:3]
        self.keys, self.real = k.shape[2], q.dtype.type
        steps, step = [], 1
        for n in reversed(mask.shape[:3] if mask is not None else (1, 1, 1)):
            steps.append(step if n > 1 else 0)
            step *= n
        self.mask, self.steps = mask, steps[::-1]
        factor = self.real(1 / (1 - p)) if p < 1 else self.real(0)
        self.masked = int(mask is not None), *self.steps, int(causal), self.real(scale)
        self.dropout = int(p > 0), int(p * 16777216.0), seed, counter, factor
        self.size = self.heads * self.queries * self.keys  # scores of a batch
        self.some = max(1, SCRATCH // max(self.size * q.itemsize, 1))

    def pieces(self):
        """(the batches of a piece, the mask for them, the number of its first score)."""
        for b in range(0, self.batches, self.some):
            part = slice(b, min(b + self.some, self.batches))
            mask = self.mask[part] if self.mask is not None and self.mask.shape[0] > 1 else self.mask
            yield part, mask, b * self.size

    def numbers(self, first):
        return *self.masked, first, *self.dropout


@kernels.attention.on("cuda")
def attention(out, lse, q, k, v, mask, scale, causal, p, seed, counter):
    """out ← dropout(softmax(scale · q kᵀ + mask)) v, and lse ← the logarithm of the sum of each row's exponentials.

    q (B, H, T, D), k (B, H, S, D), v and out (B, H, ·, E), of any strides; lse (B, H, T). mask (B or 1, H or 1, T or 1,
    S) is C-contiguous, or None. With `causal`, query i sees the keys up to i. A row that sees no key gives 0. Dropout
    draws as `random.dropout` does for an array (B, H, T, S).
    """
    rows = _Rows(q, k, mask, scale, causal, p, seed, counter)
    if not rows.keys or not lse.size:
        out.fill(0)
        lse.fill(math.inf)
        return
    for part, mask, first in rows.pieces():
        scores = _scores(q[part], k[part])
        count = scores.size // rows.keys
        sizes = rows.heads, rows.queries, rows.keys
        arrays = scores, lse[part], scores if mask is None else mask
        weigh(q.dtype, *row_grid(count, rows.keys), *arrays, *sizes, *rows.numbers(first))
        matmul(out[part], scores, v[part])


@kernels.attention_grad.on("cuda")
def attention_grad(gq, gk, gv, g, q, k, v, out, lse, mask, scale, causal, p, seed, counter):
    """With the weights P = exp(scale · q kᵀ + mask − lse), P̃ = dropout(P), and gP = dropout(g vᵀ):

    gv ← P̃ᵀ g;  gS = scale · P (gP − Σ gP P);  gq ← gS k;  gk ← gSᵀ q.
    """
    rows = _Rows(q, k, mask, scale, causal, p, seed, counter)
    if not rows.keys or not lse.size:
        for by in (gq, gk, gv):
            by.fill(0)
        return
    for part, mask, first in rows.pieces():
        scores, gp = _scores(q[part], k[part]), _scores(g[part], v[part])
        arrays = scores, gp, lse[part], scores if mask is None else mask
        sizes = rows.heads, rows.queries, rows.keys
        weigh_grad(q.dtype, *row_grid(scores.size // rows.keys, rows.keys), *arrays, *sizes, *rows.numbers(first))
        matmul(gv[part], scores.swapaxes(-1, -2), g[part])
        matmul(gq[part], gp, k[part])
        matmul(gk[part], gp.swapaxes(-1, -2), q[part])


def _scores(q, k):
    scores = new((*q.shape[:3], k.shape[2]), q.dtype)
    matmul(scores, q, k.swapaxes(-1, -2))
    return scores
