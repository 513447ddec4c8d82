"""Numbers too small for the normal floating point format, and how a kernel does without them.

Moments that decay, and squares of small gradients, end between 1e-38 and 1e-45 in float32. Many CPUs compute with
such denormal numbers many times more slowly than with others. x86 can take them for 0, on the way in and out, if two
bits of the thread's control register ask for it. A kernel sets them when it begins and puts back what was there, so
that nobody else computes differently. On other CPUs, and without compilation, nothing is changed.
"""

import platform

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import helper
from .pointers import I8, call_intrinsic

POINTER = I8.as_pointer()
ON_X86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")
FLUSH = np.uint32(1 << 15 | 1 << 6)  # of MXCSR: results that are denormal become 0; inputs that are count as 0


@intrinsic
def _read(typing):
    def generate(context, builder, signature, arguments):
        place = cgutils.alloca_once(builder, ir.IntType(32))
        call_intrinsic(builder, "llvm.x86.sse.stmxcsr", builder.bitcast(place, POINTER))
        return builder.load(place)

    return types.uint32(), generate


@intrinsic
def _write(typing, register):
    def generate(context, builder, signature, arguments):
        place = cgutils.alloca_once(builder, ir.IntType(32))
        builder.store(arguments[0], place)
        call_intrinsic(builder, "llvm.x86.sse.ldmxcsr", builder.bitcast(place, POINTER))
        return context.get_dummy_value()

    return types.void(types.uint32), generate


def flush_denormals():
    """From here on denormal numbers are 0 in this thread; returns the register as it was, for `restore`."""
    register = _read()
    _write(register | FLUSH)
    return register


def restore(register):
    _write(register)


if not ON_X86 or numba.config.DISABLE_JIT:

    def flush_denormals():
        return 0

    def restore(register):
        pass


flush_denormals, restore = helper(flush_denormals), helper(restore)
