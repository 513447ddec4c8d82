"""`blocks`: a kernel that is cut into blocks, each of which may run on any thread.

    @blocks(record("x", "out", "size"))
    def double(arguments, like, block):
        a, like = carray(arguments, 1)[0], carray(like, 1)
        ...  # block number `block`

    double(arguments, np.dtype("float32"), count, parallel)  # for all blocks < count

Numba compiles the body of a `prange` into four modules, one wrapped around the other, and optimises each anew; for a
long body that takes seconds. Here the body is compiled once, as a C function, and a loop calls it by its address. One
serial and one parallel loop serve all such kernels, of every dtype.

The price is that arguments pass as numbers: `arguments` is an array with one record of int64, in which an array stands
by its address. In the body `like` is an array of the dtype that it is compiled for, and holds nothing else. The body
must not raise, since no exception leaves a C function.
"""

import threading

import numba
import numpy as np
from numba import prange, types

from .by_address import call, jit_at
from .jit import jit


def record(*names):
    """The dtype of a record with fields of int64."""
    return np.dtype([(name, np.int64) for name in names])


def address_of(array):
    """Where in memory an array begins. The array must outlive the use of it."""
    return array.ctypes.data


def blocks(fields):
    """The decorator that makes a function (arguments, like, block) a kernel; `fields` is the dtype of its record."""
    return lambda function: Blocks(function, fields)


class Blocks:
    """A kernel that runs in blocks, compiled per dtype at the first use."""

    lock = threading.Lock()

    def __init__(self, function, fields):
        self.function, self.fields, self.compiled = function, fields, {}  # dtype: address of the compiled function

    def __call__(self, arguments, dtype, count, parallel):
        """Run the blocks below `count`, in order or on all threads."""
        function = self.compiled.get(dtype) or self.compile(dtype)
        (_in_parallel if parallel else _in_order)(function, address_of(arguments), count)

    def compile(self, dtype):
        pointers = types.CPointer(numba.from_dtype(self.fields)), types.CPointer(numba.from_dtype(dtype))
        with self.lock:
            if dtype not in self.compiled:
                self.compiled[dtype] = jit_at(self.function, types.void(*pointers, types.intp))
        return self.compiled[dtype]


@jit
def _in_order(function, arguments, count):
    for block in range(count):
        call(function, (arguments, 0, block))  # `like` points to nothing


@jit(parallel=True)
def _in_parallel(function, arguments, count):
    for block in prange(count):
        call(function, (arguments, 0, block))  # `like` points to nothing
