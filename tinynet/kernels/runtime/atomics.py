"""What threads tell each other in compiled kernels: counters in memory, and how to wait for one.

A kernel's stores and loads are ordered by these: what a thread wrote before `add_atomically` is there for any other
that has seen the sum by `load_acquire`.
"""

import ctypes
import functools
import os
import platform

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .cfunc import call_pointer
from .denormals import ON_X86
from .jit import helper
from .pointers import I64, INT64_BYTES, call_intrinsic

ON_ARM = platform.machine().lower() in ("aarch64", "arm64")
I32, YIELD = ir.IntType(32), 1  # the hint of that name
PATIENCE = 2000  # how often a thread looks before it lets others have its core


@intrinsic
def load_acquire(typing, address):
    """The integer of 64 bits at an address, which another thread may be changing."""

    def emit(context, builder, signature, arguments):
        return builder.load_atomic(builder.inttoptr(arguments[0], ir.PointerType(I64)), "acquire", INT64_BYTES)

    return types.intp(types.intp), emit


@intrinsic
def add_atomically(typing, address, count):
    """Add to the integer of 64 bits at an address; returns what was there before."""

    def emit(context, builder, signature, arguments):
        place = builder.inttoptr(arguments[0], ir.PointerType(I64))
        return builder.atomic_rmw("add", place, arguments[1], "acq_rel")

    return types.intp(types.intp, types.intp), emit


@intrinsic
def _pause(typing):
    """Tell the core that this thread waits for another."""

    def emit(context, builder, signature, arguments):
        if ON_X86:
            call_intrinsic(builder, "llvm.x86.sse2.pause")
        elif ON_ARM:
            call_intrinsic(builder, "llvm.aarch64.hint", ir.Constant(I32, YIELD))
        return context.get_dummy_value()

    return types.void(), emit


@helper
def wait_for(address, count, give_way):
    """Return when the counter at an address has come to `count`. `give_way` is the address of a function of no
    arguments, which lets the system run others."""
    looks = 0
    while load_acquire(address) < count:
        _pause()
        looks += 1
        if looks == PATIENCE:
            call_pointer(give_way, ())
            looks = 0


@functools.cache
def give_way():
    """The address of the system's function that lets other threads run."""
    library = ctypes.WinDLL("kernel32") if os.name == "nt" else ctypes.CDLL(None)
    return ctypes.cast(library.SwitchToThread if os.name == "nt" else library.sched_yield, ctypes.c_void_p).value
