"""Calls straight to NVIDIA's driver: streams, launches, memory and copies.

numba-cuda compiles a kernel and loads it. Its own launch takes arguments of any kind and so looks at each, for longer
than most kernels run. Here the kinds are known when a kernel is compiled: its arguments are packed into one buffer by
`struct`, as C would lay them out, and the driver takes them from there.

    launcher = Launcher("scale", kernel, [float32[::1], int64, float32])
    launcher(stream, blocks, threads, [array, 100, 0.5])
"""

import ctypes
import functools
import struct
import sys
from ctypes import c_size_t, c_uint, c_void_p
from typing import NamedTuple

import numpy as np
from numba import types

from ....errors import KernelError
from ...arrays import DeviceArray

MOST_BYTES = 4096  # of parameters, for the oldest of the GPUs
CODES = {
    types.float32: "f", types.float64: "d", types.boolean: "?",
    types.int8: "b", types.int16: "h", types.int32: "i", types.int64: "q",
    types.uint8: "B", types.uint16: "H", types.uint32: "I", types.uint64: "Q",
}  # fmt: skip
OUT_OF_MEMORY = 2  # what is wrong, and
NO_TIMING = 2  # an event that is only waited for, as cuda.h numbers them

ASYNCHRONOUS = (
    "Kernels run asynchronously, so it may be one launched before that failed: autograd.detect_anomaly() waits after "
    "each, and names it"
)


class Row(NamedTuple):
    """An array as compiled kernels take it, word by word: Numba's structure for one dimension, densely filled."""

    owner: int
    parent: int
    size: int
    itemsize: int
    data: int
    length: int
    stride: int


@functools.cache
def library():
    """The driver's own library, which numba-cuda has loaded before."""
    return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


@functools.cache
def _function(name, *kinds):
    function = getattr(library(), name)
    function.argtypes = kinds
    return function


def check(status, what):
    """Raise KernelError for a status of the driver's that is not 0."""
    if status:
        name = ctypes.c_char_p()
        library().cuGetErrorName(status, ctypes.byref(name))
        raise KernelError(f"{what}: {(name.value or b'an unknown error').decode()} ({status}). {ASYNCHRONOUS}")


class Stream:
    """A stream of the context of this thread."""

    def __init__(self):
        self.raw, self.parameters = c_void_p(), Parameters()
        check(_function("cuStreamCreate", c_void_p, c_uint)(ctypes.byref(self.raw), 0), "making a stream")
        self.pointer = self.raw.value

    def wait_for(self, other):
        """What is launched here from now on begins after what has been launched on the stream at `other` so far."""
        event = c_void_p()
        check(_function("cuEventCreate", c_void_p, c_uint)(ctypes.byref(event), NO_TIMING), "making an event")
        check(_function("cuEventRecord", c_void_p, c_void_p)(event, other), "recording an event")
        check(_function("cuStreamWaitEvent", c_void_p, c_void_p, c_uint)(self.raw, event, 0), "waiting for an event")
        _function("cuEventDestroy_v2", c_void_p)(event)  # it lives on until it has happened

    def synchronize(self):
        """Wait until all that was launched is done. Raises KernelError if a kernel failed."""
        check(_function("cuStreamSynchronize", c_void_p)(self.raw), "waiting for the device")


class Parameters:
    """Where a stream's launches put their parameters; the driver has read them when a launch returns."""

    def __init__(self, nbytes=MOST_BYTES):
        self.buffer, self.places = ctypes.create_string_buffer(nbytes), {}

    def find(self, launcher):
        """Where each parameter of a kernel lies, as the driver is told it."""
        first = ctypes.addressof(self.buffer)
        self.places[launcher] = (c_void_p * len(launcher.offsets))(*(first + offset for offset in launcher.offsets))
        return self.places[launcher]


class Launcher:
    """A kernel that is loaded, and how its parameters lie in memory."""

    def __init__(self, name, kernel, kinds):
        self.name, self.codes = name, codes(kinds)
        self.kernel, self.function = kernel, c_void_p(int(kernel.handle))  # which is unloaded with the kernel
        self.layout = struct.Struct("@" + self.codes)
        self.offsets = [
            struct.calcsize("@" + self.codes[: i + 1]) - struct.calcsize(code) for i, code in enumerate(self.codes)
        ]
        if self.layout.size > MOST_BYTES:
            raise KernelError(f"kernel {name!r} takes {self.layout.size} bytes of parameters, {MOST_BYTES} at most")
        self._launch = _function("cuLaunchKernel", c_void_p, *[c_uint] * 7, *[c_void_p] * 3)

    def __call__(self, stream, blocks, threads, arguments):
        parameters = stream.parameters
        self.pack(parameters, stream, arguments)
        wide, high = threads if threads.__class__ is tuple else (threads, 1)
        places = parameters.places.get(self) or parameters.find(self)
        status = self._launch(self.function, blocks, 1, 1, wide, high, 1, 0, stream.raw, places, None)
        if status:
            check(status, f"kernel {self.name!r} could not be launched with {blocks} blocks of {wide * high} threads")

    def pack(self, parameters, stream, arguments):
        """Lay the arguments of a launch on a stream out as C would."""
        values = []
        for a in arguments:
            if isinstance(a, DeviceArray):
                values += a.on(stream)
            elif a.__class__ is tuple:
                values += a
            else:
                values.append(a)
        try:
            self.layout.pack_into(parameters.buffer, 0, *values)
        except OverflowError:  # a number beyond float32 is ∞ there, where `struct` refuses it
            with np.errstate(over="ignore"):
                values = [np.float32(v) if code == "f" else v for code, v in zip(self.codes, values)]
            self.layout.pack_into(parameters.buffer, 0, *values)


def codes(kinds):
    """What `struct` calls the parameters of a kernel whose arguments are of these types of Numba's."""
    found = ""
    for kind in kinds:
        if isinstance(kind, types.Array):
            found += "q" * len(Row._fields)
        else:
            found += codes(kind) if isinstance(kind, types.BaseTuple) else CODES[kind]
    return found


class ExternalBuffer(NamedTuple):
    """Memory of the device that another library frees."""

    pointer: int


class Buffer:
    """Memory of the device, held until nothing refers to it."""

    def __init__(self, pointer):
        self.pointer = pointer

    def __del__(self):
        if _free is not None:  # else the interpreter is going
            _free(c_void_p(self.pointer))


def _free(pointer):
    _function("cuMemFree_v2", c_void_p)(pointer)


def allocate(nbytes):
    """`nbytes` of the device's memory, or None where it is used up."""
    pointer = c_void_p()
    status = _function("cuMemAlloc_v2", c_void_p, c_size_t)(ctypes.byref(pointer), nbytes)
    if status == OUT_OF_MEMORY:
        return None
    check(status, f"asking for {nbytes} bytes of memory")
    return Buffer(pointer.value)


def memory_info():
    """(free, total) bytes of the device's memory."""
    free, total = c_size_t(), c_size_t()
    status = _function("cuMemGetInfo_v2", c_void_p, c_void_p)(ctypes.byref(free), ctypes.byref(total))
    check(status, "asking how much memory is free")
    return free.value, total.value


def external(pointer, nbytes):
    """`nbytes` of the device's memory that another library frees."""
    return ExternalBuffer(pointer)


def row(buffer, start, size, dtype):
    """`size` elements of an allocation from byte `start` on, as kernels take an array."""
    return Row(0, 0, size, dtype.itemsize, buffer.pointer + start, size, dtype.itemsize)


def pointer_of(row):
    """The address of a row on the device."""
    return row.data


def copy_to_host(out, row, stream):
    """The bytes of a row into a NumPy array, in the stream's order."""
    copy = _function("cuMemcpyDtoHAsync_v2", c_void_p, c_void_p, c_size_t, c_void_p)
    check(copy(out.ctypes.data, row.data, out.nbytes, stream.raw), "copying from the device")


def copy_to_device(row, array, stream):
    """The bytes of a NumPy array into a row, in the stream's order."""
    copy = _function("cuMemcpyHtoDAsync_v2", c_void_p, c_void_p, c_size_t, c_void_p)
    check(copy(row.data, array.ctypes.data, array.nbytes, stream.raw), "copying to the device")
