"""Exponentials, logarithms and powers beyond those of `arithmetic.py`."""

import math

from .. import dtypes
from ..arguments import number
from ..autograd.graph import record
from ..kernels import reference as kernels
from .activation import sigmoid
from .arithmetic import log, mul, pow
from .choosing import clamp, where
from .operands import as_operand, binary, floating, unary
from .registry import op

FUNCTIONS = "exp2 expm1 log2 log10 logaddexp logaddexp2 xlogy logit float_power ldexp"
METHODS = FUNCTIONS
IN_PLACE = "exp2 expm1 log2 log10 xlogy logit float_power ldexp"


@op
def exp2(input):
    """2ˣ."""
    x = floating("exp2", input)
    return record("exp2", unary(kernels.exp2, x), (x,), lambda g, y: g * (y * math.log(2)), saves_output=True)


@op
def expm1(input):
    """eˣ − 1, accurate for small x."""
    x = floating("expm1", input)
    return record("expm1", unary(kernels.expm1, x), (x,), lambda g, y: g * (y + 1), saves_output=True)


@op
def log2(input):
    """The logarithm to the base 2; −inf at 0, NaN below."""
    x = floating("log2", input)
    return record("log2", unary(kernels.log2, x), (x,), lambda g: g / (x * math.log(2)))


@op
def log10(input):
    """The logarithm to the base 10; −inf at 0, NaN below."""
    x = floating("log10", input)
    return record("log10", unary(kernels.log10, x), (x,), lambda g: g / (x * math.log(10)))


@op
def logaddexp(input, other):
    """log(eˣ + eʸ), where no exponential overflows."""
    x, y, out = binary("logaddexp", kernels.logaddexp, input, other)
    share = lambda a, b: sigmoid(a - b)  # eᵃ / (eᵃ + eᵇ)
    return record("logaddexp", out, (x, y), lambda g: g * share(x, y), lambda g: g * share(y, x))


@op
def logaddexp2(input, other):
    """log₂(2ˣ + 2ʸ)."""
    x, y, out = binary("logaddexp2", kernels.logaddexp2, input, other)
    share = lambda a, b: sigmoid((a - b) * math.log(2))
    return record("logaddexp2", out, (x, y), lambda g: g * share(x, y), lambda g: g * share(y, x))


@op
def xlogy(input, other):
    """x log y, which is 0 for x = 0 also where the logarithm is −∞ or NaN."""
    x, y, out = binary("xlogy", kernels.xlogy, input, other)

    def gx(g):
        return where((x == 0) & (y <= 0), 0.0, g * log(y))

    return record("xlogy", out, (x, y), gx, lambda g: g * (x / y))


@op
def logit(input, eps=None):
    """log(x / (1 − x)), the inverse of the sigmoid; with `eps`, of x clamped to [eps, 1 − eps]."""
    x = floating("logit", input)
    if eps is not None:
        eps = number("logit", "eps", eps)
        x = clamp(x, eps, 1 - eps)
    y = x.detach()
    rule = lambda g: where((x < 0) | (x > 1), math.nan, g / (x * (1 - x)))
    return record("logit", log(y / (1 - y)).array, (x,), rule)


def float_power(input, exponent):
    """x to the power of y, both as float64."""
    return pow(as_operand("float_power", input, dtypes.float64), as_operand("float_power", exponent, dtypes.float64))


def ldexp(input, other):
    """x · 2ʸ."""
    return mul(input, pow(2.0, other))
