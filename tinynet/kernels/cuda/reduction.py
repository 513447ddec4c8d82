"""Reductions. How the numbers are grouped depends on the shape alone, so that the bits are the same in every run.

An array whose reduced axes lie side by side is a block (outer, reduced, inner), as for the CPU's kernels. With
inner = 1 several threads take a row; otherwise threads take columns, side by side, and of a long sum several take one.
A long reduction is split into pieces, whose results are reduced in a second launch.
"""

import math

import numpy as np

from .. import reference as kernels
from . import reduction_loops as loops
from .array.array import new
from .columns import BLOCKS, partition
from .device import driver
from .rows import row_grid

PIECE = driver.choose(4096, 16)  # numbers of a row that are reduced by the threads of one block, and
LINES = driver.choose(64, 8)  # numbers of a column by one thread
LONG = driver.choose(8, 2)  # numbers of a sum that are enough for each of several threads to take a column together
SHORT = 8  # rows up to this length are columns of width 1: a thread each
BOOL = np.dtype(bool)


def _reduction(columns, rows, empty, dtype=None, long=None):
    """A kernel (out, x, axes), where out keeps the axes with length 1; `empty` is what nothing is reduced to.

    Of the kernels in `reduction_loops.py`, `rows` and that for `long` columns may be None.
    """

    def kernel(out, x, axes):
        if x.size == 0:
            if out.size:
                if empty is None:
                    raise ValueError("zero-size array to reduction operation maximum which has no identity")
                out.fill(empty)
            return
        if dtype is not None and x.dtype != dtype:
            x = _truth(x)
        order = sorted(range(x.ndim), key=lambda i: -x.strides[i])
        if order != list(range(x.ndim)):
            x, out, axes = x.transpose(order), out.transpose(order), [order.index(a) for a in axes]
        target, sizes, left = out, list(x.shape), sorted(a for a in axes if x.shape[a] != 1)
        x = x.contiguous()
        if not left:
            target[...] = x
        while left:
            last = first = left.pop()
            while left and math.prod(sizes[left[-1] + 1 : first]) == 1:
                first = left.pop()
            outer, reduced = math.prod(sizes[:first]), math.prod(sizes[first : last + 1])
            into = target if not left and target.flags.c_contiguous else None
            x = _block((columns, rows, long), x, outer, reduced, math.prod(sizes[last + 1 :]), into)
            sizes[first : last + 1] = [1] * (last + 1 - first)
            if not left and into is None:
                target[...] = x.reshape(target.shape)

    return kernel


def _truth(x):

    out = np.empty_like(x, np.dtype(bool))
    kernels.ne.cuda(out, x, np.zeros((), x.dtype))
    return out


def _block(kernels, x, outer, reduced, inner, into):
    """x (outer, reduced, inner), reduced to a row (outer · inner), which is `into` or a new one."""
    columns, rows, long = kernels
    blocks, threads, pieces, length = partition(inner, 1, reduced, BLOCKS // outer)
    by_rows = inner == 1 and rows is not None and reduced > SHORT
    together = not by_rows and long is not None and reduced >= threads[1] * LONG
    if not together:
        longest = PIECE if by_rows else LINES
        if not by_rows and outer * inner >= driver.BLOCKS * driver.THREADS:
            longest = reduced  # there are enough columns to keep all threads busy
        length = reduced if reduced < longest else longest
        pieces = -(-reduced // length)
    out = into if into is not None and pieces == 1 else new(outer * pieces * inner, x.dtype)
    if by_rows:
        rows(x.dtype, *row_grid(outer * pieces, length), out, x, reduced, length)
    elif together:
        long(x.dtype, outer * blocks, threads, out, x, reduced, inner, length)
    else:
        columns(x.dtype, *driver.grid(out.size), out, x, reduced, inner, length)
    return out if pieces == 1 else _block(kernels, out, outer, pieces, inner, into)


def _position(sign):
    """A kernel (out, x, axis), where out keeps the axis with length 1."""

    def kernel(out, x, axis):
        if not out.size:
            return
        x, target = x.contiguous(), out if out.flags.c_contiguous else new(out.shape, out.dtype)
        inner = math.prod(x.shape[axis + 1 :])
        if x.dtype.kind == "b":
            x = x.astype(np.int32)
        loops.where_largest(x.dtype, *driver.grid(out.size), target, x, x.shape[axis], inner, sign)
        if target is not out:
            out[...] = target

    return kernel


kernels.sum.on("cuda", _reduction(loops.sum_columns, loops.sum_rows, 0, long=loops.sum_long_columns))
kernels.prod.on("cuda", _reduction(loops.prod_columns, None, 1))
_any = kernels.any.on("cuda", _reduction(loops.any_columns, None, False, BOOL))
_all = kernels.all.on("cuda", _reduction(loops.all_columns, None, True, BOOL))
_largest = _reduction(loops.max_columns, loops.max_rows, None)
_smallest = _reduction(loops.min_columns, None, None)
kernels.argmax.on("cuda", _position(1))
kernels.argmin.on("cuda", _position(-1))


@kernels.max.on("cuda")
def _max(out, x, axes):
    (_any if x.dtype.kind == "b" else _largest)(out, x, axes)


@kernels.min.on("cuda")
def _min(out, x, axes):
    (_all if x.dtype.kind == "b" else _smallest)(out, x, axes)


@kernels.variance.on("cuda")
def _variance(out, mean, x, divisor):
    outer, reduced, inner = x.shape
    over, center = (1,), mean.reshape(outer, 1, inner)
    kernels.sum.cuda(center, x, over)
    kernels.div.cuda(center, center, np.array(reduced, x.dtype))
    squares = new(x.shape, x.dtype)
    kernels.sub.cuda(squares, x, center)
    kernels.mul.cuda(squares, squares, squares)
    kernels.sum.cuda(out.reshape(outer, 1, inner), squares, over)
    kernels.div.cuda(out, out, np.array(divisor, x.dtype))
