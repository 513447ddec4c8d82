"""Layer norm and RMS norm of rows, forward and backward, each in one visit to a row.

The gradients by weight and bias are sums over the rows: each chunk of rows adds up its own, and these are added in
the order of the chunks.
"""

from math import sqrt

import numpy as np
from numba import types

from .. import reference as kernels
from ..elementary.floats import add_in_any_order
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import ARITHMETIC
from .rows import add_up, as_rows, plan_rows


@kernels.layer_norm.on("cpu")
def layer_norm(out, mean, rstd, x, weight, bias, eps):
    """out ← (x − mean) rstd · weight + bias for each row of x (rows, n), with rstd = 1/√(variance + eps).

    mean (rows,) and rstd (rows,) are kept for the gradient.
    """
    plan = plan_rows(_layer_norm, x.dtype, *x.shape, ARITHMETIC)
    plan.run(out, mean, rstd, as_rows(x), weight, bias, eps)


@kernels.layer_norm_grad.on("cpu")
def layer_norm_grad(gx, gw, gb, g, x, weight, mean, rstd):
    """With x̂ = (x − mean) rstd and ĝ = g · weight, the sums by row of ĝ and ĝx̂ over n being s and t:

    gx ← rstd (ĝ − s/n − x̂ t/n);  gw ← Σ g x̂ and gb ← Σ g over the rows.
    """
    plan = plan_rows(_layer_norm_grad, x.dtype, *x.shape, ARITHMETIC)
    sums = np.empty((2, plan.tasks, x.shape[1]), x.dtype)
    plan.run(gx, sums, as_rows(g), as_rows(x), weight, mean, rstd)
    add_up(gw, sums[0])
    add_up(gb, sums[1])


@kernels.rms_norm.on("cpu")
def rms_norm(out, rstd, x, weight, eps):
    """out ← x rstd · weight for each row of x, with rstd = 1/√(mean of x² + eps), kept for the gradient."""
    plan = plan_rows(_rms_norm, x.dtype, *x.shape, ARITHMETIC)
    plan.run(out, rstd, as_rows(x), weight, eps)


@kernels.rms_norm_grad.on("cpu")
def rms_norm_grad(gx, gw, g, x, weight, rstd):
    """With x̂ = x rstd, ĝ = g · weight and t = Σ ĝ x̂ by row: gx ← rstd (ĝ − x̂ t/n);  gw ← Σ g x̂ over the rows."""
    plan = plan_rows(_rms_norm_grad, x.dtype, *x.shape, ARITHMETIC)
    sums = np.empty((plan.tasks, x.shape[1]), x.dtype)
    plan.run(gx, sums, as_rows(g), as_rows(x), weight, rstd)
    add_up(gw, sums)


def _layer_types(real):
    row, column = written(real, 1), read(real, 1)
    return types.intp, written(real, 2), row, row, read(real, 2), column, column, types.float64


@parallel_for(_layer_types)
def _layer_norm(arguments, scratch, task):
    chunk, out, mean, rstd, x, weight, bias, eps = arguments[0]
    columns, real = x.shape[1], x.dtype.type
    for r in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        total, squares = real(0), real(0)
        for c in range(columns):
            total = add_in_any_order(total, x[r, c])
        m = total / real(columns)
        for c in range(columns):
            squares = add_in_any_order(squares, (x[r, c] - m) * (x[r, c] - m))
        s = real(1) / sqrt(squares / real(columns) + real(eps))
        for c in range(columns):
            out[r, c] = (x[r, c] - m) * s * weight[c] + bias[c]
        mean[r], rstd[r] = m, s


def _layer_grad_types(real):
    matrix, row = read(real, 2), read(real, 1)
    return types.intp, written(real, 2), written(real, 3), matrix, matrix, row, row, row


@parallel_for(_layer_grad_types)
def _layer_norm_grad(arguments, scratch, task):
    chunk, gx, sums, g, x, weight, mean, rstd = arguments[0]
    columns, real = x.shape[1], x.dtype.type
    w_sum, b_sum = sums[0, task], sums[1, task]
    for c in range(columns):
        w_sum[c], b_sum[c] = 0, 0
    for r in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        m, s = mean[r], rstd[r]
        total, along = real(0), real(0)
        for c in range(columns):
            x_hat = (x[r, c] - m) * s
            w_sum[c] += g[r, c] * x_hat
            b_sum[c] += g[r, c]
            total = add_in_any_order(total, g[r, c] * weight[c])
            along = add_in_any_order(along, g[r, c] * weight[c] * x_hat)
        total /= real(columns)
        along /= real(columns)
        for c in range(columns):
            gx[r, c] = s * (g[r, c] * weight[c] - total - (x[r, c] - m) * s * along)


def _rms_types(real):
    return types.intp, written(real, 2), written(real, 1), read(real, 2), read(real, 1), types.float64


@parallel_for(_rms_types)
def _rms_norm(arguments, scratch, task):
    chunk, out, rstd, x, weight, eps = arguments[0]
    columns, real = x.shape[1], x.dtype.type
    for r in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        squares = real(0)
        for c in range(columns):
            squares = add_in_any_order(squares, x[r, c] * x[r, c])
        s = real(1) / sqrt(squares / real(columns) + real(eps))
        for c in range(columns):
            out[r, c] = x[r, c] * s * weight[c]
        rstd[r] = s


def _rms_grad_types(real):
    matrix, row = read(real, 2), read(real, 1)
    return types.intp, written(real, 2), written(real, 2), matrix, matrix, row, row


@parallel_for(_rms_grad_types)
def _rms_norm_grad(arguments, scratch, task):
    chunk, gx, sums, g, x, weight, rstd = arguments[0]
    columns, real = x.shape[1], x.dtype.type
    w_sum = sums[task]
    for c in range(columns):
        w_sum[c] = 0
    for r in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        s, along = rstd[r], real(0)
        for c in range(columns):
            x_hat = x[r, c] * s
            w_sum[c] += g[r, c] * x_hat
            along = add_in_any_order(along, g[r, c] * weight[c] * x_hat)
        along /= real(columns)
        for c in range(columns):
            gx[r, c] = s * (g[r, c] * weight[c] - x[r, c] * s * along)
