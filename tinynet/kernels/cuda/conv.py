"""Convolutions as matrix products that read through tables, without writing the matrix out.

Of the matrix that a convolution is a product of (a row for each output pixel, a column for each place in the kernel and
channel), number (r, l) lies at `row[r] + step[l]` in the image, padded with zeros and with its channels last. So the
kernel of `matmul.py`, with its tile in registers, needs tables where that one has strides.

A transposed convolution of stride s falls apart into s² convolutions of stride 1, its phases: pixels of the output that
are s apart see the same places in the kernel, and each place is seen by the pixels of one phase only. So the steps of
all phases are one table, of which a tile of rows sums its own span, and the rows of all phases are one long matrix. The
gradient by the weight is a product whose sum runs over the pixels.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np
from numba.types import int64
from numpy import uintp

from ..cpu.conv_plan import edges, phases
from ..cpu.layout import nhwc, padded
from .array import CudaArray, from_host, new
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
    return (*[real[::1]] * 4, *[int64[::1]] * 4, *[int64] * 8)


@kernel(_types, registers=128)
def multiply_through_tables(
    out, a, b, bias, rows, steps, columns, spans, parts, out_group, out_part, a_group, b_group, n, by_steps, biased
):  # fmt: skip
    """out[out_row[i] + j] ← Σ a[a_row[i] + a_step[l]] b[b_step[l] + column[j]] over the steps l of a span.

    `rows` is out_row and a_row one after the other, as long as whole tiles, with −1 in out_row where there is no row;
    `steps` is a_step and b_step. Each tile of rows has in `spans` the first and the last but one of its steps, for each
    of `parts` that the sum is cut into. With `by_steps`, numbers of A that are neighbours in memory are those of a row,
    else those of a column.

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
    m, k = rows.size // 2, steps.size // 2
    wide, high = (n + TILE - 1) // TILE, m // TILE
    z, tile = cuda.blockIdx.x // (wide * high), cuda.blockIdx.x % (wide * high)
    i0, j0 = tile // wide * TILE, tile % wide * TILE
    group, part = z // parts, z % parts
    span = tile // wide * parts + part
    first, last = spans[uintp(2 * span)], spans[uintp(2 * span + 1)]
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
            i, l = m + i0 + ia + s * ia_more, l0 + DEPTH + la + s * la_more
            next_a[s] = a[uintp(a0 + rows[uintp(i)] + steps[uintp(l)])] if l < last else zero
            j, l = j0 + jb, l0 + DEPTH + lb + s * BELOW
            next_b[s] = b[uintp(b0 + steps[uintp(k + l)] + columns[uintp(j)])] if j < n and l < last else zero
        if l0 >= first:
            add_slices(sums, column, row, slice_a, slice_b, ty, tx)
        cuda.syncthreads()
    start = group * out_group + part * out_part
    for i in range(EACH):
        place = rows[uintp(i0 + ty + i * SIDE)]
        for j in range(EACH):
            c = j0 + tx + j * SIDE
            if place >= 0 and c < n:
                value = sums[i, j]
                if biased:
                    value += bias[uintp(group * n + c)]
                out[uintp(start + place + c)] = value


# --- tables -------------------------------------------------------------------------------------------------------


class Tables(NamedTuple):
    """What `multiply_through_tables` reads beside its operands."""

    rows: CudaArray
    steps: CudaArray
    columns: CudaArray
    spans: CudaArray


def _on_device(rows, steps, columns, spans):
    steps = [np.append(s, 0) for s in steps]  # never without memory
    return Tables(*(from_host(np.asarray(t, np.int64).reshape(-1)) for t in (rows, steps, columns, spans)))


def _whole_tiles(out_row, a_row):
    """[out_row, a_row] as long as whole tiles; what is read of a row that is not there must not lie outside."""
    rest = -len(out_row) % TILE
    return np.array([np.append(out_row, [-1] * rest), np.append(a_row, a_row[-1:].repeat(rest))])


def _places(shape, *indices):
    """Where in a C-contiguous array lies what each combination of indices, the last running fastest, points to."""
    found = np.zeros(1, np.int64)
    for size, index in zip(shape, indices, strict=True):
        found = np.add.outer(found * size, np.asarray(index, np.int64)).reshape(-1)
    return found


def _image_shape(images, geometry, transposed, channels):
    """The shape of the source with the zeros around it."""
    size = geometry.y_size if transposed else geometry.x_size
    return images, *(n + sum(e) for n, e in zip(size, edges(geometry, transposed))), channels


@functools.lru_cache(maxsize=512)
def _tables(images, geometry, transposed, each, outputs):
    """For the matrix of an image times one of a row for each tap and `each` channels, and a column for each output."""
    image = _image_shape(images, geometry, transposed, each * geometry.groups)
    target = images, *(geometry.x_size if transposed else geometry.y_size), outputs * geometry.groups
    (top, _), (left, _) = edges(geometry, transposed)
    rows, steps, spans, k = [], [], [], 0
    found = itertools.product(*(phases(geometry, transposed, axis) for axis in (0, 1)))
    for high, wide in sorted(found, key=lambda axes: -len(axes[0].taps) * len(axes[1].taps)):  # the longest sums first
        i, j = np.arange(high.count), np.arange(wide.count)
        out_row = _places(target, range(images), i * high.out_step + high.first, j * wide.out_step + wide.first, [0])
        a_row = _places(image, range(images), i * high.step + top, j * wide.step + left, [0])
        a_step = _places(image, [0], [t for _, t in high.taps], [t for _, t in wide.taps], range(each))
        taps = [k for k, _ in high.taps], [k for k, _ in wide.taps]
        b_step = _places((*geometry.kernel, each, outputs), *taps, range(each), [0])
        rows.append(_whole_tiles(out_row, a_row))
        steps.append([a_step, b_step])
        spans += [k, k + len(a_step)] * (len(rows[-1][0]) // TILE)
        k += len(a_step)
    return _on_device(np.concatenate(rows, 1), np.concatenate(steps, 1), range(outputs), spans)


@functools.lru_cache(maxsize=512)
def _tables_of_sum(images, geometry, each, outputs, parts):
    """For the transpose of the pixels' matrix, a row for each output, times that of the image that they see."""
    image = _image_shape(images, geometry, False, each * geometry.groups)
    (high,), (wide,) = phases(geometry, False, 0), phases(geometry, False, 1)
    (top, _), (left, _) = edges(geometry)
    i, j = np.arange(high.count) * high.step + top, np.arange(wide.count) * wide.step + left
    columns = _places(image, [0], [t for _, t in high.taps], [t for _, t in wide.taps], range(each))
    rows = _whole_tiles(np.arange(outputs) * len(columns), np.arange(outputs))
    pixels = images * high.count * wide.count
    steps = np.arange(pixels) * outputs * geometry.groups, _places(image, range(images), i, j, [0])
    part = -(-pixels // (parts * DEPTH)) * DEPTH
    spans = [(min(p * part, pixels), min((p + 1) * part, pixels)) for p in range(parts)] * (len(rows[0]) // TILE)
    return _on_device(rows, steps, columns, spans)


# --- the kernels that operations call -----------------------------------------------------------------------------


def _weights(weight, groups):
    """(O, C / groups, *kernel) as (groups, O / groups, C / groups, kh, kw), the same memory."""
    kernel_size = weight.shape[2:] if weight.ndim == 4 else (1, weight.shape[2])
    return weight.reshape(groups, weight.shape[0] // groups, weight.shape[1], *kernel_size)


def convolve(out, x, weight, bias, geometry):
    """out (N, O, *y_size) ← x (N, C, *x_size) convolved with weight (O, C / groups, *kernel), plus bias (O,) or None.

    `out` must be channels-last, here and in `convolve_transposed`; the other arrays may have any strides.
    """
    if not _trivial(out, x, weight, bias):
        matrix = _weights(weight, geometry.groups).transpose(0, 3, 4, 2, 1)  # groups, kh, kw, C / groups, outputs
        _product(out, x, matrix, bias, geometry, False)


def convolve_transposed(out, y, weight, bias, geometry):
    """out (N, C, *x_size) ← the transpose of `convolve` applied to y (N, O, *y_size), plus bias (C,) or None."""
    if not _trivial(out, y, weight, bias):
        matrix = _weights(weight, geometry.groups).transpose(0, 3, 4, 1, 2)  # groups, kh, kw, outputs, C / groups
        _product(out, y, matrix, bias, geometry, True)


def _trivial(out, x, weight, bias):
    """Whether there is nothing to multiply, which is then done."""
    if x.size and weight.size and out.size:
        return False
    if out.size:
        out.fill(0)
        if bias is not None:
            out[...] = np.broadcast_to(bias.reshape(1, -1, *[1] * (out.ndim - 2)), out.shape)
    return True


def _product(out, source, matrix, bias, geometry, transposed):
    """out ← Σ source · matrix over the taps and channels, plus bias; matrix (groups, kh, kw, each, outputs)."""
    image, (groups, *_, each, outputs) = padded(nhwc(source), edges(geometry, transposed)), matrix.shape
    tables = _tables(len(image), geometry, transposed, each, outputs)
    tiles = tables.rows.size // (2 * TILE) * -(-outputs // TILE) * groups
    numbers = 1, outputs, 0, each, matrix.size // groups, outputs, 1, int(bias is not None)
    arrays = out, image, matrix.contiguous(), out if bias is None else bias.contiguous()
    multiply_through_tables(out.dtype, tiles, THREADS, *arrays, *tables, *numbers)


def correlate(out, x, y, geometry):
    """out (O, C / groups, *kernel) ← Σ x y over images and pixels: the gradient of ⟨y, convolve(x, w)⟩ by w."""
    from .reduction import sum

    if not out.size:
        return
    if not x.size or not y.size:
        return out.fill(0)
    image, pixels, groups = padded(nhwc(x), edges(geometry)), nhwc(y).contiguous(), geometry.groups
    each, outputs = image.shape[3] // groups, pixels.shape[3] // groups
    m, n, k = outputs, geometry.kernel[0] * geometry.kernel[1] * each, pixels.size // pixels.shape[3]
    tiles = groups * -(-m // TILE) * -(-n // TILE)
    parts = -(-k // PART) if k >= SPLIT_FROM and tiles < MANY_TILES else 1
    tables = _tables_of_sum(len(image), geometry, each, outputs, parts)
    sums = new((groups, parts, m, n), out.dtype)
    numbers = parts, parts * m * n, m * n, outputs, each, n, 0, 0
    multiply_through_tables(out.dtype, tiles * parts, THREADS, sums, pixels, image, sums, *tables, *numbers)
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
