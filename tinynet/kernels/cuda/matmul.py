"""Matrix products: by tiles that are kept in registers (`tiles.py`), or by cuBLAS where it is installed."""

import math

import numpy as np
from numba.types import int64
from numpy import uintp

from .. import reference as kernels
from ..arrays import host
from ..runtime.plans import planned
from .array.array import new
from .array.stacks import broadcast_strides, levels, step
from .device import cublas
from .device.driver import cuda, kernel
from .tiles import ALIGNED, LARGE, PAD, TILES, add_groups, add_slices, clear, lanes_of, place, plan, put


def _types(real):
    return (*[real[::1]] * 4, *[int64] * 20)


def _multiply(tile):
    """The kernel for a tile."""
    HIGH, WIDE, DOWN, ACROSS, DEPTH, GROUPS = tile
    LANES, STEP, SLICE, SHARED = tile.lanes, tile.step, tile.slice, tile.shared
    SLICE_A = DEPTH * (HIGH + PAD)
    LOADS_A, LOADS_B = HIGH * DEPTH // LANES, WIDE * DEPTH // LANES

    def multiply(
        out, a, b, bias, biased, relu, m, n, k, part, parts, inner, out_row, out_part, out_outer, out_inner, a_row,
        a_step, a_outer, a_inner, b_step, b_column, b_outer, b_inner,
    ):  # fmt: skip
        """out[matrix, part] ← A B of m × k and k × n over `part` steps of k, plus bias[column], perhaps cut off at 0.

        Blocks count through the tiles of a row, the rows of tiles, and matrix · parts + part. Strides count elements:
        the inner ones from one matrix to the next, the outer ones from every `inner` matrices to the next.
        """
        slices = cuda.shared.array(SHARED, out.dtype, ALIGNED)
        sums = cuda.local.array((DOWN, ACROSS), out.dtype)
        column, row = cuda.local.array(DOWN, out.dtype), cuda.local.array(ACROSS, out.dtype)
        next_a, next_b = cuda.local.array(LOADS_A, out.dtype), cuda.local.array(LOADS_B, out.dtype)
        zero = out.dtype.type(0)
        group, t = cuda.threadIdx.x // LANES, cuda.threadIdx.x % LANES
        ty, tx = t // (WIDE // ACROSS), t % (WIDE // ACROSS)
        wide, high = (n + WIDE - 1) // WIDE, (m + HIGH - 1) // HIGH
        z, tile = cuda.blockIdx.x // (wide * high), cuda.blockIdx.x % (wide * high)
        i0, j0 = tile // wide * HIGH, tile % wide * WIDE
        matrix, first = z // parts, z % parts * part
        outer, within = matrix // inner, matrix % inner
        last = min(first + part, k)
        at_a, at_b = group * SLICE, group * SLICE + SLICE_A
        ia, ia_more, la, la_more = lanes_of(t, HIGH, DEPTH, LANES, a_step == 1)
        jb, jb_more, lb, lb_more = lanes_of(t, WIDE, DEPTH, LANES, b_step == 1)
        a_at = outer * a_outer + within * a_inner + (i0 + ia) * a_row + (first + group * DEPTH + la) * a_step
        b_at = outer * b_outer + within * b_inner + (j0 + jb) * b_column + (first + group * DEPTH + lb) * b_step
        a_more, b_more = ia_more * a_row + la_more * a_step, jb_more * b_column + lb_more * b_step
        out_at = outer * out_outer + within * out_inner + z % parts * out_part + i0 * out_row + j0
        rows_left, columns_left = m - i0 - ia, n - j0 - jb
        clear(sums, DOWN, ACROSS)
        for before in range(first - STEP, last, STEP):
            if before >= first:
                put(slices, at_a, next_a, LOADS_A, ia, ia_more, la, la_more, HIGH)
                put(slices, at_b, next_b, LOADS_B, jb, jb_more, lb, lb_more, WIDE)
            cuda.syncthreads()
            l0 = before + STEP + group * DEPTH
            for s in range(LOADS_A):
                inside = s * ia_more < rows_left and l0 + la + s * la_more < last
                next_a[s] = a[uintp(a_at + s * a_more)] if inside else zero
            for s in range(LOADS_B):
                inside = s * jb_more < columns_left and l0 + lb + s * lb_more < last
                next_b[s] = b[uintp(b_at + s * b_more)] if inside else zero
            a_at += STEP * a_step
            b_at += STEP * b_step
            if before >= first:
                add_slices(sums, column, row, slices, at_a, at_b, ty, tx, HIGH, WIDE, DOWN, ACROSS, DEPTH)
            cuda.syncthreads()
        if GROUPS > 1:
            add_groups(sums, slices, group, t, GROUPS, LANES, DOWN, ACROSS)
        if group == 0:
            for j in range(ACROSS):
                c = place(tx, j, WIDE, ACROSS)
                row[j] = bias[uintp(j0 + c)] if biased and j0 + c < n else zero
            floor = zero if relu else -out.dtype.type(np.inf)
            for i in range(DOWN):
                r = place(ty, i, HIGH, DOWN)
                for j in range(ACROSS):
                    c = place(tx, j, WIDE, ACROSS)
                    value = sums[i, j] + row[j]
                    if i0 + r < m and j0 + c < n:
                        out[uintp(out_at + r * out_row + c)] = floor if value < floor else value

    multiply.__name__ = f"multiply_{HIGH}x{WIDE}"
    return kernel(_types, registers=128)(multiply)


MULTIPLY = {tile: _multiply(tile) for tile in TILES}


@kernels.matmul.on("cuda")
def matmul(out, a, b, accumulate=False):
    """out = a @ b, with a (..., m, k), b (..., k, n) and out (..., m, n) of any strides.

    With `accumulate`, out += a @ b. The leading dimensions broadcast. All have one dtype.
    """
    _product(out, a, b, accumulate, None, False)


@kernels.linear.on("cuda")
def linear(out, x, weight, bias, relu=False):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n).

    With `relu`, max(out, 0), taken while the numbers are in registers.
    """
    _product(out, x, weight.T, False, None if bias is None else bias.contiguous(), relu)


def _product(out, a, b, accumulate, bias, relu):
    fused = relu or bias is not None
    lie = [(x.meta.shape, x.meta.strides) for x in (out, a, b)]
    way = one_launch(*lie, out.dtype, fused)
    if way is not None and not accumulate and not _by_library(way[0], fused):
        return _launch(out, a, b, bias, relu, *way)
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
        return _product(out.reshape(-1, n), a.reshape(-1, k), b, accumulate, bias, relu)  # the rows of one long matrix
    tile, parts = plan(m, n, k, math.prod(stack), parted=not fused)
    by_library = _by_library(tile, fused)
    if not dense and (by_library or not _is_written_directly(out.shape, out.strides, out.itemsize)):
        found = new(out.shape, out.dtype)
        _product(found, a, b, False, bias, relu)
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
    _launch(sums, a, b, bias, relu, tile, *found)
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


def _launch(out, a, b, bias, relu, tile, blocks, numbers):
    arrays = out, a, b, out if bias is None else bias
    MULTIPLY[tile](out.dtype, blocks, tile.threads, *arrays, int(bias is not None), int(relu), *numbers)


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
    return (shape[-1] == 1 or strides[-1] == item) and levels(shape[:-2], strides[:-2]) is not None


def arrangement(tile, parts, out, a, b, item):
    """(blocks, numbers): how many blocks a launch has, and the sizes and strides that it is told.

    For operands (shape, strides); of several parts `out` is the first. None where two levels of a stack will not do.
    """
    (shape, out_strides), (a_strides, b_strides) = out, (a[1], b[1])
    stack, (m, n), k = shape[:-2], shape[-2:], a[0][-1]
    apart = [broadcast_strides(stack, shape[:-2], strides[:-2]) for shape, strides in (a, b)]
    found = levels(stack, out_strides[:-2], *apart)
    if found is None:
        return None
    inner, (out_levels, a_levels, b_levels) = found
    part = -(-k // (parts * tile.step)) * tile.step
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
