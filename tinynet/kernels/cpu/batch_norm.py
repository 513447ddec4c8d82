"""Batch norm: each channel of the batch to mean 0 and variance 1; forward and backward in two passes over memory.

There is a loop for each of two layouts. "Rows" (M, C) have the channels side by side in memory: a batch of vectors,
or images with their channels last. "Planes" (N, C, L) have the L numbers of a channel side by side.

The first pass collects two sums by channel, the second writes the result. A mean and a sum of squares around it are
collected for a piece that fits into the first-level cache, and merged with those of the pieces before, in float64:
Chan, Golub & LeVeque (1979). The work is cut by the size of the array, never by the number of threads.
"""

from math import sqrt

import numpy as np
from numba import types

from .rows import BLOCK, PARALLEL_SUMS
from .tasks import for_tasks, read, written

__all__ = ["batch_norm", "batch_norm_grad"]

TASKS = 64  # at most so many


def batch_norm(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    collect, write = (_moments_of_rows, _rows) if x.ndim == 2 else (_moments_of_planes, _planes)
    parallel, count, length = _cut(x)
    moments = np.empty((count if training else 0, 2, x.shape[1]))
    if training:
        collect(x.dtype, parallel, count, length, moments, x)
    each = x.size // max(x.shape[0] * x.shape[1], 1)  # numbers of a channel in an item
    statistics = mean, rstd, running_mean, running_var, moments, x.shape[0], length, each, eps, momentum
    _statistics(x.dtype, False, 1, *statistics)
    write(x.dtype, parallel, count, length, out, x, mean, rstd, weight, bias)


def batch_norm_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    collect, write = (_sums_of_rows, _rows_grad) if x.ndim == 2 else (_sums_of_planes, _planes_grad)
    parallel, count, length = _cut(x)
    sums = np.empty((count, 2, x.shape[1]))
    collect(x.dtype, parallel, count, length, sums, g, x, mean, rstd)
    sums = np.add.reduce(sums, axis=0)
    gb[...], gw[...] = sums
    sums *= training * x.shape[1] / max(x.size, 1)
    scale = rstd * weight
    shift, slope = sums[0].astype(x.dtype), (rstd * sums[1]).astype(x.dtype)
    write(x.dtype, parallel, count, length, gx, g, x, mean, scale, shift, slope)


batch_norm.outputs, batch_norm_grad.outputs = 5, 3


def _cut(x):
    """(whether to work in parallel, tasks, rows or images in a task)."""
    length = max(1, -(-x.shape[0] // min(TASKS, x.size // BLOCK + 1)))
    return x.size >= PARALLEL_SUMS, -(-x.shape[0] // length), length


def _statistics_types(real):
    return *[written(real, 1)] * 4, read(types.float64, 3), *[types.intp] * 3, types.float64, types.float64


@for_tasks(_statistics_types)
def _statistics(_, arguments):
    """Merge the moments of all tasks, and update the running statistics; or take these, if there are no moments."""
    mean, rstd, running_mean, running_var, moments, items, length, each, eps, momentum = arguments[0]
    for c in range(mean.size):
        m, squares, n = 0.0, 0.0, 0.0
        for task in range(moments.shape[0]):
            more = float(min(length, items - task * length) * each)
            step = moments[task, 0, c] - m
            n += more
            m += step * more / n
            squares += moments[task, 1, c] + step * step * more * (n - more) / n
        if n > 0:
            running_mean[c] += momentum * (m - running_mean[c])
            running_var[c] += momentum * (squares / (n - 1) - running_var[c])
            mean[c], rstd[c] = m, 1.0 / sqrt(squares / n + eps)
        else:
            mean[c], rstd[c] = running_mean[c], 1.0 / sqrt(running_var[c] + eps)


# Rows


@for_tasks(lambda real: (types.intp, written(types.float64, 3), read(real, 2)))
def _moments_of_rows(task, arguments):
    length, moments, x = arguments[0]
    channels, real = x.shape[1], x.dtype.type
    mean, squares = moments[task, 0], moments[task, 1]
    near, around = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    start, stop, piece = task * length, min(x.shape[0], (task + 1) * length), max(1, BLOCK // max(channels, 1))
    for first in range(start, stop, piece):
        last = min(first + piece, stop)
        for c in range(channels):
            near[c], around[c] = 0, 0
        for r in range(first, last):
            for c in range(channels):
                near[c] += x[r, c]
        for c in range(channels):
            near[c] /= real(last - first)
        for r in range(first, last):
            for c in range(channels):
                around[c] += (x[r, c] - near[c]) * (x[r, c] - near[c])
        if first == start:
            for c in range(channels):
                mean[c], squares[c] = near[c], around[c]
        else:
            before, share = float(first - start), (last - first) / (last - start)
            for c in range(channels):
                step = near[c] - mean[c]
                mean[c] += step * share
                squares[c] += around[c] + step * step * share * before


def _write_types(ndim):
    return lambda real: (types.intp, written(real, ndim), read(real, ndim), *[read(real, 1)] * 4)


@for_tasks(_write_types(2))
def _rows(task, arguments):
    length, out, x, mean, rstd, weight, bias = arguments[0]
    channels = x.shape[1]
    scale = np.empty(channels, x.dtype)
    for c in range(channels):
        scale[c] = rstd[c] * weight[c]
    for r in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(channels):
            out[r, c] = (x[r, c] - mean[c]) * scale[c] + bias[c]


def _sum_types(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        return types.intp, written(types.float64, 3), array, array, vector, vector

    return signature


@for_tasks(_sum_types(2))
def _sums_of_rows(task, arguments):
    length, sums, g, x, mean, rstd = arguments[0]
    channels = x.shape[1]
    near, along = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    stop, piece = min(x.shape[0], (task + 1) * length), max(1, BLOCK // max(channels, 1))
    for c in range(channels):
        sums[task, 0, c], sums[task, 1, c] = 0, 0
    for first in range(task * length, stop, piece):
        for c in range(channels):
            near[c], along[c] = 0, 0
        for r in range(first, min(first + piece, stop)):
            for c in range(channels):
                near[c] += g[r, c]
                along[c] += g[r, c] * (x[r, c] - mean[c])
        for c in range(channels):
            sums[task, 0, c] += near[c]
            sums[task, 1, c] += along[c] * rstd[c]


def _grad_types(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        return types.intp, written(real, ndim), array, array, *[vector] * 4

    return signature


@for_tasks(_grad_types(2))
def _rows_grad(task, arguments):
    length, gx, g, x, mean, scale, shift, slope = arguments[0]
    for r in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(x.shape[1]):
            gx[r, c] = scale[c] * (g[r, c] - shift[c] - (x[r, c] - mean[c]) * slope[c])


# Planes


@for_tasks(lambda real: (types.intp, written(types.float64, 3), read(real, 3)))
def _moments_of_planes(task, arguments):
    length, moments, x = arguments[0]
    _, channels, size = x.shape
    real, start, stop = x.dtype.type, task * length, min(x.shape[0], (task + 1) * length)
    for c in range(channels):
        n, mean, squares = 0.0, 0.0, 0.0
        for i in range(start, stop):
            for first in range(0, size, BLOCK):
                last = min(first + BLOCK, size)
                near, around = real(0), real(0)
                for l in range(first, last):
                    near += x[i, c, l]
                near /= real(last - first)
                for l in range(first, last):
                    around += (x[i, c, l] - near) * (x[i, c, l] - near)
                more, step = float(last - first), near - mean
                n += more
                mean += step * more / n
                squares += around + step * step * more * (n - more) / n
        moments[task, 0, c], moments[task, 1, c] = mean, squares


@for_tasks(_write_types(3))
def _planes(task, arguments):
    length, out, x, mean, rstd, weight, bias = arguments[0]
    for i in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(x.shape[1]):
            m, scale, shift = mean[c], rstd[c] * weight[c], bias[c]
            for l in range(x.shape[2]):
                out[i, c, l] = (x[i, c, l] - m) * scale + shift


@for_tasks(_sum_types(3))
def _sums_of_planes(task, arguments):
    length, sums, g, x, mean, rstd = arguments[0]
    for c in range(x.shape[1]):
        total, along, m = 0.0, 0.0, mean[c]
        for i in range(task * length, min(x.shape[0], (task + 1) * length)):
            for first in range(0, x.shape[2], BLOCK):
                near, slope = x.dtype.type(0), x.dtype.type(0)
                for l in range(first, min(first + BLOCK, x.shape[2])):
                    near += g[i, c, l]
                    slope += g[i, c, l] * (x[i, c, l] - m)
                total += near
                along += slope
        sums[task, 0, c], sums[task, 1, c] = total, along * rstd[c]


@for_tasks(_grad_types(3))
def _planes_grad(task, arguments):
    length, gx, g, x, mean, scale, shift, slope = arguments[0]
    for i in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(x.shape[1]):
            m, by, center, tilt = mean[c], scale[c], shift[c], slope[c]
            for l in range(x.shape[2]):
                gx[i, c, l] = by * (g[i, c, l] - center - (x[i, c, l] - m) * tilt)
