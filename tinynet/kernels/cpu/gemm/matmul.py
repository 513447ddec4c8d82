"""Matrix products: `matmul` of stacks of matrices, and `linear`, the product of a dense layer.

The output is cut into blocks, and a long sum into parts, by sizes only, never by the number of threads, and each number
is a sum in the same order in any block. So the result has the same bits on one thread and on many.

Below are, from the outside in: the functions that operations call, the plans that cut the output into blocks, and
`_gemm`, which computes a block with the tiles of microkernel.py.
"""

import numpy as np
from numba import carray, types

from ... import reference as kernels
from ...runtime.jit import Compiled, always_inline
from ...runtime.memory import empty
from ...runtime.parallel_for import Plan, parallel_for, params_dtype, read, written
from ...runtime.plans import planned
from ...runtime.pointers import address_of, pointer, pointer_to_int
from ...runtime.threads import PRODUCTS
from .microkernel import (
    BLOCK_BYTES,
    BLOCK_STEP,
    DEPTH,
    TILE_BYTES,
    WIDE_BYTES,
    gemm_panel,
    gemv_dots,
    pack,
    panel_memory,
    size,
)
from .simd import MASKED_LOADS, VECTOR_BYTES

# Thresholds, measured with tests/benchmarks/matmul.py on two cores with AVX-512. Products count in multiplications.
CUT = 200_000  # from which on a product is cut at all: threads that are awake may share it (runtime/workers.py)
TASK, TASKS = 4_000_000, 16  # a product that is worth a task of its own, and how many tasks are enough
SPARE = 2  # times as many tasks, where no more than columns are cut: it costs nothing, and threads end together
BLOCK_ROWS, BLOCK_COLUMNS = 256, 256  # of the output in a task, fewer if that leaves few tasks
SHORT_ROWS = 32  # blocks are not made shorter: packing B would weigh too much
SHORT_COLUMNS = 32  # nor are they thought narrower where sums are cut, on any processor: so all cut them alike
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
    small = _SMALL[out.dtype]
    if small is None:
        return _by_numpy(out, a, b, None, accumulate)
    plan, zeros = small
    work = m * n * k
    if work > 2 * SPLIT_TASK and k >= 4 * DEPTH:
        parts = _parts(m, k, n)
        if parts > 1:
            return _split(out, a, b, accumulate, parts)
    if work > CUT:
        plan = _plan(out.dtype, *out.shape, k, a.strides[1])
    plan.run(out, a, b, zeros, accumulate, False)


@kernels.linear.on("cpu")
def linear(out, x, weight, bias, relu=False):
    """out = x weightᵀ + bias, with x (m, k), weight (n, k), bias (n,) or None, and out (m, n) C-contiguous.

    With `relu`, max(out, 0), taken while the numbers are in registers.
    """
    small = _SMALL[out.dtype]
    if small is None:
        return _by_numpy(out, x, weight.T, bias, relu=relu)
    plan, zeros = small
    if bias is None:
        bias = zeros
    elif not bias.flags.c_contiguous:
        bias = bias.copy()
    a, b = x, weight.T
    if len(weight) == 1:  # as in matmul; the one bias is that of all columns
        out, a, b = out.T, weight, x.T
        bias = bias if bias is zeros else _everywhere(bias, zeros)
    if x.size * len(weight) > CUT:
        plan = _plan(out.dtype, *out.shape, len(b), a.strides[1])
    plan.run(out, a, b, bias, False, relu)


def _everywhere(bias, like):
    """The one number of `bias` in each place of an array as another."""
    out = empty(like.shape, like.dtype)
    _repeat_plan(like.dtype).run(out, bias)
    return out


@planned
def _repeat_plan(dtype):
    return Plan(_repeat, dtype, 1, False)


def _parts(m, k, n):
    """Into how many parts to cut the sums over k, such that a small output makes tasks too."""
    blocks = -(-m // SHORT_ROWS) * -(-n // SHORT_COLUMNS)
    return min(min(m * n * k // SPLIT_TASK, TASKS) // blocks, k // (2 * DEPTH))


def _split(out, a, b, accumulate, parts):
    """A product with long sums as a stack of products with shorter ones, which are then added in their order."""
    (m, n), k, dtype = out.shape, len(b), out.dtype
    depth = DEPTH * -(-k // (DEPTH * parts))
    parts, rest = divmod(k, depth)
    sums, zeros = empty((parts + 1, *out.shape), dtype), _SMALL[dtype][1]
    apart = depth * a.strides[1], depth * b.strides[0]
    stack = _plan(dtype, m, n, depth, a.strides[1], parts, *apart, parallel=True)
    stack.run(sums[0], a[:, :depth], b[:depth], zeros, False, False)
    last = _plan(dtype, m, n, rest, a.strides[1], parallel=True)
    last.run(sums[parts], a[:, k - rest :], b[k - rest :], zeros, False, False)
    if accumulate:
        sums[parts] += out
    np.add.reduce(sums, axis=0, out=out)


def _stacked(out, a, b, accumulate):
    """matmul of stacks: one plan is run for each sequence of matrices with constant strides between them."""
    stack, (m, n), k = out.shape[:-2], out.shape[-2:], a.shape[-1]
    if out.size == 0:
        return
    if b.ndim == 2 and a.flags.c_contiguous and a.shape[:-2] == stack:
        return matmul(out.reshape(-1, n), a.reshape(out.size // n, k), b, accumulate)  # the rows of one long matrix
    if _SMALL[out.dtype] is None:
        return _by_numpy(out, a, b, None, accumulate)
    if a.shape[:-2] != stack:
        a = np.broadcast_to(a, (*stack, m, k))
    if b.shape[:-2] != stack:
        b = np.broadcast_to(b, (*stack, k, n))
    # From the last dimension of the stack outwards, while the next one goes on where the sequence ends.
    count, a_matrix, b_matrix, d = 1, 0, 0, len(stack)
    while d:
        length, a_stride, b_stride = stack[d - 1], a.strides[d - 1], b.strides[d - 1]
        if count == 1:
            a_matrix, b_matrix = a_stride, b_stride
        elif length > 1 and (a_stride, b_stride) != (count * a_matrix, count * b_matrix):
            break
        count *= length
        d -= 1
    plan, zeros = _plan(out.dtype, m, n, k, a.strides[-1], count, a_matrix, b_matrix), _SMALL[out.dtype][1]
    first = (0,) * (len(stack) - d)
    for index in np.ndindex(stack[:d]):
        plan.run(out[index + first], a[index + first], b[index + first], zeros, accumulate, False)


def _by_numpy(out, a, b, bias, accumulate=False, relu=False):
    """The product for dtypes that are not compiled."""
    before = out.copy() if accumulate else bias
    np.matmul(a, b, out=out)
    if before is not None:
        out += before
    if relu:
        np.maximum(out, 0, out=out)


# --- plans --------------------------------------------------------------------------------------------------------


PARAMS = params_dtype("rows", "columns", "across", "blocks", "a_matrix", "b_matrix", "packed")


def _plan(dtype, m, n, k, a_step, count=1, a_matrix=0, b_matrix=0, parallel=None):
    """The plan of `count` products (m, k) × (k, n), whose matrices are so many bytes apart, for rows of A with
    `a_step` bytes between their numbers. A task is a block of one of them."""
    if parallel is None:
        parallel = count * m * n * k > PRODUCTS
    return _plan_of(dtype, m, n, k, a_step >= FAR, count, a_matrix, b_matrix, parallel)


@planned
def _plan_of(dtype, m, n, k, far, count, a_matrix, b_matrix, parallel):
    matrices = m * n * dtype.itemsize, a_matrix, b_matrix
    if count * m * n * k <= CUT and not parallel:
        return _gemm_plan(dtype, count, m, n, 1, 1, matrices, False, False)
    rows, columns, panel = BLOCK_ROWS, BLOCK_COLUMNS, TILE_BYTES // dtype.itemsize
    packed = far and k >= DEPTH and n > 2 * panel
    if packed:
        rows = min(rows, BLOCK_STEP // VECTOR_BYTES * VECTOR_BYTES // dtype.itemsize)
    tasks = min(max(count * m * n * k // TASK, 4), TASKS)

    def blocks():
        return count * -(-n // columns) * -(-m // rows)

    while columns > panel and blocks() < (tasks if packed else SPARE * tasks):
        columns //= 2
    while rows > SHORT_ROWS and blocks() < tasks:
        rows //= 2
    down, across = -(-m // rows), -(-n // columns)
    rows = -(-m // max(down, 1))  # of one height: a last block of few rows would leave its thread idle
    return _gemm_plan(dtype, count, rows, columns, down, across, matrices, packed, parallel)


def _gemm_plan(dtype, count, rows, columns, down, across, matrices, packed, parallel):
    params = np.array([rows, columns, across, down * across, *matrices[1:], packed], np.int64)
    scratch, beyond = BLOCK_BYTES if packed else 0, tuple([(count - 1) * step for step in matrices])
    blocks, arrays = count * down * across, (params,)
    return Plan(_gemm, dtype, blocks, parallel, params.ctypes.data, scratch=scratch, arrays=arrays, beyond=beyond)


def _small(dtype):
    """(the plan of one product that is too small to be cut, zeros in place of a bias), or None if not compiled."""
    if dtype not in (np.float32, np.float64):
        return None
    return _gemm_plan(dtype, 1, 1 << 60, 1 << 60, 1, 1, (0, 0, 0), False, False), np.zeros(
        WIDE_BYTES // dtype.itemsize, dtype
    )


_SMALL = Compiled(_small)


# --- compiled -----------------------------------------------------------------------------------------------------
# out[t] = a[t] b[t] + bias for t < count. The arrays are the matrices at t = 0. Those of out follow each other in
# memory; those of a and b are a_matrix and b_matrix bytes apart. A bias that is not of the length of a row is a number,
# repeated: 0, where there is none. The plan has the size of a block, and whether A is packed.


def _types(real):
    matrix = read(real, 2, "A")
    return types.intp, written(real, 2), matrix, matrix, read(real, 1), types.intp, types.intp


def _check(arguments):
    out, a, b = arguments[1], arguments[2], arguments[3]
    if a.shape[0] != out.shape[0] or b.shape[1] != out.shape[1] or a.shape[1] != b.shape[0]:
        raise ValueError("matmul: expected a (m, k), b (k, n), out (m, n)")


@parallel_for(lambda real: (written(real, 1), read(real, 1)))
def _repeat(arguments, scratch, task):
    out, number = arguments[0]
    for i in range(out.size):
        out[i] = number[0]


@parallel_for(_types, _check)
def _gemm(arguments, scratch, task):
    """out[t, i:i_end, j:j_end] = a[t, i:i_end] b[t, :, j:j_end] + bias[j:j_end]"""
    params, out, a, b, bias, accumulate, relu = arguments[0]
    plan = carray(pointer(PARAMS, params), 1)[0]
    item, (m, n), k = out.itemsize, out.shape, a.shape[1]
    t, i, j = np.intp(0), np.intp(0), np.intp(0)
    if task > 0:  # divisions cost as much as a small product
        t, block = divmod(task, plan.blocks)
        i, j = block // plan.across * plan.rows, block % plan.across * plan.columns
    rows, columns = min(plan.rows, m - i), min(plan.columns, n - j)
    c = address_of(out) + ((t * m + i) * n + j) * item
    start, start_row, start_column = address_of(bias), 0, 0
    if accumulate:
        start, start_row, start_column = c, n * item, item
    elif bias.size == n:
        start, start_column = start + j * item, item
    (a_row, a_step), (b_step, b_column) = a.strides, b.strides
    a_at, b_at = address_of(a) + t * plan.a_matrix + i * a_row, address_of(b) + t * plan.b_matrix + j * b_column
    like = out.dtype.type(0)
    if rows <= DOT_ROWS and a_step == item and b_step == item:
        for r in range(rows):
            start_r, c_r = start + r * start_row, c + r * n * item
            gemv_dots(like, columns, a_at + r * a_row, b_at, b_column, start_r, start_column, c_r, k, relu)
    else:
        _panels(like, rows, columns, k, a_at, a_row, a_step, b_at, b_step, b_column, start, start_row, start_column,
                c, n * item, plan.packed, pointer_to_int(scratch), relu)  # fmt: skip


@always_inline
def _panels(like, rows, columns, k, a, a_row, a_step, b, b_step, b_column, start, start_row, start_column, c, c_row,
            packed, block, relu):  # fmt: skip
    """C = start + A B, one panel of columns after another. All are addresses and strides, in bytes.

    If `packed`, A is packed at the address `block`.
    """
    item, panel = size(like), panel_memory()
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
            gemm_panel(
                like, rows, n, a_at, a_next_row, a_next, b_at, b_next, start_j, start_row, c_j, c_row, depth, relu_now
            )  # fmt: skip
            j += n
