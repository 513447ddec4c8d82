"""`jit`: how every kernel is compiled. Its machine code is kept on disk (`disk_cache.py`)."""

from types import FunctionType

import numba

from .disk_cache import attach
from .threads import compiling

# Arithmetic is done as written, except that a product and a sum may be fused. Every other liberty changes results:
# 'reassoc' turns (x + c) − c into x, by which numbers are rounded; 'arcp' computes x / √y by an estimate of 1 / √y,
# which is NaN for an infinite y; 'nsz' loses the sign of −0; 'nnan' and 'ninf' delete the checks for NaN and infinity.
# A sum whose order is free says so itself (`elementary/floats.py: add_in_any_order`).
FLAGS = {"fastmath": {"contract"}, "error_model": "numpy", "nogil": True}


def jit(function):
    """Compile a kernel with Numba, lazily, with the machine code kept on disk.

    The same as `numba.njit` with tinynet's flags. With `NUMBA_DISABLE_JIT=1` the plain Python function is returned,
    which a debugger can step through.
    """
    if numba.config.DISABLE_JIT:
        return function
    dispatcher = numba.njit(**FLAGS)(function)
    attach(dispatcher, function)
    return dispatcher


def compile_only_for(kernel, *types, returns=numba.types.void):
    """Compile what `jit` returned for arguments of these types, and never for others: then no call compiles."""
    with compiling:
        # Numba imports it when it first sees an array, holding no lock: a process that is forked meanwhile would wait
        # for the end of the import for ever. Nobody forks while this lock is held.
        import numpy.ma  # noqa: F401

        kernel.compile(returns(*types))
        kernel.disable_compile()
    return kernel


class Compiled(dict):
    """key → what `make(key)` compiles: at the first use, and once, however many threads ask for it."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def __missing__(self, key):
        with compiling:
            if key not in self:
                self[key] = self.make(key)
            return self[key]


def named(function, name):
    """The same function under a name of its own: Numba's disk cache tells functions apart by their names."""
    twin = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
    twin.__qualname__, twin.__module__ = name, function.__module__
    return twin


def helper(function):
    """Compile a helper that kernels call: the flags of `jit`, but no machine code of its own on disk."""
    return numba.njit(**FLAGS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)


def always_inline(function):
    """Like `helper`, and inlined however long it is: a call left in a loop keeps LLVM from making vectors of it."""
    return numba.njit(**FLAGS, forceinline=True)(function)


def inline_source(function):
    """A helper whose text becomes a part of the kernel's: it compiles faster, and may raise the kernel's errors."""
    return numba.njit(inline="always")(function)
