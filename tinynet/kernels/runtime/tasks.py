"""Kernels as functions of one task, compiled once, and run for all tasks on one thread or on many.

    @for_tasks(lambda real: (types.intp, written(real, 2), read(real, 2)))
    def _double(arguments, scratch, block):
        high, out, x = arguments[0]
        for r in range(block * high, min(len(x), (block + 1) * high)):
            ...

    _double(x.dtype, parallel, number_of_blocks, high, out, x)

The function is compiled once for each dtype, as a C function, and `parallel_for.py` runs it. `scratch` is a pointer to
numbers of that dtype, in as many bytes of memory as the caller asks for.

Argument types are declared, and no other version may be compiled: so read-only arrays and views pass as they are, and
no call stops a training step for a compilation that nobody expected.
"""

import functools

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .by_address import address, call, jit_at
from .jit import Compiled, jit, named, settle
from .parallel_for import RUNNERS, workspace
from .threads import launch_parallel

I64 = ir.IntType(64)


def written(real, ndim, layout="C"):
    """The type of an array that a kernel writes."""
    return types.Array(real, ndim, layout)


def read(real, ndim, layout="C"):
    """The type of an array that a kernel reads, and that may be read-only; layout "A" takes any strides."""
    return types.Array(real, ndim, layout, readonly=True)


def for_tasks(signature):
    """Decorates `function(arguments, scratch, task)`: `signature(real)` gives the types in the tuple `arguments[0]`.

    They are arrays, integers and floats, but no booleans, which have another size in memory.
    """
    return functools.partial(Tasks, signature)


class Tasks(Compiled):
    """A kernel. As a dict: dtype → (the address of the function, what starts it)."""

    def __init__(self, signature, function):
        super().__init__(self.compile)
        self.signature, self.function = signature, function
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, dtype, parallel, count, *arguments, scratch=0):
        """Run tasks 0 ... count − 1, on all threads if `parallel`, each with `scratch` bytes to work in."""
        function, start = self[dtype]
        what = function, count, *workspace(count, parallel, scratch), arguments
        if parallel:
            launch_parallel(start, RUNNERS[True], *what)
        else:
            start(RUNNERS[False], *what)

    def compile(self, dtype):
        real = numba.from_dtype(dtype)
        kinds = types.Tuple(self.signature(real))
        pointers = types.CPointer(kinds), types.CPointer(real)
        function = jit_at(self.function, types.void(*pointers, types.intp))
        integers, memory = [types.intp] * 4, types.Array(types.uint8, 1, "C")
        start = jit(named(_start, f"start{self.__name__}"))
        return function, settle(start, *integers, memory, types.intp, kinds)


def _start(run, function, count, workers, memory, stride, arguments):
    call(run, (function, place(arguments), count, workers, address(memory), stride))


@intrinsic
def place(typing, arguments):
    """The address of a tuple of arrays and numbers, laid down on the stack of the kernel."""

    def emit(context, builder, signature, values):
        return builder.ptrtoint(cgutils.alloca_once_value(builder, values[0]), I64)

    return types.intp(arguments), emit
