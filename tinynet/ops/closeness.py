"""Whether numbers are equal, nearly equal, or infinite."""

import builtins
import math

from .. import dtypes
from ..arguments import boolean, number
from ..errors import DTypeError
from ..kernels.filled import full
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .arithmetic import abs, add, mul, sub
from .choosing import where
from .comparison import eq, isfinite, isnan, le, logical_and, logical_or
from .reduction import all

FUNCTIONS = "allclose isclose equal isposinf isneginf isreal"
METHODS = FUNCTIONS


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """|x − y| ≤ atol + rtol |y|, element by element; infinities are close to themselves, and so is NaN if asked for.

    Raises: DTypeError for two dtypes.
    """
    x, y = expect_tensor("isclose", input), expect_tensor("isclose", other, "other")
    if x.array.dtype != y.array.dtype:
        raise DTypeError(f"isclose: expected tensors of one dtype, got {x.dtype} and {y.dtype}")
    rtol, atol = number("isclose", "rtol", rtol, 0), number("isclose", "atol", atol, 0)
    close, x, y = eq(x, y), x.detach(), y.detach()
    if boolean("isclose", "equal_nan", equal_nan):
        close = logical_or(close, logical_and(isnan(x), isnan(y)))
    if x.array.dtype.kind == "b" or rtol == 0 == atol:
        return close
    finite = logical_and(isfinite(x), isfinite(y))
    x, y = where(finite, x, 0), where(finite, y, 0)
    return logical_or(close, logical_and(finite, le(abs(sub(x, y)), add(abs(mul(y, rtol)), atol))))


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close, see `isclose`: a bool."""
    return builtins.bool(all(isclose(input, other, rtol, atol, equal_nan)))


def equal(input, other):
    """Whether two tensors have the same shape and the same elements: a bool."""
    x, y = expect_tensor("equal", input), expect_tensor("equal", other, "other")
    return x.shape == y.shape and builtins.bool(all(eq(x, y)))


def isposinf(input):
    """Whether x is ∞, element by element."""
    return expect_tensor("isposinf", input) == math.inf


def isneginf(input):
    """Whether x is −∞, element by element."""
    return expect_tensor("isneginf", input) == -math.inf


def isreal(input):
    """Whether x is a real number: here every number is."""
    x = expect_tensor("isreal", input)
    return wrap(full(x.array.shape, True, dtypes.bool, x.array))
