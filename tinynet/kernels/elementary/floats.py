"""What the elementary functions need beside arithmetic: the bits of a number, polynomials, constants of its type.

Each is a plain function, followed by what a compiled kernel does in its place: an instruction or two of LLVM that also
work on vectors.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    infer_getattr,
    lower_builtin,
    lower_getattr_generic,
    models,
    overload,
    register_model,
    type_callable,
)

from ..runtime.jit import FLAGS

INTEGERS = {types.float32: types.int32, types.float64: types.int64}
OPTIONS = {**FLAGS, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "parallel": False}


def elementary(function):
    """Let kernels call `function`, inlined into their loops.

    There is no wrapper for calls from Python, which halves the time to compile; a call from Python runs the plain
    function.
    """
    plain = np.errstate(all="ignore")(function)
    overload(plain, jit_options=OPTIONS, strict=False)(lambda *arguments: function)
    return plain


def by_type(doc, single, double):
    """The function of one number that is `single` for float32 and `double` for float64."""

    def function(x):
        return single(x) if isinstance(x, np.float32) else double(x)

    of_single, of_double = lambda x: single(x), lambda x: double(x)
    overload(function, jit_options=OPTIONS, strict=False)(lambda x: of_single if x == types.float32 else of_double)
    function.__doc__ = doc
    return function


def add_in_any_order(total, x):
    """total + x, in a sum whose order LLVM may choose, so that it can keep a partial sum in each lane of a vector."""
    return total + x


@type_callable(add_in_any_order)
def _type_add_in_any_order(context):
    return lambda total, x: total if total == x else None


@lower_builtin(add_in_any_order, types.Float, types.Float)
def _lower_add_in_any_order(context, builder, signature, arguments):
    return builder.fadd(*arguments, flags=("reassoc", "contract", "nsz"))


def polynomial(x, coefficients):
    """c₀ + c₁x + c₂x² + ... by Horner's rule."""
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


@type_callable(polynomial)
def _type_polynomial(context):
    return lambda x, coefficients: x


@lower_builtin(polynomial, types.Float, types.BaseTuple)
def _lower_polynomial(context, builder, signature, arguments):
    x, c = arguments
    *rest, total = [builder.extract_value(c, i) for i in range(len(signature.args[1]))]
    for coefficient in reversed(rest):
        total = builder.fadd(builder.fmul(total, x, flags=("contract",)), coefficient, flags=("contract",))
    return total


def choose(condition, a, b):
    """a if the condition holds, else b. Both are computed: a branch would keep LLVM from making vectors of the loop."""
    return a if condition else b


@type_callable(choose)
def _type_choose(context):
    return lambda condition, a, b: a if a == b else types.int64  # integers of two widths


@lower_builtin(choose, types.Boolean, types.Number, types.Number)
def _lower_choose(context, builder, signature, arguments):
    kinds, result = signature.args[1:], signature.return_type
    a, b = (context.cast(builder, value, kind, result) for value, kind in zip(arguments[1:], kinds))
    return builder.select(arguments[0], a, b)


def bits(x):
    """The bits of x as an integer of the same width."""
    return int(x.view(np.int32) if isinstance(x, np.float32) else np.float64(x).view(np.int64))


@type_callable(bits)
def _type_bits(context):
    return INTEGERS.get


@lower_builtin(bits, types.Float)
def _lower_bits(context, builder, signature, arguments):
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


def wrapped(i, like):
    """The integer i, which Python and Numba make wider, in the width of `like` again."""
    half = 1 << (31 if isinstance(like, np.float32) else 63)
    return (i + half) % (2 * half) - half


@type_callable(wrapped)
def _type_wrapped(context):
    return lambda i, like: INTEGERS.get(like)


@lower_builtin(wrapped, types.Integer, types.Float)
def _lower_wrapped(context, builder, signature, arguments):
    i, width = arguments[0], signature.return_type.bitwidth
    return builder.trunc(i, ir.IntType(width)) if i.type.width > width else i


def from_bits(i, like):
    """The number of the type of `like` with the bits i."""
    i = wrapped(i, like)
    return np.int32(i).view(np.float32) if isinstance(like, np.float32) else np.int64(i).view(np.float64)


@type_callable(from_bits)
def _type_from_bits(context):
    return lambda i, like: like


@lower_builtin(from_bits, types.Integer, types.Float)
def _lower_from_bits(context, builder, signature, arguments):
    i, width = arguments[0], signature.return_type.bitwidth
    i = builder.trunc(i, ir.IntType(width)) if i.type.width > width else i
    return builder.bitcast(i, context.get_value_type(signature.return_type))


def constants(single, double):
    """A function `k(x)` that gives the tuple of constants `single` or `double` by the type of x."""
    single, double = _typed(single, np.float32), _typed(double, np.float64)

    def k(x):
        return single if isinstance(x, np.float32) else double

    kinds = {types.float32: _Constants(single), types.float64: _Constants(double)}
    type_callable(k)(lambda context: kinds.get)
    lower_builtin(k, types.Float)(lambda context, builder, signature, arguments: context.get_dummy_value())
    return k


def _typed(values, real):
    def convert(value):
        if isinstance(value, tuple):
            return tuple(map(real, value))
        return real(value) if isinstance(value, float) else value

    return values._make(map(convert, values))


class _Constants(types.Opaque):
    """The type of a tuple of constants. At run time nothing is left of it: `k.name` compiles to the number."""

    def __init__(self, values):
        self.values = values
        super().__init__(f"constants({type(values.one).__name__})")


register_model(_Constants)(models.OpaqueModel)


@infer_getattr
class _ConstantsAttribute(AttributeTemplate):
    key = _Constants

    def generic_resolve(self, kind, name):
        return numba.typeof(getattr(kind.values, name))


@lower_getattr_generic(_Constants)
def _lower_constant(context, builder, kind, instance, name):
    value = getattr(kind.values, name)
    return context.get_constant_generic(builder, numba.typeof(value), value)


@numba.njit(fastmath=False, error_model="numpy", forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def apart(x, one):
    """x as a number of its own: a product that it comes from is rounded, and not fused with a sum that it goes into.

    `one` is 1, and LLVM must not know it: an argument. So formulas that follow each other in a loop give the bits that
    they give in loops of their own. For this alone, no flags of `FLAGS`, which a caller's would else be.
    """
    return x * one
