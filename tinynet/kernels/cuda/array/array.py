"""CudaArray: an array in the memory of a GPU, with as much of NumPy's interface as operations use.

What is a view, of which shape and strides, and whether one exists at all, is left to NumPy: every array has a meta
array (`kernels/meta.py`) of its shape and strides, and a view of the array is a view of that. Whatever reads or writes
elements is a kernel.
"""

import functools
import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ....errors import DeviceError
from ... import reference as kernels
from ...arrays import DeviceArray
from ...launch import launch
from ...meta import address, meta_array
from ..device import driver
from ..device.checks import raise_pending
from ..device.memory import Part, memory_for, size_class
from . import dlpack


class Flags:
    """What NumPy's arrays have under this name."""

    __slots__ = ("meta",)

    def __init__(self, meta):
        self.meta = meta

    c_contiguous = property(lambda self: self.meta.flags.c_contiguous)

    @property
    def writeable(self):
        return not any(stride == 0 and n > 1 for n, stride in zip(self.meta.shape, self.meta.strides))


class CudaArray(DeviceArray):
    """An array on the device; make one with `new` or `from_host`."""

    __slots__ = ("__weakref__", "_row", "memory", "meta", "start")

    __array_ufunc__ = None  # NumPy's ufuncs raise a TypeError, and operators are left to the other operand
    device = "cuda:0"

    def __init__(self, memory, start, meta):
        self.memory = memory
        self.start = start  # the byte of it where the array begins
        self.meta = meta
        self._row = None

    # What NumPy's arrays have

    shape = property(lambda self: self.meta.shape)
    strides = property(lambda self: self.meta.strides)
    dtype = property(lambda self: self.meta.dtype)
    ndim = property(lambda self: self.meta.ndim)
    size = property(lambda self: self.meta.size)
    itemsize = property(lambda self: self.meta.itemsize)
    nbytes = property(lambda self: self.meta.nbytes)
    T = property(lambda self: self._view(self.meta.T))

    flags = property(lambda self: Flags(self.meta))

    def __len__(self):
        return len(self.meta)

    def _view(self, meta):
        """The array that has this meta and begins where this array does."""
        return CudaArray(self.memory, self.start, meta)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if any(isinstance(i, np.ndarray | list | DeviceArray) for i in index):
            raise TypeError("an array on a device has views for numbers and slices; arrays are looked up by a kernel")
        meta = self.meta[index if Ellipsis in index else (*index, ...)]
        return CudaArray(self.memory, self.start + address(meta) - address(self.meta), meta)

    def __setitem__(self, index, value):
        kernels.copy.cuda(self[index], value if isinstance(value, DeviceArray) else put_alike(value, self))

    def transpose(self, *axes):
        return self._view(self.meta.transpose(*axes))

    def swapaxes(self, a, b):
        return self._view(self.meta.swapaxes(a, b))

    def restrided(self, shape, strides):
        return self._view(as_strided(self.meta, shape, strides))

    def squeeze(self, axis=None):
        return self._view(self.meta.squeeze(axis))

    def reshape(self, *shape):
        """A view where there is one, else a copy, as NumPy has it."""
        shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        if self.meta.flags.c_contiguous:
            return self._view(self.meta.reshape(shape))
        wanted = meta_array(self.shape, self.dtype, self.nbytes).reshape(shape).shape  # raises if unfit
        try:
            return self._view(np.reshape(self.meta, wanted, copy=False))
        except ValueError:
            return self.copy().reshape(wanted)

    def ravel(self, order="C"):
        if order == "K":
            by_stride = sorted(range(self.ndim), key=lambda d: -self.strides[d])
            return self.transpose(by_stride).reshape(-1)
        return self.reshape(-1)

    def copy(self):
        """The values in memory of their own, in order."""
        out = self.new(self.shape, self.dtype)
        launch(kernels.copy, out, self)
        return out

    def contiguous(self):
        return self if self.meta.flags.c_contiguous else self.copy()

    def astype(self, dtype, copy=True):
        dtype = np.dtype(dtype)
        if dtype == self.dtype and not copy:
            return self
        out = np.empty_like(self, dtype)
        launch(kernels.cast, out, self)
        return out

    def fill(self, value):
        launch(kernels.fill, self, value)

    # From and to the host

    def get(self):
        """The values as a NumPy array; waits for the kernels that compute them."""
        out = np.empty(self.shape, self.dtype)
        if self.size:
            dense = self.contiguous()
            stream = driver.current_stream()
            driver.to_host(dense.on(stream), out.reshape(-1), stream)
        raise_pending()
        return out

    def set(self, array):
        """Overwrite the values by those of a NumPy array of the same shape and dtype."""
        if not self.size:
            return
        if self.meta.flags.c_contiguous:
            stream = driver.current_stream()
            driver.to_device(self.on(stream), np.ascontiguousarray(array).reshape(-1), stream)
        else:
            launch(kernels.copy, self, self.put(array))

    def item(self):
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def put(self, array):
        """A copy of a NumPy array on this array's device."""
        return from_host(array)

    def new(self, shape, dtype, value=None):
        """A new array on this array's device, uninitialised or of one value."""
        return new(shape, dtype, value)

    def new_like(self, dtype=None):
        """A new array of this shape, its dimensions in memory in the order of this one's."""
        return _empty_like(self, dtype)

    def tracked_view(self, start, shape):
        """A view of a part of this one-dimensional array, and an object that lives as long as it or a view of it."""
        view = self[start : start + math.prod(shape)].reshape(shape)
        view.memory = Part(self.memory)
        return view, view.memory

    def on(self, stream):
        """The array as a kernel on `stream` takes it: one row, from the first element to the last in memory."""
        block = self.memory.block
        if block.stream is not stream:
            block.used_on(stream)
        if self._row is None:
            meta = self.meta
            size = meta.size
            if size and not meta.flags.c_contiguous:
                if min(meta.strides) < 0:  # then the first element in memory is not the array's first
                    raise ValueError(f"an array on {self.device} with negative strides {meta.strides}; copy it first")
                size = 1 + sum([(n - 1) * s for n, s in zip(meta.shape, meta.strides)]) // meta.itemsize
            self._row = driver.row(block.buffer, self.start, size, meta.dtype)
        return self._row

    @property
    def pointer(self):
        return driver.pointer_of(self.on(driver.current_stream())) if self.size else 0

    @property
    def owner(self):
        """What keeps the memory: all arrays over one block have it in common."""
        return self.memory.whole if isinstance(self.memory, Part) else self.memory

    def over(self, owner, address, shape, dtype, strides):
        """The array over memory that `owner` keeps, from an address on."""
        size = math.prod(shape) and 1 + sum([(n - 1) * s for n, s in zip(shape, strides)]) // dtype.itemsize
        meta = meta_array(shape, dtype, size * dtype.itemsize, strides)
        return CudaArray(owner, address - owner.bounds()[0], meta)

    # Other libraries

    @property
    def __cuda_array_interface__(self):
        stream = driver.current_stream()
        return {
            "shape": self.shape,
            "strides": None if self.flags.c_contiguous else self.strides,
            "typestr": self.dtype.str,
            "data": (self.pointer, not self.flags.writeable),
            "version": 3,
            "stream": stream.pointer or None,
        }

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        return dlpack.to_capsule(self)

    def __dlpack_device__(self):
        return dlpack.DEVICE

    def __array__(self, dtype=None, copy=None):
        raise DeviceError(f"an array on {self.device} is not NumPy's to read; use .cpu() first")

    def __array_function__(self, function, types, args, kwargs):
        run = FUNCTIONS.get(function)
        if run is None:
            raise TypeError(f"numpy.{function.__name__} has no counterpart for arrays on {self.device}")
        return run(*args, **kwargs)

    def __repr__(self):
        return f"CudaArray(shape={self.shape}, dtype={self.dtype}, device={self.device!r})"


def new(shape, dtype, value=None):
    """An array on the device, uninitialised or with `value` everywhere."""
    dtype = np.dtype(dtype)
    shape = (int(shape),) if isinstance(shape, int | np.integer) else tuple(map(int, shape))
    return _dense(shape, dtype, value)


def _dense(shape, dtype, value=None, lasting=False):
    meta, size = _dense_meta(shape, dtype)
    out = CudaArray(memory_for(size, lasting), 0, meta)
    if value is not None:
        out.fill(value)
    return out


@functools.lru_cache(maxsize=512)
def _dense_meta(shape, dtype):
    """The meta of a dense array, which all of this shape have in common, and the size of the block that it takes."""
    nbytes = dtype.itemsize * math.prod(shape)
    return meta_array(shape, dtype, nbytes), size_class(nbytes)


def from_host(array):
    """A copy of a NumPy array on the device, in the same order of dimensions in memory."""
    out = _empty_like(np.asarray(array), lasting=True)
    by_stride = sorted(range(array.ndim), key=lambda d: -out.strides[d])
    out.transpose(by_stride).set(array.transpose(by_stride))
    return out


def put_alike(value, like):
    return from_host(np.asarray(value, like.dtype))


# NumPy's functions of arrays on a device. Those that make a view take it of the meta.


def _empty_like(x, dtype=None, lasting=False):
    """Dense memory with the dimensions in the order that they have in x."""
    dtype = np.dtype(dtype or x.dtype)
    x = x.meta if x.__class__ is CudaArray else x
    if x.flags.c_contiguous:
        return _dense(x.shape, dtype, None, lasting)
    order = sorted(range(x.ndim), key=lambda d: -abs(x.strides[d]))  # stable: axes of equal strides stay
    out = _dense(tuple(x.shape[d] for d in order), dtype, None, lasting)
    return out.transpose(np.argsort(order).tolist()) if order != list(range(x.ndim)) else out


def _of_meta(function):
    return lambda x, *args, **kwargs: x._view(function(x.meta, *args, **kwargs))


def _shares(a, b):
    if not isinstance(a, CudaArray) or not isinstance(b, CudaArray) or a.memory.block is not b.memory.block:
        return False
    return np.may_share_memory(a.meta, b.meta)


def _copyto(out, x):
    """out ← x, from the device or the host."""
    if isinstance(out, np.ndarray):
        np.copyto(out, x.get())
    elif isinstance(x, CudaArray):
        launch(kernels.copy, out, x)
    else:
        out.set(np.broadcast_to(np.asarray(x, out.dtype), out.shape))


FUNCTIONS = {
    np.empty_like: _empty_like,
    np.zeros_like: lambda x, dtype=None: new(x.shape, dtype or x.dtype, 0),
    np.broadcast_to: _of_meta(np.broadcast_to),
    np.expand_dims: _of_meta(np.expand_dims),
    np.moveaxis: _of_meta(np.moveaxis),
    np.may_share_memory: _shares,
    np.copyto: _copyto,
    np.ravel: lambda x: x.reshape(-1),
    np.array_equal: lambda a, b: np.array_equal(a.get(), b.get()),
}
