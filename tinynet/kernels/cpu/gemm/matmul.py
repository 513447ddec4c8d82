"""Matrix products: `matmul` of stacks of matrices, and `linear`, the product of a dense layer.

The output is cut into blocks, and a long sum into parts, by sizes only, never by the number of threads, and each number
is a sum in the same order in any block. So the result has the same bits on one thread and on many.

Below are, from the outside in: the functions that operations call, the kernels that cut the output into blocks, and
`_block`, which puts the pieces of tile.py together.
"""

import numba
import numpy as np
from numba import prange, types

from tinynet.kernels import reference as kernels
from tinynet.kernels.cpu.gemm.tile import (
    BLOCK_STEP,
    DEPTH,
    PANEL_BYTES,
    TILE_BYTES,
    WIDE_BYTES,
    multiply_dots,
    multiply_panel,
    pack,
    scratch_memory,
    size,
)
from tinynet.kernels.cpu.gemm.vectors import MASKED_LOADS, VECTOR_BYTES
from tinynet.kernels.runtime.by_address import address, call, jit_at
from tinynet.kernels.runtime.jit import Compiled, jit, settle
from tinynet.kernels.runtime.memory import empty
from tinynet.kernels.runtime.threads import PRODUCTS

# Thresholds, measured with tests/benchmarks/matmul.py on two cores with AVX-512. Products count in multiplications.
TASK, TASKS = 4_000_000, 16  # a product that is worth a task of its own, and how many tasks are enough
BLOCK_ROWS, BLOCK_COLUMNS = 256, 256  # of the output in a task, fewer if that leaves few tasks
SHORT_ROWS = 32  # blocks are not made shorter: packing B would weigh too much
SPLIT_TASK = 1_000_000  # a part of a sum that is worth a task, where the output is too small for several
DIRECT_ROWS = 128  # up to so many rows of A, rows of B that are contiguous already are read in place
DOT_ROWS = 3  # up to so many rows of A, columns of B that are contiguous are read in place, as in dot products
FAR = 4096  # bytes from one number of a row of A to the next, from which on each has a page of its own: A is packed


@kernels.matmul.on("cpu")
def matmul(out, a, b, accumulate=False):
    """out = a @ b, with a (..., m, k) and b (..., k, n) of any strides and out (..., m, n) C-contiguous.

    With `accumulate`, out += a @ b. The leading dimensions broadcast. All have one dtype; float32 and float64 are
    compiled, others go to NumPy.
    """
    if out.ndim != 2:
        return _stacked(out, a, b, accumulate)
    (m, n), k = out.shape, len(b)
    if n == 1:  # a column is a row of the transposed product, whose numbers are read in the order of memory
        out, a, b = out.T, b.T, a.T
    work = m * n * k
    kernel, block, no_bias = (_PARALLEL if work > PRODUCTS else _SERIAL)[out.dtype]
    if work > 2 * SPLIT_TASK and k >= 4 * DEPTH:
        parts = _parts(m, k, n)
        if parts > 1 and block is not None:
            return _split(out, a, b, accumulate, parts)
    kernel(block, out, a, b, no_bias, 1, 0, 0, accumulate, False)


@kernels.linear.on("cpu")
def linear(out, x, weight, bias, relu=False):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n) C-contiguous.

    With `relu`, max(out, 0), taken while the numbers are in registers.
    """
    kernel, block, no_bias = (_PARALLEL if x.size * len(weight) > PRODUCTS else _SERIAL)[out.dtype]
    if bias is None:
        bias = no_bias
    elif not bias.flags.c_contiguous:
        bias = bias.copy()
    a, b = x, weight.T
    if len(weight) == 1 and block is not None:  # as in matmul; the one bias is that of all columns
        out, a, b = out.T, weight, x.T
        bias = bias if bias is no_bias else np.full_like(no_bias, bias[0])
    kernel(block, out, a, b, bias, 1, 0, 0, False, relu)


def _parts(m, k, n):
    """Into how many parts to cut the sums over k, such that a small output makes tasks too."""
    blocks = -(-m // SHORT_ROWS) * -(-n // 32)
    return min(min(m * n * k // SPLIT_TASK, TASKS) // blocks, k // (2 * DEPTH))


def _split(out, a, b, accumulate, parts):
    """A product with long sums as a stack of products with shorter ones, which are then added in their order."""
    k = len(b)
    depth = DEPTH * -(-k // (DEPTH * parts))
    parts, rest = divmod(k, depth)
    sums = empty((parts + 1, *out.shape), out.dtype)
    kernel, block, no_bias = _PARALLEL[out.dtype]
    strides = depth * a.strides[1], depth * b.strides[0]
    kernel(block, sums[0], a[:, :depth], b[:depth], no_bias, parts, *strides, False, False)
    kernel(block, sums[parts], a[:, k - rest :], b[k - rest :], no_bias, 1, 0, 0, False, False)
    if accumulate:
        sums[parts] += out
    np.add.reduce(sums, axis=0, out=out)


def _stacked(out, a, b, accumulate):
    """matmul of stacks: one call of the kernel for each run of matrices with constant strides between them."""
    stack, (m, n), k = out.shape[:-2], out.shape[-2:], a.shape[-1]
    if out.size == 0:
        return
    if b.ndim == 2 and a.flags.c_contiguous and a.shape[:-2] == stack:
        return matmul(out.reshape(-1, n), a.reshape(out.size // n, k), b, accumulate)  # the rows of one long matrix
    if not _is_compiled(out.dtype):
        return _by_numpy(None, out, a, b, None, 1, 0, 0, accumulate)
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
    kernel, block, no_bias = (_PARALLEL if count * m * n * k > PRODUCTS else _SERIAL)[out.dtype]
    first = (0,) * (len(stack) - d)
    for index in np.ndindex(stack[:d]):
        matrices = out[index + first], a[index + first], b[index + first]
        kernel(block, *matrices, no_bias, count, a_matrix, b_matrix, accumulate, False)


# --- compiled -----------------------------------------------------------------------------------------------------
# out[t] = a[t] b[t] + bias for t < count. The arrays are the matrices at t = 0. Those of out follow each other in
# memory; those of a and b are a_matrix and b_matrix bytes apart. A bias that is not of the length of a row is a number,
# repeated: 0, where there is none. `block` is the address of the compiled `_block`.


def _serial(block, out, a, b, bias, count, a_matrix, b_matrix, accumulate, relu):
    _check(out, a, b)
    m, n = out.shape
    for t in range(count):
        _call_block(block, out, a, b, bias, t, a_matrix, b_matrix, accumulate, relu, 0, m, 0, n, False)


def _parallel(block, out, a, b, bias, count, a_matrix, b_matrix, accumulate, relu):
    _check(out, a, b)
    (m, n), k = out.shape, a.shape[1]
    rows, columns, panel = BLOCK_ROWS, BLOCK_COLUMNS, TILE_BYTES // out.itemsize
    packed = a.strides[1] >= FAR and k >= DEPTH and n > 2 * panel
    if packed:
        rows = min(rows, BLOCK_STEP // VECTOR_BYTES * VECTOR_BYTES // out.itemsize)
    tasks = min(max(count * m * n * k // TASK, 4), TASKS)
    while (columns > panel or rows > SHORT_ROWS) and count * -(-n // columns) * -(-m // rows) < tasks:
        if columns > panel:
            columns //= 2
        else:
            rows //= 2
    high, wide = -(-m // rows), -(-n // columns)
    rows = -(-m // high)  # of one height: a last block of few rows would leave its thread idle
    for task in prange(count * high * wide):
        t, place = divmod(np.intp(task), high * wide)
        i, j = place // wide * rows, place % wide * columns
        i_end, j_end = min(i + rows, m), min(j + columns, n)
        _call_block(block, out, a, b, bias, t, a_matrix, b_matrix, accumulate, relu, i, i_end, j, j_end, packed)


_merged = numba.njit(inline="always")  # helpers compile faster as a part of the kernel's source


@_merged
def _check(out, a, b):
    if a.shape[0] != out.shape[0] or b.shape[1] != out.shape[1] or a.shape[1] != b.shape[0]:
        raise ValueError("matmul: expected a (m, k), b (k, n), out (m, n)")


@_merged
def _call_block(block, out, a, b, bias, t, a_matrix, b_matrix, accumulate, relu, i, i_end, j, j_end, packed):
    """out[t, i:i_end, j:j_end] = a[t, i:i_end] b[t, :, j:j_end] + bias[j:j_end]"""
    item, (m, n), k = out.itemsize, out.shape, a.shape[1]
    c = address(out) + ((t * m + i) * n + j) * item
    start, start_row, start_column = address(bias), 0, 0
    if accumulate:
        start, start_row, start_column = c, n * item, item
    elif bias.size == n:
        start, start_column = start + j * item, item
    a_row, a_step = a.strides
    b_step, b_column = b.strides
    a_at, b_at = address(a) + t * a_matrix + i * a_row, address(b) + t * b_matrix + j * b_column
    where = a_at, a_row, a_step, b_at, b_step, b_column, start, start_row, start_column, c, n * item
    call(block, (out.dtype.type(0), i_end - i, j_end - j, k, *where, int(packed), int(relu)))


def _block(like, rows, columns, k, a, a_row, a_step, b, b_step, b_column, start, start_row, start_column, c, c_row,
           packed, relu):  # fmt: skip
    """C = start + A B, one panel of columns after another. All are addresses and strides, in bytes.

    It is compiled once per dtype, as a function of C's, and called by its address. Were it a part of the kernels,
    Numba would compile it several times over on its way to a parallel loop.
    """
    item = size(like)
    if rows <= DOT_ROWS and a_step == item and b_step == item:
        for i in range(rows):
            start_i, c_i = start + i * start_row, c + i * c_row
            multiply_dots(like, columns, a + i * a_row, b, b_column, start_i, start_column, c_i, k, relu)
        return
    panel = scratch_memory()
    block = panel + PANEL_BYTES
    # Where there are no masks, a row of B is read to the end of its last vector, which must lie within the row.
    readable = MASKED_LOADS or columns % (VECTOR_BYTES // item) == 0
    in_place = b_column == item and rows <= DIRECT_ROWS and readable
    width, wide = TILE_BYTES // item, WIDE_BYTES // item if in_place and rows == 1 else columns + 1
    for p in range(0, max(k, 1), DEPTH):  # once for k = 0, which gives the bias
        depth = min(DEPTH, k - p)
        a_at, a_next, a_next_row = a + p * a_step, a_step, a_row
        if packed:
            pack(like, block, BLOCK_STEP, a_at, a_step, a_row, depth, rows)
            a_at, a_next, a_next_row = block, BLOCK_STEP, item
        if p > 0:
            start, start_row, start_column = c, c_row, item
        relu_now = relu if p + depth == k else 0
        j = 0
        while j < columns:
            n = wide if columns - j >= wide else min(width, columns - j)
            b_at, b_next = b + p * b_step + j * b_column, b_step
            if not in_place:
                pack(like, panel, TILE_BYTES, b_at, b_step, b_column, depth, n)
                b_at, b_next = panel, TILE_BYTES
            c_j, start_j = c + j * item, start + j * start_column
            multiply_panel(
                like, rows, n, a_at, a_next_row, a_next, b_at, b_next, start_j, start_row, c_j, c_row, depth, relu_now
            )
            j += n


# --- one compiled version per dtype -------------------------------------------------------------------------------


class _ByDtype(Compiled):
    """dtype → (kernel, address of the compiled `_block`, no bias), compiled at the first use.

    The kernel is declared for matrices of any strides, and no other version of it may be compiled: so Numba passes
    every view as it is, and Python need not look at the strides.
    """

    def __init__(self, function, parallel):
        super().__init__(self.compile)
        self.function, self.parallel = function, parallel

    def compile(self, dtype):
        if not _is_compiled(dtype):
            return _by_numpy, None, None
        real = numba.from_dtype(dtype)
        matrix, vector = types.Array(real, 2, "A", readonly=True), types.Array(real, 1, "C", readonly=True)
        out, integers = types.Array(real, 2, "C"), [types.intp] * 5
        kernel = jit(self.function, parallel=self.parallel)
        settle(kernel, types.intp, out, matrix, matrix, vector, *integers)
        return kernel, _BLOCKS[real], np.zeros(WIDE_BYTES // dtype.itemsize, dtype)


_BLOCKS = Compiled(lambda real: jit_at(_block, types.void(real, *[types.intp] * 16)))


def _is_compiled(dtype):
    return dtype in (np.float32, np.float64)


def _by_numpy(block, out, a, b, bias, count, a_matrix, b_matrix, accumulate, relu=False):
    """The kernel for the dtypes that are not compiled."""
    before = out.copy() if accumulate else 0 if bias is None else bias
    np.matmul(a, b, out=out)
    out += before
    if relu:
        np.maximum(out, 0, out=out)


_SERIAL, _PARALLEL = _ByDtype(_serial, False), _ByDtype(_parallel, True)
