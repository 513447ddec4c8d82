"""Reductions over axes, which `out` keeps with length 1."""

import numpy as np

from ..kernel import In, Out, kernel


@kernel
def sum(out: Out, x: In, axes):
    """out ← Σ x."""
    out[...] = np.sum(x, axes, dtype=out.dtype, keepdims=True)


@kernel
def prod(out: Out, x: In, axes):
    """out ← Π x."""
    out[...] = np.prod(x, axes, dtype=out.dtype, keepdims=True)


@kernel
def max(out: Out, x: In, axes):
    """out ← the largest of x; NaN if one is NaN."""
    out[...] = np.max(x, axes, keepdims=True)


@kernel
def min(out: Out, x: In, axes):
    """out ← the smallest of x; NaN if one is NaN."""
    out[...] = np.min(x, axes, keepdims=True)


@kernel
def any(out: Out, x: In, axes):
    """out ← whether one of x is not 0."""
    out[...] = np.any(x, axes, keepdims=True)


@kernel
def all(out: Out, x: In, axes):
    """out ← whether none of x is 0."""
    out[...] = np.all(x, axes, keepdims=True)


@kernel
def argmax(out: Out, x: In, axis):
    """out ← the index of the first largest of x along the axis, or of the first NaN."""
    out[...] = np.argmax(x, axis, keepdims=True)


@kernel
def argmin(out: Out, x: In, axis):
    """out ← the index of the first smallest of x along the axis, or of the first NaN."""
    out[...] = np.argmin(x, axis, keepdims=True)


@kernel
def variance(out: Out, mean: Out, x: In, divisor):
    """mean ← the mean of x (outer, reduced, inner) over its middle, and out ← Σ (x − mean)² / divisor; (outer, inner).

    A variance has as its divisor as many numbers as are reduced, or with Bessel's correction one less.
    """
    mean[...] = x.mean(1)
    out[...] = np.square(x - mean[:, None]).sum(1) / divisor
