"""Scans along an axis: a task takes some lines, each from its first element to its last.

Of lines along the last axis each is gone through by itself, with what has come together in a register; others lie side
by side, and a vector of them is gone through at a time.
"""

import math

import numpy as np
from numba import types

from .. import reference as kernels
from ..elementary import exp, log, log1p
from ..elementary.floats import choose
from ..elementary.functions import constants_of
from ..runtime.jit import always_inline
from ..runtime.memory import empty
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC

CHUNK = 1 << 13  # elements that are worth a task of their own
WIDTH = 1 << 9  # lines side by side in a task
COMPILED = frozenset([np.dtype("float32"), np.dtype("float64"), np.dtype("int64")])


@kernels.cumsum.on("cpu")
def cumsum(out, x, axis, reverse):
    """out[k] ← x[0] + ... + x[k]."""
    _one_input(_sums, kernels.cumsum, out, x, axis, reverse)


@kernels.cumprod.on("cpu")
def cumprod(out, x, axis, reverse):
    """out[k] ← x[0] · ... · x[k]."""
    _one_input(_products, kernels.cumprod, out, x, axis, reverse)


@kernels.logcumsumexp.on("cpu")
def logcumsumexp(out, x, axis, reverse):
    """out[k] ← log(exp x[0] + ... + exp x[k])."""
    _run(_log_sums, [out], [x, x], axis, reverse)


@kernels.recurrence.on("cpu")
def recurrence(out, a, b, axis, reverse):
    """out[k] ← a[k] out[k − 1] + b[k], and out[0] ← b[0]."""
    _run(_recurrence, [out], [b, a], axis, reverse)


@kernels.cummax.on("cpu")
def cummax(values, indices, x, axis):
    """values[k] ← the largest of x[0] ... x[k], indices[k] ← where it is."""
    _extremes(kernels.cummax, values, indices, x, axis, False)


@kernels.cummin.on("cpu")
def cummin(values, indices, x, axis):
    """values[k] ← the smallest of x[0] ... x[k], indices[k] ← where it is."""
    _extremes(kernels.cummin, values, indices, x, axis, True)


def _one_input(body, kernel, out, x, axis, reverse):
    if x.dtype == out.dtype and x.dtype in COMPILED:
        _run(body, [out], [x, x], axis, reverse)
    else:
        kernel.reference(out, x, axis, reverse)


def _extremes(kernel, values, indices, x, axis, smallest):
    if x.dtype in COMPILED:
        _run(_extreme, [values, indices], [x], axis, smallest)
    else:
        kernel.reference(values, indices, x, axis)


def _run(body, out, inputs, axis, flag):
    """Run the plan of a body on arrays that lie in any order, as contiguous (outer, n, inner)."""
    shape = inputs[0].shape
    cut = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    targets = [x if x.flags.c_contiguous else empty(shape, x.dtype) for x in out]
    copies = {id(x): np.ascontiguousarray(x) for x in inputs}  # of which two may be one
    arrays = [*targets, *[copies[id(x)] for x in inputs]]
    _plan(body, inputs[0].dtype, *cut, int(flag)).run(*[x.reshape(cut) for x in arrays])
    for x, target in zip(out, targets):
        if x is not target:
            x[...] = target


@planned
def _plan(body, dtype, outer, n, inner, flag):
    """Tasks of `count` times up to WIDTH lines, by the shape alone."""
    elements, width = outer * n * inner, min(inner, WIDTH)
    count = max(1, CHUNK // max(n * width, 1))
    tasks = -(-outer // count) * -(-inner // WIDTH) if elements else 0
    return Plan(body, dtype, tasks, elements >= ARITHMETIC, count, flag)


# --- compiled -----------------------------------------------------------------------------------------------------


@always_inline
def _lines(count, shape, task):
    """(first outer index, end, first line, end) of a task."""
    outer, _, inner = shape
    strips = -(-inner // WIDTH)
    start, left = task // strips * count, task % strips * WIDTH
    return start, min(start + count, outer), left, min(left + WIDTH, inner)


@always_inline
def _scan(step, arguments, task):
    """out[k] ← step(out[k − 1], x[k], a[k]), and out[0] ← x[0]."""
    count, reverse, out, x, a = arguments
    start, stop, left, right = _lines(count, out.shape, task)
    n, inner = out.shape[1], out.shape[2]
    first, pace = (n - 1, -1) if reverse else (0, 1)
    for i in range(start, stop):
        if inner == 1:
            state = x[i, first, 0]
            out[i, first, 0] = state
            for k in range(1, n):
                at = first + k * pace
                state = step(state, x[i, at, 0], a[i, at, 0])
                out[i, at, 0] = state
        else:
            for j in range(np.uintp(left), np.uintp(right)):
                out[i, first, j] = x[i, first, j]
            for k in range(1, n):
                at = first + k * pace
                for j in range(np.uintp(left), np.uintp(right)):
                    out[i, at, j] = step(out[i, at - pace, j], x[i, at, j], a[i, at, j])


def _types(real):
    return types.intp, types.intp, written(real, 3), read(real, 3), read(real, 3)


@parallel_for(_types)
def _sums(arguments, scratch, task):
    _scan(_add, arguments[0], task)


@parallel_for(_types)
def _products(arguments, scratch, task):
    _scan(_multiply, arguments[0], task)


@parallel_for(_types)
def _log_sums(arguments, scratch, task):
    """In a row as m + log Σ exp(x − m) for the largest m so far, so that no step waits for the logarithm before it."""
    count, reverse, out, x, _ = arguments[0]
    if out.shape[2] != 1:
        _scan(_log_add, arguments[0], task)
        return
    n = out.shape[1]
    for i in range(task * count, min((task + 1) * count, out.shape[0])):
        at, pace = (n - 1, -1) if reverse else (0, 1)
        m, total = x[i, at, 0], constants_of(x[i, at, 0]).one
        out[i, at, 0] = m
        for _ in range(1, n):
            at += pace
            larger = choose(x[i, at, 0] > m, x[i, at, 0], m)
            total = total * exp(_minus(m, larger)) + exp(_minus(x[i, at, 0], larger))
            m = larger
            out[i, at, 0] = m + log(total)


@parallel_for(_types)
def _recurrence(arguments, scratch, task):
    _scan(_multiply_add, arguments[0], task)


@always_inline
def _add(state, x, _):
    return state + x


@always_inline
def _multiply(state, x, _):
    return state * x


@always_inline
def _multiply_add(state, x, a):
    return a * state + x


@always_inline
def _log_add(state, x, _):
    """log(exp state + exp x)."""
    larger, smaller = choose(state > x, state, x), choose(state > x, x, state)
    return larger + log1p(exp(_minus(smaller, larger)))


@always_inline
def _minus(a, b):
    """a − b, and 0 of two infinities that are equal."""
    return choose(a == b, constants_of(a).zero, a - b)


@parallel_for(lambda real: (types.intp, types.intp, written(real, 3), written(types.int64, 3), read(real, 3)))
def _extreme(arguments, scratch, task):
    """A later element that is equal takes over, and so does every NaN."""
    count, smallest, values, indices, x = arguments[0]
    start, stop, left, right = _lines(count, x.shape, task)
    n, inner = x.shape[1], x.shape[2]
    for i in range(start, stop):
        if inner == 1 and smallest:
            _row(values[i, :, 0], indices[i, :, 0], x[i, :, 0], True)
        elif inner == 1:
            _row(values[i, :, 0], indices[i, :, 0], x[i, :, 0], False)
        else:
            for j in range(np.uintp(left), np.uintp(right)):
                values[i, 0, j], indices[i, 0, j] = x[i, 0, j], 0
            for k in range(1, n):
                for j in range(np.uintp(left), np.uintp(right)):
                    takes = _takes(x[i, k, j], values[i, k - 1, j], smallest)
                    values[i, k, j] = x[i, k, j] if takes else values[i, k - 1, j]
                    indices[i, k, j] = k if takes else indices[i, k - 1, j]


@always_inline
def _takes(a, best, smallest):
    return (a != a) | ((a <= best) if smallest else (a >= best))


@always_inline
def _row(values, indices, x, smallest):
    """Until the first NaN, from which on all values are NaN: so nothing waits for more than one comparison."""
    best, where, after = x[0], 0, x.size
    for k in range(x.size):
        if not (best < x[k] if smallest else best > x[k]):
            best, where = x[k], k
        values[k], indices[k] = best, where
        if best != best:
            after = k + 1
            break
    for k in range(after, x.size):
        where = k if x[k] != x[k] else where
        values[k], indices[k] = best, where
