"""Matrix products: by tiles that are kept in registers (`tiles.py`), or by cuBLAS where it is installed."""

import math

import numpy as np
from numba.types import int64
from numpy import uintp

from .. import reference as kernels
from ..arrays import host
from ..runtime.plans import planned
from .array.array import new
from .array.stacks import batch_strides, broadcast_strides, step
from .device import cublas
from .device.driver import cuda, device, kernel
from .tiles import ALIGNED, LARGE, TILES, index_in_tile, plan, tile_product


def _types(real):
    return (*[real[::1]] * 4, *[int64] * 20)


@device
def load_strided(loaded, x, operand, loads, i, i_stride, l, l_stride, stop):
    """Load from an operand with strides: (index of its first number in the tile, lines that are left, strides)."""
    start, lines, line_stride, sum_stride = operand
    at, stride = start + i * line_stride + l * sum_stride, i_stride * line_stride + l_stride * sum_stride
    for s in range(loads):
        inside = i + s * i_stride < lines and l + s * l_stride < stop
        loaded[s] = x[uintp(at + s * stride)] if inside else x.dtype.type(0)


def _kernel(tile):
    """The kernel for a tile."""
    HEIGHT, WIDTH, ROWS, COLUMNS, _, _ = tile
    THREADS, SHARED = tile.group_threads, tile.shared
    product = tile_product(tile, load_strided, load_strided)

    def multiply(
        out, a, b, bias, biased, relu, m, n, k, part, parts, inner, out_row, out_part, out_outer, out_inner, a_row,
        a_step, a_outer, a_inner, b_step, b_column, b_outer, b_inner,
    ):  # fmt: skip
        """out[matrix, part] ← A B of m × k and k × n over `part` steps of k, plus bias[column], perhaps cut off at 0.

        Blocks count through the tiles of a row, the rows of tiles, and matrix · parts + part. Strides count elements:
        the inner ones from one matrix to the next, the outer ones from every `inner` matrices to the next.
        """
        slices = cuda.shared.array(SHARED, out.dtype, ALIGNED)
        sums = cuda.local.array((ROWS, COLUMNS), out.dtype)
        zero = out.dtype.type(0)
        group, t = cuda.threadIdx.x // THREADS, cuda.threadIdx.x % THREADS
        ty, tx = t // (WIDTH // COLUMNS), t % (WIDTH // COLUMNS)
        tiles_down, tiles_across = (m + HEIGHT - 1) // HEIGHT, (n + WIDTH - 1) // WIDTH
        z, tile = cuda.blockIdx.x // (tiles_across * tiles_down), cuda.blockIdx.x % (tiles_across * tiles_down)
        i0, j0 = tile // tiles_across * HEIGHT, tile % tiles_across * WIDTH
        outer, within = z // parts // inner, z // parts % inner
        first = z % parts * part
        a_operand = outer * a_outer + within * a_inner + i0 * a_row, m - i0, a_row, a_step
        b_operand = outer * b_outer + within * b_inner + j0 * b_column, n - j0, b_column, b_step
        stop = min(first + part, k)
        product(sums, slices, group, t, ty, tx, first, stop, a, a_operand, a_step == 1, b, b_operand, b_step == 1)
        if group == 0:
            start = outer * out_outer + within * out_inner + z % parts * out_part + i0 * out_row + j0
            floor = zero if relu else -out.dtype.type(np.inf)
            shift = cuda.local.array(COLUMNS, out.dtype)
            for j in range(COLUMNS):
                c = index_in_tile(tx, j, WIDTH, COLUMNS)
                shift[j] = bias[uintp(j0 + c)] if biased and j0 + c < n else zero
            for i in range(ROWS):
                r = index_in_tile(ty, i, HEIGHT, ROWS)
                for j in range(COLUMNS):
                    c = index_in_tile(tx, j, WIDTH, COLUMNS)
                    value = sums[i, j] + shift[j]
                    if i0 + r < m and j0 + c < n:
                        out[uintp(start + r * out_row + c)] = floor if value < floor else value

    multiply.__name__ = f"multiply_{HEIGHT}x{WIDTH}"
    return kernel(_types, registers=128)(multiply)


MULTIPLY = {tile: _kernel(tile) for tile in TILES}


@kernels.matmul.on("cuda")
def matmul(out, a, b, accumulate=False, bias=None, relu=False):
    """out = a @ b, with a (..., m, k), b (..., k, n) and out (..., m, n) of any strides.

    With `accumulate`, out += a @ b. The leading dimensions broadcast. All have one dtype. Without it, bias (n,) may be
    added, and with `relu` what is negative becomes 0, while the numbers are in registers.
    """
    fused = relu or bias is not None
    layouts = [(x.meta.shape, x.meta.strides) for x in (out, a, b)]
    found = None if accumulate else one_launch(*layouts, out.dtype, fused)
    if found is None or _by_library(found[0], fused):
        return _in_parts(out, a, b, accumulate, bias, relu)
    tile, blocks, numbers = found
    MULTIPLY[tile](out.dtype, blocks, tile.threads, out, a, b, *_epilogue(out, bias, relu), *numbers)


@kernels.linear.on("cuda")
def linear(out, x, weight, bias, relu=False):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n); see `matmul`."""
    matmul(out, x, weight.T, False, None if bias is None else bias.contiguous(), relu)


def _in_parts(out, a, b, accumulate, bias, relu):
    """`matmul` by more than one launch: of parts of long sums, of copies, or of another library."""
    if not out.size:
        return
    if out.dtype.kind != "f":
        product = np.matmul(host(a), host(b))
        return out.set(host(out) + product if accumulate else product)
    stack, (m, n), k = out.shape[:-2], out.shape[-2:], a.shape[-1]
    dense = out.flags.c_contiguous
    if k == 0:
        if not accumulate:
            out.fill(0)
        if bias is not None:
            out[...] = np.broadcast_to(bias, out.shape)
        return kernels.relu.cuda(out, out) if relu else None
    if b.ndim == 2 and stack and a.shape[:-2] == stack and a.flags.c_contiguous and dense:
        return matmul(out.reshape(-1, n), a.reshape(-1, k), b, accumulate, bias, relu)  # the rows of one long matrix
    fused = relu or bias is not None
    tile, parts = plan(m, n, k, math.prod(stack), parted=not fused)
    by_library = _by_library(tile, fused)
    if not dense and (by_library or not _is_written_directly(out.shape, out.strides, out.itemsize)):
        found = new(out.shape, out.dtype)
        matmul(found, a, b, False, bias, relu)
        return kernels.add.cuda(out, out, found) if accumulate else kernels.copy.cuda(out, found)
    if by_library:
        if bias is not None:
            out[...] = np.broadcast_to(bias, out.shape)
        (a, a_matrix), (b, b_matrix) = _evenly_apart(a, stack), _evenly_apart(b, stack)
        accumulate = accumulate or bias is not None
        cublas.multiply(out, a, b, (m, n, k), (a_matrix, b_matrix), math.prod(stack), accumulate)
        return kernels.relu.cuda(out, out) if relu else None
    sums = out if parts == 1 and not accumulate else new((*stack, parts, m, n), out.dtype)
    target = sums if sums is out else sums[..., 0, :, :]
    found = arrangement(tile, parts, *[(x.shape, x.strides) for x in (target, a, b)], out.itemsize)
    if found is None:
        a, b = (np.broadcast_to(x, (*stack, *x.shape[-2:])).contiguous() for x in (a, b))
        found = arrangement(tile, parts, *[(x.shape, x.strides) for x in (target, a, b)], out.itemsize)
    blocks, numbers = found
    MULTIPLY[tile](out.dtype, blocks, tile.threads, sums, a, b, *_epilogue(sums, bias, relu), *numbers)
    if parts > 1:
        sums, pieces = new(out.shape, out.dtype) if accumulate or not dense else out, sums
        kernels.sum.cuda(sums.reshape(*stack, 1, m, n), pieces, (len(stack),))
    if accumulate:
        kernels.add.cuda(out, out, sums.reshape(out.shape))
    elif sums is not out:
        kernels.copy.cuda(out, sums)


def _by_library(tile, fused):
    """Whether cuBLAS does a product: where it is installed, but for what is small and has a bias or a ReLU with it."""
    return cublas.is_used() and (tile is LARGE or not fused)


def _epilogue(out, bias, relu):
    """The arguments bias, biased, relu of a kernel, which takes an array in any case."""
    return out if bias is None else bias, int(bias is not None), int(relu)


@planned
def one_launch(out, a, b, dtype, fused):
    """(tile, blocks, numbers) of the one launch that does a product of operands (shape, strides), or None."""
    (shape, strides), stack = out, out[0][:-2]
    if dtype.kind != "f" or not math.prod(shape) or not a[0][-1]:
        return None
    if len(b[0]) == 2 and stack:
        return None  # perhaps one long matrix
    if not _is_written_directly(shape, strides, dtype.itemsize):
        return None
    tile, parts = plan(*shape[-2:], a[0][-1], math.prod(stack), parted=not fused)
    found = arrangement(tile, 1, out, a, b, dtype.itemsize) if parts == 1 else None
    return None if found is None else (tile, *found)


def _is_written_directly(shape, strides, item):
    """Whether the kernel can write into an array: its columns are neighbours, and a stack of two levels will do."""
    return (shape[-1] == 1 or strides[-1] == item) and batch_strides(shape[:-2], strides[:-2]) is not None


def arrangement(tile, parts, out, a, b, item):
    """(blocks, numbers): how many blocks a launch has, and the sizes and strides that it is told.

    For operands (shape, strides); of several parts `out` is the first. None where two levels of a stack will not do.
    """
    (shape, out_strides), (a_strides, b_strides) = out, (a[1], b[1])
    stack, (m, n), k = shape[:-2], shape[-2:], a[0][-1]
    apart = [broadcast_strides(stack, shape[:-2], strides[:-2]) for shape, strides in (a, b)]
    found = batch_strides(stack, out_strides[:-2], *apart)
    if found is None:
        return None
    inner, (out_levels, a_levels, b_levels) = found
    part = tile.partition(k, parts)
    strides = out_strides[-2], m * n * item, *out_levels, *a_strides[-2:], *a_levels, *b_strides[-2:], *b_levels
    return tile.count(m, n) * math.prod(stack) * parts, (m, n, k, part, parts, inner, *[s // item for s in strides])


def _evenly_apart(x, stack):
    """(x, elements from one matrix to the next): a copy where they are not evenly apart."""
    x = x if x.shape[:-2] == stack else np.broadcast_to(x, (*stack, *x.shape[-2:]))
    found = step(stack, x.strides[:-2])
    if found is None:
        x = x.copy()
        found = step(stack, x.strides[:-2])
    return x, found // x.itemsize
