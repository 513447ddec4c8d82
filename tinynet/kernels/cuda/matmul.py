"""Matrix products: by tiles that are kept in registers (`tiles.py`), or by cuBLAS where it is installed."""

import numpy as np
from numba.types import int64
from numpy import uintp

from ..arrays import host
from . import cublas
from .array import new
from .driver import cuda, kernel
from .elementwise import add
from .elementwise import relu as cut_off
from .reduction import sum
from .tiles import ALIGNED, LARGE, PAD, TILES, add_groups, add_slices, clear, lanes_of, place, plan, put

__all__ = ["linear", "matmul"]


def _types(real):
    return (*[real[::1]] * 4, *[int64] * 13)


def _multiply(tile):
    """The kernel for a tile."""
    HIGH, WIDE, DOWN, ACROSS, DEPTH, GROUPS = tile
    LANES, STEP, SLICE, SHARED = tile.lanes, tile.step, tile.slice, tile.groups * tile.slice
    SLICE_A = DEPTH * (HIGH + PAD)
    LOADS_A, LOADS_B = HIGH * DEPTH // LANES, WIDE * DEPTH // LANES

    def multiply(
        out, a, b, bias, m, n, k, part, a_row, a_step, a_matrix, b_step, b_column, b_matrix, parts, biased, relu
    ):
        """out[matrix, part] ← A B of m × k and k × n over `part` steps of k, plus bias[column], perhaps cut off at 0.

        Blocks count through the tiles of a row, the rows of tiles, and matrix · parts + part; strides count elements.
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
        last = min(first + part, k)
        at_a, at_b = group * SLICE, group * SLICE + SLICE_A
        ia, ia_more, la, la_more = lanes_of(t, HIGH, DEPTH, LANES, a_step == 1)
        jb, jb_more, lb, lb_more = lanes_of(t, WIDE, DEPTH, LANES, b_step == 1)
        a_at = matrix * a_matrix + (i0 + ia) * a_row + (first + group * DEPTH + la) * a_step
        b_at = matrix * b_matrix + (j0 + jb) * b_column + (first + group * DEPTH + lb) * b_step
        a_more, b_more = ia_more * a_row + la_more * a_step, jb_more * b_column + lb_more * b_step
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
                c = j0 + place(tx, j, WIDE // ACROSS, min(4, ACROSS))
                row[j] = bias[uintp(c)] if biased and c < n else zero
            floor = zero if relu else -out.dtype.type(np.inf)
            for i in range(DOWN):
                r = i0 + place(ty, i, HIGH // DOWN, min(4, DOWN))
                for j in range(ACROSS):
                    c = j0 + place(tx, j, WIDE // ACROSS, min(4, ACROSS))
                    value = sums[i, j] + row[j]
                    if r < m and c < n:
                        out[uintp((z * m + r) * n + c)] = floor if value < floor else value

    multiply.__name__ = f"multiply_{HIGH}x{WIDE}"
    return kernel(_types, registers=128)(multiply)


MULTIPLY = {tile: _multiply(tile) for tile in TILES}


def matmul(out, a, b, accumulate=False):
    """out = a @ b, with a (..., m, k) and b (..., k, n) of any strides and out (..., m, n) C-contiguous.

    With `accumulate`, out += a @ b. The leading dimensions broadcast. All have one dtype.
    """
    _product(out, a, b, accumulate, None, False)


def linear(out, x, weight, bias, relu=False):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n) C-contiguous.

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
    if k == 0:
        if not accumulate:
            out.fill(0)
        if bias is not None:
            out[...] = np.broadcast_to(bias, out.shape)
        return cut_off(out, out) if relu else None
    if b.ndim == 2 and stack and a.shape[:-2] == stack and a.flags.c_contiguous:
        return _product(out.reshape(-1, n), a.reshape(-1, k), b, accumulate, bias, relu)  # the rows of one long matrix
    a, a_matrix, count = _stack(a, stack)
    b, b_matrix, _ = _stack(b, stack)
    fused = relu or bias is not None
    tile, parts = plan(m, n, k, count, parted=not fused)
    if cublas.is_used() and (tile is LARGE or not fused):
        if bias is not None:
            out[...] = np.broadcast_to(bias, out.shape)
        cublas.multiply(out, a, b, (m, n, k), (a_matrix, b_matrix), count, accumulate or bias is not None)
        return cut_off(out, out) if relu else None
    target = out if parts == 1 and not accumulate else new((count, parts, m, n), out.dtype)
    _launch(tile, parts, target, a, b, bias, (m, n, k), (a_matrix, b_matrix), count, relu)
    if target is not out:
        total = out.reshape(count, 1, m, n)
        if parts > 1:
            total = new((count, 1, m, n), out.dtype) if accumulate else total
            sum(total, target, (1,))
            target = total
        if accumulate:
            add(out, out, target.reshape(out.shape))


def _launch(tile, parts, out, a, b, bias, sizes, matrices, count, relu):
    m, n, k = sizes
    part = -(-k // (parts * tile.step)) * tile.step
    item = out.itemsize
    steps = a.strides[-2] // item, a.strides[-1] // item, matrices[0], b.strides[-2] // item, b.strides[-1] // item
    numbers = m, n, k, part, *steps, matrices[1], parts, bias is not None, relu
    arrays = out, a, b, out if bias is None else bias
    MULTIPLY[tile](out.dtype, tile.count(m, n) * count * parts, tile.threads, *arrays, *map(int, numbers))


def _stack(x, stack):
    """(x, elements from one matrix to the next, matrices): a copy where they are not evenly apart."""
    if not stack:
        return x, 0, 1
    x = np.broadcast_to(x, (*stack, *x.shape[-2:]))
    count, matrix = 1, 0
    for n, stride in zip(reversed(stack), reversed(x.strides[:-2])):
        if n == 1:
            continue
        if count > 1 and stride != count * matrix:
            x = x.copy()
            return x, x.strides[-3] // x.itemsize, int(np.prod(stack))
        count, matrix = count * n, stride if count == 1 else matrix
    return x, matrix // x.itemsize, count
