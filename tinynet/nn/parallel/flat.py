"""Tensors of a model as one flat array for each dtype, whatever memory they lie in, so that an exchange is one call."""

import math

import numpy as np

from ...kernels import reference as kernels
from ...kernels.arrays import DeviceArray, host
from ...kernels.filled import store
from ...kernels.launch import launch
from ...kernels.lifting.lift import ALIGN
from ...tensor import wrap


class Flat:
    """The layout: each tensor starts on a cache line, as in an optimizer's arena, in the order in which it is given.

    It depends on shapes and dtypes alone, and so is the same on all ranks. A *piece* is an array and where it starts
    in the flat array of its dtype.
    """

    def __init__(self, tensors):
        self.starts, self.sizes = [], {}
        for x in tensors:
            start = self.sizes.setdefault(x.array.dtype, 0)
            self.starts.append(start)
            self.sizes[x.array.dtype] = start + -(-math.prod(x.array.shape) // ALIGN) * ALIGN

    def is_that_of(self, pieces):
        """Whether the arrays of pieces are flat ones already, of all there is."""
        return len(pieces) == len(self.sizes) and all(
            array.__class__ is np.ndarray and array.shape == (self.sizes[array.dtype],) for array, _ in pieces
        )

    def new(self):
        """{dtype: a flat tensor of zeros}; the gaps in it stay 0."""
        return {dtype: wrap(np.zeros(size, dtype)) for dtype, size in self.sizes.items()}


def gather(pieces, flat):
    """flat ← the arrays."""
    for array, start in pieces:
        part = _part(array, start, flat)
        if isinstance(array, DeviceArray):
            part[...] = host(array)
        else:
            launch(kernels.copy, part, array)


def scatter(pieces, flat):
    """The arrays ← flat."""
    for array, start in pieces:
        store(array, _part(array, start, flat))


def _part(array, start, flat):
    return flat[array.dtype].array[start : start + array.size].reshape(array.shape)


def gradient_pieces(leaves, starts):
    """The pieces of the gradients of leaves, which all have one. Those that are neighbours in an arena are one."""
    pieces, run = [], None  # (arena, its first, its last, start) of neighbours
    for leaf, start in zip(leaves, starts):
        arena = None if leaf.arena is None else leaf.arena()
        number = None if arena is None else arena.number_of_gradient(leaf)
        if run is not None:
            if number is not None and run[0] is arena and run[2] + 1 == number:
                run = (arena, run[1], number, run[3])
                continue
            pieces.append(_stretch(*run))
            run = None
        if number is None:
            pieces.append((leaf.grad.array, start))
        else:
            run = arena, number, number, start
    return pieces if run is None else [*pieces, _stretch(*run)]


def _stretch(arena, first, last, start):
    a, b = arena.starts[first], arena.stops[last]
    return (arena.grads if b - a == arena.grads.size else arena.grads[a:b]), start
