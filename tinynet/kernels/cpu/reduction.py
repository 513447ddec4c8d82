"""Reductions over axes. The order of summation depends on the shape alone, so the bits never vary.

NumPy sums pairwise, which keeps the rounding error at O(log n); the sum of the rows of a matrix, the gradient of every
bias, is a loop of our own, since NumPy needs 3 µs to begin.
"""

import numpy as np

from ..jit import jit

__all__ = ["all", "any", "argmax", "argmin", "max", "min", "prod", "sum"]


def sum(out, x, axes):
    """out ← Σ x over `axes`, which `out` keeps with length 1."""
    if axes == (0,) and x.ndim == 2 and x.dtype.kind == "f" and x.flags.carray:
        _sum_rows(out, x)
    else:
        with np.errstate(all="ignore"):
            np.add.reduce(x, axis=axes, out=out, keepdims=True)


@jit
def _sum_rows(out, x):
    """out (1, n) ← Σᵢ x[i], in blocks of rows, so that the rounding error does not grow with m but with m / 64."""
    rows, columns = x.shape
    block = np.empty(columns, x.dtype)
    out[0] = 0
    for start in range(0, rows, 64):
        block[:] = 0
        stop = start + 64 if start + 64 < rows else rows
        for i in range(start, stop):
            for j in range(columns):
                block[j] += x[i, j]
        for j in range(columns):
            out[0, j] += block[j]


@np.errstate(all="ignore")
def prod(out, x, axes):
    np.multiply.reduce(x, axis=axes, out=out, keepdims=True)


def max(out, x, axes):
    """out ← the largest of x over `axes`; NaN if one is NaN."""
    np.maximum.reduce(x, axis=axes, out=out, keepdims=True)


def min(out, x, axes):
    np.minimum.reduce(x, axis=axes, out=out, keepdims=True)


def argmax(out, x, axis):
    """out ← the index of the first largest of x along `axis`, kept with length 1."""
    np.argmax(x, axis=axis, out=out, keepdims=True)


def argmin(out, x, axis):
    np.argmin(x, axis=axis, out=out, keepdims=True)


def any(out, x, axes):
    np.logical_or.reduce(x, axis=axes, out=out, keepdims=True)


def all(out, x, axes):
    np.logical_and.reduce(x, axis=axes, out=out, keepdims=True)
