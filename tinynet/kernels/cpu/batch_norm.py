"""Batch norm: each channel of the batch to mean 0 and variance 1; forward and backward in two passes over memory.

There is a loop for each of two layouts. "Rows" (M, C) have the channels side by side in memory: a batch of vectors,
or images with their channels last. "Planes" (N, C, L) have the L numbers of a channel side by side.

The first pass collects two sums by channel, the second writes the result. For the variance these are sums of x − c and
of its square, with c the mean of the first piece of rows, so that no digits cancel. They are collected in short pieces,
and merged with those of the pieces before in float64: Chan, Golub & LeVeque (1979). The work is cut by the size of the
array, never by the number of threads.
"""

from math import sqrt

import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.tasks import for_tasks, read, written
from ..runtime.threads import ARITHMETIC
from .rows import BLOCK

TASKS = 64  # at most so many
PIECE = 1 << 14  # numbers whose sums are collected in the precision of x
WIDE = 256  # numbers in a row that are enough for a loop


@kernels.batch_norm.on("cpu")
def batch_norm(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    collect, write = (_moments_of_rows, _rows) if x.ndim == 2 else (_moments_of_planes, _planes)
    channels, (out, x) = x.shape[1], _wide(out, x)
    parallel, count, length = _cut(x)
    moments = np.empty((count if training else 0, 2, x.shape[1]))
    if training:
        collect(x.dtype, parallel, count, length, moments, x)
    moments = moments.reshape(len(moments), 2, x.shape[1] // max(channels, 1), channels)
    each = x.size // max(x.shape[0] * x.shape[1], 1)  # numbers of a channel in an item
    statistics = mean, rstd, running_mean, running_var, moments, x.shape[0], length, each, eps, momentum
    _statistics(x.dtype, False, 1, *statistics)
    write(x.dtype, parallel, count, length, out, x, mean, rstd, weight, bias)


@kernels.batch_norm_grad.on("cpu")
def batch_norm_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    collect, write = (_sums_of_rows, _rows_grad) if x.ndim == 2 else (_sums_of_planes, _planes_grad)
    channels, (gx, g, x) = x.shape[1], _wide(gx, g, x)
    parallel, count, length = _cut(x)
    sums = np.empty((count, 2, x.shape[1]))
    collect(x.dtype, parallel, count, length, sums, g, x, mean, rstd)
    sums = np.add.reduce(sums.reshape(count, 2, x.shape[1] // max(channels, 1), channels), axis=(0, 2))
    gb[...], gw[...] = sums
    sums *= training * channels / max(x.size, 1)
    scale = rstd * weight
    shift, slope = sums[0].astype(x.dtype), (rstd * sums[1]).astype(x.dtype)
    write(x.dtype, parallel, count, length, gx, g, x, mean, scale, shift, slope)


def _wide(*arrays):
    """Rows as fewer and longer ones, each several pixels side by side: a loop over a few channels would start anew
    for every pixel, which takes longer than what it does."""
    rows, channels = arrays[0].shape[:2]
    while arrays[0].ndim == 2 and 0 < channels < WIDE and rows % 2 == 0 and rows > 0:
        rows, channels = rows // 2, channels * 2
    return [a.reshape(rows, channels, *a.shape[2:]) for a in arrays]


def _cut(x):
    """(whether to work in parallel, tasks, rows or images in a task)."""
    length = max(1, -(-x.shape[0] // min(TASKS, x.size // BLOCK + 1)))
    return x.size >= ARITHMETIC, -(-x.shape[0] // length), length


def _statistics_types(real):
    return *[written(real, 1)] * 4, read(types.float64, 4), *[types.intp] * 3, types.float64, types.float64


@for_tasks(_statistics_types)
def _statistics(arguments, scratch, _):
    """Merge the moments of all tasks, and update the running statistics; or take these, if there are no moments."""
    mean, rstd, running_mean, running_var, moments, items, length, each, eps, momentum = arguments[0]
    m, squares, n = np.empty(mean.size), np.empty(mean.size), 0.0
    for c in range(mean.size):
        m[c], squares[c] = 0.0, 0.0
    for task in range(moments.shape[0]):
        more = float(min(length, items - task * length) * each)
        for pixel in range(moments.shape[2]):
            n += more
            share, weight = more / n, more * (n - more) / n
            for c in range(mean.size):
                step = moments[task, 0, pixel, c] - m[c]
                m[c] += step * share
                squares[c] += moments[task, 1, pixel, c] + step * step * weight
    for c in range(mean.size):
        if n > 0:
            running_mean[c] += momentum * (m[c] - running_mean[c])
            running_var[c] += momentum * (squares[c] / (n - 1) - running_var[c])
            mean[c], rstd[c] = m[c], 1.0 / sqrt(squares[c] / n + eps)
        else:
            mean[c], rstd[c] = running_mean[c], 1.0 / sqrt(running_var[c] + eps)


# Rows


@for_tasks(lambda real: (types.intp, written(types.float64, 3), read(real, 2)))
def _moments_of_rows(arguments, scratch, task):
    length, moments, x = arguments[0]
    width, real = x.shape[1], x.dtype.type
    mean, squares = moments[task, 0], moments[task, 1]
    center, near, around = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    start, stop, piece = task * length, min(x.shape[0], (task + 1) * length), max(1, PIECE // max(width, 1))
    for c in range(width):
        center[c] = 0
    for r in range(start, min(start + piece, stop)):
        for c in range(width):
            center[c] += x[r, c]
    for c in range(width):
        center[c] /= real(min(piece, stop - start))
        mean[c], squares[c] = center[c], 0
    for first in range(start, stop, piece):
        last = min(first + piece, stop)
        for c in range(width):
            near[c], around[c] = 0, 0
        for r in range(first, last):
            for c in range(width):
                d = x[r, c] - center[c]
                near[c] += d
                around[c] += d * d
        before, more = float(first - start), float(last - first)
        share, weight = more / (before + more), more * before / (before + more)
        for c in range(width):
            # Of the piece: mean = center + near / more, and the sum of squares around it.
            shift = near[c] / more
            step = center[c] + shift - mean[c]
            mean[c] += step * share
            squares[c] += max(around[c] - shift * near[c], 0.0) + step * step * weight


def _write_types(ndim):
    return lambda real: (types.intp, written(real, ndim), read(real, ndim), *[read(real, 1)] * 4)


@for_tasks(_write_types(2))
def _rows(arguments, scratch, task):
    length, out, x, mean, rstd, weight, bias = arguments[0]
    width, channels = x.shape[1], mean.size
    center, scale, shift = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    for start in range(0, width, max(channels, 1)):
        for c in range(channels):
            center[start + c], scale[start + c], shift[start + c] = mean[c], rstd[c] * weight[c], bias[c]
    for r in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(width):
            out[r, c] = (x[r, c] - center[c]) * scale[c] + shift[c]


def _sum_types(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        return types.intp, written(types.float64, 3), array, array, vector, vector

    return signature


@for_tasks(_sum_types(2))
def _sums_of_rows(arguments, scratch, task):
    length, sums, g, x, mean, rstd = arguments[0]
    width, channels = x.shape[1], mean.size
    near, along, center = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    stop, piece = min(x.shape[0], (task + 1) * length), max(1, PIECE // max(width, 1))
    for start in range(0, width, max(channels, 1)):
        for c in range(channels):
            center[start + c] = mean[c]
    for c in range(width):
        sums[task, 0, c], sums[task, 1, c] = 0, 0
    for first in range(task * length, stop, piece):
        for c in range(width):
            near[c], along[c] = 0, 0
        for r in range(first, min(first + piece, stop)):
            for c in range(width):
                near[c] += g[r, c]
                along[c] += g[r, c] * (x[r, c] - center[c])
        for start in range(0, width, max(channels, 1)):
            for c in range(channels):
                sums[task, 0, start + c] += near[start + c]
                sums[task, 1, start + c] += along[start + c] * rstd[c]


def _grad_types(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        return types.intp, written(real, ndim), array, array, *[vector] * 4

    return signature


@for_tasks(_grad_types(2))
def _rows_grad(arguments, scratch, task):
    length, gx, g, x, mean, scale, shift, slope = arguments[0]
    width, channels = x.shape[1], mean.size
    by_g, by_x = np.empty(width, x.dtype), np.empty(width, x.dtype)
    center, constant = np.empty(width, x.dtype), np.empty(width, x.dtype)
    for start in range(0, width, max(channels, 1)):
        for c in range(channels):
            by_g[start + c], by_x[start + c] = scale[c], scale[c] * slope[c]
            center[start + c], constant[start + c] = mean[c], scale[c] * shift[c]
    for r in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(width):
            gx[r, c] = by_g[c] * g[r, c] - by_x[c] * (x[r, c] - center[c]) - constant[c]


# Planes


@for_tasks(lambda real: (types.intp, written(types.float64, 3), read(real, 3)))
def _moments_of_planes(arguments, scratch, task):
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
def _planes(arguments, scratch, task):
    length, out, x, mean, rstd, weight, bias = arguments[0]
    for i in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(x.shape[1]):
            m, scale, shift = mean[c], rstd[c] * weight[c], bias[c]
            for l in range(x.shape[2]):
                out[i, c, l] = (x[i, c, l] - m) * scale + shift


@for_tasks(_sum_types(3))
def _sums_of_planes(arguments, scratch, task):
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
def _planes_grad(arguments, scratch, task):
    length, gx, g, x, mean, scale, shift, slope = arguments[0]
    for i in range(task * length, min(x.shape[0], (task + 1) * length)):
        for c in range(x.shape[1]):
            m, by, center, tilt = mean[c], scale[c], shift[c], slope[c]
            for l in range(x.shape[2]):
                gx[i, c, l] = by * (g[i, c, l] - center - (x[i, c, l] - m) * tilt)
