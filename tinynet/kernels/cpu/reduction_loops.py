"""The compiled loops of the reductions, over rows and over columns; `reduction.py` says which is used when.

Rows: x (outer, reduced), where the numbers to be reduced are contiguous. Columns: x (outer · reduced, inner), where
whole lines are combined, a strip of columns at a time. Each is cut into parts of `length` numbers or lines, and `out`
has an element for each part: (outer · parts,) or (outer · parts, inner). A part is computed alike in whichever task; a
task computes a chunk of them.

A part of a sum is added in blocks, and the blocks with their rounding errors caught, so that the error does not grow
with the length. The smallest is found as −max(−x), with `sign` −1.

Loops run over slices from 0 to their size: of any other index Numba asks whether it is negative, which LLVM cannot
vectorise.
"""

import numpy as np
from numba import types

from ..elementary.floats import add_in_any_order, bits, choose, elementary, from_bits, wrapped
from ..elementary.functions import constants_of
from ..runtime.jit import always_inline, helper
from ..runtime.parallel_for import parallel_for, read, written

BLOCK = 1024  # numbers of a row that are added before their sum is added with care
LINES = 16  # the same for lines of columns
WIDTH = 1024  # columns done at a time, so that their running sums stay in the first-level cache


@elementary
def add_carefully(total, error, x):
    """total + x, and `error` + what was lost in rounding it: Knuth's two-sum (The Art of Computer Programming 2)."""
    s = total + x
    grown = s - total
    return s, error + ((total - (s - grown)) + (x - grown))


@elementary
def exact_sum(total, error):
    exact = total + error
    return choose(exact == exact, exact, total)  # where the total is infinite, the error is NaN


@elementary
def _larger(a, b):
    return choose(a >= b, a, choose(a != a, a, b))


@elementary
def _order_key(x):
    """An integer that is greater for a greater x, and greatest for NaN: the key of a total order.

    LLVM vectorises the largest of integers, but of floats only where there is no NaN. Read as integers, the bits of
    positive floats are in order, and those of negative ones in reverse.
    """
    k = constants_of(x)
    i, flip = bits(x + k.zero), ~k.sign_bit  # −0 + 0 is 0, so that the two are equal
    return wrapped(choose(x != x, flip, choose(i >= 0, i, i ^ flip)), x)


@elementary
def _from_order_key(key, like):
    return from_bits(choose(key >= 0, key, key ^ ~constants_of(like).sign_bit), like)


@helper
def _part(index, reduced, length):
    """(outer index, first, last) of one of the ⌈reduced / length⌉ parts of each outer index."""
    parts = -(-reduced // length)
    first = index % parts * length
    return index // parts, first, min(first + length, reduced)


@helper
def chunk_of(task, chunk, count):
    """The range of a task."""
    return range(task * chunk, min((task + 1) * chunk, count))


@helper
def strips_of(out):
    """How many strips of columns `out` has, each of its lines counted by itself."""
    return out.shape[0] * -(-out.shape[1] // WIDTH)


def _types(integers, out_ndim, out=None):
    """Of so many constants, out and x."""
    return lambda real: (*[types.intp] * integers, written(out or real, out_ndim), read(real, 2))


# --- sums ---------------------------------------------------------------------------------------------------------


@always_inline
def sum_row(x, index, length):
    row, first, last = _part(index, x.shape[1], length)
    zero = x.dtype.type(0)
    total, error = zero, zero
    for start in range(first, last, BLOCK):
        numbers, block = x[row, start : min(start + BLOCK, last)], zero
        for i in range(numbers.size):
            block = add_in_any_order(block, numbers[i])
        total, error = add_carefully(total, error, block)
    return exact_sum(total, error)


@parallel_for(_types(2, 1))
def sum_rows(arguments, scratch, task):
    chunk, length, out, x = arguments[0]
    for index in chunk_of(task, chunk, out.size):
        out[index] = sum_row(x, index, length)


@helper
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


@always_inline
def sum_strip(out, x, index, reduced, length):
    """One part of one strip of WIDTH columns."""
    strips = -(-out.shape[1] // WIDTH)
    line, column = index // strips, index % strips * WIDTH
    total = out[line, column : min(column + WIDTH, out.shape[1])]
    outer, first, last = _part(line, reduced, length)
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
            total[j], error[j] = add_carefully(total[j], error[j], block[j])
    for j in range(error.size):
        total[j] = exact_sum(total[j], error[j])


@parallel_for(_types(3, 2))
def sum_columns(arguments, scratch, task):
    chunk, reduced, length, out, x = arguments[0]
    for index in chunk_of(task, chunk, strips_of(out)):
        sum_strip(out, x, index, reduced, length)


# --- the largest, and with sign −1 the smallest --------------------------------------------------------------------


@always_inline
def _largest_key(numbers, sign):
    """The key of max(sign · numbers)."""
    top = _order_key(sign * numbers[0])
    for i in range(numbers.size):
        key = _order_key(sign * numbers[i])
        top = key if key > top else top
    return top


@parallel_for(_types(3, 1))
def largest_rows(arguments, scratch, task):
    chunk, length, sign, out, x = arguments[0]
    unit = x.dtype.type(sign)
    for index in chunk_of(task, chunk, out.size):
        row, first, last = _part(index, x.shape[1], length)
        out[index] = unit * _from_order_key(_largest_key(x[row, first:last], unit), unit)


@always_inline
def _largest_strip(out, x, index, reduced, length, sign):
    strips = -(-out.shape[1] // WIDTH)
    line, column = index // strips, index % strips * WIDTH
    top = out[line, column : min(column + WIDTH, out.shape[1])]
    outer, first, last = _part(line, reduced, length)
    first, last = outer * reduced + first, outer * reduced + last
    for j in range(top.size):
        top[j] = sign * x[first, column + j]
    for i in range(first + 1, last):
        x_line = x[i, column : column + top.size]
        for j in range(top.size):
            top[j] = _larger(top[j], sign * x_line[j])
    for j in range(top.size):
        top[j] *= sign


@parallel_for(_types(4, 2))
def largest_columns(arguments, scratch, task):
    chunk, reduced, length, sign, out, x = arguments[0]
    for index in chunk_of(task, chunk, strips_of(out)):
        _largest_strip(out, x, index, reduced, length, x.dtype.type(sign))


# --- the index of the first largest: among rows (outer, reduced), and among columns (outer · reduced, inner) ---------


@helper
def _first_of_key(block, top, sign):
    """The index of the first number with this key. A loop that stops there would not be made of vectors."""
    first = np.int32(BLOCK)
    for i in range(block.size):
        index = np.int32(i) if _order_key(sign * block[i]) == top else np.int32(BLOCK)
        first = index if index < first else first
    return first


@always_inline
def _argmax_of_row(numbers, sign):
    """The block that holds the first largest is found, and then the index within it."""
    top = _largest_key(numbers[:1], sign)
    block = 0
    for start in range(0, numbers.size, BLOCK):
        key = _largest_key(numbers[start : start + BLOCK], sign)
        if key > top:
            top, block = key, start
    return block + _first_of_key(numbers[block : block + BLOCK], top, sign)


@parallel_for(_types(2, 2, types.int64))
def argmax_rows(arguments, scratch, task):
    chunk, sign, out, x = arguments[0]
    for row in chunk_of(task, chunk, x.shape[0]):
        out[row, 0] = _argmax_of_row(x[row], x.dtype.type(sign))


@always_inline
def _argmax_of_columns(out, x, outer, reduced, sign):
    """out[outer] ← for each column the index of its first largest, or of its first NaN."""
    first, top = out[outer], np.empty(x.shape[1], x.dtype)
    for j in range(first.size):
        first[j] = 0
        top[j] = sign * x[outer * reduced, j]
    for i in range(1, reduced):
        line = x[outer * reduced + i]
        for j in range(first.size):
            value = sign * line[j]
            better = not (value <= top[j]) and top[j] == top[j]
            first[j] = i if better else first[j]
            top[j] = value if better else top[j]


@parallel_for(_types(2, 2, types.int64))
def argmax_columns(arguments, scratch, task):
    chunk, sign, out, x = arguments[0]
    for outer in chunk_of(task, chunk, out.shape[0]):
        _argmax_of_columns(out, x, outer, x.shape[0] // out.shape[0], x.dtype.type(sign))
