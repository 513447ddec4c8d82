"""The kernels of the reductions, over rows and over columns; `reduction.py` says which is used when.

Each reduces pieces of at most `length` numbers. In a row, some threads of a block take a piece, as `rows.py` has it. In
columns, a thread takes a piece, beside those of its neighbours; or of a sum, some threads of a block (`columns.py`).
"""

import numpy as np
from numba.types import boolean, int64
from numpy import uintp

from .columns import column_sum, this_piece
from .device.driver import FLOATS, cuda, device, kernel
from .rows import ROW, larger, row_max, row_sum, smaller, this_row

INTEGERS = np.dtype("int64"), np.dtype("int32")
NUMBERS = *FLOATS, *INTEGERS


@device
def piece_of_row(size, reduced, length):
    """(at, first, stop): of `size` pieces that of a thread, and where in memory it begins and ends."""
    pieces = (reduced + length - 1) // length
    at, _, count = this_row(1, size)
    row, piece = at // pieces, at % pieces
    stop = row * reduced + min((piece + 1) * length, reduced)
    return at, (row * reduced + piece * length if count else stop), stop


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
    """out[row, piece] ← Σ x[row, piece · length ...]."""
    parts = cuda.shared.array(ROW, x.dtype)
    t, step = cuda.threadIdx.x, cuda.blockDim.x
    at, first, stop = piece_of_row(out.size, reduced, length)
    total = x.dtype.type(0)
    for i in range(first + t, stop, step):
        total += x[i]
    total = row_sum(parts, t, total)
    if t == 0 and at < out.size:
        out[at] = total


@kernel(_row_types, NUMBERS)
def max_rows(out, x, reduced, length):
    parts = cuda.shared.array(ROW, x.dtype)
    t, step = cuda.threadIdx.x, cuda.blockDim.x
    at, first, stop = piece_of_row(out.size, reduced, length)
    top = x[min(first, x.size - 1)]
    for i in range(first + t, stop, step):
        top = larger(top, x[i])
    top = row_max(parts, t, top)
    if t == 0 and at < out.size:
        out[at] = top


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
def sum_long_columns(out, x, reduced, inner, length):
    """out[outer, piece, column] ← Σ of the piece's lines: some threads of a block for each."""
    parts = cuda.shared.array(ROW, x.dtype)
    column, piece, first, stop = this_piece(inner, reduced, length)
    start, total = piece // ((reduced + length - 1) // length) * reduced * inner + column, x.dtype.type(0)
    for i in range(first + cuda.threadIdx.y, stop, cuda.blockDim.y):
        total += x[uintp(start + i * inner)]
    total = column_sum(parts, total)
    if cuda.threadIdx.y == 0 and column < inner:
        out[piece * inner + column] = total


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
