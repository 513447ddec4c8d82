"""Batch norm: each channel of the batch to mean 0 and variance 1; forward and backward in two passes over memory.

There is a loop for each of two layouts. "Rows" (M, C) have the channels side by side in memory: a batch of vectors,
or images with their channels last. "Planes" (N, C, L) have the L numbers of a channel side by side.

The first pass collects two sums by channel, the second writes the result. For the variance these are sums of x − c and
of its square, with c the mean of some rows, so that no digits cancel. They are collected in short segments, and merged
with those of the segments before in float64: Chan, Golub & LeVeque (1979). The work is cut by the size of the array,
never by the number of threads.
"""

import math
from math import sqrt

import numpy as np
from numba import types

from .. import reference as kernels
from ..elementary.floats import add_in_any_order
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC

CHUNK = 1 << 15  # numbers that are worth a task of their own, which first copies what it needs of each channel
TASKS = 64  # at most so many
PLANE = 1 << 12  # numbers of a plane whose sums are collected in the precision of x
SEGMENT = 1 << 14  # numbers whose sums are collected in the precision of x
LONG = 256  # numbers in a row that are enough for a loop
SAMPLED = 8  # rows of a task, far apart, whose mean is near enough to that of all


@kernels.batch_norm.on("cpu")
def batch_norm(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    collect, write = (_moments_of_rows, _rows) if x.ndim == 2 else (_moments_of_planes, _planes)
    channels, (out, x) = x.shape[1], _in_long_rows(out, x)
    plan = _plan(write, x.dtype, x.shape)
    moments = np.empty((plan.tasks if training else 0, 2, x.shape[1]))
    if training:
        _plan(collect, x.dtype, x.shape).run(moments, x)
    moments = moments.reshape(len(moments), 2, x.shape[1] // max(channels, 1), channels)
    each = x.size // max(x.shape[0] * x.shape[1], 1)  # numbers of a channel in an item
    (chunk,) = plan.constants
    statistics = mean, rstd, running_mean, running_var, moments, x.shape[0], chunk, each, eps, momentum
    _one_task(_statistics, x.dtype).run(*statistics)
    plan.run(out, x, mean, rstd, weight, bias)


@kernels.batch_norm_grad.on("cpu")
def batch_norm_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    collect, write = (_sums_of_rows, _rows_grad) if x.ndim == 2 else (_sums_of_planes, _planes_grad)
    channels, (gx, g, x) = x.shape[1], _in_long_rows(gx, g, x)
    plan = _plan(collect, x.dtype, x.shape)
    sums = np.empty((plan.tasks, 2, x.shape[1]))
    plan.run(sums, g, x, mean, rstd)
    sums = sums.reshape(plan.tasks, 2, x.shape[1] // max(channels, 1), channels)
    scale, shift, slope = np.empty((3, channels), x.dtype)
    fraction = training * channels / max(x.size, 1)
    _one_task(_slopes, x.dtype).run(gw, gb, scale, shift, slope, sums, weight, rstd, fraction)
    _plan(write, x.dtype, x.shape).run(gx, g, x, mean, scale, shift, slope)


def _in_long_rows(*arrays):
    """Rows as fewer and longer ones, each several pixels side by side: a loop over a few channels would start anew
    for every pixel, which takes longer than what it does."""
    rows, channels = arrays[0].shape[:2]
    while arrays[0].ndim == 2 and 0 < channels < LONG and rows % 2 == 0 and rows > 0:
        rows, channels = rows // 2, channels * 2
    return [a.reshape(rows, channels, *a.shape[2:]) for a in arrays]


@planned
def _plan(kernel, dtype, shape):
    """Chunks of rows or images, whose length is the kernel's first argument."""
    items, size = shape[0], math.prod(shape)
    chunk = max(1, -(-items // min(TASKS, max(size // CHUNK, 1))))
    return Plan(kernel, dtype, -(-items // chunk), size >= ARITHMETIC, chunk)


@planned
def _one_task(kernel, dtype):
    return Plan(kernel, dtype, 1, False)


def _statistics_types(real):
    return *[written(real, 1)] * 4, read(types.float64, 4), *[types.intp] * 3, types.float64, types.float64


@parallel_for(_statistics_types)
def _statistics(arguments, scratch, _):
    """Merge the moments of all tasks, and update the running statistics; or take these, if there are no moments."""
    mean, rstd, running_mean, running_var, moments, items, chunk, each, eps, momentum = arguments[0]
    m, squares, n = np.empty(mean.size), np.empty(mean.size), 0.0
    for c in range(mean.size):
        m[c], squares[c] = 0.0, 0.0
    for task in range(moments.shape[0]):
        count = float(min(chunk, items - task * chunk) * each)
        for pixel in range(moments.shape[2]):
            n += count
            fraction, weight = count / n, count * (n - count) / n
            for c in range(mean.size):
                delta = moments[task, 0, pixel, c] - m[c]
                m[c] += delta * fraction
                squares[c] += moments[task, 1, pixel, c] + delta * delta * weight
    for c in range(mean.size):
        if n > 0:
            running_mean[c] += momentum * (m[c] - running_mean[c])
            running_var[c] += momentum * (squares[c] / (n - 1) - running_var[c])
            mean[c], rstd[c] = m[c], 1.0 / sqrt(squares[c] / n + eps)
        else:
            mean[c], rstd[c] = running_mean[c], 1.0 / sqrt(running_var[c] + eps)


def _slopes_types(real):
    return *[written(real, 1)] * 5, read(types.float64, 4), *[read(real, 1)] * 2, types.float64


@parallel_for(_slopes_types)
def _slopes(arguments, scratch, _):
    """gw and gb, the sums of all tasks, and what the gradient by x takes of them, given the `fraction` 1/n, or 0."""
    gw, gb, scale, shift, slope, sums, weight, rstd, fraction = arguments[0]
    total, along = np.empty(gw.size), np.empty(gw.size)
    for c in range(gw.size):
        total[c], along[c] = 0.0, 0.0
    for task in range(sums.shape[0]):
        for pixel in range(sums.shape[2]):
            for c in range(gw.size):
                total[c] += sums[task, 0, pixel, c]
                along[c] += sums[task, 1, pixel, c]
    for c in range(gw.size):
        gb[c], gw[c] = total[c], along[c]
        scale[c], shift[c], slope[c] = rstd[c] * weight[c], total[c] * fraction, rstd[c] * (along[c] * fraction)


# Rows
# Moments are collected from four rows at a time, and so loaded and stored once for four. The gradient's sums, which
# read two arrays, are not: eight rows at a time are more than the processor fetches ahead.


@parallel_for(lambda real: (types.intp, written(types.float64, 3), read(real, 2)))
def _moments_of_rows(arguments, scratch, task):
    chunk, moments, x = arguments[0]
    width, real = x.shape[1], x.dtype.type
    mean, squares = moments[task, 0], moments[task, 1]
    center, total, m2 = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    start, stop, segment = task * chunk, min(x.shape[0], (task + 1) * chunk), max(1, SEGMENT // max(width, 1))
    step = max(1, (stop - start) // SAMPLED)
    for c in range(width):
        center[c] = 0
    for r in range(start, stop, step):
        for c in range(width):
            center[c] += x[r, c]
    sampled = real((stop - start + step - 1) // step)
    for c in range(width):
        center[c] /= sampled
        mean[c], squares[c] = center[c], 0
    for first in range(start, stop, segment):
        last = min(first + segment, stop)
        for c in range(width):
            total[c], m2[c] = 0, 0
        by_four = last - (last - first) % 4
        for r in range(first, by_four, 4):
            for c in range(width):
                m = center[c]
                d0, d1, d2, d3 = x[r, c] - m, x[r + 1, c] - m, x[r + 2, c] - m, x[r + 3, c] - m
                total[c] += d0 + d1 + (d2 + d3)
                m2[c] += d0 * d0 + d1 * d1 + (d2 * d2 + d3 * d3)
        for r in range(by_four, last):
            for c in range(width):
                d = x[r, c] - center[c]
                total[c] += d
                m2[c] += d * d
        before, count = float(first - start), float(last - first)
        fraction, weight = count / (before + count), count * before / (before + count)
        for c in range(width):
            # Of the segment: mean = center + total / count, and the sum of squares around it.
            shift = total[c] / count
            delta = center[c] + shift - mean[c]
            mean[c] += delta * fraction
            squares[c] += max(m2[c] - shift * total[c], 0.0) + delta * delta * weight


def _write_types(ndim):
    return lambda real: (types.intp, written(real, ndim), read(real, ndim), *[read(real, 1)] * 4)


@parallel_for(_write_types(2))
def _rows(arguments, scratch, task):
    chunk, out, x, mean, rstd, weight, bias = arguments[0]
    width, channels = x.shape[1], mean.size
    center, scale, shift = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    for start in range(0, width, max(channels, 1)):
        for c in range(channels):
            center[start + c], scale[start + c], shift[start + c] = mean[c], rstd[c] * weight[c], bias[c]
    for r in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        for c in range(width):
            out[r, c] = (x[r, c] - center[c]) * scale[c] + shift[c]


def _sum_types(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        return types.intp, written(types.float64, 3), array, array, vector, vector

    return signature


@parallel_for(_sum_types(2))
def _sums_of_rows(arguments, scratch, task):
    chunk, sums, g, x, mean, rstd = arguments[0]
    width, channels = x.shape[1], mean.size
    total, along, center = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    stop, segment = min(x.shape[0], (task + 1) * chunk), max(1, SEGMENT // max(width, 1))
    for start in range(0, width, max(channels, 1)):
        for c in range(channels):
            center[start + c] = mean[c]
    for c in range(width):
        sums[task, 0, c], sums[task, 1, c] = 0, 0
    for first in range(task * chunk, stop, segment):
        for c in range(width):
            total[c], along[c] = 0, 0
        for r in range(first, min(first + segment, stop)):
            for c in range(width):
                total[c] += g[r, c]
                along[c] += g[r, c] * (x[r, c] - center[c])
        for start in range(0, width, max(channels, 1)):
            for c in range(channels):
                sums[task, 0, start + c] += total[start + c]
                sums[task, 1, start + c] += along[start + c] * rstd[c]


def _grad_types(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        return types.intp, written(real, ndim), array, array, *[vector] * 4

    return signature


@parallel_for(_grad_types(2))
def _rows_grad(arguments, scratch, task):
    chunk, gx, g, x, mean, scale, shift, slope = arguments[0]
    width, channels = x.shape[1], mean.size
    by_g, by_x = np.empty(width, x.dtype), np.empty(width, x.dtype)
    center, constant = np.empty(width, x.dtype), np.empty(width, x.dtype)
    for start in range(0, width, max(channels, 1)):
        for c in range(channels):
            by_g[start + c], by_x[start + c] = scale[c], scale[c] * slope[c]
            center[start + c], constant[start + c] = mean[c], scale[c] * shift[c]
    for r in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        for c in range(width):
            gx[r, c] = by_g[c] * g[r, c] - by_x[c] * (x[r, c] - center[c]) - constant[c]


# Planes


@parallel_for(lambda real: (types.intp, written(types.float64, 3), read(real, 3)))
def _moments_of_planes(arguments, scratch, task):
    chunk, moments, x = arguments[0]
    _, channels, size = x.shape
    real, start, stop = x.dtype.type, task * chunk, min(x.shape[0], (task + 1) * chunk)
    for c in range(channels):
        n, mean, squares = 0.0, 0.0, 0.0
        for i in range(start, stop):
            for first in range(0, size, PLANE):
                last = min(first + PLANE, size)
                m, m2 = real(0), real(0)
                for l in range(first, last):
                    m = add_in_any_order(m, x[i, c, l])
                m /= real(last - first)
                for l in range(first, last):
                    m2 = add_in_any_order(m2, (x[i, c, l] - m) * (x[i, c, l] - m))
                count, delta = float(last - first), m - mean
                n += count
                mean += delta * count / n
                squares += m2 + delta * delta * count * (n - count) / n
        moments[task, 0, c], moments[task, 1, c] = mean, squares


@parallel_for(_write_types(3))
def _planes(arguments, scratch, task):
    chunk, out, x, mean, rstd, weight, bias = arguments[0]
    for i in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        for c in range(x.shape[1]):
            m, scale, shift = mean[c], rstd[c] * weight[c], bias[c]
            for l in range(x.shape[2]):
                out[i, c, l] = (x[i, c, l] - m) * scale + shift


@parallel_for(_sum_types(3))
def _sums_of_planes(arguments, scratch, task):
    chunk, sums, g, x, mean, rstd = arguments[0]
    for c in range(x.shape[1]):
        total, along, m = 0.0, 0.0, mean[c]
        for i in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
            for first in range(0, x.shape[2], PLANE):
                g_sum, gx_sum = x.dtype.type(0), x.dtype.type(0)
                for l in range(first, min(first + PLANE, x.shape[2])):
                    g_sum = add_in_any_order(g_sum, g[i, c, l])
                    gx_sum = add_in_any_order(gx_sum, g[i, c, l] * (x[i, c, l] - m))
                total += g_sum
                along += gx_sum
        sums[task, 0, c], sums[task, 1, c] = total, along * rstd[c]


@parallel_for(_grad_types(3))
def _planes_grad(arguments, scratch, task):
    chunk, gx, g, x, mean, scale, shift, slope = arguments[0]
    for i in range(task * chunk, min(x.shape[0], (task + 1) * chunk)):
        for c in range(x.shape[1]):
            m, by, center, slope_c = mean[c], scale[c], shift[c], slope[c]
            for l in range(x.shape[2]):
                gx[i, c, l] = by * (g[i, c, l] - center - (x[i, c, l] - m) * slope_c)
