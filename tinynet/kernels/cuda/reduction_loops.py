"""The kernels of the reductions, over rows and over columns; `reduction.py` says which is used when.

Each reduces pieces of at most `length` numbers. In a row, a block of threads takes a piece: each thread adds up every
n-th number, and then they meet in shared memory. In columns, a thread takes a piece, beside those of its neighbours.
"""

import numpy as np
from numba.types import boolean, int64

from . import driver
from .driver import FLOATS, cuda, device, kernel

THREADS = driver.choose(256, 4)  # that take a row together; a power of two
INTEGERS = np.dtype("int64"), np.dtype("int32")
NUMBERS = *FLOATS, *INTEGERS


@device
def larger(a, b):
    return a if a >= b or a != a else b


@device
def smaller(a, b):
    return a if a <= b or a != a else b


@device
def meet_sum(parts, t):
    """parts[0] ← Σ parts, by all threads of a block, each at its t; a tree, so the order is always the same."""
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            parts[t] += parts[t + half]
        half //= 2
    cuda.syncthreads()


@device
def meet_max(parts, t):
    """parts[0] ← the largest of parts, NaN if one is."""
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            a, b = parts[t], parts[t + half]
            parts[t] = a if a >= b or a != a else b
        half //= 2
    cuda.syncthreads()


def _types(real):
    return real[::1], real[::1], int64, int64, int64


def _row_types(real):
    return real[::1], real[::1], int64, int64


@kernel(_row_types, NUMBERS)
def sum_rows(out, x, reduced, length):
    """out[row, piece] ← Σ x[row, piece · length ...]: a block of threads for each."""
    parts = cuda.shared.array(THREADS, x.dtype)
    t, step = cuda.threadIdx.x, cuda.blockDim.x
    pieces = (reduced + length - 1) // length
    row, piece = cuda.blockIdx.x // pieces, cuda.blockIdx.x % pieces
    stop = min((piece + 1) * length, reduced)
    total = x.dtype.type(0)
    for i in range(piece * length + t, stop, step):
        total += x[row * reduced + i]
    parts[t] = total
    meet_sum(parts, t)
    if t == 0:
        out[cuda.blockIdx.x] = parts[0]


@kernel(_row_types, NUMBERS)
def max_rows(out, x, reduced, length):
    parts = cuda.shared.array(THREADS, x.dtype)
    t, step = cuda.threadIdx.x, cuda.blockDim.x
    pieces = (reduced + length - 1) // length
    row, piece = cuda.blockIdx.x // pieces, cuda.blockIdx.x % pieces
    first, stop = piece * length, min((piece + 1) * length, reduced)
    total = x[row * reduced + first]
    for i in range(first + t, stop, step):
        total = larger(total, x[row * reduced + i])
    parts[t] = total
    meet_max(parts, t)
    if t == 0:
        out[cuda.blockIdx.x] = parts[0]


@kernel(_types, NUMBERS)
def sum_columns(out, x, reduced, inner, length):
    """out[outer, piece, column] ← Σ of the piece's lines: a thread for each."""
    pieces = (reduced + length - 1) // length
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, task = at % inner, at // inner
        outer, piece = task // pieces, task % pieces
        total = x.dtype.type(0)
        for i in range(piece * length, min((piece + 1) * length, reduced)):
            total += x[(outer * reduced + i) * inner + column]
        out[at] = total


@kernel(_types, NUMBERS)
def max_columns(out, x, reduced, inner, length):
    pieces = (reduced + length - 1) // length
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, task = at % inner, at // inner
        outer, piece = task // pieces, task % pieces
        total = x[(outer * reduced + piece * length) * inner + column]
        for i in range(piece * length, min((piece + 1) * length, reduced)):
            total = larger(total, x[(outer * reduced + i) * inner + column])
        out[at] = total


@kernel(_types, NUMBERS)
def min_columns(out, x, reduced, inner, length):
    pieces = (reduced + length - 1) // length
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, task = at % inner, at // inner
        outer, piece = task // pieces, task % pieces
        total = x[(outer * reduced + piece * length) * inner + column]
        for i in range(piece * length, min((piece + 1) * length, reduced)):
            total = smaller(total, x[(outer * reduced + i) * inner + column])
        out[at] = total


@kernel(_types, NUMBERS)
def prod_columns(out, x, reduced, inner, length):
    pieces = (reduced + length - 1) // length
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, task = at % inner, at // inner
        outer, piece = task // pieces, task % pieces
        total = x.dtype.type(1)
        for i in range(piece * length, min((piece + 1) * length, reduced)):
            total *= x[(outer * reduced + i) * inner + column]
        out[at] = total


def _truth_types(real):
    return boolean[::1], boolean[::1], int64, int64, int64


@kernel(_truth_types, [np.dtype("bool")])
def any_columns(out, x, reduced, inner, length):
    pieces = (reduced + length - 1) // length
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, task = at % inner, at // inner
        outer, piece = task // pieces, task % pieces
        total = False
        for i in range(piece * length, min((piece + 1) * length, reduced)):
            total = total or x[(outer * reduced + i) * inner + column]
        out[at] = total


@kernel(_truth_types, [np.dtype("bool")])
def all_columns(out, x, reduced, inner, length):
    pieces = (reduced + length - 1) // length
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, task = at % inner, at // inner
        outer, piece = task // pieces, task % pieces
        total = True
        for i in range(piece * length, min((piece + 1) * length, reduced)):
            total = total and x[(outer * reduced + i) * inner + column]
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
