"""Numba's simulator in the place of a GPU: what `calls.py` is there, under the same names.

Every CUDA thread is a thread of Python, memory is the computer's, and nothing is asynchronous.
"""

import ctypes
import sys
import threading
import warnings

import numba
import numpy as np
from numba import cuda as _module
from numba.cuda.simulator import kernel as _simulator
from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

_lock = threading.Lock()
sys.setswitchinterval(1e-4)  # threads meet at barriers all the time, and each waits its turn of Python's lock


# --- what kernels use ---------------------------------------------------------------------------------------------


def _dtype(kind):
    return numba.np.numpy_support.as_dtype(kind) if isinstance(kind, numba.types.Type) else kind


class _Shared:
    """Shared memory: an array for each place in the code that asks for one."""

    def array(self, shape, dtype, alignment=None):
        frame, arrays = sys._getframe(1), _simulator._get_kernel_context().__dict__.setdefault("_tinynet", {})
        key = frame.f_code, frame.f_lineno
        with _lock:
            if key not in arrays:
                arrays[key] = np.zeros(shape, _dtype(dtype))
        return arrays[key]


class _Local:
    def array(self, shape, dtype):
        return np.zeros(shape, _dtype(dtype))


class _Simulated:
    """The module `cuda` as kernels see it. The simulator itself exchanges the globals of a kernel's module while it
    runs, which does not work for functions of other modules that several threads are in at a time."""

    shared, local = _Shared(), _Local()

    def __getattr__(self, name):
        context = _simulator._get_kernel_context()
        return getattr(_module if context is None else context, name)


cuda = _Simulated()


# --- what the host calls ------------------------------------------------------------------------------------------


class Launcher:
    """A kernel, and the types of its arguments, which are held to what they must be on a GPU."""

    def __init__(self, name, kernel, kinds):
        self.name, self.kernel, self.kinds = name, kernel, kinds

    def __call__(self, stream, blocks, threads, arguments):
        arguments = [a.on(stream) if hasattr(a, "on") else a for a in arguments]
        numbers = []
        for kind, a in zip(self.kinds, arguments, strict=True):
            if isinstance(kind, numba.types.Integer) and not isinstance(a, int):
                raise TypeError(f"kernel {self.name!r}: expected a Python int, as C's types do, got {type(a)}")
            if isinstance(kind, numba.types.Array) and a.dtype != _dtype(kind.dtype):
                raise TypeError(f"kernel {self.name!r}: expected an array of {kind.dtype}, got {a.dtype}")
            numbers.append(_dtype(kind).type(a) if isinstance(kind, numba.types.Float) else a)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of an overflow, of which a GPU says nothing
            self.kernel[blocks, threads](*numbers)


class Recorded:
    """What `graphs.py` has under this name: launches that are made by each `run`."""

    def __init__(self, launches, stream):
        self.launches = launches

    def replace(self, k, launch, stream):
        self.launches[k] = launch

    def run(self, stream):
        for function, blocks, threads, arguments in self.launches:
            function(stream, blocks, threads, arguments)


class Stream:
    pointer = 0

    def wait_for(self, other):
        pass

    def synchronize(self):
        pass


def memory_info():
    """Not (free, total) bytes, since the memory is the computer's."""
    return None, None


def allocate(nbytes):
    return _module.device_array(nbytes, np.uint8)


def external(pointer, nbytes):
    return FakeCUDAArray(np.frombuffer((ctypes.c_ubyte * nbytes).from_address(pointer), np.uint8))


def row(buffer, start, size, dtype):
    return buffer[start : start + size * dtype.itemsize].view(dtype)


def pointer_of(row):
    return row._ary.ctypes.data


def copy_to_host(out, row, stream):
    row.copy_to_host(out)


def copy_to_device(row, array, stream):
    row.copy_to_device(array)
