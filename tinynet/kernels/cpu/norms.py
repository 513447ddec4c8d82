"""Layer norm and RMS norm of rows, forward and backward, each in one visit to a row.

The gradients by weight and bias are sums over the rows: each block of rows adds up its own, and these are added in
the order of the blocks.
"""

from math import sqrt

import numpy as np
from numba import prange, types

from ..versions import read, versions, written
from .rows import PARALLEL_SUMS, as_rows, height

__all__ = ["layer_norm", "layer_norm_grad", "rms_norm", "rms_norm_grad"]


def layer_norm(out, mean, rstd, x, weight, bias, eps):
    """out ← (x − mean) rstd · weight + bias for each row of x (rows, n), with rstd = 1/√(variance + eps).

    mean (rows,) and rstd (rows,) are kept for the gradient.
    """
    _layer_norm[x.size >= PARALLEL_SUMS, x.dtype](out, mean, rstd, as_rows(x), weight, bias, eps)


def layer_norm_grad(gx, gw, gb, g, x, weight, mean, rstd):
    """With x̂ = (x − mean) rstd and ĝ = g · weight, the sums by row of ĝ and ĝx̂ over n being s and t:

    gx ← rstd (ĝ − s/n − x̂ t/n);  gw ← Σ g x̂ and gb ← Σ g over the rows.
    """
    _layer_norm_grad[x.size >= PARALLEL_SUMS, x.dtype](gx, gw, gb, as_rows(g), as_rows(x), weight, mean, rstd)


def rms_norm(out, rstd, x, weight, eps):
    """out ← x rstd · weight for each row of x, with rstd = 1/√(mean of x² + eps), kept for the gradient."""
    _rms_norm[x.size >= PARALLEL_SUMS, x.dtype](out, rstd, as_rows(x), weight, eps)


def rms_norm_grad(gx, gw, g, x, weight, rstd):
    """With x̂ = x rstd, ĝ = g · weight and t = Σ ĝ x̂ by row: gx ← rstd (ĝ − x̂ t/n);  gw ← Σ g x̂ over the rows."""
    _rms_norm_grad[x.size >= PARALLEL_SUMS, x.dtype](gx, gw, as_rows(g), as_rows(x), weight, rstd)


layer_norm.outputs = layer_norm_grad.outputs = 3
rms_norm.outputs = rms_norm_grad.outputs = 2


def _forward(statistics, parameters):
    """The types of: out, `statistics` by row, x, `parameters` by column, eps."""

    def signature(real):
        row, column = written(real, 1), read(real, 1)
        return (written(real, 2), *[row] * statistics, read(real, 2), *[column] * parameters, types.float64)

    return signature


@versions(_forward(2, 2))
def _layer_norm(out, mean, rstd, x, weight, bias, eps):
    rows, columns = x.shape
    real = x.dtype.type
    high = height(rows, columns)
    for block in prange((rows + high - 1) // high):
        for r in range(block * high, min(rows, (block + 1) * high)):
            total, squares = real(0), real(0)
            for c in range(columns):
                total += x[r, c]
            m = total / real(columns)
            for c in range(columns):
                squares += (x[r, c] - m) * (x[r, c] - m)
            s = real(1) / sqrt(squares / real(columns) + real(eps))
            for c in range(columns):
                out[r, c] = (x[r, c] - m) * s * weight[c] + bias[c]
            mean[r], rstd[r] = m, s


def _layer_grad_types(real):
    matrix, row = read(real, 2), read(real, 1)
    return written(real, 2), written(real, 1), written(real, 1), matrix, matrix, row, row, row


@versions(_layer_grad_types)
def _layer_norm_grad(gx, gw, gb, g, x, weight, mean, rstd):
    rows, columns = x.shape
    real = x.dtype.type
    high = height(rows, columns)
    blocks = (rows + high - 1) // high
    sums = np.zeros((blocks, 2, columns), x.dtype)
    for block in prange(blocks):
        w_sum, b_sum = sums[block, 0], sums[block, 1]
        for r in range(block * high, min(rows, (block + 1) * high)):
            m, s = mean[r], rstd[r]
            total, along = real(0), real(0)
            for c in range(columns):
                x_hat = (x[r, c] - m) * s
                w_sum[c] += g[r, c] * x_hat
                b_sum[c] += g[r, c]
                total += g[r, c] * weight[c]
                along += g[r, c] * weight[c] * x_hat
            total /= real(columns)
            along /= real(columns)
            for c in range(columns):
                gx[r, c] = s * (g[r, c] * weight[c] - total - (x[r, c] - m) * s * along)
    for c in range(columns):
        gw[c], gb[c] = 0, 0
    for block in range(blocks):
        for c in range(columns):
            gw[c] += sums[block, 0, c]
            gb[c] += sums[block, 1, c]


@versions(_forward(1, 1))
def _rms_norm(out, rstd, x, weight, eps):
    rows, columns = x.shape
    real = x.dtype.type
    high = height(rows, columns)
    for block in prange((rows + high - 1) // high):
        for r in range(block * high, min(rows, (block + 1) * high)):
            squares = real(0)
            for c in range(columns):
                squares += x[r, c] * x[r, c]
            s = real(1) / sqrt(squares / real(columns) + real(eps))
            for c in range(columns):
                out[r, c] = x[r, c] * s * weight[c]
            rstd[r] = s


def _rms_grad_types(real):
    matrix, row = read(real, 2), read(real, 1)
    return written(real, 2), written(real, 1), matrix, matrix, row, row


@versions(_rms_grad_types)
def _rms_norm_grad(gx, gw, g, x, weight, rstd):
    rows, columns = x.shape
    real = x.dtype.type
    high = height(rows, columns)
    blocks = (rows + high - 1) // high
    sums = np.zeros((blocks, columns), x.dtype)
    for block in prange(blocks):
        w_sum = sums[block]
        for r in range(block * high, min(rows, (block + 1) * high)):
            s, along = rstd[r], real(0)
            for c in range(columns):
                x_hat = x[r, c] * s
                w_sum[c] += g[r, c] * x_hat
                along += g[r, c] * weight[c] * x_hat
            along /= real(columns)
            for c in range(columns):
                gx[r, c] = s * (g[r, c] * weight[c] - x[r, c] * s * along)
    for c in range(columns):
        gw[c] = 0
    for block in range(blocks):
        for c in range(columns):
            gw[c] += sums[block, c]
