"""Convolutions as matrix products that read through tables, without writing the matrix out.

The kernels of `matmul.py`, with their tiles in registers, need tables (`conv_tables.py`) where those have strides.
Where groups of channels are so narrow that a tile would be nearly empty, as in depthwise convolutions, a thread
computes a number on its own, from the same tables.
"""

import math

import numpy as np
from numba.types import int64
from numpy import uintp

from .. import reference as kernels
from ..windows import edges, nhwc
from .array.array import new
from .conv_tables import tables, tables_of_sum
from .device.driver import choose, cuda, device, grid, kernel
from .tiles import ALIGNED, SMALL, TILES, Tile, index_in_tile, parts_of, plan, tile_product


def _types(real):
    return (*[real[::1]] * 4, *[int64[::1]] * 4, *[int64] * 8)


@device
def load_rows(loaded, image, operand, loads, i, i_stride, l, l_stride, stop):
    """Load from the image: (its table of rows and steps, where there the tile's rows begin, an offset)."""
    rows, steps, first, offset = operand
    for s in range(loads):
        row, step = rows[uintp(first + i + s * i_stride)], l + s * l_stride
        loaded[s] = image[uintp(offset + row + steps[uintp(step)])] if step < stop else image.dtype.type(0)


@device
def load_columns(loaded, matrix, operand, loads, j, j_stride, l, l_stride, stop):
    """Load from the weights: (their tables of steps and columns, where there they begin, columns, an offset)."""
    steps, columns, first_step, first, n, offset = operand
    for s in range(loads):
        column, step = first + j + s * j_stride, l + s * l_stride
        inside = column < n and step < stop
        at = offset + steps[uintp(first_step + step)] + columns[uintp(column)] if inside else 0
        loaded[s] = matrix[uintp(at)] if inside else matrix.dtype.type(0)


def _kernel(tile):
    """The kernel for a tile."""
    HEIGHT, WIDTH, ROWS, COLUMNS, _, _ = tile
    THREADS, SHARED = tile.group_threads, tile.shared
    product = tile_product(tile, load_rows, load_columns)

    def indirect_multiply(
        out, a, b, bias, rows, steps, columns, spans, parts, out_group, out_part, a_group, b_group, n, along_sum, biased
    ):
        """out[out_row[i] + j] ← Σ a[a_row[i] + a_step[l]] b[b_step[l] + column[j]] over the steps l of a span.

        `rows` is out_row and a_row one after the other, as long as whole tiles, with −1 in out_row where there is no
        row; `steps` is a_step and b_step. Each tile of rows has in `spans` the first and the last but one of its steps,
        for each of `parts` that the sum is cut into. With `along_sum`, numbers of A that are neighbours in memory are
        those of a row, else those of a column; of B they are always those of a row.

        Blocks count through the tiles of a row, the rows of tiles, the parts, and the groups of channels.
        """
        slices = cuda.shared.array(SHARED, out.dtype, ALIGNED)
        sums = cuda.local.array((ROWS, COLUMNS), out.dtype)
        group, t = cuda.threadIdx.x // THREADS, cuda.threadIdx.x % THREADS
        ty, tx = t // (WIDTH // COLUMNS), t % (WIDTH // COLUMNS)
        m, k = rows.size // 2, steps.size // 2
        tiles_down, tiles_across = m // HEIGHT, (n + WIDTH - 1) // WIDTH
        z, tile = cuda.blockIdx.x // (tiles_across * tiles_down), cuda.blockIdx.x % (tiles_across * tiles_down)
        i0, j0 = tile // tiles_across * HEIGHT, tile % tiles_across * WIDTH
        channels, part = z // parts, z % parts
        span = 2 * (tile // tiles_across * parts + part)
        first, stop = spans[uintp(span)], spans[uintp(span + 1)]
        a_operand = rows, steps, m + i0, channels * a_group
        b_operand = steps, columns, k, j0, n, channels * b_group
        product(sums, slices, group, t, ty, tx, first, stop, a, a_operand, along_sum, b, b_operand, False)
        if group == 0:
            start = channels * out_group + part * out_part
            shift = cuda.local.array(COLUMNS, out.dtype)
            for j in range(COLUMNS):
                c = j0 + index_in_tile(tx, j, WIDTH, COLUMNS)
                shift[j] = bias[uintp(channels * n + c)] if biased and c < n else out.dtype.type(0)
            for i in range(ROWS):
                row = rows[uintp(i0 + index_in_tile(ty, i, HEIGHT, ROWS))]
                for j in range(COLUMNS):
                    c = j0 + index_in_tile(tx, j, WIDTH, COLUMNS)
                    if row >= 0 and c < n:
                        out[uintp(start + row + c)] = sums[i, j] + shift[j]

    indirect_multiply.__name__ = f"indirect_multiply_{HEIGHT}x{WIDTH}"
    return kernel(_types, registers=128)(indirect_multiply)


MULTIPLY = {tile: _kernel(tile) for tile in TILES}
ALONE = Tile(1, 1, 1, 1, 1, 1)  # a number by one thread
WASTE = choose(8, 2)  # a tile of which less than such a part is needed is not worth it


@kernel(lambda real: (*[real[::1]] * 4, *[int64[::1]] * 4, *[int64] * 9))
def multiply_alone(
    out, a, b, bias, rows, steps, columns, spans, parts, out_group, out_part, a_group, b_group, n, along_sum, biased,
    groups,
):  # fmt: skip
    """What `indirect_multiply` does, for tiles of one number. Threads side by side take channels side by side."""
    m, k = rows.size // 2, steps.size // 2
    for e in range(cuda.grid(1), parts * m * groups * n, cuda.gridsize(1)):
        j, rest = e % n, e // n
        channels, rest = rest % groups, rest // groups
        i, part = rest % m, rest // m
        span = 2 * (i * parts + part)
        a0, b0 = channels * a_group + rows[uintp(m + i)], channels * b_group + columns[uintp(j)]
        total = bias[uintp(channels * n + j)] if biased else out.dtype.type(0)
        for l in range(spans[uintp(span)], spans[uintp(span + 1)]):
            total += a[uintp(a0 + steps[uintp(l)])] * b[uintp(b0 + steps[uintp(k + l)])]
        out[uintp(channels * out_group + part * out_part + rows[uintp(i)] + j)] = total


def choose_tile(m, n, k, groups, parted):
    """(tile, parts), as `plan` has it, or tiles of one number where groups are narrow."""
    useful = min(m, SMALL.height) * min(n, SMALL.width)
    if groups > 1 and useful * WASTE <= SMALL.height * SMALL.width:
        return ALONE, parts_of(k) if parted else 1
    return plan(m, n, k, groups, parted)


def launch(tile, groups, arrays, tables, parts, *numbers):
    """The kernel for a tile, over all tiles of the output, parts and groups."""
    dtype, m, n = arrays[0].dtype, tables.rows.size // 2, tables.columns.size
    if tile is ALONE:
        multiply_alone(dtype, *grid(parts * m * groups * n), *arrays, *tables, parts, *numbers, groups)
    else:
        blocks = tile.count(m, n) * groups * parts
        MULTIPLY[tile](dtype, blocks, tile.threads, *arrays, *tables, parts, *numbers)


@kernel(lambda real: (real[::1], real[::1], *[int64] * 12))
def pad(out, x, size, above, left, height, width, padded_height, padded_width, channels, image, row, column, channel):
    """out (N, padded_height, padded_width, channels) ← x (N, height, width, channels), with zeros around it.

    x may have any strides.
    """
    for i in range(cuda.grid(1), size, cuda.gridsize(1)):
        rest, c = i // channels, i % channels
        w, rest = rest % padded_width - left, rest // padded_width
        h, n = rest % padded_height - above, rest // padded_height
        inside = 0 <= h < height and 0 <= w < width
        out[uintp(i)] = x[uintp(n * image + h * row + w * column + c * channel)] if inside else out.dtype.type(0)


def _padded(x, around):
    """x (N, H, W, C) with ((above, below), (left, right)) zeros around it; x itself, dense, where there are none."""
    (above, below), (left, right) = around
    if not above + below + left + right:
        return x.contiguous()
    n, height, width, channels = x.shape
    padded_height, padded_width = above + height + below, left + width + right
    out = new((n, padded_height, padded_width, channels), x.dtype)
    steps = [s // x.itemsize for s in x.strides]
    sizes = height, width, padded_height, padded_width, channels
    pad(x.dtype, *grid(out.size), out, x, out.size, above, left, *sizes, *steps)
    return out


def _weights(weight, groups):
    """(O, C / groups, *kernel) as (groups, O / groups, C / groups, kh, kw), the same memory."""
    kernel_size = weight.shape[2:] if weight.ndim == 4 else (1, weight.shape[2])
    return weight.reshape(groups, weight.shape[0] // groups, weight.shape[1], *kernel_size)


@kernels.convolve.on("cuda")
def convolve(out, x, weight, bias, geometry):
    """out (N, O, *y_size) ← x (N, C, *x_size) convolved with weight (O, C / groups, *kernel), plus bias (O,) or None.

    `out` must be channels-last, here and in `convolve_transposed`; the other arrays may have any strides.
    """
    if not _trivial(out, x, weight, bias):
        matrix = _weights(weight, geometry.groups).transpose(0, 3, 4, 2, 1)  # groups, kh, kw, C / groups, outputs
        _product(out, x, matrix, bias, geometry, False)


@kernels.convolve_transposed.on("cuda")
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
    image, (groups, *_, each, outputs) = _padded(nhwc(source), edges(geometry, transposed)), matrix.shape
    m, k = len(image) * math.prod(out.shape[2:]), matrix.size // (groups * outputs)
    tile, _ = choose_tile(m, outputs, k, groups, parted=False)
    places = tables(len(image), geometry, transposed, each, outputs, tile)
    arrays = out, image, matrix.contiguous(), out if bias is None else bias.contiguous()
    numbers = outputs, 0, each, matrix.size // groups, outputs, 1, int(bias is not None)
    launch(tile, groups, arrays, places, 1, *numbers)


@kernels.correlate.on("cuda")
def correlate(out, x, y, geometry):
    """out (O, C / groups, *kernel) ← Σ x y over images and pixels: the gradient of ⟨y, convolve(x, w)⟩ by w."""
    if not out.size:
        return
    if not x.size or not y.size:
        return out.fill(0)
    image, pixels, groups = _padded(nhwc(x), edges(geometry)), nhwc(y).contiguous(), geometry.groups
    each, outputs = image.shape[3] // groups, pixels.shape[3] // groups
    m, n, k = outputs, geometry.kernel[0] * geometry.kernel[1] * each, pixels.size // pixels.shape[3]
    tile, parts = choose_tile(m, n, k, groups, parted=True)
    places = tables_of_sum(len(image), geometry, each, outputs, tile, parts)
    sums = new((groups, parts, m, n), out.dtype)
    launch(tile, groups, (sums, pixels, image, sums), places, parts, parts * m * n, m * n, outputs, each, n, 0, 0)
    if parts > 1:
        total = new((groups, 1, m, n), out.dtype)
        kernels.sum.cuda(total, sums, (1,))
        sums = total
    found = sums.reshape(groups, outputs, *geometry.kernel, each).transpose(0, 1, 4, 2, 3)
    _weights(out, groups)[...] = found


@kernels.sum_pixels.on("cuda")
def sum_pixels(out, x):
    """out (C,) ← Σ x over all but the channels, for x (N, C, H, W) or (N, C, L)."""
    kernels.sum.cuda(out.reshape(1, -1, *[1] * (x.ndim - 2)), x, (0, *range(2, x.ndim)))
