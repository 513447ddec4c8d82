"""The kernels of the reductions, over rows and over columns; `reduction.py` says which is used when.

Each reduces pieces of at most `length` numbers. In a row, a block of threads takes a piece: each thread adds up every
n-th number, and then they meet in shared memory. In columns, a thread takes a piece, beside those of its neighbours.
"""

import numpy as np
from numba.types import boolean, int64

from .driver import FLOATS, cuda, device, kernel
from .rows import ROW, larger, row_max, row_sum, smaller

INTEGERS = np.dtype("int64"), np.dtype("int32")
NUMBERS = *FLOATS, *INTEGERS


@device
def piece_of_row(block, reduced, length):
    """(first, stop): where in memory the numbers of a block's piece begin and end."""
    pieces = (reduced + length - 1) // length
    row, piece = block // pieces, block % pieces
    return row * reduced + piece * length, row * reduced + min((piece + 1) * length, reduced)


@device
def piece_of_column(at, reduced, inner, length):
    """(first, stop): where in memory the numbers of a thread's piece begin and end; they are `inner` apart."""
    pieces = (reduced + length - 1) // length
    column, task = at % inner, at // inner
    outer, piece = task // pieces, task % pieces
    first, stop = outer * reduced + piece * length, outer * reduced + min((piece + 1) * length, reduced)
    return first * inner + column, stop * inner + column


def _types(real):
    return real[::1], real[::1], int64, int64, int64


def _row_types(real):
    return real[::1], real[::1], int64, int64


@kernel(_row_types, NUMBERS)
def sum_rows(out, x, reduced, length):
    """out[row, piece] ← Σ x[row, piece · length ...]: a block of threads for each."""
    parts = cuda.shared.array(ROW, x.dtype)
    t, step = cuda.threadIdx.x, cuda.blockDim.x
    first, stop = piece_of_row(cuda.blockIdx.x, reduced, length)
    total = x.dtype.type(0)
    for i in range(first + t, stop, step):
        total += x[i]
    total = row_sum(parts, t, total)
    if t == 0:
        out[cuda.blockIdx.x] = total


@kernel(_row_types, NUMBERS)
def max_rows(out, x, reduced, length):
    parts = cuda.shared.array(ROW, x.dtype)
    t, step = cuda.threadIdx.x, cuda.blockDim.x
    first, stop = piece_of_row(cuda.blockIdx.x, reduced, length)
    top = x[first]
    for i in range(first + t, stop, step):
        top = larger(top, x[i])
    top = row_max(parts, t, top)
    if t == 0:
        out[cuda.blockIdx.x] = top


@kernel(_types, NUMBERS)
def sum_columns(out, x, reduced, inner, length):
    """out[outer, piece, column] ← Σ of the piece's lines: a thread for each."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        first, stop = piece_of_column(at, reduced, inner, length)
        total = x.dtype.type(0)
        for i in range(first, stop, inner):
            total += x[i]
        out[at] = total


@kernel(_types, NUMBERS)
def max_columns(out, x, reduced, inner, length):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        first, stop = piece_of_column(at, reduced, inner, length)
        total = x[first]
        for i in range(first, stop, inner):
            total = larger(total, x[i])
        out[at] = total


@kernel(_types, NUMBERS)
def min_columns(out, x, reduced, inner, length):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        first, stop = piece_of_column(at, reduced, inner, length)
        total = x[first]
        for i in range(first, stop, inner):
            total = smaller(total, x[i])
        out[at] = total


@kernel(_types, NUMBERS)
def prod_columns(out, x, reduced, inner, length):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        first, stop = piece_of_column(at, reduced, inner, length)
        total = x.dtype.type(1)
        for i in range(first, stop, inner):
            total *= x[i]
        out[at] = total


def _truth_types(real):
    return boolean[::1], boolean[::1], int64, int64, int64


@kernel(_truth_types, [np.dtype("bool")])
def any_columns(out, x, reduced, inner, length):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        first, stop = piece_of_column(at, reduced, inner, length)
        total = False
        for i in range(first, stop, inner):
            total = total or x[i]
        out[at] = total


@kernel(_truth_types, [np.dtype("bool")])
def all_columns(out, x, reduced, inner, length):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        first, stop = piece_of_column(at, reduced, inner, length)
        total = True
        for i in range(first, stop, inner):
            total = total and x[i]
        out[at] = total


@kernel(lambda real: (int64[::1], real[::1], int64, int64, int64), NUMBERS)
def where_largest(out, x, reduced, inner, sign):
    """out ← the index of the first largest of x · sign, or of the first NaN: a thread for each."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        start = at // inner * reduced * inner + at % inner
        best, found = x[start], 0
        for i in range(1, reduced):
            value = x[start + i * inner]
            if best == best and (value != value or (value > best if sign > 0 else value < best)):
                best, found = value, i
        out[at] = found
