"""Reductions over axes. The order of summation depends on the shape alone, so the bits never vary.

NumPy sums pairwise, which keeps the rounding error at O(log n).
"""

import numpy as np

__all__ = ["all", "any", "argmax", "argmin", "max", "min", "prod", "sum"]


@np.errstate(all="ignore")
def sum(out, x, axes):
    """out ← Σ x over `axes`, which `out` keeps with length 1."""
    np.add.reduce(x, axis=axes, out=out, keepdims=True)


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
