"""Batch norm: each channel of the batch to mean 0 and variance 1; forward and backward in two passes over memory.

There is a loop for each of two layouts. "Rows" (M, C) have the channels side by side in memory: a batch of vectors,
or images with their channels last. "Planes" (N, C, L) have the L numbers of a channel side by side.

The first pass collects two sums by channel, the second writes the result. A mean and a sum of squares around it are
collected for a piece that fits into the first-level cache, and merged with those of the pieces before, in float64:
Chan, Golub & LeVeque (1979). The work is cut by the size of the array, never by the number of threads.
"""

from math import sqrt

import numpy as np
from numba import prange, types

from ..jit import inline
from ..versions import read, versions, written
from .rows import BLOCK, PARALLEL_SUMS

__all__ = ["batch_norm", "batch_norm_grad"]

TASKS = 64  # at most so many


def batch_norm(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    loop = (_rows if x.ndim == 2 else _planes)[x.size >= PARALLEL_SUMS, x.dtype]
    loop(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training)


def batch_norm_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    loop = (_rows_grad if x.ndim == 2 else _planes_grad)[x.size >= PARALLEL_SUMS, x.dtype]
    loop(gx, gw, gb, g, x, weight, mean, rstd, training)


batch_norm.outputs, batch_norm_grad.outputs = 5, 3


def _forward(ndim):
    def signature(real):
        vector = written(real, 1)
        inputs = read(real, ndim), read(real, 1), read(real, 1), types.float64, types.float64, types.boolean
        return (written(real, ndim), vector, vector, vector, vector, *inputs)

    return signature


def _backward(ndim):
    def signature(real):
        array, vector = read(real, ndim), read(real, 1)
        outputs = written(real, ndim), written(real, 1), written(real, 1)
        return (*outputs, array, array, vector, vector, vector, types.boolean)

    return signature


@inline
def _length(items, width):
    """Items of `width` numbers in a task."""
    tasks = min(TASKS, items * width // BLOCK + 1)
    return (items + tasks - 1) // tasks


@inline
def _statistics(mean, rstd, running_mean, running_var, counts, moments, eps, momentum, training):
    """Merge the moments of all tasks, update the running statistics; mean and rstd as they shall be used."""
    for c in range(mean.size):
        if training:
            n, m, squares = 0, 0.0, 0.0
            for task in range(counts.size):
                more = counts[task]
                if more > 0:
                    step = moments[task, 0, c] - m
                    n += more
                    m += step * more / n
                    squares += moments[task, 1, c] + step * step * more * (n - more) / n
            variance = squares / n
            unbiased = squares / (n - 1)
            running_mean[c] += momentum * (m - running_mean[c])
            running_var[c] += momentum * (unbiased - running_var[c])
        else:
            m, variance = float(running_mean[c]), float(running_var[c])
        mean[c], rstd[c] = m, 1.0 / sqrt(variance + eps)


@versions(_forward(2))
def _rows(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    rows, channels = x.shape
    length = _length(rows, channels)
    tasks = (rows + length - 1) // max(length, 1)
    piece = max(1, BLOCK // max(channels, 1))
    counts, moments = np.zeros(tasks, np.int64), np.zeros((tasks, 2, channels))
    if training:
        for task in prange(tasks):
            m, squares = moments[task, 0], moments[task, 1]
            near, around = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
            stop = min(rows, (task + 1) * length)
            for first in range(task * length, stop, piece):
                last = min(first + piece, stop)
                near[:] = 0
                around[:] = 0
                for r in range(first, last):
                    for c in range(channels):
                        near[c] += x[r, c]
                for c in range(channels):
                    near[c] /= x.dtype.type(last - first)
                for r in range(first, last):
                    for c in range(channels):
                        around[c] += (x[r, c] - near[c]) * (x[r, c] - near[c])
                before, more = counts[task], last - first
                counts[task] = before + more
                share = more / (before + more)
                for c in range(channels):
                    step = near[c] - m[c]
                    m[c] += step * share
                    squares[c] += around[c] + step * step * share * before
    _statistics(mean, rstd, running_mean, running_var, counts, moments, eps, momentum, training)
    scale = np.empty(channels, x.dtype)
    for c in range(channels):
        scale[c] = rstd[c] * weight[c]
    for task in prange(tasks):
        for r in range(task * length, min(rows, (task + 1) * length)):
            for c in range(channels):
                out[r, c] = (x[r, c] - mean[c]) * scale[c] + bias[c]


@versions(_forward(3))
def _planes(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    images, channels, size = x.shape
    length = _length(images, channels * size)
    tasks = (images + length - 1) // max(length, 1)
    counts, moments = np.zeros(tasks, np.int64), np.zeros((tasks, 2, channels))
    if training:
        for task in prange(tasks):
            start, stop = task * length, min(images, (task + 1) * length)
            for c in range(channels):
                n, m, squares = 0, 0.0, 0.0
                for i in range(start, stop):
                    for first in range(0, size, BLOCK):
                        last = min(first + BLOCK, size)
                        near, around = x.dtype.type(0), x.dtype.type(0)
                        for l in range(first, last):
                            near += x[i, c, l]
                        near /= x.dtype.type(last - first)
                        for l in range(first, last):
                            around += (x[i, c, l] - near) * (x[i, c, l] - near)
                        before, more = n, last - first
                        n += more
                        step, share = near - m, more / n
                        m += step * share
                        squares += around + step * step * share * before
                moments[task, 0, c], moments[task, 1, c] = m, squares
            counts[task] = (stop - start) * size
    _statistics(mean, rstd, running_mean, running_var, counts, moments, eps, momentum, training)
    for task in prange(tasks):
        for i in range(task * length, min(images, (task + 1) * length)):
            for c in range(channels):
                m, scale, shift = mean[c], rstd[c] * weight[c], bias[c]
                for l in range(size):
                    out[i, c, l] = (x[i, c, l] - m) * scale + shift


@inline
def _add_up(gw, gb, sums):
    """gb and gw from the sums of all tasks."""
    for c in range(gw.size):
        s, t = 0.0, 0.0
        for task in range(len(sums)):
            s += sums[task, 0, c]
            t += sums[task, 1, c]
        gb[c], gw[c] = s, t


@versions(_backward(2))
def _rows_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    rows, channels = x.shape
    length = _length(rows, channels)
    tasks = (rows + length - 1) // max(length, 1)
    piece = max(1, BLOCK // max(channels, 1))
    sums = np.zeros((tasks, 2, channels))
    for task in prange(tasks):
        near, along = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
        stop = min(rows, (task + 1) * length)
        for first in range(task * length, stop, piece):
            near[:] = 0
            along[:] = 0
            for r in range(first, min(first + piece, stop)):
                for c in range(channels):
                    near[c] += g[r, c]
                    along[c] += g[r, c] * (x[r, c] - mean[c])
            for c in range(channels):
                sums[task, 0, c] += near[c]
                sums[task, 1, c] += along[c] * rstd[c]
    _add_up(gw, gb, sums)
    scale, shift, slope = np.empty(channels, x.dtype), np.zeros(channels, x.dtype), np.zeros(channels, x.dtype)
    for c in range(channels):
        scale[c] = rstd[c] * weight[c]
        if training:
            shift[c], slope[c] = gb[c] / rows, rstd[c] * gw[c] / rows
    for task in prange(tasks):
        for r in range(task * length, min(rows, (task + 1) * length)):
            for c in range(channels):
                gx[r, c] = scale[c] * (g[r, c] - shift[c] - (x[r, c] - mean[c]) * slope[c])


@versions(_backward(3))
def _planes_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    images, channels, size = x.shape
    length = _length(images, channels * size)
    tasks = (images + length - 1) // max(length, 1)
    sums = np.zeros((tasks, 2, channels))
    for task in prange(tasks):
        for i in range(task * length, min(images, (task + 1) * length)):
            for c in range(channels):
                m = mean[c]
                for first in range(0, size, BLOCK):
                    near, along = x.dtype.type(0), x.dtype.type(0)
                    for l in range(first, min(first + BLOCK, size)):
                        near += g[i, c, l]
                        along += g[i, c, l] * (x[i, c, l] - m)
                    sums[task, 0, c] += near
                    sums[task, 1, c] += along * rstd[c]
    _add_up(gw, gb, sums)
    share = x.dtype.type(1.0 / max(images * size, 1)) if training else x.dtype.type(0)
    for task in prange(tasks):
        for i in range(task * length, min(images, (task + 1) * length)):
            for c in range(channels):
                m, scale, shift, slope = mean[c], rstd[c] * weight[c], gb[c] * share, rstd[c] * gw[c] * share
                for l in range(size):
                    gx[i, c, l] = scale * (g[i, c, l] - shift - (x[i, c, l] - m) * slope)
