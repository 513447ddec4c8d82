"""Scans: a thread for each line along the axis, which goes from its first element to its last."""

import math

import numpy as np
from numba.types import boolean, int64

from .. import reference as kernels
from .device.driver import cuda, device, exp, grid, kernel, log1p
from .indexing import ALL

NUMBERS = ALL[:4]


@device
def line(at, n, inner, reverse):
    """(where line `at` begins, the step to its next element) in arrays (outer, n, inner)."""
    first = at // inner * n * inner + at % inner
    return (first + (n - 1) * inner, -inner) if reverse else (first, inner)


def _types(real):
    return real[::1], real[::1], int64, int64, boolean


@kernel(_types, NUMBERS)
def scan_sums(out, x, n, inner, reverse):
    for at in range(cuda.grid(1), out.size // n, cuda.gridsize(1)):
        i, step = line(at, n, inner, reverse)
        total = out.dtype.type(0)
        for _ in range(n):
            total += x[i]
            out[i] = total
            i += step


@kernel(_types, NUMBERS)
def scan_products(out, x, n, inner, reverse):
    for at in range(cuda.grid(1), out.size // n, cuda.gridsize(1)):
        i, step = line(at, n, inner, reverse)
        product = out.dtype.type(1)
        for _ in range(n):
            product *= x[i]
            out[i] = product
            i += step


@kernel(_types)
def scan_log_sums(out, x, n, inner, reverse):
    """The largest so far, and the sum of the exponentials relative to it."""
    for at in range(cuda.grid(1), out.size // n, cuda.gridsize(1)):
        i, step = line(at, n, inner, reverse)
        total = x[i]
        out[i] = total
        for _ in range(n - 1):
            i += step
            a = x[i]
            if a == total:
                total += log1p(out.dtype.type(1))
            elif a > total:
                total = a + log1p(exp(total - a))
            else:  # also of NaN
                total += log1p(exp(a - total))
            out[i] = total


@kernel(lambda real: (real[::1], real[::1], real[::1], int64, int64, boolean))
def scan_recurrences(out, a, b, n, inner, reverse):
    for at in range(cuda.grid(1), out.size // n, cuda.gridsize(1)):
        i, step = line(at, n, inner, reverse)
        state = b[i]
        out[i] = state
        for _ in range(n - 1):
            i += step
            state = a[i] * state + b[i]
            out[i] = state


@kernel(lambda real: (real[::1], int64[::1], real[::1], int64, int64, boolean), ALL)
def scan_extremes(values, indices, x, n, inner, smallest):
    """A later element that is equal takes over, and so does every NaN."""
    for at in range(cuda.grid(1), values.size // n, cuda.gridsize(1)):
        i, step = line(at, n, inner, False)
        best, where = x[i], 0
        for k in range(n):
            a = x[i]
            if a != a or (a <= best if smallest else a >= best):
                best, where = a, k
            values[i], indices[i] = best, where
            i += step


def _scan(loop):
    """A function (out, inputs, axis, flag) that runs the loop over lists of arrays that lie in any order."""

    def run(out, inputs, axis, reverse):
        shape = inputs[0].shape
        if not math.prod(shape):
            return
        targets = [x if x.flags.c_contiguous else np.empty_like(x.contiguous()) for x in out]
        lines = math.prod(shape) // shape[axis]
        inputs = [x.contiguous() for x in inputs]
        loop(inputs[0].dtype, *grid(lines), *targets, *inputs, shape[axis], math.prod(shape[axis + 1 :]), reverse)
        for x, target in zip(out, targets):
            if x is not target:
                x[...] = target

    return run


_sums, _products, _log_sums = _scan(scan_sums), _scan(scan_products), _scan(scan_log_sums)
_recurrences, _extremes = _scan(scan_recurrences), _scan(scan_extremes)


@kernels.cumsum.on("cuda")
def cumsum(out, x, axis, reverse):
    """out[k] ← x[0] + ... + x[k]."""
    _sums([out], [x], axis, reverse)


@kernels.cumprod.on("cuda")
def cumprod(out, x, axis, reverse):
    """out[k] ← x[0] · ... · x[k]."""
    _products([out], [x], axis, reverse)


@kernels.logcumsumexp.on("cuda")
def logcumsumexp(out, x, axis, reverse):
    """out[k] ← log(exp x[0] + ... + exp x[k])."""
    _log_sums([out], [x], axis, reverse)


@kernels.recurrence.on("cuda")
def recurrence(out, a, b, axis, reverse):
    """out[k] ← a[k] out[k − 1] + b[k], and out[0] ← b[0]."""
    _recurrences([out], [a, b], axis, reverse)


@kernels.cummax.on("cuda")
def cummax(values, indices, x, axis):
    """values[k] ← the largest of x[0] ... x[k], indices[k] ← where it is."""
    _extremes([values, indices], [x], axis, False)


@kernels.cummin.on("cuda")
def cummin(values, indices, x, axis):
    """values[k] ← the smallest of x[0] ... x[k], indices[k] ← where it is."""
    _extremes([values, indices], [x], axis, True)
