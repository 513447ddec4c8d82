"""Calls straight to NVIDIA's driver: streams, launches, memory and copies.

numba-cuda compiles a kernel and loads it. Its own launch takes arguments of any kind and so looks at each, for longer
than most kernels run. Here the kinds are known when a kernel is compiled: its arguments are packed into one buffer by
`struct`, as C would lay them out, and the driver takes them from there.

    launcher = Launcher(function, [float32[::1], int64, float32])
    launcher(stream, blocks, threads, [*row, 100, 0.5])
"""

import ctypes
import functools
import struct
import sys
from ctypes import c_size_t, c_uint, c_void_p
from typing import NamedTuple

import numpy as np
from numba import types

from ...errors import KernelError

MOST_BYTES = 4096  # of parameters, for the oldest of the GPUs
CODES = {
    types.float32: "f", types.float64: "d", types.boolean: "?",
    types.int8: "b", types.int16: "h", types.int32: "i", types.int64: "q",
    types.uint8: "B", types.uint16: "H", types.uint32: "I", types.uint64: "Q",
}  # fmt: skip
# As cuda.h numbers them: how parameters are passed, what is wrong, and an event that is only waited for.
BUFFER, BUFFER_SIZE, END = 1, 2, 0
OUT_OF_MEMORY = 2
NO_TIMING = 2

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


def new_stream():
    """A stream of the context of this thread."""
    stream = c_void_p()
    check(_function("cuStreamCreate", c_void_p, c_uint)(ctypes.byref(stream), 0), "making a stream")
    return stream


def wait_for(stream, other):
    """What is launched on `stream` from now on begins after what has been launched on `other` so far."""
    event = c_void_p()
    check(_function("cuEventCreate", c_void_p, c_uint)(ctypes.byref(event), NO_TIMING), "making an event")
    check(_function("cuEventRecord", c_void_p, c_void_p)(event, other), "recording an event")
    check(_function("cuStreamWaitEvent", c_void_p, c_void_p, c_uint)(stream, event, 0), "waiting for an event")
    _function("cuEventDestroy_v2", c_void_p)(event)  # it lives on until it has happened


def synchronize(stream):
    check(_function("cuStreamSynchronize", c_void_p)(stream), "waiting for the device")


class Parameters:
    """Where a stream's launches put their parameters; the driver has read them when a launch returns."""

    def __init__(self):
        self.buffer, self.size = ctypes.create_string_buffer(MOST_BYTES), c_size_t()
        buffer, size = ctypes.addressof(self.buffer), ctypes.addressof(self.size)
        self.described = (c_void_p * 5)(BUFFER, buffer, BUFFER_SIZE, size, END)


class Launcher:
    """A kernel that is loaded, and how its parameters lie in memory."""

    def __init__(self, name, function, kinds):
        self.name, self.function = name, c_void_p(int(function))
        self.codes = codes(kinds)
        self.layout = struct.Struct("@" + self.codes)
        if self.layout.size > MOST_BYTES:
            raise KernelError(f"kernel {name!r} takes {self.layout.size} bytes of parameters, {MOST_BYTES} at most")
        self._launch = _function("cuLaunchKernel", c_void_p, *[c_uint] * 7, *[c_void_p] * 3)

    def __call__(self, stream, blocks, threads, values):
        parameters = stream.parameters
        try:
            self.layout.pack_into(parameters.buffer, 0, *values)
        except OverflowError:  # a number beyond float32 is ∞ there, where `struct` refuses it
            with np.errstate(over="ignore"):
                values = [np.float32(v) if code == "f" else v for code, v in zip(self.codes, values)]
            self.layout.pack_into(parameters.buffer, 0, *values)
        parameters.size.value = self.layout.size
        wide, high = threads if threads.__class__ is tuple else (threads, 1)
        where = stream.raw, None, parameters.described
        status = self._launch(self.function, blocks, 1, 1, wide, high, 1, 0, *where)
        if status:
            check(status, f"kernel {self.name!r} could not be launched with {blocks} blocks of {wide * high} threads")


def codes(kinds):
    """What `struct` calls the parameters of a kernel whose arguments are of these types of Numba's."""
    found = ""
    for kind in kinds:
        if isinstance(kind, types.Array):
            found += "q" * len(Row._fields)
        else:
            found += codes(kind) if isinstance(kind, types.BaseTuple) else CODES[kind]
    return found


class Foreign(NamedTuple):
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


def copy_to_host(out, row, stream):
    """The bytes of a row into a NumPy array, in the stream's order."""
    copy = _function("cuMemcpyDtoHAsync_v2", c_void_p, c_void_p, c_size_t, c_void_p)
    check(copy(out.ctypes.data, row.data, out.nbytes, stream.raw), "copying from the device")


def copy_to_device(row, array, stream):
    """The bytes of a NumPy array into a row, in the stream's order."""
    copy = _function("cuMemcpyHtoDAsync_v2", c_void_p, c_void_p, c_size_t, c_void_p)
    check(copy(row.data, array.ctypes.data, array.nbytes, stream.raw), "copying to the device")
