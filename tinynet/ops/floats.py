"""Floating point numbers by their parts: mantissa and exponent, the number next to one, the sign as an angle."""

import math

import numpy as np

from .. import return_types
from ..autograd.graph import record, zero_gradient
from ..kernels.arrays import host, put
from ..tensor import wrap
from ..tensor_arguments import expect_floating
from .choosing import where
from .comparison import isnan, lt
from .exponential import ldexp
from .operands import floating, operands
from .registry import op

FUNCTIONS = METHODS = "frexp nextafter angle"
IN_PLACE = "nextafter"


def frexp(input):
    """(mantissa, exponent), with x = m 2ᵉ and ½ ≤ |m| < 1, or m = e = 0; the exponents are int32."""
    x = expect_floating("frexp", input)
    exponent = wrap(put(np.asarray(np.frexp(host(x.array))[1]), x.array))
    return return_types.frexp(mantissa(x, exponent), exponent)


@op
def mantissa(x, exponent):
    """The mantissa of x, by its exponent."""
    out = put(np.asarray(np.frexp(host(x.array))[0]), x.array)
    return record("frexp", out, (x,), lambda g: ldexp(g, -exponent))


@op
def nextafter(input, other):
    """The number next to x in the direction of y."""
    x, y, _ = operands("nextafter", expect_floating("nextafter", input), expect_floating("nextafter", other, "other"))
    out = put(np.asarray(np.nextafter(host(x.array), host(y.array))), x.array)
    return record("nextafter", out, (x, y), lambda g: g, zero_gradient)


@op
def angle(input):
    """The angle of x in the complex plane: 0 for x ≥ 0, π for x < 0, NaN for NaN."""
    x = floating("angle", input)
    found = where(lt(x.detach(), 0), math.pi, where(isnan(x.detach()), x.detach(), 0.0))
    return record("angle", found.array, (x,), zero_gradient)
