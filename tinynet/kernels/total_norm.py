"""The norm of many arrays together, by launches alone: nothing is read on the host."""

import math

import numpy as np

from .. import formulas
from . import reference as kernels
from .arrays import empty, empty_like, host, put
from .filled import converted, store
from .launch import launch
from .lifting.sums import lift_sum, pieces

SQUARES, MAGNITUDES = lift_sum(formulas.square), lift_sum(formulas.absolute)
POWERS = lift_sum(formulas.power, scalars=("p",))
F64 = np.dtype(np.float64)


class DeviceScalar:
    """An array of one number that a launch has computed, with a copy for every dtype and device that need it."""

    def __init__(self, array):
        self.array, self.copies = array, {}

    def like(self, x):
        """The number in the dtype of x, and on its device."""
        key = x.dtype, x.__class__
        if key not in self.copies:
            array = self.array if x.__class__ is self.array.__class__ else put(host(self.array), x)
            self.copies[key] = converted(array, x.dtype)
        return self.copies[key]


def whole(x):
    """(x, starts, stops): all of a flat array, in the form of a slice for `total_norm`."""
    return x, *pieces(x.size)


def total_norm(slices, p=2.0):
    """(Σ|x|ᵖ)^(1/p) over flat arrays, each given as (x, starts, stops); p = ∞ is the largest |x|.

    The result is a 0-d float64 array on the device of the first. Sums have an order that depends on sizes alone.
    """
    like = slices[0][0] if slices else np.empty(0, F64)
    counts = [1 if p == math.inf else len(starts) for _, starts, _ in slices]
    sums, norm = empty((sum(counts),), F64, like), empty((), F64, like)
    end = 0
    for (x, starts, stops), count in zip(slices, counts):
        start, end = end, end + count
        part = sums[start:end]
        if x.__class__ is like.__class__:
            _sums(part, x, starts, stops, p)
        else:  # on another device
            there = empty((count,), F64, x)
            _sums(there, x, starts, stops, p)
            store(part, host(there))
    launch(kernels.total_norm, norm, sums, p)
    return norm


def _sums(out, x, starts, stops, p):
    """out ← the sums of |x|ᵖ over each of the pieces, or the largest |x| of all."""
    if p == 2:
        launch(SQUARES, out, starts, stops, x)
    elif p == 1:
        launch(MAGNITUDES, out, starts, stops, x)
    elif p != math.inf:
        launch(POWERS, out, starts, stops, x, p)
    elif not x.size:
        launch(kernels.fill, out, 0.0)
    else:
        magnitudes, largest = empty_like(x), empty((1,), x.dtype, x)
        launch(kernels.abs, magnitudes, x)
        launch(kernels.max, largest, magnitudes, (0,))
        launch(kernels.cast, out, largest)
