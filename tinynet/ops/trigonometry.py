"""Trigonometry: angles, hyperbolic functions, and their inverses."""

import math

from ..autograd.graph import record
from ..kernels import reference as kernels
from .arithmetic import add, cos, div, eq, floating, mul, neg, reciprocal, rsqrt, sin, square, sub, where
from .pointwise import binary, unary
from .registry import op

FUNCTIONS = """tan asin acos atan atan2 sinh cosh asinh acosh atanh hypot sinc deg2rad rad2deg
    arcsin arccos arctan arctan2 arcsinh arccosh arctanh"""
METHODS = FUNCTIONS
IN_PLACE = FUNCTIONS


@op
def tan(input):
    """tan x."""
    x = floating("tan", input)
    return record("tan", unary(kernels.tan, x), (x,), lambda g, y: mul(g, add(square(y), 1)), saves_output=True)


@op
def asin(input):
    """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]."""
    x = floating("asin", input)
    return record("asin", unary(kernels.asin, x), (x,), lambda g: mul(g, rsqrt(sub(1, square(x)))))


@op
def acos(input):
    """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]."""
    x = floating("acos", input)
    return record("acos", unary(kernels.acos, x), (x,), lambda g: neg(mul(g, rsqrt(sub(1, square(x))))))


@op
def atan(input):
    """The angle in [−π/2, π/2] whose tangent is x."""
    x = floating("atan", input)
    return record("atan", unary(kernels.atan, x), (x,), lambda g: div(g, add(square(x), 1)))


@op
def atan2(input, other):
    """The angle in [−π, π] of the point (x, y), for y = input and x = other."""
    y, x, out = binary("atan2", kernels.atan2, input, other)

    def per_square(g):  # g / (x² + y²), and 0 at the origin, which has no angle
        squares = add(square(x), square(y))
        return where(eq(squares, 0), 0.0, mul(g, reciprocal(squares)))

    return record("atan2", out, (y, x), lambda g: mul(per_square(g), x), lambda g: neg(mul(per_square(g), y)))


@op
def sinh(input):
    """(eˣ − e⁻ˣ) / 2."""
    x = floating("sinh", input)
    return record("sinh", unary(kernels.sinh, x), (x,), lambda g: mul(g, cosh(x)))


@op
def cosh(input):
    """(eˣ + e⁻ˣ) / 2."""
    x = floating("cosh", input)
    return record("cosh", unary(kernels.cosh, x), (x,), lambda g: mul(g, sinh(x)))


@op
def asinh(input):
    """The number whose sinh is x."""
    x = floating("asinh", input)
    return record("asinh", unary(kernels.asinh, x), (x,), lambda g: mul(g, rsqrt(add(square(x), 1))))


@op
def acosh(input):
    """The number ≥ 0 whose cosh is x; NaN for x < 1."""
    x = floating("acosh", input)
    return record("acosh", unary(kernels.acosh, x), (x,), lambda g: mul(g, mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1)))))


@op
def atanh(input):
    """The number whose tanh is x; NaN outside [−1, 1]."""
    x = floating("atanh", input)
    return record("atanh", unary(kernels.atanh, x), (x,), lambda g: div(g, sub(1, square(x))))


@op
def hypot(input, other):
    """√(x² + y²), where no square overflows."""
    x, y, out = binary("hypot", kernels.hypot, input, other)
    return record(
        "hypot", out, (x, y), lambda g, r: mul(g, div(x, r)), lambda g, r: mul(g, div(y, r)), saves_output=True
    )


@op
def sinc(input):
    """sin πx / πx, and 1 at 0."""
    x = floating("sinc", input)
    angle = mul(x.detach(), math.pi)
    y = where(eq(angle, 0), 1.0, div(sin(angle), angle))

    def gx(g):  # (cos πx − sinc x) / x
        return where(eq(x, 0), 0.0, mul(g, div(sub(cos(mul(x, math.pi)), sinc(x)), x)))

    return record("sinc", y.array, (x,), gx)


def deg2rad(input):
    """An angle in degrees, in radians."""
    return mul(floating("deg2rad", input), math.pi / 180)


def rad2deg(input):
    """An angle in radians, in degrees."""
    return mul(floating("rad2deg", input), 180 / math.pi)


arcsin, arccos, arctan, arctan2, arcsinh, arccosh, arctanh = asin, acos, atan, atan2, asinh, acosh, atanh
