"""Rounding, remainders, and what is chosen by sign: functions that jump."""

import numpy as np

from ..arguments import integer, number
from ..autograd.graph import record, zero_gradient
from ..errors import DTypeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import abs, clone, sign, trunc
from .choosing import where
from .comparison import isnan
from .operands import floating, operands, to, unary
from .registry import op

FUNCTIONS = "round fix frac nan_to_num sgn positive signbit copysign heaviside fmax fmin"
METHODS = FUNCTIONS
IN_PLACE = "round fix frac nan_to_num sgn copysign heaviside"


def _whole(name, kernel, x):
    return clone(x) if x.array.dtype.kind in "iu" else record(name, unary(kernel, x), (x,), zero_gradient)


@op
def round(input, *, decimals=0):
    """The nearest whole number, or number with so many `decimals`; halfway between two, the one that is even."""
    decimals = integer("round", "decimals", decimals, -300, 300)
    if decimals == 0:
        return _whole("round", kernels.round, expect_tensor("round", input))
    x, scale = expect_floating("round", input), 10.0**decimals if decimals > 0 else 10.0**-decimals
    if decimals > 0:
        return _whole("round", kernels.round, x * scale) / scale
    return _whole("round", kernels.round, x / scale) * scale


fix = trunc


def frac(input):
    """x − trunc x, with the sign of x."""
    x = expect_floating("frac", input)
    return x - trunc(x)


def nan_to_num(input, nan=None, posinf=None, neginf=None):
    """x with `nan` (0 by default) in place of NaN, and of ±∞ other numbers (by default the largest and smallest)."""
    x = expect_tensor("nan_to_num", input)
    if x.array.dtype.kind != "f":
        return clone(x)
    limits = np.finfo(x.array.dtype)
    for name, value, default, found in (
        ("nan", nan, 0.0, isnan(x)),
        ("posinf", posinf, float(limits.max), x == np.inf),
        ("neginf", neginf, float(limits.min), x == -np.inf),
    ):
        x = where(found, default if value is None else number("nan_to_num", name, value), x)
    return x


def sgn(input):
    """−1, 0 or 1: the sign of a real number."""
    return sign(expect_tensor("sgn", input))


def positive(input):
    """x itself.

    Raises: DTypeError for booleans.
    """
    x = expect_tensor("positive", input)
    if x.array.dtype.kind == "b":
        raise DTypeError("positive: expected numbers, got a bool tensor")
    return x


def signbit(input):
    """Whether x has a minus sign, as −0.0 has."""
    x = expect_tensor("signbit", input)
    if x.array.dtype.kind != "f":
        return x < 0
    out = empty_like(x.array, np.dtype(bool))
    launch(kernels.signbit, out, x.array)
    return wrap(out)


def copysign(input, other):
    """|x| with the sign of y."""
    x, y, _ = operands("copysign", input, other)
    y = y if y.array.dtype.kind == "f" else floating("copysign", y)
    return abs(floating("copysign", x)) * where(signbit(y), -1.0, 1.0)


def heaviside(input, values):
    """0 for x < 0, 1 for x > 0, and `values` for x = 0; not differentiable."""
    x, values, _ = operands("heaviside", input, values)
    return where(x == 0, values.detach(), to(x > 0, x.array.dtype))


def fmax(input, other):
    """The larger of x and y; where one is NaN, the other."""
    x, y, _ = operands("fmax", input, other)
    return where((x >= y) | isnan(y), x, y)


def fmin(input, other):
    """The smaller of x and y; where one is NaN, the other."""
    x, y, _ = operands("fmin", input, other)
    return where((x <= y) | isnan(y), x, y)
