"""What the elementary functions need beside arithmetic: the bits of a number, polynomials, constants of its type.

Each is a line of LLVM code that also works on vectors. Without compilation they are plain Python.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ...jit import FLAGS

COMPILED = not numba.config.DISABLE_JIT


def elementary(function):
    """Compile a function to be inlined into loops, with arithmetic that is done as written.

    'reassoc' would turn (x + c) − c into x, which is how numbers are rounded here, and 'nsz' would lose the sign of −0.
    The caller's own flags do not reach in here. A product and a sum may still be fused: no line relies on it.
    """
    if COMPILED:
        flags = {**FLAGS, "fastmath": {"contract"}, "cache": False, "forceinline": True}
        return numba.njit(**flags)(function)
    return np.errstate(all="ignore")(function)


def constants(single, double):
    """A function `k(x)` that gives `single` or `double`, tuples of constants, by the type of x."""
    single, double = _typed(single, np.float32), _typed(double, np.float64)
    if not COMPILED:
        return lambda x: single if isinstance(x, np.float32) else double

    @intrinsic
    def k(typing, x):
        values = {types.float32: single, types.float64: double}[x]
        kind = numba.typeof(values)
        return kind(x), lambda context, builder, signature, args: context.get_constant_generic(builder, kind, values)

    return k


def _typed(values, real):
    def convert(value):
        if isinstance(value, tuple):
            return tuple(real(v) for v in value)
        return real(value) if isinstance(value, float) else value

    return values._make(map(convert, values))


if COMPILED:

    @intrinsic
    def polynomial(typing, x, coefficients):
        """c₀ + c₁x + c₂x² + ... by Horner's rule."""

        def emit(context, builder, signature, arguments):
            x, c = arguments
            *rest, total = [builder.extract_value(c, i) for i in range(len(coefficients))]
            for coefficient in reversed(rest):
                product = builder.fmul(total, x, flags=("contract",))
                total = builder.fadd(product, coefficient, flags=("contract",))
            return total

        return x(x, coefficients), emit

    @intrinsic
    def bits(typing, x):
        """The bits of x as an integer of the same width."""
        integer = {types.float32: types.int32, types.float64: types.int64}[x]

        def emit(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], ir.IntType(integer.bitwidth))

        return integer(x), emit

    @intrinsic
    def wrapped(typing, i, like):
        """The integer i, which Numba widens to 64 bits, in the width of `like` again."""
        integer = {types.float32: types.int32, types.float64: types.int64}[like]

        def emit(context, builder, signature, arguments):
            return _narrow(builder, arguments[0], integer.bitwidth)

        return integer(i, like), emit

    @intrinsic
    def from_bits(typing, i, like):
        """The number of the type of `like` with the bits i."""

        def emit(context, builder, signature, arguments):
            narrow = _narrow(builder, arguments[0], like.bitwidth)
            return builder.bitcast(narrow, context.get_value_type(like))

        return like(i, like), emit

    def _narrow(builder, i, width):
        return builder.trunc(i, ir.IntType(width)) if i.type.width > width else i

else:

    def polynomial(x, coefficients):
        """c₀ + c₁x + c₂x² + ... by Horner's rule."""
        total = coefficients[-1]
        for c in coefficients[-2::-1]:
            total = total * x + c
        return total

    def bits(x):
        """The bits of x as an integer."""
        return int(x.view(np.int32 if isinstance(x, np.float32) else np.int64))

    def wrapped(i, like):
        """The integer i modulo 2³² or 2⁶⁴, between −2³¹ and 2³¹ or −2⁶³ and 2⁶³."""
        half = 1 << (31 if isinstance(like, np.float32) else 63)
        return (i + half) % (2 * half) - half

    def from_bits(i, like):
        """The number of the type of `like` with the bits i."""
        i = wrapped(i, like)
        return np.int32(i).view(np.float32) if isinstance(like, np.float32) else np.int64(i).view(np.float64)
