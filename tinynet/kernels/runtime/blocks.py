"""`blocks`: a kernel that is cut into blocks, each of which may run on any thread.

    @blocks(record("x", "out", "size"))
    def double(arguments, scratch, block):
        a, like = carray(arguments, 1)[0], carray(scratch, 1)
        ...  # block number `block`

    double(arguments, np.dtype("float32"), count, parallel)  # for all blocks < count

The body is compiled once for each dtype, as a C function, and `parallel_for.py` runs it.

The price is that arguments pass as numbers: `arguments` is an array with one record of int64, in which an array stands
by its address. `scratch` points to as many bytes as the caller asks for, or nowhere; its type tells the body the dtype
that it is compiled for. The body must not raise, since no exception leaves a C function.
"""

import numba
import numpy as np
from numba import types

from .by_address import address, call, jit_at
from .jit import Compiled, jit
from .parallel_for import RUNNERS, workspace
from .threads import launch_parallel


def record(*names):
    """The dtype of a record with fields of int64."""
    return np.dtype([(name, np.int64) for name in names])


def address_of(array):
    """Where in memory an array begins. The array must outlive the use of it."""
    return array.ctypes.data


def blocks(fields):
    """The decorator that makes a function (arguments, scratch, block) a kernel; `fields` is the dtype of its record."""
    return lambda function: Blocks(function, fields)


class Blocks:
    """A kernel that runs in blocks, compiled per dtype at the first use."""

    def __init__(self, function, fields):
        self.function, self.fields = function, fields
        self.compiled = Compiled(self.compile)  # dtype: address of the compiled function

    def __call__(self, arguments, dtype, count, parallel, scratch=0):
        """Run the blocks below `count`, in order or on all threads, each with `scratch` bytes to work in."""
        what = self.compiled[dtype], address_of(arguments), count, *workspace(count, parallel, scratch)
        if parallel:
            launch_parallel(_run, RUNNERS[True], *what)
        else:
            _run(RUNNERS[False], *what)

    def compile(self, dtype):
        pointers = types.CPointer(numba.from_dtype(self.fields)), types.CPointer(numba.from_dtype(dtype))
        return jit_at(self.function, types.void(*pointers, types.intp))


@jit
def _run(run, body, arguments, count, workers, memory, stride):
    call(run, (body, arguments, count, workers, address(memory), stride))
