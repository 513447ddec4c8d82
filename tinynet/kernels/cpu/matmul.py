"""Matrix products: `matmul` of stacks of matrices, and `linear`, the product of a dense layer.

The output is cut into blocks that depend on its size only, never on the number of threads, and each number of it is
the same sum in the same order in any of them. So the result has the same bits on one thread and on many.
"""

import threading

import numba
import numpy as np
from numba import prange, types

from tinynet.kernels.cpu.tile import (
    DEPTH,
    MASKED_LOADS,
    TAIL_ROWS,
    TILE_BYTES,
    TILE_ROWS,
    VECTOR_BYTES,
    address,
    multiply_tile,
    pack_strip,
    panel_memory,
)
from tinynet.kernels.jit import jit

PARALLEL_FROM = 400_000  # multiplications; below, waking the threads costs more than they save
BLOCK_ROWS = 256  # of the output in one task, fewer if that leaves few tasks
DIRECT_ROWS = 128  # up to so many rows of A do not repay packing a B whose rows are contiguous already


def matmul(out, a, b):
    """out = a @ b, with a (..., m, k), b (..., k, n) of any strides and out (..., m, n) C-contiguous.

    The leading dimensions broadcast. All share one dtype; float32 and float64 are fast, others go to NumPy.
    """
    if out.ndim != 2:
        return _stacked(out, a, b)
    kernels = _PARALLEL if out.size * len(b) > PARALLEL_FROM else _SERIAL
    kernel, no_bias = kernels[out.dtype]
    kernel(out, a, b, no_bias, 1, 0, 0)


def linear(out, x, weight, bias):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None and out (m, n) C-contiguous."""
    kernels = _PARALLEL if x.size * len(weight) > PARALLEL_FROM else _SERIAL
    kernel, no_bias = kernels[out.dtype]
    if bias is None:
        bias = no_bias
    elif not bias.flags.c_contiguous:
        bias = np.ascontiguousarray(bias)
    kernel(out, x, weight.T, bias, 1, 0, 0)


def _stacked(out, a, b):
    """matmul of stacks: one call for each run of matrices with a constant stride between them."""
    stack, m, n, k = out.shape[:-2], *out.shape[-2:], a.shape[-1]
    if out.size == 0:
        return
    if b.ndim == 2 and a.flags.c_contiguous and a.size // max(k, 1) == out.size // n:
        return matmul(out.reshape(-1, n), a.reshape(-1, k), b)  # rows of one long product
    a, b = np.broadcast_to(a, (*stack, m, k)), np.broadcast_to(b, (*stack, k, n))
    # The innermost dimension of the stack, and those outside it while they continue its stride, make one run.
    run, first = 1, len(stack)
    a_matrix = b_matrix = 0
    while first and all(
        stack[first - 1] == 1 or run == 1 or x.strides[first - 1] == run * stride
        for x, stride in ((a, a_matrix), (b, b_matrix))
    ):
        first -= 1
        if run == 1:
            a_matrix, b_matrix = a.strides[first], b.strides[first]
        run *= stack[first]
    kernels = _PARALLEL if run * m * n * k > PARALLEL_FROM else _SERIAL
    kernel, no_bias = kernels[out.dtype]
    inner = (0,) * (len(stack) - first)
    for outer in np.ndindex(stack[:first]):
        index = outer + inner
        kernel(out[index], a[index], b[index], no_bias, run, a_matrix, b_matrix)


# --- compiled -----------------------------------------------------------------------------------------------------
# `count` matrices: those of the output follow each other, those of a and b are a_matrix and b_matrix bytes apart. The
# arguments a, b, out are the first of them.


@jit
def _serial(out, a, b, bias, count, a_matrix, b_matrix):
    m, n, k = _shape(out, a, b)
    panel = panel_memory()
    for t in range(count):
        _block(out, a, b, bias, t, a_matrix, b_matrix, 0, m, 0, n, panel)


@jit(parallel=True)
def _parallel(out, a, b, bias, count, a_matrix, b_matrix):
    m, n, k = _shape(out, a, b)
    block_rows, block_columns = BLOCK_ROWS, TILE_BYTES // out.itemsize
    wide = -(-n // block_columns)
    tasks = min(max(count * m * n * k // 4_000_000, 4), 64)
    while block_rows > 32 and count * wide * -(-m // block_rows) < tasks:
        block_rows //= 2
    high = -(-m // block_rows)
    for task in prange(count * high * wide):
        t, block = divmod(task, high * wide)
        i, j = block // wide * block_rows, block % wide * block_columns
        panel = panel_memory()
        _block(out, a, b, bias, t, a_matrix, b_matrix, i, min(i + block_rows, m), j, min(j + block_columns, n), panel)


@numba.njit(inline="always")
def _shape(out, a, b):
    m, n = out.shape
    k = a.shape[1]
    if a.shape[0] != m or b.shape[0] != k or b.shape[1] != n:
        raise ValueError("matmul: expected out (m, n), a (m, k), b (k, n)")
    return m, n, k


@numba.njit(inline="always")
def _block(out, a, b, bias, t, a_matrix, b_matrix, i0, i1, j0, j1, panel):
    """out[t, i0:i1, j0:j1] = a[t, i0:i1] b[t, :, j0:j1] + bias[j0:j1], one panel of columns after another."""
    item, (m, n), k = out.itemsize, out.shape, a.shape[1]
    a_row, a_step = a.strides
    b_step, b_column = b.strides
    lanes, width = VECTOR_BYTES // item, TILE_BYTES // item
    direct = b_column == item and i1 - i0 < DIRECT_ROWS and (MASKED_LOADS or n % lanes == 0)
    for j in range(j0, j1, width):
        columns = min(width, j1 - j)
        start, start_row = address(bias), 0
        if bias.size == n:
            start += j * item
        for p in range(0, max(k, 1), DEPTH):
            depth = min(DEPTH, k - p)
            b_part = address(b) + t * b_matrix + p * b_step + j * b_column
            if direct:
                rows_of_b, rows_of_b_step = b_part, b_step
            else:
                rows_of_b, rows_of_b_step = panel, TILE_BYTES
                for l in range(0, columns, lanes):
                    pack_strip(
                        out,
                        rows_of_b + l * item,
                        rows_of_b_step,
                        b_part + l * b_column,
                        b_step,
                        b_column,
                        depth,
                        min(columns - l, lanes),
                    )
            i = i0
            while i < i1:
                rows = TILE_ROWS
                if i1 - i < rows:
                    rows = TAIL_ROWS
                    while i1 - i < rows:
                        rows //= 2
                c = address(out) + ((t * m + i) * n + j) * item
                if p > 0:
                    start, start_row = c, n * item
                multiply_tile(
                    out,
                    rows,
                    columns,
                    address(a) + t * a_matrix + i * a_row + p * a_step,
                    a_row,
                    a_step,
                    rows_of_b,
                    rows_of_b_step,
                    start,
                    start_row,
                    c,
                    n * item,
                    depth,
                )
                i += rows


# --- one compiled version for each dtype --------------------------------------------------------------------------


class _ByDtype(dict):
    """dtype → (compiled kernel, its zero bias), compiled at the first use.

    The matrices are declared with any strides, and no other version may be compiled: then Numba passes every view
    of them as it is.
    """

    lock = threading.Lock()

    def __init__(self, dispatcher):
        self.dispatcher = dispatcher

    def __missing__(self, dtype):
        if dtype not in (np.float32, np.float64):
            return _numpy_matmul, None
        with self.lock:
            if not numba.config.DISABLE_JIT:
                real = numba.from_dtype(dtype)
                matrix = types.Array(real, 2, "A", readonly=True)
                bias = types.Array(real, 1, "C", readonly=True)
                self.dispatcher.disable_compile(False)
                self.dispatcher.compile(
                    types.void(types.Array(real, 2, "C"), matrix, matrix, bias, types.intp, types.intp, types.intp)
                )
                self.dispatcher.disable_compile()
            self[dtype] = self.dispatcher, np.zeros(TILE_BYTES // dtype.itemsize, dtype)
        return self[dtype]


def _numpy_matmul(out, a, b, bias, count, a_matrix, b_matrix):
    np.matmul(a, b, out=out)


_SERIAL, _PARALLEL = _ByDtype(_serial), _ByDtype(_parallel)
