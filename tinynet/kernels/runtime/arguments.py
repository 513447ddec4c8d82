"""The arguments of a body as they lie in memory: words of 64 bits, in the order in which a tuple is kept."""

import itertools

import numpy as np
from numba import types


def words(kind, x):
    """An argument of this type as integers: of an array what Numba keeps of it, of a float its bits."""
    if isinstance(kind, types.Array):
        nobody = 0, 0  # who owns the memory, and the Python object
        return [*nobody, x.size, x.itemsize, address(x), *x.shape, *x.strides]
    return [np.float64(x).view(np.int64).item() if kind is types.float64 else int(x)]


def address(array):
    """Where an array's first element lies."""
    return array.__array_interface__["data"][0]


def bounds(array):
    """The addresses between which an array lies."""
    start, (low, high) = address(array), reach(array)
    return start + low, start + high


def reach(array):
    """How far the memory of an array reaches, in bytes from its first element: (the lowest ≤ 0, behind the highest)."""
    if not array.size:
        return 0, 0
    low, high = 0, array.itemsize
    for length, stride in zip(array.shape, array.strides):
        low, high = low + min(0, (length - 1) * stride), high + max(0, (length - 1) * stride)
    return low, high


def touched(kinds, arguments, beyond=()):
    """(bounds of the arrays that a body of these types may write, of those that it only reads), where it goes so many
    bytes `beyond` the first arguments: before their start, if the number is negative."""
    written, read = [], []
    for kind, x, more in itertools.zip_longest(kinds, arguments, beyond, fillvalue=0):
        if isinstance(kind, types.Array):
            start, stop = bounds(x)
            (written if kind.mutable else read).append((start + min(0, more), stop + max(0, more)))
    return written, read
