"""Reductions over axes. The order of summation depends on the shape alone, so the bits never vary.

An array whose reduced axes lie side by side is a block (outer, reduced, inner): `outer` and `inner` are the products of
the sizes before and behind them. With inner = 1 the reduced numbers are contiguous, rows; otherwise they are columns.
Axes that lie apart are reduced one group after the other. Large arrays are cut along the reduced axis into parts,
which go to threads and whose results are reduced at the end; how they are cut depends on the shape.

Other dtypes than float32 and float64 are left to NumPy, and so is everything where Numba does not compile.
"""

import math
from typing import NamedTuple

import numba
import numpy as np

from .. import reference as kernels
from ..quiet import quiet
from ..runtime.memory import empty
from ..runtime.parallel_for import Plan
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from . import reduction_loops as loops
from .reduction_loops import BLOCK, LINES, WIDTH

PART = 1 << 14  # numbers that are worth a task of their own
TASKS = 64  # more are of no use
CHUNK = 1 << 12  # numbers in a task at least, where a part has fewer

_COMPILED = () if numba.config.DISABLE_JIT else (np.dtype("float32"), np.dtype("float64"))


class Loops:
    """The loops of one reduction, and the last of their constants."""

    def __init__(self, rows, columns, *sign):
        self.rows, self.columns, self.sign = rows, columns, sign


_SUM = Loops(loops.sum_rows, loops.sum_columns)
_MAX, _MIN = (Loops(loops.largest_rows, loops.largest_columns, sign) for sign in (1, -1))
_ARGMAX, _ARGMIN = (Loops(loops.argmax_rows, loops.argmax_columns, sign) for sign in (1, -1))


class Stage(NamedTuple):
    """The reduction of a group of axes, or of the parts that it was cut into."""

    x: tuple  # the shapes in which the loop takes them
    out: tuple
    plan: Plan


def _run(stage, out, x):
    stage.plan.run(out.reshape(stage.out), x.reshape(stage.x))


def _reduction(ufunc, loops):
    """A kernel (out, x, axes), where out keeps the axes with length 1."""
    reduce = quiet(ufunc.reduce)

    def kernel(out, x, axes):
        if x.flags.c_contiguous and out.flags.c_contiguous:
            stage = _only_stage(loops, x.dtype, x.shape, axes)
            if stage is not None:
                x_shape, out_shape, plan = stage  # as in _run, without a call: small arrays must not wait
                x = x if x.shape == x_shape else x.reshape(x_shape)
                return plan.run(out if out.shape == out_shape else out.reshape(out_shape), x)
        dtype = x.dtype
        if dtype not in _COMPILED or x.size == 0:
            return reduce(x, axes, None, out, True)
        if not x.flags.c_contiguous:  # with the axes in the order of memory, a dense array of any layout is
            order = sorted(range(x.ndim), key=lambda i: -x.strides[i])
            x, out = np.ascontiguousarray(x.transpose(order)), out.transpose(order)
            axes = tuple([order.index(a) for a in axes])
        stages = _stages(loops, dtype, x.shape, axes)
        direct = out.flags.c_contiguous
        for stage in stages:
            last = direct and stage is stages[-1]
            y = out if last else empty(stage.out, dtype)
            _run(stage, y, x)
            x = y
        if not (direct and stages):
            out[...] = x.reshape(out.shape)

    return kernel


@planned
def _only_stage(loops, dtype, shape, axes):
    """The one stage, if it takes no more."""
    if dtype not in _COMPILED or 0 in shape:
        return None
    stages = _stages(loops, dtype, shape, axes)
    return stages[0] if len(stages) == 1 else None


@planned
def _stages(loops, dtype, shape, axes):
    """Of a C-contiguous array: axes in groups, the last first."""
    sizes, left, stages = list(shape), sorted(a for a in axes if shape[a] != 1), []
    while left:
        last = first = left.pop()
        while left and math.prod(sizes[left[-1] + 1 : first]) == 1:
            first = left.pop()
        outer, parts, inner = (math.prod(sizes[part]) for part in
                               (slice(first), slice(first, last + 1), slice(last + 1, None)))  # fmt: skip
        while parts > 1:
            stage, parts = _stage(loops, dtype, outer, parts, inner)
            stages.append(stage)
        sizes[first : last + 1] = [1] * (last + 1 - first)
    return stages


def _stage(loops, dtype, outer, reduced, inner):
    """The reduction of (outer, reduced, inner), and into how many parts `reduced` is cut, of which each gives one."""
    rows = inner == 1
    unit, width, strips = (BLOCK, 1, 1) if rows else (LINES, inner, -(-inner // WIDTH))
    length, size = reduced, outer * reduced * inner
    if size >= ARITHMETIC and outer * strips < TASKS:
        # Parts of at least PART numbers, whole blocks of them, and about TASKS of them altogether.
        length = max(-(-reduced * outer // TASKS), -(-PART // width))
        length = min(reduced, length + -length % unit)
    parts = -(-reduced // length)
    count = outer * parts * strips
    parallel = size >= ARITHMETIC and count > 1
    chunk = max(1, CHUNK * count // max(size, 1))
    constants = (chunk, length) if rows else (chunk, reduced, length)
    plan = Plan(loops.rows if rows else loops.columns, dtype, -(-count // chunk), parallel, *constants, *loops.sign)
    out = (outer * parts,) if rows else (outer * parts, inner)
    return Stage((outer, reduced) if rows else (outer * reduced, inner), out, plan), parts


def _position(ufunc, loops):
    """A kernel (out, x, axis), where out keeps the axis with length 1."""

    def kernel(out, x, axis):
        if x.dtype not in _COMPILED or x.size == 0 or not out.flags.c_contiguous:
            return ufunc(x, axis=axis, out=out, keepdims=True)
        stage = _argmax_stage(loops, x.dtype, x.shape, axis)
        _run(stage, out, np.ascontiguousarray(x))

    return kernel


@planned
def _argmax_stage(loops, dtype, shape, axis):
    outer, reduced, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    size, parallel = outer * reduced * inner, outer * reduced * inner >= ARITHMETIC and outer > 1
    chunk = max(1, CHUNK * outer // max(size, 1))
    loop = loops.rows if inner == 1 else loops.columns
    plan = Plan(loop, dtype, -(-outer // chunk), parallel, chunk, *loops.sign)
    return Stage((outer, reduced) if inner == 1 else (outer * reduced, inner), (outer, inner), plan)


kernels.sum.on("cpu", _reduction(np.add, _SUM))
kernels.max.on("cpu", _reduction(np.maximum, _MAX))
kernels.min.on("cpu", _reduction(np.minimum, _MIN))
kernels.argmax.on("cpu", _position(np.argmax, _ARGMAX))
kernels.argmin.on("cpu", _position(np.argmin, _ARGMIN))


@kernels.prod.on("cpu")
@quiet
def _prod(out, x, axes):
    np.multiply.reduce(x, axis=axes, out=out, keepdims=True)


@kernels.any.on("cpu")
def _any(out, x, axes):
    np.logical_or.reduce(x, axis=axes, out=out, keepdims=True)


@kernels.all.on("cpu")
def _all(out, x, axes):
    np.logical_and.reduce(x, axis=axes, out=out, keepdims=True)
