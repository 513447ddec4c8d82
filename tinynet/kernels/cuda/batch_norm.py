"""Batch norm: sums by channel are reductions, what is done to each number a formula, and what to each channel a kernel.

The variance is the mean of (x − mean)², collected once the mean is known, so that no digits cancel.
"""

import numpy as np
from numba.types import int64

from ... import formulas
from .array import new
from .driver import cuda, grid, kernel, sqrt
from .lift import Elementwise
from .reduction import sum as sum_over

__all__ = ["batch_norm", "batch_norm_grad"]

_squared_distance = Elementwise(formulas.squared_distance)
_normalised, _along = Elementwise(formulas.normalised), Elementwise(formulas.along_normalised)
_grad, _scaled = Elementwise(formulas.batch_norm_grad), Elementwise(formulas.mul)


@kernel(lambda real: (*[real[::1]] * 6, int64, real, real, int64))
def channel_statistics(mean, rstd, running_mean, running_var, sums, squares, n, eps, momentum, training):
    """mean and rstd of each channel, of the batch with the running ones moved towards it, or the running ones."""
    for c in range(cuda.grid(1), mean.size, cuda.gridsize(1)):
        one, m, variance = mean.dtype.type(1), running_mean[c], running_var[c]
        if training:
            m, variance = sums[c], squares[c] / mean.dtype.type(n)
            unbiased = squares[c] / mean.dtype.type(n - 1)
            running_mean[c] += momentum * (m - running_mean[c])
            running_var[c] += momentum * (unbiased - running_var[c])
        mean[c], rstd[c] = m, one / sqrt(variance + eps)


@kernel(lambda real: (*[real[::1]] * 7, real))
def channel_slopes(scale, shift, slope, weight, rstd, gw, gb, share):
    """What `formulas.batch_norm_grad` needs of each channel; share is 1/n, or 0 where the statistics do not move."""
    for c in range(cuda.grid(1), scale.size, cuda.gridsize(1)):
        scale[c], shift[c], slope[c] = weight[c] * rstd[c], gb[c] * share, rstd[c] * gw[c] * share


def _by_channel(x, *arrays):
    """Arrays (C,) in a shape that broadcasts over x, rows (M, C) or planes (N, C, L)."""
    return [a.reshape(1, -1, *[1] * (x.ndim - 2)) for a in arrays]


def _sum(x):
    """Σ x by channel."""
    out = new(x.shape[1], x.dtype)
    sum_over(_by_channel(x, out)[0], x, (0, *range(2, x.ndim)))
    return out


def batch_norm(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    channels, n, real = mean.size, x.size // max(mean.size, 1), x.dtype.type
    if not channels:
        return
    training = bool(training) and n > 0
    sums = squares = mean
    if training:
        sums, distances = _sum(x), np.empty_like(x)
        _scaled(sums, sums, np.array(1 / n, x.dtype))
        _squared_distance(distances, x, *_by_channel(x, sums))
        squares = _sum(distances)
    arrays = mean, rstd, running_mean, running_var, sums, squares
    channel_statistics(x.dtype, *grid(channels), *arrays, n, real(eps), real(momentum), int(training))
    _normalised(out, x, *_by_channel(x, mean, rstd, weight, bias))


def batch_norm_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    channels, n = mean.size, x.size // max(mean.size, 1)
    if not channels:
        return
    products = np.empty_like(x)
    _along(products, g, x, *_by_channel(x, mean, rstd))
    axes = 0, *range(2, x.ndim)
    sum_over(_by_channel(x, gw)[0], products, axes)
    sum_over(_by_channel(x, gb)[0], g, axes)
    scale, shift, slope = (new(channels, x.dtype) for _ in range(3))
    share = x.dtype.type(1 / n if training and n else 0)
    channel_slopes(x.dtype, *grid(channels), scale, shift, slope, weight, rstd, gw, gb, share)
    _grad(gx, g, x, *_by_channel(x, mean, scale, shift, slope))


batch_norm.outputs, batch_norm_grad.outputs = 5, 3
