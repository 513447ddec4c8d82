"""Matrix products: `matmul` of stacks of matrices, and `linear`, the product of a dense layer.

The output is cut into blocks by its size only, never by the number of threads, and each number of it is a sum in the
same order in any block. So the result has the same bits on one thread and on many.
"""

import threading

import numba
import numpy as np
from numba import prange, types

from tinynet.kernels.cpu.tile import (
    DEPTH,
    MASKED_LOADS,
    TILE_BYTES,
    VECTOR_BYTES,
    address,
    multiply_tile,
    pack_strip,
    panel_memory,
)
from tinynet.kernels.jit import jit

PARALLEL_FROM = 400_000  # multiplications; below, waking the threads costs more than they save
TASK = 4_000_000  # multiplications that are worth a task of their own
BLOCK_ROWS = 256  # rows of the output in a task, fewer if that leaves few tasks
DIRECT_ROWS = 128  # up to so many rows of A, rows of B that are contiguous already are read in place


def matmul(out, a, b):
    """out = a @ b, with a (..., m, k) and b (..., k, n) of any strides and out (..., m, n) C-contiguous.

    The leading dimensions broadcast. All have one dtype; float32 and float64 are compiled, others go to NumPy.
    """
    if out.ndim != 2:
        return _stacked(out, a, b)
    kernel, no_bias = (_PARALLEL if out.size * len(b) > PARALLEL_FROM else _SERIAL)[out.dtype]
    kernel(out, a, b, no_bias, 1, 0, 0)


def linear(out, x, weight, bias):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n) C-contiguous."""
    kernel, no_bias = (_PARALLEL if x.size * len(weight) > PARALLEL_FROM else _SERIAL)[out.dtype]
    if bias is None:
        bias = no_bias
    elif not bias.flags.c_contiguous:
        bias = bias.copy()
    kernel(out, x, weight.T, bias, 1, 0, 0)


def _stacked(out, a, b):
    """matmul of stacks: one call of the kernel for each run of matrices with constant strides between them."""
    stack, (m, n), k = out.shape[:-2], out.shape[-2:], a.shape[-1]
    if out.size == 0:
        return
    if b.ndim == 2 and a.flags.c_contiguous and a.shape[:-2] == stack:
        return matmul(out.reshape(-1, n), a.reshape(out.size // n, k), b)  # the rows of one long matrix
    if not _is_compiled(out.dtype):
        return _interpreted(out, a, b)
    if a.shape[:-2] != stack:
        a = np.broadcast_to(a, (*stack, m, k))
    if b.shape[:-2] != stack:
        b = np.broadcast_to(b, (*stack, k, n))
    # From the last dimension of the stack outwards, while the next one goes on where the run ends.
    count, a_matrix, b_matrix, d = 1, 0, 0, len(stack)
    while d:
        size, a_stride, b_stride = stack[d - 1], a.strides[d - 1], b.strides[d - 1]
        if count == 1:
            a_matrix, b_matrix = a_stride, b_stride
        elif size > 1 and (a_stride, b_stride) != (count * a_matrix, count * b_matrix):
            break
        count *= size
        d -= 1
    kernel, no_bias = (_PARALLEL if count * m * n * k > PARALLEL_FROM else _SERIAL)[out.dtype]
    first = (0,) * (len(stack) - d)
    for index in np.ndindex(stack[:d]):
        kernel(out[index + first], a[index + first], b[index + first], no_bias, count, a_matrix, b_matrix)


# --- compiled -----------------------------------------------------------------------------------------------------
# out[t] = a[t] b[t] + bias for t < count. The arrays are the matrices at t = 0. Those of out follow each other in
# memory; those of a and b are a_matrix and b_matrix bytes apart. Without a bias it is a tile's width of zeros.


@jit
def _serial(out, a, b, bias, count, a_matrix, b_matrix):
    _check(out, a, b)
    m, n = out.shape
    panel = panel_memory()
    for t in range(count):
        _block(out, a, b, bias, t, a_matrix, b_matrix, 0, m, 0, n, panel)


@jit(parallel=True)
def _parallel(out, a, b, bias, count, a_matrix, b_matrix):
    _check(out, a, b)
    (m, n), k = out.shape, a.shape[1]
    rows, columns = BLOCK_ROWS, TILE_BYTES // out.itemsize
    wide = -(-n // columns)
    tasks = min(max(count * m * n * k // TASK, 4), 64)
    while rows > 32 and count * wide * -(-m // rows) < tasks:
        rows //= 2
    high = -(-m // rows)
    for task in prange(count * high * wide):
        t, block = divmod(task, high * wide)
        i, j = block // wide * rows, block % wide * columns
        panel = panel_memory()
        _block(out, a, b, bias, t, a_matrix, b_matrix, i, min(i + rows, m), j, min(j + columns, n), panel)


# Helpers are merged into the kernel's source: compiled by themselves, they would double the time to compile.
_merged = numba.njit(inline="always")


@_merged
def _check(out, a, b):
    if a.shape[0] != out.shape[0] or b.shape[1] != out.shape[1] or a.shape[1] != b.shape[0]:
        raise ValueError("matmul: expected a (m, k), b (k, n), out (m, n)")


@_merged
def _block(out, a, b, bias, t, a_matrix, b_matrix, i0, i1, j0, j1, panel):
    """out[t, i0:i1, j0:j1] = a[t, i0:i1] b[t, :, j0:j1] + bias[j0:j1], one panel of columns after another."""
    item, (m, n), k = out.itemsize, out.shape, a.shape[1]
    (a_row, a_step), (b_step, b_column), c_row = a.strides, b.strides, n * item
    lanes, width = VECTOR_BYTES // item, TILE_BYTES // item
    in_place = b_column == item and i1 - i0 <= DIRECT_ROWS and (MASKED_LOADS or n % lanes == 0)
    for j in range(j0, j1, width):
        columns = min(width, j1 - j)
        start, start_row = address(bias), 0
        if bias.size == n:
            start += j * item
        for p in range(0, max(k, 1), DEPTH):  # once for k = 0, which gives the bias
            depth = min(DEPTH, k - p)
            b_at, b_next = address(b) + t * b_matrix + p * b_step + j * b_column, b_step
            if not in_place:
                for l in range(0, columns, lanes):
                    strip = b_at + l * b_column
                    pack_strip(out, panel + l * item, strip, b_step, b_column, depth, min(lanes, columns - l))
                b_at, b_next = panel, TILE_BYTES
            i = i0
            while i < i1:
                a_at = address(a) + t * a_matrix + i * a_row + p * a_step
                c = address(out) + (t * m + i) * c_row + j * item
                if p > 0:
                    start, start_row = c, c_row
                i += multiply_tile(
                    out, i1 - i, columns, a_at, a_row, a_step, b_at, b_next, start, start_row, c, c_row, depth
                )


# --- one compiled version per dtype -------------------------------------------------------------------------------


class _ByDtype(dict):
    """dtype → (kernel, its zero bias), compiled at the first use.

    The kernel is declared for matrices of any strides, and no other version of it may be compiled: so Numba passes
    every view as it is, and Python need not look at the strides.
    """

    lock = threading.Lock()

    def __init__(self, kernel):
        self.kernel = kernel

    def __missing__(self, dtype):
        if not _is_compiled(dtype):
            return _interpreted, None
        real = numba.from_dtype(dtype)
        matrix = types.Array(real, 2, "A", readonly=True)
        bias = types.Array(real, 1, "C", readonly=True)
        signature = types.void(types.Array(real, 2, "C"), matrix, matrix, bias, *[types.intp] * 3)
        with self.lock:
            self.kernel.disable_compile(False)
            self.kernel.compile(signature)
            self.kernel.disable_compile()
        self[dtype] = self.kernel, np.zeros(TILE_BYTES // dtype.itemsize, dtype)
        return self[dtype]


def _is_compiled(dtype):
    return not numba.config.DISABLE_JIT and dtype in (np.float32, np.float64)


def _interpreted(out, a, b, bias=None, *strides):
    """The kernel in plain Python: for the dtypes that are not compiled, and under `NUMBA_DISABLE_JIT`."""
    if out.dtype in (np.float32, np.float64):
        out.fill(0)
        for p in range(a.shape[-1]):
            out += a[..., :, p, None] * b[..., p, None, :]
    else:
        np.matmul(a, b, out=out)
    if bias is not None:
        out += bias


_SERIAL, _PARALLEL = _ByDtype(_serial), _ByDtype(_parallel)
