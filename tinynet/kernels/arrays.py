"""Arrays that lie where another array lies: on the CPU NumPy's own, on a device whatever the device has.

    out = empty(shape, dtype, x.array)

An operation that makes its outputs so runs on every device; views it takes with NumPy's own functions, since arrays on
devices answer to those (`__array_function__`).
"""

import ctypes
import math

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import as_strided

from .. import capture
from .runtime import memory
from .runtime.plans import planned


class DeviceArray:
    """The base of arrays that lie on another device than the CPU.

    `pointer` is the address of the first element, `owner` what keeps the memory, whose `bounds()` are addresses too.
    """

    __slots__ = ()

    def everything(self):
        """All values as a NumPy array, of all of a batch, for checks."""
        return self.get()


def new_on(like, shape, dtype):
    """A new array on the device of an array."""
    return like.new(shape, dtype)


def new_like_on(like, dtype):
    """A new array in the shape of one on a device."""
    return like.new_like(dtype)


_new, _new_like, _new_on, _new_like_on = memory.empty, memory.empty_like, new_on, new_like_on


def set_memory(new=memory.empty, new_like=memory.empty_like, on=new_on, like_on=new_like_on):
    """From now on these make the arrays, two on the CPU and two on devices; `batching` has its own."""
    global _new, _new_like, _new_on, _new_like_on
    _new, _new_like, _new_on, _new_like_on = new, new_like, on, like_on


def empty(shape, dtype, like):
    """An uninitialised array on the device of `like`."""
    return _new(shape, dtype) if like.__class__ is ndarray else _new_on(like, shape, dtype)


def empty_like(like, dtype=None):
    """The same in the shape of `like`, its dimensions in memory in the order in which those of `like` lie."""
    return _new_like(like, dtype) if like.__class__ is ndarray else _new_like_on(like, dtype)


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


def restrided(array, shape, strides, shared=False):
    """The memory from the first element of an array on, in another shape and with other strides, in bytes.

    With `shared`, elements share memory, and it is not to be written through.
    """
    if array.__class__ is ndarray:
        return as_strided(array, shape, strides, writeable=array.flags.writeable and not shared)
    return array.restrided(shape, strides)


def host(x):
    """The values of an array as a NumPy array: the array itself, or a copy from its device, which is waited for."""
    if capture.watcher is not None:
        capture.reads(x)
    return x.get() if isinstance(x, DeviceArray) else x


def all_values(x):
    """The same for checks of all values together: of arrays of a batch those of all of them, in any shape."""
    return x.everything() if isinstance(x, DeviceArray) else host(x)


def device_of(x):
    """The name of the device on which an array lies: "cpu", "cuda:0"."""
    return x.device if isinstance(x, DeviceArray) else "cpu"
