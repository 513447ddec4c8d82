"""Functions at an address: compiled once, and called from other kernels without becoming a part of them.

LLVM optimises a helper again in every kernel that it is merged into, and three times over around a `prange`. For a
large helper this takes seconds. One that is called by its address is compiled once, and kept on disk.
"""

import functools
import threading

import numba
import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from ..jit import jit, jit_at, named

I64 = ir.IntType(64)


@intrinsic
def call(typing, function, arguments):
    """Call the function at an address with a tuple of integers."""

    def emit(context, builder, signature, values):
        kind = ir.FunctionType(ir.VoidType(), [I64] * len(arguments))
        numbers = [builder.extract_value(values[1], i) for i in range(len(arguments))]
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), numbers)
        return context.get_dummy_value()

    return types.void(types.intp, types.UniTuple(types.intp, len(arguments))), emit


@intrinsic
def place(typing, arguments):
    """The address of a tuple of arrays and numbers, laid down on the stack of the kernel."""

    def emit(context, builder, signature, values):
        return builder.ptrtoint(cgutils.alloca_once_value(builder, values[0]), I64)

    return types.intp(arguments), emit


def for_tasks(signature):
    return functools.partial(tasks, signature)


class tasks(dict):
    """`function(task, arguments)`, a kernel's work on one task: dtype → its address and what starts it.

        @for_tasks(lambda real: (written(real, 2), read(real, 2)))
        def _double(task, arguments):
            out, x = arguments[0]
            ...

        _double(dtype, parallel, number_of_tasks, out, x)

    `signature(real)` gives the types of the arguments: arrays, integers and floats, but no booleans.
    """

    lock = threading.Lock()

    def __init__(self, signature, function):
        super().__init__()
        self.signature, self.function = signature, function
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, dtype, parallel, count, *arguments):
        if numba.config.DISABLE_JIT:
            for task in range(count):
                self.function(task, [arguments])
        else:
            function, start = self[dtype]
            start(runner(parallel), function, count, arguments)

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
def runner(parallel):
    """The address of `_one_thread` or `_all_threads`."""
    return jit_at(_all_threads if parallel else _one_thread, types.void(*[types.intp] * 3), parallel=parallel)


def _one_thread(function, count, arguments):
    for task in range(count):
        call(function, (task, arguments))


def _all_threads(function, count, arguments):
    for task in prange(count):
        call(function, (np.intp(task), arguments))
