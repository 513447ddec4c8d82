"""Scans: what has come together up to each element, along an axis; with `reverse`, from the last element backwards."""

import numpy as np

from ..kernel import In, Out, kernel


def _along(x, axis, reverse):
    return np.flip(x, axis) if reverse else x


@kernel
def cumsum(out: Out, x: In, axis, reverse):
    """out[k] ← x[0] + ... + x[k]."""
    np.cumsum(_along(x, axis, reverse), axis, out.dtype, _along(out, axis, reverse))


@kernel
def cumprod(out: Out, x: In, axis, reverse):
    """out[k] ← x[0] · ... · x[k]."""
    np.cumprod(_along(x, axis, reverse), axis, out.dtype, _along(out, axis, reverse))


@kernel
def logcumsumexp(out: Out, x: In, axis, reverse):
    """out[k] ← log(exp x[0] + ... + exp x[k])."""
    np.logaddexp.accumulate(_along(x, axis, reverse), axis, out=_along(out, axis, reverse))


@kernel
def recurrence(out: Out, a: In, b: In, axis, reverse):
    """out[k] ← a[k] out[k − 1] + b[k], and out[0] ← b[0]."""
    out, a, b = (np.moveaxis(_along(x, axis, reverse), axis, 0) for x in (out, a, b))
    out[:1] = b[:1]
    for k in range(1, len(out)):
        out[k] = a[k] * out[k - 1] + b[k]


@kernel
def cummax(values: Out, indices: Out, x: In, axis):
    """values[k] ← the largest of x[0] ... x[k], indices[k] ← where it is, the last place; of NaNs too."""
    np.maximum.accumulate(x, axis, out=values)
    _last_places(values, indices, x, axis)


@kernel
def cummin(values: Out, indices: Out, x: In, axis):
    """values[k] ← the smallest of x[0] ... x[k], indices[k] ← where it is, the last place; of NaNs too."""
    np.minimum.accumulate(x, axis, out=values)
    _last_places(values, indices, x, axis)


def _last_places(values, indices, x, axis):
    places = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    np.maximum.accumulate(np.where((x == values) | (x != x), places, 0), axis, out=indices)
