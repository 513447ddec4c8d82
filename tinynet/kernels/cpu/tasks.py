"""Kernels as functions of one task, compiled once, and run for all tasks on one thread or on many.

    @for_tasks(lambda real: (types.intp, written(real, 2), read(real, 2)))
    def _double(block, arguments):
        high, out, x = arguments[0]
        for r in range(block * high, min(len(x), (block + 1) * high)):
            ...

    _double(x.dtype, parallel, number_of_blocks, high, out, x)

The function is called by its address, from one loop for all kernels. A `prange` around it would make LLVM optimise it
three times, and so it would be with every helper in every kernel that it is merged into; for a large one that takes
seconds. The machine code is kept on disk.

Argument types are declared, and no other version may be compiled: so read-only arrays and views pass as they are, and
no call stops a training step for a compilation that nobody expected.
"""

import functools
import threading

import numba
import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from ..by_address import call, jit_at
from ..jit import jit, named

I64 = ir.IntType(64)


def written(real, ndim, layout="C"):
    """The type of an array that a kernel writes."""
    return types.Array(real, ndim, layout)


def read(real, ndim, layout="C"):
    """The type of an array that a kernel reads, and that may be read-only; layout "A" takes any strides."""
    return types.Array(real, ndim, layout, readonly=True)


def for_tasks(signature):
    """Decorates `function(task, arguments)`: `signature(real)` gives the types in the tuple `arguments[0]`.

    They are arrays, integers and floats, but no booleans, which have another size in memory.
    """
    return functools.partial(Tasks, signature)


class Tasks(dict):
    """A kernel. As a dict: dtype → (the address of the function, what starts it)."""

    lock = threading.Lock()

    def __init__(self, signature, function):
        super().__init__()
        self.signature, self.function = signature, function
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, dtype, parallel, count, *arguments):
        """Run tasks 0 ... count − 1, on all threads if `parallel`."""
        if numba.config.DISABLE_JIT:
            for task in range(count):
                self.function(task, [arguments])
        else:
            function, start = self[dtype]
            start(_runner(parallel), function, count, arguments)

    def __missing__(self, dtype):
        with self.lock:
            kinds = types.Tuple(self.signature(numba.from_dtype(dtype)))
            function = jit_at(self.function, types.void(types.intp, types.CPointer(kinds)))
            start = jit(named(_start, f"start{self.__name__}"))
            start.compile(types.void(*[types.intp] * 3, kinds))
            start.disable_compile()
        self[dtype] = function, start
        return self[dtype]


def _start(run, function, count, arguments):
    call(run, (function, count, place(arguments)))


@functools.cache
def _runner(parallel):
    return jit_at(_all_threads if parallel else _one_thread, types.void(*[types.intp] * 3), parallel=bool(parallel))


def _one_thread(function, count, arguments):
    for task in range(count):
        call(function, (task, arguments))


def _all_threads(function, count, arguments):
    for task in prange(count):
        call(function, (np.intp(task), arguments))


@intrinsic
def place(typing, arguments):
    """The address of a tuple of arrays and numbers, laid down on the stack of the kernel."""

    def emit(context, builder, signature, values):
        return builder.ptrtoint(cgutils.alloca_once_value(builder, values[0]), I64)

    return types.intp(arguments), emit
