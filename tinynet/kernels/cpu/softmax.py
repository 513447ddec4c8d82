"""Softmax, its logarithm, and their gradients, along the last axis, each in one visit to a row."""

from math import log

from numba import types

from ..jit import inline
from .rows import PARALLEL_EXP, PARALLEL_SUMS, as_rows, blocks, exp, larger
from .tasks import for_tasks, read, written

__all__ = ["log_softmax", "log_softmax_grad", "softmax", "softmax_grad"]


def softmax(out, x):
    """out ← eˣ / Σ eˣ along the last axis, shifted by the largest x so that nothing overflows."""
    _run(_softmax, PARALLEL_EXP, out, x)


def log_softmax(out, x):
    """out ← x − log Σ eˣ along the last axis."""
    _run(_log_softmax, PARALLEL_EXP, out, x)


def softmax_grad(out, g, y):
    """out ← y (g − Σ g y) along the last axis, for y = softmax(x)."""
    _run(_softmax_grad, PARALLEL_SUMS, out, g, y)


def log_softmax_grad(out, g, y):
    """out ← g − eʸ Σ g along the last axis, for y = log_softmax(x)."""
    _run(_log_softmax_grad, PARALLEL_EXP, out, g, y)


def _run(kernel, parallel_from, out, *inputs):
    if out.size:
        out = as_rows(out)
        count, high = blocks(*out.shape)
        kernel(out.dtype, out.size >= parallel_from, count, high, out, *map(as_rows, inputs))


@inline
def largest(x, r):
    """The largest number of row r. See `larger` for what becomes of a NaN."""
    top = x[r, 0]
    for c in range(1, x.shape[1]):
        top = larger(top, x[r, c])
    return top


@inline
def exponentials(out, x, r, top):
    """out[r] ← e^(x[r] − top); returns their sum, which is NaN where x[r] holds one, or top is infinite."""
    total = out.dtype.type(0)
    for c in range(x.shape[1]):
        e = exp(x[r, c] - top)
        out[r, c] = e
        total += e
    return total


@for_tasks(lambda real: (types.intp, written(real, 2), read(real, 2)))
def _softmax(block, arguments):
    high, out, x = arguments[0]
    for r in range(block * high, min(x.shape[0], (block + 1) * high)):
        total = exponentials(out, x, r, largest(x, r))
        for c in range(x.shape[1]):
            out[r, c] /= total


@for_tasks(lambda real: (types.intp, written(real, 2), read(real, 2)))
def _log_softmax(block, arguments):
    high, out, x = arguments[0]
    for r in range(block * high, min(x.shape[0], (block + 1) * high)):
        top, total = largest(x, r), x.dtype.type(0)
        for c in range(x.shape[1]):
            out[r, c] = x[r, c] - top
            total += exp(out[r, c])
        shift = log(total)  # not added to a large top, which would cost its digits
        for c in range(x.shape[1]):
            out[r, c] -= shift


@for_tasks(lambda real: (types.intp, written(real, 2), read(real, 2), read(real, 2)))
def _softmax_grad(block, arguments):
    high, out, g, y = arguments[0]
    for r in range(block * high, min(y.shape[0], (block + 1) * high)):
        total = y.dtype.type(0)
        for c in range(y.shape[1]):
            total += g[r, c] * y[r, c]
        for c in range(y.shape[1]):
            out[r, c] = y[r, c] * (g[r, c] - total)


@for_tasks(lambda real: (types.intp, written(real, 2), read(real, 2), read(real, 2)))
def _log_softmax_grad(block, arguments):
    high, out, g, y = arguments[0]
    for r in range(block * high, min(y.shape[0], (block + 1) * high)):
        total = y.dtype.type(0)
        for c in range(y.shape[1]):
            total += g[r, c]
        for c in range(y.shape[1]):
            out[r, c] = g[r, c] - exp(y[r, c]) * total
