"""Softmax, its logarithm, and their gradients, along the last axis, each in one visit to a row."""

from numba import types

from .. import reference as kernels
from ..elementary.floats import add_in_any_order
from ..runtime.jit import helper
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import ARITHMETIC, SOFTMAX
from .rows import as_rows, exp, larger, log, plan_rows


@kernels.softmax.on("cpu")
def softmax(out, x):
    """out ← eˣ / Σ eˣ along the last axis, shifted by the largest x so that nothing overflows."""
    _run(_softmax, SOFTMAX, out, x)


@kernels.log_softmax.on("cpu")
def log_softmax(out, x):
    """out ← x − log Σ eˣ along the last axis."""
    _run(_log_softmax, SOFTMAX, out, x)


@kernels.softmax_grad.on("cpu")
def softmax_grad(out, g, y):
    """out ← y (g − Σ g y) along the last axis, for y = softmax(x)."""
    _run(_softmax_grad, ARITHMETIC, out, g, y)


@kernels.log_softmax_grad.on("cpu")
def log_softmax_grad(out, g, y):
    """out ← g − eʸ Σ g along the last axis, for y = log_softmax(x)."""
    _run(_log_softmax_grad, SOFTMAX, out, g, y)


def _run(kernel, parallel_from, out, *inputs):
    if out.size:
        out = as_rows(out)
        plan = plan_rows(kernel, out.dtype, *out.shape, parallel_from)
        plan.run(out, out.reshape(-1), *map(as_rows, inputs))


def _types(inputs):
    """Of: rows in a task, out, the same memory as one long row, inputs."""
    return lambda real: (types.intp, written(real, 2), written(real, 1), *[read(real, 2)] * inputs)


@helper
def subtract_row_max(out, x, r):
    """out[r] ← x[r] − max x[r]. See `larger` for what becomes of a NaN."""
    row_max = x[r, 0]
    for c in range(1, x.shape[1]):
        row_max = larger(row_max, x[r, c])
    for c in range(x.shape[1]):
        out[r, c] = x[r, c] - row_max


@helper
def exp_inplace(flat, start, stop):
    """flat ← e^flat from start to stop: many rows in one loop, as short ones would not fill whole vectors."""
    part = flat[start:stop]  # Numba lets indices count from the end, unless they are sure to be ≥ 0: as here
    for i in range(part.size):
        part[i] = exp(part[i])


@parallel_for(_types(1))
def _softmax(arguments, scratch, task):
    chunk, out, flat, x = arguments[0]
    start, stop = task * chunk, min(x.shape[0], (task + 1) * chunk)
    for r in range(start, stop):
        subtract_row_max(out, x, r)
    exp_inplace(flat, start * x.shape[1], stop * x.shape[1])
    for r in range(start, stop):
        total = x.dtype.type(0)
        for c in range(x.shape[1]):
            total = add_in_any_order(total, out[r, c])
        factor = x.dtype.type(1) / total
        for c in range(x.shape[1]):
            out[r, c] *= factor


@parallel_for(_types(1))
def _log_softmax(arguments, scratch, task):
    chunk, out, flat, x = arguments[0]
    start, stop = task * chunk, min(x.shape[0], (task + 1) * chunk)
    for r in range(start, stop):
        subtract_row_max(out, x, r)
    powers = flat[start * x.shape[1] : stop * x.shape[1]].copy()
    exp_inplace(powers, 0, powers.size)
    for r in range(start, stop):
        row, total = powers[(r - start) * x.shape[1] : (r - start + 1) * x.shape[1]], x.dtype.type(0)
        for c in range(x.shape[1]):
            total = add_in_any_order(total, row[c])
        shift = log(total)  # not added to a large maximum, which would cost its digits
        for c in range(x.shape[1]):
            out[r, c] -= shift


@parallel_for(_types(2))
def _softmax_grad(arguments, scratch, task):
    chunk, out, _, g, y = arguments[0]
    for r in range(task * chunk, min(y.shape[0], (task + 1) * chunk)):
        total = y.dtype.type(0)
        for c in range(y.shape[1]):
            total = add_in_any_order(total, g[r, c] * y[r, c])
        for c in range(y.shape[1]):
            out[r, c] = y[r, c] * (g[r, c] - total)


@parallel_for(_types(2))
def _log_softmax_grad(arguments, scratch, task):
    chunk, out, flat, g, y = arguments[0]
    start, stop = task * chunk, min(y.shape[0], (task + 1) * chunk)
    for r in range(start, stop):
        for c in range(y.shape[1]):
            out[r, c] = y[r, c]
    exp_inplace(flat, start * y.shape[1], stop * y.shape[1])
    for r in range(start, stop):
        total = y.dtype.type(0)
        for c in range(y.shape[1]):
            total = add_in_any_order(total, g[r, c])
        for c in range(y.shape[1]):
            out[r, c] = g[r, c] - out[r, c] * total
