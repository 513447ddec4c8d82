"""Batch norm: forward x is read once for the statistics and once to be written; backward g and x are read twice.

Mean and variance are collected together. A thread takes a few numbers at a time, finds their mean and squared distances
from it, and merges these with those of the numbers before by the formula of Chan, Golub & LeVeque (1979), in which no
digits cancel; threads and pieces are merged likewise. From all numbers the first of their channel is taken, so that a
mean that is large beside the deviation costs no digits either.
"""

from numba.types import int64
from numpy import uintp

from ... import formulas
from .. import reference as kernels
from .array.array import new
from .columns import WRITING, advance, column_sum, partition, place, stride, this_piece
from .device import driver
from .device.driver import cuda, device, kernel, sqrt
from .rows import ROW, row_sum, row_threads

TOGETHER = driver.choose(4, 2)  # numbers that a thread takes at a time

_normalised, _grad = device(formulas.normalised), device(formulas.batch_norm_grad)


@device
def merged(n, mean, squares, more, near, around):
    """How many numbers two sets have together, their mean, and the sum of the squared distances from it."""
    whole = n + more
    if whole > n:
        share, step = more / whole, near - mean
        mean, squares = mean + step * share, squares + around + step * step * n * share
    return whole, mean, squares


@device
def merge_threads(counts, means, squares, at, apart, y, left):
    """Merge what the threads of a column have left in shared memory at `at`, those of neighbours lying `apart`."""
    while left > 1:
        cuda.syncthreads()
        half = (left + 1) // 2
        if y + half < left:
            other = at + half * apart
            counts[at], means[at], squares[at] = merged(
                counts[at], means[at], squares[at], counts[other], means[other], squares[other]
            )
        left = half
    cuda.syncthreads()


@kernel(lambda real: (real[::1], real[::1], real[::1], *[int64] * 5))
def moments_of_pieces(means, squares, x, channels, plane, n, length, pieces):
    """The mean of each piece of a channel, less the channel's first number, and the sum of squared distances."""
    counts, near = cuda.shared.array(ROW, x.dtype), cuda.local.array(TOGETHER, x.dtype)
    centers = cuda.shared.array(ROW, x.dtype)
    around = cuda.shared.array(ROW, x.dtype)
    c, piece, first, stop = this_piece(channels, n, length)
    y, lines, zero, one = cuda.threadIdx.y, cuda.blockDim.y, x.dtype.type(0), x.dtype.type(1)
    origin = x[c * plane] if c < channels else zero
    jump, turn = stride(channels, plane)
    at, l = place(first + y, c, channels, plane)
    found, mean, distances = zero, zero, zero
    for start in range(first + y, stop, TOGETHER * lines):
        count, total, apart = zero, zero, zero
        for s in range(TOGETHER):
            near[s] = zero
            if start + s * lines < stop:
                near[s] = x[uintp(at)] - origin
                count += one
            total += near[s]
            at, l = advance(at, l, jump, turn, channels, plane)
        total /= count
        for s in range(TOGETHER):
            if start + s * lines < stop:
                apart += (near[s] - total) * (near[s] - total)
        found, mean, distances = merged(found, mean, distances, count, total, apart)
    mine = y * cuda.blockDim.x + cuda.threadIdx.x
    counts[mine], centers[mine], around[mine] = found, mean, distances
    merge_threads(counts, centers, around, mine, cuda.blockDim.x, y, lines)
    if y == 0 and c < channels:
        means[c * pieces + piece], squares[c * pieces + piece] = centers[mine], around[mine]


@kernel(lambda real: (*[real[::1]] * 7, *[int64] * 4, real, real))
def channel_statistics(
    mean, rstd, running_mean, running_var, means, squares, x, plane, n, length, pieces, eps, momentum
):  # fmt: skip
    """mean and rstd of each channel, a block for each: merged of its pieces, towards which the running ones then move;
    or where there are no pieces, the running ones."""
    counts = cuda.shared.array(ROW, x.dtype)
    centers = cuda.shared.array(ROW, x.dtype)
    around = cuda.shared.array(ROW, x.dtype)
    t, c, real = cuda.threadIdx.x, cuda.blockIdx.x, x.dtype.type
    found, m, distances = real(0), real(0), real(0)
    for p in range(t, pieces, cuda.blockDim.x):
        at, count = c * pieces + p, real(min(length, n - p * length))
        found, m, distances = merged(found, m, distances, count, means[at], squares[at])
    counts[t], centers[t], around[t] = found, m, distances
    merge_threads(counts, centers, around, t, 1, t, cuda.blockDim.x)
    if t == 0:
        m, variance = running_mean[c], running_var[c]
        if pieces > 0:
            m, variance = x[c * plane] + centers[0], around[0] / counts[0]
            running_mean[c] += momentum * (m - running_mean[c])
            running_var[c] += momentum * (around[0] / (counts[0] - real(1)) - running_var[c])
        mean[c], rstd[c] = m, real(1) / sqrt(variance + eps)


@kernel(lambda real: (*[real[::1]] * 6, *[int64] * 4))
def normalise_pieces(out, x, mean, rstd, weight, bias, channels, plane, n, length):
    c, _, first, stop = this_piece(channels, n, length)
    if c < channels:
        m, s, w, b = mean[c], rstd[c], weight[c], bias[c]
        jump, turn = stride(channels, plane)
        at, l = place(first + cuda.threadIdx.y, c, channels, plane)
        for _ in range(first + cuda.threadIdx.y, stop, cuda.blockDim.y):
            out[uintp(at)] = _normalised(x[uintp(at)], m, s, w, b)
            at, l = advance(at, l, jump, turn, channels, plane)


@kernel(lambda real: (*[real[::1]] * 5, *[int64] * 5))
def sums_of_pieces(g_sums, along_sums, g, x, mean, channels, plane, n, length, pieces):
    """Of each piece of a channel, Σ g and Σ g (x − mean)."""
    parts = cuda.shared.array(ROW, x.dtype)
    c, piece, first, stop = this_piece(channels, n, length)
    y, total, along = cuda.threadIdx.y, x.dtype.type(0), x.dtype.type(0)
    m = mean[c] if c < channels else total
    jump, turn = stride(channels, plane)
    at, l = place(first + y, c, channels, plane)
    for _ in range(first + y, stop, cuda.blockDim.y):
        total += g[uintp(at)]
        along += g[uintp(at)] * (x[uintp(at)] - m)
        at, l = advance(at, l, jump, turn, channels, plane)
    total, along = column_sum(parts, total), column_sum(parts, along)
    if y == 0 and c < channels:
        g_sums[c * pieces + piece], along_sums[c * pieces + piece] = total, along


@kernel(lambda real: (*[real[::1]] * 9, int64, real))
def channel_slopes(scale, shift, slope, gw, gb, weight, rstd, g_sums, along_sums, pieces, share):
    """gw, gb, and what `formulas.batch_norm_grad` needs of each channel, a block for each; share is 1/n, or 0 where the
    statistics do not move."""
    parts = cuda.shared.array(ROW, gw.dtype)
    t, c, total, along = cuda.threadIdx.x, cuda.blockIdx.x, gw.dtype.type(0), gw.dtype.type(0)
    for p in range(t, pieces, cuda.blockDim.x):
        total += g_sums[c * pieces + p]
        along += along_sums[c * pieces + p]
    total, along = row_sum(parts, t, total), row_sum(parts, t, along)
    if t == 0:
        s = rstd[c]
        gb[c], gw[c] = total, along * s
        scale[c], shift[c], slope[c] = weight[c] * s, total * share, s * (along * s) * share


@kernel(lambda real: (*[real[::1]] * 7, *[int64] * 4))
def gradient_of_pieces(gx, g, x, mean, scale, shift, slope, channels, plane, n, length):
    c, _, first, stop = this_piece(channels, n, length)
    if c < channels:
        m, by, center, tilt = mean[c], scale[c], shift[c], slope[c]
        jump, turn = stride(channels, plane)
        at, l = place(first + cuda.threadIdx.y, c, channels, plane)
        for _ in range(first + cuda.threadIdx.y, stop, cuda.blockDim.y):
            gx[uintp(at)] = _grad(g[uintp(at)], x[uintp(at)], m, by, center, tilt)
            at, l = advance(at, l, jump, turn, channels, plane)


def _shape(x):
    """(channels, numbers of a channel that lie together, numbers of a channel) of rows (M, C) or planes (N, C, L)."""
    channels = x.shape[1]
    return channels, x.shape[2] if x.ndim == 3 else 1, x.size // max(channels, 1)


@kernels.batch_norm.on("cuda")
def batch_norm(out, mean, rstd, running_mean, running_var, x, weight, bias, eps, momentum, training):
    """out ← (x − mean) rstd · weight + bias, with the mean and variance of each channel, rstd = 1/√(variance + eps).

    x and out are rows (M, C) or planes (N, C, L). With `training` the mean and variance are the batch's, and
    running_* ← (1 − momentum) running_* + momentum · (the batch's, the variance unbiased); else they are running_*.
    mean (C,) and rstd (C,) are kept for the gradient.
    """
    (channels, plane, n), real = _shape(x), x.dtype.type
    if not channels:
        return
    means = squares = mean
    pieces, length = 0, 1
    if training and n:
        blocks, threads, pieces, length = partition(channels, plane, n)
        means, squares = (new(channels * pieces, x.dtype) for _ in range(2))
        moments_of_pieces(x.dtype, blocks, threads, means, squares, x, channels, plane, n, length, pieces)
    arrays = mean, rstd, running_mean, running_var, means, squares, x
    sizes = plane, n, length, pieces
    channel_statistics(x.dtype, channels, row_threads(pieces), *arrays, *sizes, real(eps), real(momentum))
    if n:
        blocks, threads, _, length = partition(channels, plane, n, WRITING)
        arrays = out, x, mean, rstd, weight, bias
        normalise_pieces(x.dtype, blocks, threads, *arrays, channels, plane, n, length)


@kernels.batch_norm_grad.on("cuda")
def batch_norm_grad(gx, gw, gb, g, x, weight, mean, rstd, training):
    """gb ← Σ g, gw ← Σ g x̂ over all but the channels, with x̂ = (x − mean) rstd; then

    gx ← weight · rstd (g − gb/n − x̂ gw/n), or with statistics that do not depend on x, weight · rstd · g.
    """
    channels, plane, n = _shape(x)
    if not x.size:
        gw.fill(0)
        gb.fill(0)
        return
    blocks, threads, pieces, length = partition(channels, plane, n)
    g_sums, along_sums = (new(channels * pieces, x.dtype) for _ in range(2))
    sums_of_pieces(x.dtype, blocks, threads, g_sums, along_sums, g, x, mean, channels, plane, n, length, pieces)
    scale, shift, slope = (new(channels, x.dtype) for _ in range(3))
    arrays = scale, shift, slope, gw, gb, weight, rstd, g_sums, along_sums
    channel_slopes(x.dtype, channels, row_threads(pieces), *arrays, pieces, x.dtype.type(1 / n if training else 0))
    blocks, threads, _, length = partition(channels, plane, n, WRITING)
    gradient_of_pieces(x.dtype, blocks, threads, gx, g, x, mean, scale, shift, slope, channels, plane, n, length)
