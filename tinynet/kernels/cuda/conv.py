"""Convolutions as matrix products that read through tables, without writing the matrix out.

Of the matrix that a convolution is a product of (a row for each output pixel, a column for each place in the kernel and
channel), number (r, l) lies at `row[r] + step[l]` in the image, padded with zeros and with its channels last. So the
kernel of `matmul.py`, with its tile in registers, needs two tables for each operand in place of two strides.

A transposed convolution is a convolution, with the kernel mirrored, of an image in which stride − 1 zeros stand between
the pixels; the gradient by the weight is a product whose sum runs over the pixels.
"""

import functools

import numpy as np
from numba.types import int64
from numpy import uintp

from ..cpu.layout import nhwc, padded
from .array import from_host, new
from .driver import cuda, kernel
from .matmul import (
    BELOW,
    DEPTH,
    EACH,
    LOADS,
    MANY_TILES,
    NEXT,
    PART,
    SIDE,
    SLICE,
    SPLIT_FROM,
    THREADS,
    TILE,
    WIDTH,
    add_slices,
    clear,
)

__all__ = ["convolve", "convolve_transposed", "correlate", "sum_pixels"]


def _types(real):
    return (*[real[::1]] * 4, *[int64[::1]] * 4, *[int64] * 12)


@kernel(_types, registers=128)
def multiply_through_tables(
    out, a, b, bias, a_row, a_step, b_step, b_column, m, n, k, part, parts, out_row, out_group, out_part, a_group,
    b_group, by_steps, biased,
):  # fmt: skip
    """out[group, part] ← A B over `part` steps of k, where A[i, l] is a[a_row[i] + a_step[l]], and likewise B.

    With `by_steps`, numbers of A that are neighbours in memory are those of a row, else those of a column.

    Blocks count through the tiles of a row, the rows of tiles, the parts, and the groups. See `matmul.multiply`.
    """
    slice_a = cuda.shared.array(SLICE, out.dtype)
    slice_b = cuda.shared.array(SLICE, out.dtype)
    sums = cuda.local.array((EACH, EACH), out.dtype)
    column, row = cuda.local.array(EACH, out.dtype), cuda.local.array(EACH, out.dtype)
    next_a, next_b = cuda.local.array(LOADS, out.dtype), cuda.local.array(LOADS, out.dtype)
    zero = out.dtype.type(0)
    t = cuda.threadIdx.x
    ty, tx = t // SIDE, t % SIDE
    wide, high = (n + TILE - 1) // TILE, (m + TILE - 1) // TILE
    z, tile = cuda.blockIdx.x // (wide * high), cuda.blockIdx.x % (wide * high)
    i0, j0 = tile // wide * TILE, tile % wide * TILE
    group, first = z // parts, z % parts * part
    last = min(first + part, k)
    a0, b0 = group * a_group, group * b_group
    ia, ia_more, la, la_more = (t // DEPTH, NEXT, t % DEPTH, 0) if by_steps else (t % TILE, 0, t // TILE, BELOW)
    jb, lb = t % TILE, t // TILE  # columns of B are neighbours always
    clear(sums, next_a, next_b, zero)
    for l0 in range(first - DEPTH, last, DEPTH):
        if l0 >= first:
            for s in range(LOADS):
                slice_a[uintp((la + s * la_more) * WIDTH + ia + s * ia_more)] = next_a[s]
                slice_b[uintp((lb + s * BELOW) * WIDTH + jb)] = next_b[s]
        cuda.syncthreads()
        for s in range(LOADS):
            i, l = i0 + ia + s * ia_more, l0 + DEPTH + la + s * la_more
            next_a[s] = a[uintp(a0 + a_row[uintp(i)] + a_step[uintp(l)])] if i < m and l < last else zero
            j, l = j0 + jb, l0 + DEPTH + lb + s * BELOW
            next_b[s] = b[uintp(b0 + b_step[uintp(l)] + b_column[uintp(j)])] if j < n and l < last else zero
        if l0 >= first:
            add_slices(sums, column, row, slice_a, slice_b, ty, tx)
        cuda.syncthreads()
    start = group * out_group + z % parts * out_part
    for i in range(EACH):
        for j in range(EACH):
            r, c = i0 + ty + i * SIDE, j0 + tx + j * SIDE
            if r < m and c < n:
                value = sums[i, j]
                if biased:
                    value += bias[group * n + c]
                out[start + r * out_row + c] = value


# --- tables -------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=512)
def _line(count, step):
    """0, step, 2 step, ...: the table of a plain matrix."""
    return from_host(np.arange(count, dtype=np.int64) * step)


@functools.lru_cache(maxsize=512)
def _pixels(images, size, channels, count, stride, first):
    """Where the pixels of the output begin to look, in an image (high, wide, channels) of this size."""
    n, i, j = np.ogrid[:images, : count[0], : count[1]]
    rows, columns = i * stride[0] + first[0], j * stride[1] + first[1]
    return from_host((((n * size[0] + rows) * size[1] + columns) * channels).reshape(-1).astype(np.int64))


@functools.lru_cache(maxsize=512)
def _taps(kernel_size, size, channels, each, dilation, sign):
    """From there, where each place in the kernel and each of `each` channels lie."""
    i, j, c = np.ogrid[: kernel_size[0], : kernel_size[1], :each]
    steps = sign * (i * dilation[0] * size[1] + j * dilation[1]) * channels + c
    return from_host(steps.reshape(-1).astype(np.int64))


def _spread(y, geometry, x_size):
    """y (N, H, W, O) with stride − 1 zeros between its pixels, and as many around as the taps reach."""
    n, high, wide, channels = y.shape
    (sh, sw), (dh, dw), (kh, kw) = geometry.stride, geometry.dilation, geometry.kernel
    top, left = dh * (kh - 1), dw * (kw - 1)
    size = [
        max(x + p + t, (y - 1) * s + t + 1)
        for x, p, t, y, s in zip(x_size, geometry.padding, (top, left), (high, wide), (sh, sw))
    ]
    out = new((n, *size, channels), y.dtype, 0)
    out[:, top : top + (high - 1) * sh + 1 : sh, left : left + (wide - 1) * sw + 1 : sw] = y
    return out


def _weights(weight, groups):
    """(O, C / groups, *kernel) as (groups, O / groups, C / groups, kh, kw), the same memory."""
    kernel_size = weight.shape[2:] if weight.ndim == 4 else (1, weight.shape[2])
    return weight.reshape(groups, weight.shape[0] // groups, weight.shape[1], *kernel_size)


# --- the kernels that operations call -----------------------------------------------------------------------------


def convolve(out, x, weight, bias, geometry):
    """out (N, O, *y_size) ← x (N, C, *x_size) convolved with weight (O, C / groups, *kernel), plus bias (O,) or None.

    `out` must be channels-last, here and in `convolve_transposed`; the other arrays may have any strides.
    """
    if not _trivial(out, x, weight, bias):
        image = padded(nhwc(x), geometry)
        size, channels, groups = image.shape[1:3], image.shape[3], geometry.groups
        matrix = _weights(weight, groups).transpose(0, 3, 4, 2, 1).contiguous()  # groups, kh, kw, C / groups, outputs
        each, outputs = matrix.shape[3:]
        row = _pixels(len(image), size, channels, geometry.y_size, geometry.stride, (0, 0))
        step = _taps(geometry.kernel, size, channels, each, geometry.dilation, 1)
        _product(out, image, matrix, bias, row, step, outputs, groups, each)


def convolve_transposed(out, y, weight, bias, geometry):
    """out (N, C, *x_size) ← the transpose of `convolve` applied to y (N, O, *y_size), plus bias (C,) or None."""
    if not _trivial(out, y, weight, bias):
        target = nhwc(out)
        image = _spread(nhwc(y), geometry, target.shape[1:3])
        size, channels, groups = image.shape[1:3], image.shape[3], geometry.groups
        matrix = _weights(weight, groups).transpose(0, 3, 4, 1, 2).contiguous()  # groups, kh, kw, outputs, C / groups
        each, inputs = matrix.shape[3:]
        first = [p + d * (k - 1) for p, d, k in zip(geometry.padding, geometry.dilation, geometry.kernel)]
        row = _pixels(len(image), size, channels, tuple(target.shape[1:3]), (1, 1), tuple(first))
        step = _taps(geometry.kernel, size, channels, each, geometry.dilation, -1)
        _product(out, image, matrix, bias, row, step, inputs, groups, each)


def _trivial(out, x, weight, bias):
    """Whether there is nothing to multiply, which is then done."""
    if x.size and weight.size and out.size:
        return False
    if out.size:
        out.fill(0)
        if bias is not None:
            out[...] = np.broadcast_to(bias.reshape(1, -1, *[1] * (out.ndim - 2)), out.shape)
    return True


def _product(out, image, matrix, bias, row, step, outputs, groups, each):
    m, k = row.size, step.size
    blocks = -(-outputs // TILE) * -(-m // TILE) * groups
    bias = None if bias is None else bias.contiguous()
    sizes = m, outputs, k, -(-k // DEPTH) * DEPTH, 1, outputs * groups, outputs, 0, each, k * outputs
    tables = row, step, _line(k, outputs), _line(outputs, 1)
    arrays = out, image, matrix, out if bias is None else bias
    multiply_through_tables(out.dtype, blocks, THREADS, *arrays, *tables, *sizes, 1, int(bias is not None))


def correlate(out, x, y, geometry):
    """out (O, C / groups, *kernel) ← Σ x y over images and pixels: the gradient of ⟨y, convolve(x, w)⟩ by w."""
    from .reduction import sum

    if not out.size:
        return
    if not x.size or not y.size:
        return out.fill(0)
    image, pixels = padded(nhwc(x), geometry), nhwc(y).contiguous()
    size, channels, groups = image.shape[1:3], image.shape[3], geometry.groups
    each, outputs = channels // groups, pixels.shape[3] // groups
    row = _pixels(len(image), size, channels, geometry.y_size, geometry.stride, (0, 0))
    step = _taps(geometry.kernel, size, channels, each, geometry.dilation, 1)
    m, n, k = outputs, step.size, row.size
    tiles = groups * -(-m // TILE) * -(-n // TILE)
    parts = -(-k // PART) if k >= SPLIT_FROM and tiles < MANY_TILES else 1
    part = -(-k // (parts * DEPTH)) * DEPTH
    sums = new((groups, parts, m, n), out.dtype)
    sizes = m, n, k, part, parts, n, parts * m * n, m * n, outputs, each
    tables = _line(m, 1), _line(k, pixels.shape[3]), row, step
    multiply_through_tables(out.dtype, tiles * parts, THREADS, sums, pixels, image, sums, *tables, *sizes, 0, 0)
    if parts > 1:
        total = new((groups, 1, m, n), out.dtype)
        sum(total, sums, (1,))
        sums = total
    found = sums.reshape(groups, outputs, *geometry.kernel, each).transpose(0, 1, 4, 2, 3)
    _weights(out, groups)[...] = found


def sum_pixels(out, x):
    """out (C,) ← Σ x over all but the channels, for x (N, C, H, W) or (N, C, L)."""
    from .reduction import sum

    sum(out.reshape(1, -1, *[1] * (x.ndim - 2)), x, (0, *range(2, x.ndim)))
