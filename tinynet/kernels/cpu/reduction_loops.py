"""The compiled loops of the reductions, over rows and over columns; `reduction.py` says which is used when.

Rows: x (outer, reduced), where the numbers to be reduced are contiguous. Columns: x (outer · reduced, inner), where
whole lines are combined. Each is cut into pieces of `length` numbers or lines, and `out` has a place for each piece:
(outer · pieces,) or (outer · pieces, inner). A piece is computed alike whichever thread takes it.

A piece of a sum is added in blocks, and the blocks with their rounding errors caught, so that the error does not grow
with the length. The smallest is found as −max(−x), with `sign` −1; sums take no notice of the sign.

Loops run over slices from 0 to their size: of any other index Numba asks whether it is negative, which LLVM cannot
vectorise.
"""

import numpy as np
from numba import prange

from ..elementary.floats import bits, choose, elementary, from_bits, wrapped
from ..elementary.functions import constants_of
from ..runtime.jit import inline

BLOCK = 1024  # numbers of a row that are added before their sum is added with care
LINES = 16  # the same for lines of columns
WIDTH = 1024  # columns done at a time, so that their running sums stay in the first-level cache


@elementary
def _add(total, error, x):
    """total + x, and `error` + what was lost in rounding it: Knuth's two-sum (The Art of Computer Programming 2)."""
    s = total + x
    grown = s - total
    return s, error + ((total - (s - grown)) + (x - grown))


@elementary
def _sum_of(total, error):
    exact = total + error
    return choose(exact == exact, exact, total)  # where the total is infinite, the error is NaN


@elementary
def _larger(a, b):
    return choose(a >= b, a, choose(a != a, a, b))


@elementary
def _rank(x):
    """An integer that is greater for a greater x, and greatest for NaN.

    LLVM vectorises the largest of integers, but of floats only where there is no NaN. Read as integers, the bits of
    positive floats are in order, and those of negative ones in reverse.
    """
    k = constants_of(x)
    i, flip = bits(x + k.zero), ~k.sign_bit  # −0 + 0 is 0, so that the two are equal
    return wrapped(choose(x != x, flip, choose(i >= 0, i, i ^ flip)), x)


@elementary
def _of_rank(rank, like):
    return from_bits(choose(rank >= 0, rank, rank ^ ~constants_of(like).sign_bit), like)


@inline
def _piece(task, reduced, length):
    """(outer index, first, last) of a task, one of the ⌈reduced / length⌉ pieces of each outer index."""
    pieces = -(-reduced // length)
    first = task % pieces * length
    return task // pieces, first, min(first + length, reduced)


# --- sums ---------------------------------------------------------------------------------------------------------


@inline
def _sum_row(x, task, length):
    row, first, last = _piece(task, x.shape[1], length)
    zero = x.dtype.type(0)
    total, error = zero, zero
    for start in range(first, last, BLOCK):
        numbers, block = x[row, start : min(start + BLOCK, last)], zero
        for i in range(numbers.size):
            block += numbers[i]
        total, error = _add(total, error, block)
    return _sum_of(total, error)


def sum_rows(out, x, length, sign):
    for task in range(out.size):
        out[task] = _sum_row(x, task, length)


def sum_rows_parallel(out, x, length, sign):
    for task in prange(out.size):
        out[task] = _sum_row(x, task, length)


@inline
def _add_lines(into, x, first, last, column):
    """into ← Σ x[first:last] over as many columns as `into` has, four lines at a time."""
    end = column + into.size
    for j in range(into.size):
        into[j] = 0
    i = first
    while i + 4 <= last:
        a, b, c, d = x[i, column:end], x[i + 1, column:end], x[i + 2, column:end], x[i + 3, column:end]
        for j in range(into.size):
            into[j] += (a[j] + b[j]) + (c[j] + d[j])
        i += 4
    while i < last:
        line = x[i, column:end]
        for j in range(into.size):
            into[j] += line[j]
        i += 1


@inline
def _sum_strip(out, x, task, reduced, length):
    """One piece of one strip of WIDTH columns."""
    strips = -(-out.shape[1] // WIDTH)
    line, column = task // strips, task % strips * WIDTH
    total = out[line, column : min(column + WIDTH, out.shape[1])]
    outer, first, last = _piece(line, reduced, length)
    first, last = outer * reduced + first, outer * reduced + last
    one_block = last - first <= LINES
    block, error = total, total[:0]
    if not one_block:
        block, error = np.empty(total.size, x.dtype), np.empty(total.size, x.dtype)
        for j in range(total.size):
            total[j] = error[j] = 0
    for start in range(first, last, LINES):
        _add_lines(block, x, start, min(start + LINES, last), column)
        for j in range(error.size):
            total[j], error[j] = _add(total[j], error[j], block[j])
    for j in range(error.size):
        total[j] = _sum_of(total[j], error[j])


def sum_columns(out, x, reduced, length, sign):
    for task in range(out.shape[0] * -(-out.shape[1] // WIDTH)):
        _sum_strip(out, x, task, reduced, length)


def sum_columns_parallel(out, x, reduced, length, sign):
    for task in prange(out.shape[0] * -(-out.shape[1] // WIDTH)):
        _sum_strip(out, x, task, reduced, length)


# --- the largest, and with sign −1 the smallest --------------------------------------------------------------------


@inline
def _top_rank(numbers, sign):
    """The rank of max(sign · numbers)."""
    top = _rank(sign * numbers[0])
    for i in range(numbers.size):
        rank = _rank(sign * numbers[i])
        top = rank if rank > top else top
    return top


def largest_rows(out, x, length, sign):
    unit = x.dtype.type(sign)
    for task in range(out.size):
        row, first, last = _piece(task, x.shape[1], length)
        out[task] = unit * _of_rank(_top_rank(x[row, first:last], unit), unit)


def largest_rows_parallel(out, x, length, sign):
    unit = x.dtype.type(sign)
    for task in prange(out.size):
        row, first, last = _piece(task, x.shape[1], length)
        out[task] = unit * _of_rank(_top_rank(x[row, first:last], unit), unit)


@inline
def _largest_strip(out, x, task, reduced, length, sign):
    strips = -(-out.shape[1] // WIDTH)
    line, column = task // strips, task % strips * WIDTH
    top = out[line, column : min(column + WIDTH, out.shape[1])]
    outer, first, last = _piece(line, reduced, length)
    first, last = outer * reduced + first, outer * reduced + last
    for j in range(top.size):
        top[j] = sign * x[first, column + j]
    for i in range(first + 1, last):
        x_line = x[i, column : column + top.size]
        for j in range(top.size):
            top[j] = _larger(top[j], sign * x_line[j])
    for j in range(top.size):
        top[j] *= sign


def largest_columns(out, x, reduced, length, sign):
    unit = x.dtype.type(sign)
    for task in range(out.shape[0] * -(-out.shape[1] // WIDTH)):
        _largest_strip(out, x, task, reduced, length, unit)


def largest_columns_parallel(out, x, reduced, length, sign):
    unit = x.dtype.type(sign)
    for task in prange(out.shape[0] * -(-out.shape[1] // WIDTH)):
        _largest_strip(out, x, task, reduced, length, unit)


# --- where the first largest is: among rows (outer, reduced), and among columns (outer · reduced, inner) ------------


@inline
def _first_of_rank(block, top, sign):
    """Where the first number of this rank is. A loop that stops there would not be made of vectors."""
    first = np.int32(BLOCK)
    for i in range(block.size):
        here = np.int32(i) if _rank(sign * block[i]) == top else np.int32(BLOCK)
        first = here if here < first else first
    return first


@inline
def _where_in_row(numbers, sign):
    """The block that holds the first largest is found, and then the place within it."""
    top = _top_rank(numbers[:1], sign)
    place = 0
    for start in range(0, numbers.size, BLOCK):
        rank = _top_rank(numbers[start : start + BLOCK], sign)
        if rank > top:
            top, place = rank, start
    return place + _first_of_rank(numbers[place : place + BLOCK], top, sign)


def where_rows(out, x, sign):
    unit = x.dtype.type(sign)
    for row in range(x.shape[0]):
        out[row, 0] = _where_in_row(x[row], unit)


def where_rows_parallel(out, x, sign):
    unit = x.dtype.type(sign)
    for row in prange(x.shape[0]):
        out[row, 0] = _where_in_row(x[row], unit)


@inline
def _where_in_columns(out, x, outer, reduced, sign):
    """out[outer] ← for each column the index of its first largest, or of its first NaN."""
    where, top = out[outer], np.empty(x.shape[1], x.dtype)
    for j in range(where.size):
        where[j] = 0
        top[j] = sign * x[outer * reduced, j]
    for i in range(1, reduced):
        line = x[outer * reduced + i]
        for j in range(where.size):
            value = sign * line[j]
            better = not (value <= top[j]) and top[j] == top[j]
            where[j] = i if better else where[j]
            top[j] = value if better else top[j]


def where_columns(out, x, sign):
    unit = x.dtype.type(sign)
    for outer in range(out.shape[0]):
        _where_in_columns(out, x, outer, x.shape[0] // out.shape[0], unit)


def where_columns_parallel(out, x, sign):
    unit = x.dtype.type(sign)
    for outer in prange(out.shape[0]):
        _where_in_columns(out, x, outer, x.shape[0] // out.shape[0], unit)
