"""Arrays that lie where another array lies: on the CPU NumPy's own, on a device whatever the device has.

    out = empty(shape, dtype, x.array)

An operation that makes its outputs so runs on every device; views it takes with NumPy's own functions, since arrays on
devices answer to those (`__array_function__`).
"""

import ctypes
import math

import numpy as np
from numpy import ndarray

from .. import capture
from .runtime import memory
from .runtime.plans import planned


class DeviceArray:
    """The base of arrays that lie on another device than the CPU."""

    __slots__ = ()


def empty(shape, dtype, like):
    """An uninitialised array on the device of `like`."""
    return memory.empty(shape, dtype) if like.__class__ is ndarray else like.new(shape, dtype)


def empty_like(like, dtype=None):
    """The same in the shape of `like`, its dimensions in memory in the order in which those of `like` lie."""
    return memory.empty_like(like, dtype) if like.__class__ is ndarray else like.new_like(dtype)


def put(array, like):
    """The values of a NumPy array, on the device of `like`: the array itself, or a copy there."""
    return array if like.__class__ is ndarray else like.put(array)


@planned
def open_grid(shape):
    """The indices along each axis, in a shape that broadcasts along the others: NumPy's `ogrid`. Not to be written."""
    rest = [1] * len(shape)
    return tuple([np.arange(n).reshape([*rest[:axis], n, *rest[axis + 1 :]]) for axis, n in enumerate(shape)])


def along_axis(indices, axis):
    """An index of NumPy's: `indices` along `axis`, and along every other axis the element's own place."""
    grid = open_grid(indices.shape)
    return (*grid[:axis], indices, *grid[axis + 1 :])


def tracked_view(buffer, start, shape):
    """A view of a part of a one-dimensional array, and an object that lives as long as the view or a view of it."""
    if buffer.__class__ is not ndarray:
        return buffer.tracked_view(start, shape)
    # NumPy lets a view of a view refer to the owner of the memory, unless that is no array.
    size = math.prod(shape) * buffer.itemsize
    view = ndarray(shape, buffer.dtype, (ctypes.c_char * size).from_buffer(buffer, start * buffer.itemsize))
    return view, view


def host(x):
    """The values of an array as a NumPy array: the array itself, or a copy from its device, which is waited for."""
    if capture.watcher is not None:
        capture.reads(x)
    return x.get() if isinstance(x, DeviceArray) else x


def device_of(x):
    """The name of the device on which an array lies: "cpu", "cuda:0"."""
    return x.device if isinstance(x, DeviceArray) else "cpu"
