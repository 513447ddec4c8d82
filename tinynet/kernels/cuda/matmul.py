"""Matrix products: by tiles that are kept in registers (`tiles.py`), or by cuBLAS where it is installed."""

import functools
import math

import numpy as np
from numba.types import int64
from numpy import uintp

from ..arrays import host
from . import cublas
from .array import new
from .driver import cuda, kernel
from .elementwise import add, copy
from .elementwise import relu as cut_off
from .reduction import sum
from .tiles import ALIGNED, LARGE, PAD, TILES, add_groups, add_slices, clear, lanes_of, place, plan, put

__all__ = ["linear", "matmul"]


def _types(real):
    return (*[real[::1]] * 4, *[int64] * 20)


def _multiply(tile):
    """The kernel for a tile."""
    HIGH, WIDE, DOWN, ACROSS, DEPTH, GROUPS = tile
    LANES, STEP, SLICE, SHARED = tile.lanes, tile.step, tile.slice, tile.groups * tile.slice
    SLICE_A = DEPTH * (HIGH + PAD)
    LOADS_A, LOADS_B = HIGH * DEPTH // LANES, WIDE * DEPTH // LANES

    def multiply(
        out, a, b, bias, m, n, k, part, inner, parts, biased, relu, out_row, out_part, out_outer, out_inner, a_row,
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
        outer, inner = matrix // inner, matrix % inner
        last = min(first + part, k)
        at_a, at_b = group * SLICE, group * SLICE + SLICE_A
        ia, ia_more, la, la_more = lanes_of(t, HIGH, DEPTH, LANES, a_step == 1)
        jb, jb_more, lb, lb_more = lanes_of(t, WIDE, DEPTH, LANES, b_step == 1)
        a_at = outer * a_outer + inner * a_inner + (i0 + ia) * a_row + (first + group * DEPTH + la) * a_step
        b_at = outer * b_outer + inner * b_inner + (j0 + jb) * b_column + (first + group * DEPTH + lb) * b_step
        a_more, b_more = ia_more * a_row + la_more * a_step, jb_more * b_column + lb_more * b_step
        out_at = outer * out_outer + inner * out_inner + z % parts * out_part + i0 * out_row + j0
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
                c = place(tx, j, WIDE // ACROSS, min(4, ACROSS))
                row[j] = bias[uintp(j0 + c)] if biased and j0 + c < n else zero
            floor = zero if relu else -out.dtype.type(np.inf)
            for i in range(DOWN):
                r = place(ty, i, HIGH // DOWN, min(4, DOWN))
                for j in range(ACROSS):
                    c = place(tx, j, WIDE // ACROSS, min(4, ACROSS))
                    value = sums[i, j] + row[j]
                    if i0 + r < m and j0 + c < n:
                        out[uintp(out_at + r * out_row + c)] = floor if value < floor else value

    multiply.__name__ = f"multiply_{HIGH}x{WIDE}"
    return kernel(_types, registers=128)(multiply)


MULTIPLY = {tile: _multiply(tile) for tile in TILES}


def matmul(out, a, b, accumulate=False):
    """out = a @ b, with a (..., m, k), b (..., k, n) and out (..., m, n) of any strides.

    With `accumulate`, out += a @ b. The leading dimensions broadcast. All have one dtype.
    """
    _product(out, a, b, accumulate, None, False)


def linear(out, x, weight, bias, relu=False):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n).

    With `relu`, max(out, 0), taken while the numbers are in registers.
    """
    _product(out, x, weight.T, False, None if bias is None else bias.contiguous(), relu)


def _product(out, a, b, accumulate, bias, relu):
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
        return cut_off(out, out) if relu else None
    if b.ndim == 2 and stack and a.shape[:-2] == stack and a.flags.c_contiguous and dense:
        return _product(out.reshape(-1, n), a.reshape(-1, k), b, accumulate, bias, relu)  # the rows of one long matrix
    fused = relu or bias is not None
    tile, parts = plan(m, n, k, math.prod(stack), parted=not fused)
    by_library = cublas.is_used() and (tile is LARGE or not fused)
    if not dense and (by_library or len(stack) > 2 or (n > 1 and out.strides[-1] != out.itemsize)):
        found = new(out.shape, out.dtype)
        _product(found, a, b, False, bias, relu)
        return add(out, out, found) if accumulate else copy(out, found)
    if by_library:
        if bias is not None:
            out[...] = np.broadcast_to(bias, out.shape)
        (a, a_matrix), (b, b_matrix) = _evenly_apart(a, stack), _evenly_apart(b, stack)
        accumulate = accumulate or bias is not None
        cublas.multiply(out, a, b, (m, n, k), (a_matrix, b_matrix), math.prod(stack), accumulate)
        return cut_off(out, out) if relu else None
    if parts == 1 and not accumulate:
        return _launch(tile, parts, stack, out, a, b, bias, relu)
    sums = new((*stack, parts, m, n), out.dtype)
    _launch(tile, parts, stack, sums, a, b, bias, relu)
    if parts > 1:
        sums, pieces = new(out.shape, out.dtype) if accumulate or not dense else out, sums
        sum(sums.reshape(*stack, 1, m, n), pieces, (len(stack),))
    if accumulate:
        add(out, out, sums.reshape(out.shape))
    elif sums is not out:
        copy(out, sums)


def _launch(tile, parts, stack, out, a, b, bias, relu):
    """out (*stack, m, n), or with several parts (*stack, parts, m, n), by the kernel of a tile."""
    m, n, k = out.shape[-2], out.shape[-1], a.shape[-1]
    a, b = _stacked(a, stack), _stacked(b, stack)
    found = levels(stack, out.strides[: len(stack)], a.strides[:-2], b.strides[:-2])
    if found is None:
        a, b = a.contiguous(), b.contiguous()
        found = levels(stack, out.strides[: len(stack)], a.strides[:-2], b.strides[:-2])
    inner, (out_levels, a_levels, b_levels) = found
    strides = out.strides[-2], m * n * out.itemsize, *out_levels, *a.strides[-2:], *a_levels, *b.strides[-2:], *b_levels
    part = -(-k // (parts * tile.step)) * tile.step
    numbers = m, n, k, part, inner, parts, int(bias is not None), int(relu), *[s // out.itemsize for s in strides]
    blocks = tile.count(m, n) * math.prod(stack) * parts
    MULTIPLY[tile](out.dtype, blocks, tile.threads, out, a, b, out if bias is None else bias, *numbers)


def _stacked(x, stack):
    return x if x.shape[:-2] == stack else np.broadcast_to(x, (*stack, *x.shape[-2:]))


@functools.lru_cache(maxsize=1024)
def levels(stack, *strides):
    """(inner, pairs): for arrays whose matrices lie in a stack with such strides, how far apart they are.

    A pair is (outer, inner) stride: the stack is counted through in two levels, `inner` matrices in the lower one. None
    where two levels will not do for all the arrays.
    """
    for split in range(max(len(stack), 1)):
        pairs = [(step(stack[:split], s[:split]), step(stack[split:], s[split:])) for s in strides]
        if not any(None in pair for pair in pairs):
            return math.prod(stack[split:]), pairs
    return None


def step(sizes, strides):
    """How far it is from one to the next if one counts through dimensions; None if it is not always as far."""
    found, count = 0, 1
    for n, stride in zip(reversed(sizes), reversed(strides)):
        if n > 1:
            if count > 1 and stride != count * found:
                return None
            found, count = found if count > 1 else stride, count * n
    return found


def _evenly_apart(x, stack):
    """(x, elements from one matrix to the next): a copy where they are not evenly apart."""
    x = _stacked(x, stack)
    found = step(stack, x.strides[:-2])
    if found is None:
        x = x.copy()
        found = step(stack, x.strides[:-2])
    return x, found // x.itemsize
