"""Trigonometry: angles, hyperbolic functions, and their inverses."""

import math

from ..autograd.graph import record
from ..kernels import reference as kernels
from .arithmetic import cos, reciprocal, rsqrt, sin, square
from .choosing import where
from .operands import binary, floating, unary
from .registry import op

FUNCTIONS = """tan asin acos atan atan2 sinh cosh asinh acosh atanh hypot sinc deg2rad rad2deg
    arcsin arccos arctan arctan2 arcsinh arccosh arctanh"""
METHODS = FUNCTIONS
IN_PLACE = FUNCTIONS


@op
def tan(input):
    """tan x."""
    x = floating("tan", input)
    return record("tan", unary(kernels.tan, x), (x,), lambda g, y: g * (square(y) + 1), saves_output=True)


@op
def asin(input):
    """The angle in [−π/2, π/2] whose sine is x; NaN outside [−1, 1]."""
    x = floating("asin", input)
    return record("asin", unary(kernels.asin, x), (x,), lambda g: g * rsqrt(1 - square(x)))


@op
def acos(input):
    """The angle in [0, π] whose cosine is x; NaN outside [−1, 1]."""
    x = floating("acos", input)
    return record("acos", unary(kernels.acos, x), (x,), lambda g: -g * rsqrt(1 - square(x)))


@op
def atan(input):
    """The angle in [−π/2, π/2] whose tangent is x."""
    x = floating("atan", input)
    return record("atan", unary(kernels.atan, x), (x,), lambda g: g / (square(x) + 1))


@op
def atan2(input, other):
    """The angle in [−π, π] of the point (x, y), for y = input and x = other."""
    y, x, out = binary("atan2", kernels.atan2, input, other)

    def per_square(g):  # g / (x² + y²), and 0 at the origin, which has no angle
        squares = square(x) + square(y)
        return where(squares == 0, 0.0, g * reciprocal(squares))

    return record("atan2", out, (y, x), lambda g: per_square(g) * x, lambda g: -per_square(g) * y)


@op
def sinh(input):
    """(eˣ − e⁻ˣ) / 2."""
    x = floating("sinh", input)
    return record("sinh", unary(kernels.sinh, x), (x,), lambda g: g * cosh(x))


@op
def cosh(input):
    """(eˣ + e⁻ˣ) / 2."""
    x = floating("cosh", input)
    return record("cosh", unary(kernels.cosh, x), (x,), lambda g: g * sinh(x))


@op
def asinh(input):
    """The number whose sinh is x."""
    x = floating("asinh", input)
    return record("asinh", unary(kernels.asinh, x), (x,), lambda g: g * rsqrt(square(x) + 1))


@op
def acosh(input):
    """The number ≥ 0 whose cosh is x; NaN for x < 1."""
    x = floating("acosh", input)
    return record("acosh", unary(kernels.acosh, x), (x,), lambda g: g * (rsqrt(x - 1) * rsqrt(x + 1)))


@op
def atanh(input):
    """The number whose tanh is x; NaN outside [−1, 1]."""
    x = floating("atanh", input)
    return record("atanh", unary(kernels.atanh, x), (x,), lambda g: g / (1 - square(x)))


@op
def hypot(input, other):
    """√(x² + y²), where no square overflows."""
    x, y, out = binary("hypot", kernels.hypot, input, other)
    return record("hypot", out, (x, y), lambda g, r: g * (x / r), lambda g, r: g * (y / r), saves_output=True)


@op
def sinc(input):
    """sin πx / πx, and 1 at 0."""
    x = floating("sinc", input)
    angle = x.detach() * math.pi
    y = where(angle == 0, 1.0, sin(angle) / angle)

    def gx(g):  # (cos πx − sinc x) / x
        return where(x == 0, 0.0, g * ((cos(x * math.pi) - sinc(x)) / x))

    return record("sinc", y.array, (x,), gx)


def deg2rad(input):
    """An angle in degrees, in radians."""
    return floating("deg2rad", input) * (math.pi / 180)


def rad2deg(input):
    """An angle in radians, in degrees."""
    return floating("rad2deg", input) * (180 / math.pi)


arcsin, arccos, arctan, arctan2, arcsinh, arccosh, arctanh = asin, acos, atan, atan2, asinh, acosh, atanh
