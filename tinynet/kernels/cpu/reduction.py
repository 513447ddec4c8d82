"""Reductions over axes. The order of summation depends on the shape alone, so the bits never vary.

An array whose reduced axes lie side by side is a block (outer, reduced, inner): `outer` and `inner` are the products of
the sizes before and behind them. With inner = 1 the reduced numbers are contiguous, rows; otherwise they are columns.
Axes that lie apart are reduced one group after the other. Large arrays are cut along the reduced axis into pieces,
which go to threads and whose results are reduced at the end; how they are cut depends on the shape.

Other dtypes than float32 and float64 are left to NumPy, and so is everything where Numba does not compile.
"""

import math

import numba
import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.jit import Compiled, jit, settle
from ..runtime.threads import ARITHMETIC
from . import reduction_loops as loops
from .reduction_loops import BLOCK, LINES, WIDTH

PIECE = 1 << 14  # numbers that are worth a task of their own
TASKS = 64  # more are of no use


def _by_dtype(function, out_dims, out):
    """dtype → the loop, compiled at the first use for C-contiguous arrays; no other version may be compiled."""

    def compile(dtype):
        real = numba.from_dtype(dtype)
        kinds = types.Array(out or real, out_dims, "C"), types.Array(real, 2, "C", readonly=True)
        numbers = function.__code__.co_argcount - 2
        kernel = jit(function, parallel=function.__name__.endswith("parallel"))
        return settle(kernel, *kinds, *[types.intp] * numbers)

    return Compiled(compile)


class _Loops:
    """The loops of one reduction: over rows and over columns, each serial and parallel."""

    def __init__(self, name, out_dims, out=None):
        self.rows, self.columns, self.rows_parallel, self.columns_parallel = (
            _by_dtype(getattr(loops, f"{name}_{kind}"), dims, out)
            for kind, dims in zip(("rows", "columns", "rows_parallel", "columns_parallel"), out_dims * 2)
        )


_SUM, _LARGEST, _WHERE = _Loops("sum", (1, 2)), _Loops("largest", (1, 2)), _Loops("where", (2, 2), types.int64)
_COMPILED = () if numba.config.DISABLE_JIT else (np.dtype("float32"), np.dtype("float64"))


def _reduction(ufunc, loops, sign=1):
    """A kernel (out, x, axes), where out keeps the axes with length 1."""
    rows, columns = loops.rows, loops.columns

    def kernel(out, x, axes):
        dtype, size = x.dtype, x.size
        if dtype not in _COMPILED or size == 0:
            with np.errstate(all="ignore"):
                ufunc.reduce(x, axis=axes, out=out, keepdims=True)
        elif size >= ARITHMETIC or not x.flags.c_contiguous:
            _reduce(loops, sign, out, x, axes)
        elif len(axes) == x.ndim:  # small arrays: all axes, or one
            rows[dtype](out.reshape(1), x.reshape(1, size), size, sign)
        elif len(axes) == 1:
            shape, axis = x.shape, axes[0]
            reduced = shape[axis]
            if axis == len(shape) - 1:
                rows[dtype](out.ravel(), x if axis == 1 else x.reshape(-1, reduced), reduced, sign)
            elif axis == 0 and len(shape) == 2:
                columns[dtype](out, x, reduced, reduced, sign)
            else:
                inner = math.prod(shape[axis + 1 :])
                columns[dtype](out.reshape(-1, inner), x.reshape(-1, inner), reduced, reduced, sign)
        else:
            _reduce(loops, sign, out, x, axes)

    return kernel


def _reduce(loops, sign, out, x, axes):
    """The general case: axes in groups, the last first."""
    if not x.flags.c_contiguous:  # with the axes in the order of memory, a dense array of any layout is
        order = sorted(range(x.ndim), key=lambda i: -x.strides[i])
        x, out, axes = np.ascontiguousarray(x.transpose(order)), out.transpose(order), [order.index(a) for a in axes]
    sizes, left = list(x.shape), sorted(a for a in axes if x.shape[a] != 1)
    while left:
        last = first = left.pop()
        while left and math.prod(sizes[left[-1] + 1 : first]) == 1:
            first = left.pop()
        outer, reduced = math.prod(sizes[:first]), math.prod(sizes[first : last + 1])
        x = _reduce_block(loops, sign, x, outer, reduced, math.prod(sizes[last + 1 :]))
        sizes[first : last + 1] = [1] * (last + 1 - first)
    out[...] = x.reshape(out.shape)


def _reduce_block(loops, sign, x, outer, reduced, inner):
    """x (outer, reduced, inner), reduced to a new array (outer · inner)."""
    rows = inner == 1
    unit, width = (BLOCK, 1) if rows else (LINES, inner)
    length = reduced
    if outer * reduced * inner >= ARITHMETIC and outer * -(-inner // WIDTH) < TASKS:
        # Pieces of at least PIECE numbers, whole blocks of them, and about TASKS of them altogether.
        length = max(-(-reduced * outer // TASKS), -(-PIECE // width))
        length = min(reduced, length + -length % unit)
    pieces = -(-reduced // length)
    out = np.empty((outer * pieces, inner), x.dtype)
    parallel = x.size >= ARITHMETIC and out.size * -(-inner // WIDTH) > 1
    if rows:
        loop = (loops.rows_parallel if parallel else loops.rows)[x.dtype]
        loop(out.reshape(-1), x.reshape(outer, reduced), length, sign)
    else:
        loop = (loops.columns_parallel if parallel else loops.columns)[x.dtype]
        loop(out, x.reshape(outer * reduced, inner), reduced, length, sign)
    return out.reshape(-1) if pieces == 1 else _reduce_block(loops, sign, out, outer, pieces, inner)


def _position(ufunc, sign):
    """A kernel (out, x, axis), where out keeps the axis with length 1."""

    def kernel(out, x, axis):
        if x.dtype not in _COMPILED or x.size == 0 or not out.flags.c_contiguous:
            return ufunc(x, axis=axis, out=out, keepdims=True)
        shape = x.shape
        if not x.flags.c_contiguous:
            x = np.ascontiguousarray(x)
        inner = math.prod(shape[axis + 1 :])
        large = x.size >= ARITHMETIC
        if inner == 1:
            loop = (_WHERE.rows_parallel if large and len(out) > 1 else _WHERE.rows)[x.dtype]
            loop(out.reshape(-1, 1), x.reshape(-1, shape[axis]), sign)
        else:
            loop = (_WHERE.columns_parallel if large and axis > 0 else _WHERE.columns)[x.dtype]
            loop(out.reshape(-1, inner), x.reshape(-1, inner), sign)

    return kernel


kernels.sum.on("cpu", _reduction(np.add, _SUM))
kernels.max.on("cpu", _reduction(np.maximum, _LARGEST))
kernels.min.on("cpu", _reduction(np.minimum, _LARGEST, -1))
kernels.argmax.on("cpu", _position(np.argmax, 1))
kernels.argmin.on("cpu", _position(np.argmin, -1))


@kernels.prod.on("cpu")
@np.errstate(all="ignore")
def _prod(out, x, axes):
    np.multiply.reduce(x, axis=axes, out=out, keepdims=True)


@kernels.any.on("cpu")
def _any(out, x, axes):
    np.logical_or.reduce(x, axis=axes, out=out, keepdims=True)


@kernels.all.on("cpu")
def _all(out, x, axes):
    np.logical_and.reduce(x, axis=axes, out=out, keepdims=True)
