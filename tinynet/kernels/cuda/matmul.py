"""Matrix products: a kernel that keeps a tile of the output in registers, and cuBLAS where it is installed.

A block of 256 threads computes 128 × 128 numbers of the output, each thread 8 × 8 of them, which never leave its
registers until they are done. The operands come in slices 8 deep: while the slice in shared memory is multiplied, the
next one is already on its way from global memory. Per slice a thread reads 16 numbers for each 64 multiplications.

A thread's rows and columns are not neighbours but 16 apart, so that threads side by side read neighbours from shared
memory, each from a bank of its own, and write neighbours to the output. Places in the inner loop are unsigned: of a
signed one Numba asks whether it is negative, and the questions would cost more than the multiplications.
"""

import numpy as np
from numba.types import int64
from numpy import uintp

from ..arrays import host
from . import cublas, driver
from .array import new
from .driver import cuda, device, kernel

__all__ = ["linear", "matmul"]

SIDE = driver.choose(16, 2)  # threads along each side of a tile
EACH = driver.choose(8, 2)  # numbers along each side that a thread computes
TILE = SIDE * EACH
DEPTH = driver.choose(8, 2)  # of a slice
THREADS = SIDE * SIDE
LOADS = TILE * DEPTH // THREADS  # numbers of each operand's slice that a thread brings
NEXT, BELOW = THREADS // DEPTH, THREADS // TILE  # how far apart these are, along the tile, or down the slice
WIDTH = TILE + 4  # of a slice in memory, so that the numbers of a column lie in different banks
SPLIT_FROM = driver.choose(4096, 16)  # a sum that is longer, of a small output, is cut into parts
PART = driver.choose(1024, 8)
SLICE = DEPTH * WIDTH
MANY_TILES = driver.choose(256, 4)  # of an output are enough to keep the device busy


def _types(real):
    return (*[real[::1]] * 4, *[int64] * 13)


@device
def clear(sums, next_a, next_b, zero):
    for i in range(EACH):
        for j in range(EACH):
            sums[i, j] = zero
    for s in range(LOADS):
        next_a[s], next_b[s] = zero, zero


@device
def add_slices(sums, column, row, slice_a, slice_b, ty, tx):
    """sums ← sums + the product of the two slices in shared memory, of a thread's rows and columns."""
    for l in range(DEPTH):
        for i in range(EACH):
            column[i] = slice_a[uintp(l * WIDTH + ty) + uintp(i * SIDE)]
        for j in range(EACH):
            row[j] = slice_b[uintp(l * WIDTH + tx) + uintp(j * SIDE)]
        for i in range(EACH):
            for j in range(EACH):
                sums[i, j] += column[i] * row[j]


@kernel(_types, registers=128)
def multiply(out, a, b, bias, m, n, k, part, a_row, a_step, a_matrix, b_step, b_column, b_matrix, parts, biased, relu):
    """out[matrix, part] ← A B of m × k and k × n over `part` steps of k, plus bias[column], perhaps cut off at 0.

    Blocks count through the tiles of a row, the rows of tiles, and matrix · parts + part; strides count elements.
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
    matrix, first = z // parts, z % parts * part
    last = min(first + part, k)
    # Which numbers of a slice a thread brings: neighbours in memory if it can, number s being so many further on.
    ia, ia_more, la, la_more = (t // DEPTH, NEXT, t % DEPTH, 0) if a_step == 1 else (t % TILE, 0, t // TILE, BELOW)
    jb, jb_more, lb, lb_more = (t // DEPTH, NEXT, t % DEPTH, 0) if b_step == 1 else (t % TILE, 0, t // TILE, BELOW)
    a_at = matrix * a_matrix + (i0 + ia) * a_row + (first + la) * a_step
    b_at = matrix * b_matrix + (j0 + jb) * b_column + (first + lb) * b_step
    a_more, b_more = ia_more * a_row + la_more * a_step, jb_more * b_column + lb_more * b_step
    clear(sums, next_a, next_b, zero)
    for l0 in range(first - DEPTH, last, DEPTH):
        if l0 >= first:
            for s in range(LOADS):
                slice_a[uintp((la + s * la_more) * WIDTH + ia + s * ia_more)] = next_a[s]
                slice_b[uintp((lb + s * lb_more) * WIDTH + jb + s * jb_more)] = next_b[s]
        cuda.syncthreads()
        for s in range(LOADS):
            inside = i0 + ia + s * ia_more < m and l0 + DEPTH + la + s * la_more < last
            next_a[s] = a[uintp(a_at + s * a_more)] if inside else zero
            inside = j0 + jb + s * jb_more < n and l0 + DEPTH + lb + s * lb_more < last
            next_b[s] = b[uintp(b_at + s * b_more)] if inside else zero
        a_at += DEPTH * a_step
        b_at += DEPTH * b_step
        if l0 >= first:
            add_slices(sums, column, row, slice_a, slice_b, ty, tx)
        cuda.syncthreads()
    for i in range(EACH):
        for j in range(EACH):
            r, c = i0 + ty + i * SIDE, j0 + tx + j * SIDE
            if r < m and c < n:
                value = sums[i, j]
                if biased:
                    value += bias[c]
                if relu:
                    value = max(value, zero)
                out[(z * m + r) * n + c] = value


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
        if relu:
            from .elementwise import relu as cut_off

            cut_off(out, out)
        return
    if b.ndim == 2 and stack and a.shape[:-2] == stack and a.flags.c_contiguous:
        return _product(out.reshape(-1, n), a.reshape(-1, k), b, accumulate, bias, relu)  # the rows of one long matrix
    a, a_matrix, count = _stack(a, stack)
    b, b_matrix, _ = _stack(b, stack)
    if cublas.is_used() and bias is None and not relu:
        return cublas.multiply(out, a, b, (m, n, k), (a_matrix, b_matrix), count, accumulate)
    tiles = count * -(-m // TILE) * -(-n // TILE)
    parts = -(-k // PART) if k >= SPLIT_FROM and tiles < MANY_TILES and not relu and bias is None else 1
    target = out if parts == 1 and not accumulate else new((count, parts, m, n), out.dtype)
    _launch(target, a, b, bias, (m, n, k), (a_matrix, b_matrix), count, parts, relu)
    if target is not out:
        from .elementwise import add
        from .reduction import sum

        total = out.reshape(count, 1, m, n)
        if parts > 1:
            total = new((count, 1, m, n), out.dtype) if accumulate else total
            sum(total, target, (1,))
            target = total
        if accumulate:
            add(out, out, target.reshape(out.shape))


def _launch(out, a, b, bias, sizes, matrices, count, parts, relu):
    m, n, k = sizes
    part = -(-k // (parts * DEPTH)) * DEPTH
    item = out.itemsize
    steps = a.strides[-2] // item, a.strides[-1] // item, matrices[0], b.strides[-2] // item, b.strides[-1] // item
    numbers = m, n, k, part, *steps, matrices[1], parts, bias is not None, relu
    blocks = -(-n // TILE) * -(-m // TILE) * count * parts
    multiply(out.dtype, blocks, THREADS, out, a, b, out if bias is None else bias, *map(int, numbers))


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
