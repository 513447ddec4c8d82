"""Arithmetic: two operands that broadcast, or one. Each function computes, and says how its gradient flows."""

import numpy as np

from .. import dtypes
from ..arguments import number, one_of, shown
from ..autograd.graph import record, zero_gradient
from ..errors import ArgumentValueError, DTypeError
from ..kernels import reference as kernels
from ..kernels.arrays import all_values, empty_like
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .choosing import clamp, where
from .comparison import logical_and, logical_or
from .operands import (
    as_operand,
    floating,
    operand,
    operands,
    unary,
)
from .registry import op
from .shape import in_format

IN_PLACE = """add sub mul div floor_divide remainder fmod pow neg abs sign floor ceil trunc exp log log1p sqrt sin cos
    square rsqrt reciprocal"""
FUNCTIONS = METHODS = f"{IN_PLACE} clone"


def _in_quotient(name, x):
    """An operand of a true division, which no integer is converted for but to a floating dtype."""
    x = operand(name, x)
    return floating(name, x) if isinstance(x, Tensor) else x


def _scaled(where, input, other, alpha):
    """alpha y, in the dtype of x ± alpha y, which alpha does not widen."""
    _, y, _ = operands(where, input, other)
    alpha, kind = number(where, "alpha", alpha), y.array.dtype.kind
    if (kind != "b" and alpha.__class__ is bool) or (kind != "f" and alpha.__class__ is float):
        raise DTypeError(f"{where}: expected alpha to be a number that {y.dtype} holds, got {shown(alpha)}")
    return mul(y, alpha) if kind != "b" else logical_and(y, bool(alpha))


def _refuse_truth(where, *operands):
    for x in operands:
        if x.__class__ is bool or getattr(x, "dtype", None) is dtypes.bool:
            raise DTypeError(
                f"{where}: expected numbers, got {x if x.__class__ is bool else 'bool'}; use ~ to invert a mask, ^ for "
                "the difference of masks, or int() first"
            )


def _same(g):
    return g


@op
def add(input, other, *, alpha=1):
    """x + alpha y.

    Raises: ShapeError where the shapes do not broadcast.
    """
    if alpha.__class__ is not int or alpha != 1:
        other = _scaled("add", input, other, alpha)
    x, y, like = operands("add", input, other)
    out = empty_like(like)
    launch(kernels.add, out, x.array, y.array)
    return record("add", out, (x, y), _same, _same)


@op
def sub(input, other, *, alpha=1):
    """x − alpha y, of numbers.

    Raises: DTypeError for booleans, ShapeError where the shapes do not broadcast.
    """
    if alpha.__class__ is not int or alpha != 1:
        _refuse_truth("sub", input, other)
        other = _scaled("sub", input, other, alpha)
    x, y, like = operands("sub", input, other)
    if x is not input or y is not other or x.array.dtype.kind == "b":
        _refuse_truth("sub", input, other)
    out = empty_like(like)
    launch(kernels.sub, out, x.array, y.array)
    return record("sub", out, (x, y), _same, neg)


@op
def mul(input, other):
    """x · y, element by element.

    Raises: ShapeError where the shapes do not broadcast.
    """
    x, y, like = operands("mul", input, other)
    out = empty_like(like)
    launch(kernels.mul, out, x.array, y.array)
    return record("mul", out, (x, y), lambda g: g * y, lambda g: g * x)


@op
def div(input, other, *, rounding_mode=None):
    """x / y; of integers, in float32. With `rounding_mode` "floor" or "trunc" ⌊x / y⌋ or trunc(x / y), of any dtype.

    Raises: ShapeError where the shapes do not broadcast; with a mode, ZeroDivisionError for integers by 0.
    """
    if rounding_mode is not None:
        return _rounded_quotient(input, other, one_of("div", "rounding_mode", rounding_mode, ("floor", "trunc")))
    x, y, like = operands("div", input, other)
    if x.array.dtype.kind != "f":
        x, y, like = operands("div", _in_quotient("div", input), _in_quotient("div", other))
    out = empty_like(like)
    launch(kernels.div, out, x.array, y.array)
    return record("div", out, (x, y), lambda g: g / y, lambda g: -g * (x / y) / y)


def _rounded_quotient(input, other, mode):
    x, y, _ = operands("div", input, other)
    if mode == "floor":
        q = floor_divide(x, y)
        return record("div", q.array, (x, y), zero_gradient, zero_gradient) if q.array.dtype.kind == "f" else q
    if x.array.dtype.kind == "f":
        return trunc(x / y)
    return (x - fmod(x, y)) // y


def _check_divisor(name, y):
    if y.array.dtype.kind == "b":
        raise DTypeError(f"{name}: expected numbers, got two bool tensors")
    if y.array.dtype.kind != "f" and not all_values(y.array).all():
        raise ZeroDivisionError(f"{name}: expected integers other than 0 to divide by")


def floor_divide(input, other):
    """⌊x / y⌋; not differentiable.

    Raises: ZeroDivisionError for integers by 0, DTypeError for two booleans, ShapeError where the shapes do not
    broadcast.
    """
    x, y, like = operands("floor_divide", input, other)
    _check_divisor("floor_divide", y)
    out = empty_like(like)
    launch(kernels.floor_divide, out, x.array, y.array)
    return wrap(out)


@op
def remainder(input, other):
    """x − y ⌊x / y⌋, with the sign of y.

    Raises: ZeroDivisionError for integers by 0, DTypeError for two booleans, ShapeError where the shapes do not
    broadcast.
    """
    x, y, like = operands("remainder", input, other)
    _check_divisor("remainder", y)
    out = empty_like(like)
    launch(kernels.remainder, out, x.array, y.array)
    return record("remainder", out, (x, y), _same, lambda g: -g * (x // y))


@op
def fmod(input, other):
    """x − y · trunc(x / y), with the sign of x."""
    x, y, like = operands("fmod", input, other)
    _check_divisor("fmod", y)
    out = empty_like(like)
    launch(kernels.fmod, out, x.array, y.array)
    return record("fmod", out, (x, y), _same, lambda g: -g * trunc(x / y))


@op
def pow(input, exponent):
    """x to the power of a number or tensor.

    Raises: DTypeError for two booleans, ArgumentValueError for integers to a negative integer.
    """
    if isinstance(input, Tensor) and (exponent.__class__ is int or exponent.__class__ is float):
        if input.array.dtype is dtypes.float32 or input.array.dtype is dtypes.float64:
            return _power(input, exponent)
        if exponent.__class__ is int:
            as_operand("pow", exponent, input.array.dtype)  # so it fits
    x, y, like = operands("pow", input, exponent)
    if x.array.dtype.kind == "b":
        if isinstance(exponent, Tensor) or not isinstance(input, Tensor):
            raise DTypeError("pow: expected numbers, got two bool tensors")
        return logical_or(x, not exponent)
    if x.array.dtype.kind == "i" and (all_values(y.array) < 0).any():
        return _inverse_power(x, y, exponent)
    out = empty_like(like)
    launch(kernels.pow, out, x.array, y.array)

    def gx(g):  # y x^(y−1), which is 0 and not 0·∞ where y = 0
        return where(y == 0, 0.0, g * (y * x ** (y - 1)))

    def gy(g):  # x^y log x, which is 0 and not 0·(−∞) where x = 0 ≤ y
        return where((x == 0) & (y >= 0), 0.0, g * (x**y * log(x)))

    return record("pow", out, (x, y), gx, gy)


def _power(x, p):
    """x to the power of a number, which is known now: its gradient needs no care where p is 0."""
    if p == 2:
        out = empty_like(x.array)
        with np.errstate(over="ignore"):  # as of other powers: the square of a large number is infinite
            launch(kernels.mul, out, x.array, x.array)
        return record("pow", out, (x,), lambda g: g * (x * 2.0))
    _, y, like = operands("pow", x, p)
    out = empty_like(like)
    launch(kernels.pow, out, x.array, y.array)
    return record("pow", out, (x,), zero_gradient if p == 0 else lambda g: g * (x ** (p - 1) * p))


def _inverse_power(x, y, exponent):
    """x to the power of integers y some of which are negative: there 1 of 1, ±1 of −1, else 0, as PyTorch has it."""
    if not isinstance(exponent, Tensor):
        raise ArgumentValueError("pow: integers to negative integer powers are not allowed")
    inverse = where(abs(x) == 1, x ** (y % 2), 0)
    return where(y < 0, inverse, x ** clamp(y, 0))


@op
def neg(input):
    """−x.

    Raises: DTypeError for booleans.
    """
    x = expect_tensor("neg", input)
    if x.array.dtype.kind == "b":
        raise DTypeError("neg: expected numbers, got a bool tensor; use ~ to invert a mask")
    return record("neg", unary(kernels.neg, x), (x,), neg)


@op
def abs(input):
    """|x|, with gradient 0 at 0.

    Raises: DTypeError for booleans.
    """
    x = expect_tensor("abs", input)
    if x.array.dtype.kind == "b":
        raise DTypeError("abs: expected numbers, got a bool tensor")
    return record("abs", unary(kernels.abs, x), (x,), lambda g: g * sign(x))


@op
def sign(input):
    """−1, 0 or 1; of NaN 0, of booleans themselves."""
    x = expect_tensor("sign", input)
    if x.array.dtype.kind == "b":
        return clone(x)
    return record("sign", unary(kernels.sign, x), (x,), zero_gradient)


@op
def floor(input):
    """The largest whole number ≤ x."""
    x = expect_tensor("floor", input)
    if x.array.dtype.kind in "iu":
        return clone(x)
    return record("floor", unary(kernels.floor, x), (x,), zero_gradient)


@op
def ceil(input):
    """The smallest whole number ≥ x."""
    x = expect_tensor("ceil", input)
    if x.array.dtype.kind in "iu":
        return clone(x)
    return record("ceil", unary(kernels.ceil, x), (x,), zero_gradient)


@op
def trunc(input):
    """The whole number nearest to x on the side of 0."""
    x = expect_tensor("trunc", input)
    if x.array.dtype.kind in "iu":
        return clone(x)
    return record("trunc", unary(kernels.trunc, x), (x,), zero_gradient)


@op
def exp(input):
    """eˣ."""
    x = floating("exp", input)
    return record("exp", unary(kernels.exp, x), (x,), lambda g, y: g * y, saves_output=True)


@op
def log(input):
    """The natural logarithm; −inf at 0, NaN below."""
    x = floating("log", input)
    return record("log", unary(kernels.log, x), (x,), lambda g: g / x)


@op
def log1p(input):
    """log(1 + x), accurate for small x."""
    x = floating("log1p", input)
    return record("log1p", unary(kernels.log1p, x), (x,), lambda g: g / (x + 1))


@op
def sqrt(input):
    """√x; NaN below 0."""
    x = floating("sqrt", input)
    return record("sqrt", unary(kernels.sqrt, x), (x,), lambda g, y: g / (y * 2), saves_output=True)


@op
def sin(input):
    """sin x."""
    x = floating("sin", input)
    return record("sin", unary(kernels.sin, x), (x,), lambda g: g * cos(x))


@op
def cos(input):
    """cos x."""
    x = floating("cos", input)
    return record("cos", unary(kernels.cos, x), (x,), lambda g: -g * sin(x))


def square(input):
    """x²; of booleans, as integers."""
    x = expect_tensor("square", input)
    return mul(x, x) if x.array.dtype.kind != "b" else pow(x, 2)


def rsqrt(input):
    """1 / √x."""
    return reciprocal(sqrt(floating("rsqrt", input)))


def reciprocal(input):
    """1 / x."""
    return div(1, expect_tensor("reciprocal", input))


@op
def clone(input, *, memory_format=None):
    """A copy of x in memory of its own, in the order of x unless `memory_format` names another."""
    x = expect_tensor("clone", input)
    out = record("clone", unary(kernels.copy, x), (x,), _same)
    return out if memory_format is None else in_format("clone", out, memory_format)
