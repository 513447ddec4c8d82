"""Arithmetic: two operands that broadcast, or one. Each function computes, and says how its gradient flows."""

from functools import lru_cache

import numpy as np

from .. import dtypes
from ..autograd.graph import record, zero_gradient
from ..errors import DTypeError, ShapeError
from ..kernels import cpu as kernels
from ..kernels.arrays import DeviceArray, empty, empty_like, host
from ..kernels.launch import launch
from ..tensor import Tensor
from .registry import op

LARGEST = float(np.finfo(np.float32).max)


def operands(name, x, y):
    """Both operands as tensors of the promoted dtype, and a model for the memory of the result."""
    if not (isinstance(x, Tensor) and isinstance(y, Tensor) and x.array.dtype is y.array.dtype):
        x, y = _operand(name, x), _operand(name, y)
        dtype = dtypes.promote(x, y)
        x, y = as_operand(x, dtype), as_operand(y, dtype)
    a, b = x.array, y.array
    shape = a.shape
    if b.shape != shape:
        shape = broadcast_shape(name, x, y)
    elif shape and a.flags.c_contiguous:
        return x, y, a
    return x, y, _model(shape, a, b)


def _model(shape, x, y):
    """Whichever of two operands has the shape of the result, as a model for its memory; if none has, a new array."""
    if x.__class__ is np.ndarray is not y.__class__:  # a number beside an array on a device
        x = y
    for array in (x, y):
        if array.shape == shape and (array.flags.c_contiguous or 0 not in array.strides):
            return array
    return empty(shape, x.dtype, x)


def _operand(name, x):
    if isinstance(x, Tensor) or type(x) in (int, float, bool):
        return x
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray | DeviceArray):
        return Tensor(x)
    raise TypeError(f"{name}: expected a tensor or a number, got {type(x).__name__}")


def as_operand(x, dtype):
    if isinstance(x, Tensor):
        return x if x.array.dtype == dtype else to(x, dtype)
    if x.__class__ is float and not -LARGEST <= x <= LARGEST and dtype == dtypes.float32:
        x *= np.inf  # as the conversion would say, but without a warning
    return Tensor(np.array(x, dtype))


def broadcast_shape(name, x, y):
    a, b = x.array.shape, y.array.shape
    if not b:
        return a
    try:
        return common_shape(a, b)
    except ValueError:
        raise ShapeError(f"{name}: expected shapes that broadcast together, got {a} and {b}") from None


# Found in a table, as the shapes of a training step are the same ones again and again.
common_shape = lru_cache(maxsize=1024)(np.broadcast_shapes)


def floating(x):
    """`x` itself, or converted to float32 if it holds integers or booleans."""
    return x if x.array.dtype.kind == "f" else to(x, dtypes.default)


def _same(g):
    return g


@op
def add(x, y, *, alpha=1):
    """x + alpha y."""
    if alpha != 1:
        y = mul(y, alpha)
    x, y, like = operands("add", x, y)
    out = empty_like(like)
    launch(kernels.add, out, x.array, y.array)
    return record("add", out, (x, y), _same, _same)


@op
def sub(x, y, *, alpha=1):
    """x − alpha y."""
    if alpha != 1:
        y = mul(y, alpha)
    x, y, like = operands("sub", x, y)
    if x.array.dtype.kind == "b":
        raise DTypeError("sub: expected numbers, got two bool tensors; use ^ for the difference of masks")
    out = empty_like(like)
    launch(kernels.sub, out, x.array, y.array)
    return record("sub", out, (x, y), _same, neg)


@op
def mul(x, y):
    """x · y, element by element."""
    x, y, like = operands("mul", x, y)
    out = empty_like(like)
    launch(kernels.mul, out, x.array, y.array)
    return record("mul", out, (x, y), lambda g: mul(g, y), lambda g: mul(g, x))


@op
def div(x, y):
    """x / y; of integers, in float32."""
    x, y, like = operands("div", x, y)
    x, y = floating(x), floating(y)
    out = empty_like(like, x.array.dtype)
    launch(kernels.div, out, x.array, y.array)
    return record("div", out, (x, y), lambda g: div(g, y), lambda g: neg(div(mul(g, div(x, y)), y)))


def _check_divisor(name, y):
    if y.array.dtype.kind != "f" and not host(y.array).all():
        raise ZeroDivisionError(f"{name}: expected integers other than 0 to divide by")


def floor_divide(x, y):
    """⌊x / y⌋; not differentiable."""
    x, y, like = operands("floor_divide", x, y)
    _check_divisor("floor_divide", y)
    out = empty_like(like)
    launch(kernels.floor_divide, out, x.array, y.array)
    return Tensor(out)


@op
def remainder(x, y):
    """x − y ⌊x / y⌋, with the sign of y."""
    x, y, like = operands("remainder", x, y)
    _check_divisor("remainder", y)
    out = empty_like(like)
    launch(kernels.remainder, out, x.array, y.array)
    return record("remainder", out, (x, y), _same, lambda g: neg(mul(g, floor_divide(x, y))))


@op
def pow(x, exponent):
    """x to the power of a number or tensor."""
    x, y, like = operands("pow", x, exponent)
    if x.array.dtype.kind == "b":
        raise DTypeError("pow: expected numbers, got two bool tensors")
    if x.array.dtype.kind == "i" and (host(y.array) < 0).any():
        raise ValueError("pow: integers to negative integer powers are not allowed")
    out = empty_like(like)
    launch(kernels.pow, out, x.array, y.array)

    def gx(g):  # y x^(y−1), which is 0 and not 0·∞ where y = 0
        return where(eq(y, 0), 0.0, mul(g, mul(y, pow(x, sub(y, 1)))))

    def gy(g):  # x^y log x, which is 0 and not 0·(−∞) where x = 0 ≤ y
        return where(logical_and(eq(x, 0), ge(y, 0)), 0.0, mul(g, mul(pow(x, y), log(x))))

    return record("pow", out, (x, y), gx, gy)


def _unary(kernel, x):
    array = x.array
    out = empty_like(array)
    launch(kernel, out, array)
    return out


@op
def neg(x):
    """−x."""
    if x.array.dtype.kind == "b":
        raise DTypeError("neg: expected numbers, got a bool tensor; use ~ to invert a mask")
    return record("neg", _unary(kernels.neg, x), (x,), neg)


@op
def abs(x):
    """|x|, with gradient 0 at 0."""
    return record("abs", _unary(kernels.abs, x), (x,), lambda g: mul(g, sign(x)))


@op
def sign(x):
    """−1, 0 or 1; of NaN 0."""
    if x.array.dtype.kind == "b":
        raise DTypeError("sign: expected numbers, got a bool tensor")
    return record("sign", _unary(kernels.sign, x), (x,), zero_gradient)


@op
def floor(x):
    """The largest whole number ≤ x."""
    if x.array.dtype.kind == "i":
        return clone(x)
    return record("floor", _unary(kernels.floor, x), (x,), zero_gradient)


@op
def ceil(x):
    """The smallest whole number ≥ x."""
    if x.array.dtype.kind == "i":
        return clone(x)
    return record("ceil", _unary(kernels.ceil, x), (x,), zero_gradient)


@op
def exp(x):
    """eˣ."""
    x = floating(x)
    return record("exp", _unary(kernels.exp, x), (x,), lambda g, y: mul(g, y), keep=True)


@op
def log(x):
    """The natural logarithm; −inf at 0, NaN below."""
    x = floating(x)
    return record("log", _unary(kernels.log, x), (x,), lambda g: div(g, x))


@op
def log1p(x):
    """log(1 + x), accurate for small x."""
    x = floating(x)
    return record("log1p", _unary(kernels.log1p, x), (x,), lambda g: div(g, add(x, 1)))


@op
def sqrt(x):
    """√x; NaN below 0."""
    x = floating(x)
    return record("sqrt", _unary(kernels.sqrt, x), (x,), lambda g, y: div(g, mul(y, 2)), keep=True)


@op
def sin(x):
    """sin x."""
    x = floating(x)
    return record("sin", _unary(kernels.sin, x), (x,), lambda g: mul(g, cos(x)))


@op
def cos(x):
    """cos x."""
    x = floating(x)
    return record("cos", _unary(kernels.cos, x), (x,), lambda g: neg(mul(g, sin(x))))


def square(x):
    """x²; of booleans, as integers."""
    return mul(x, x) if x.array.dtype.kind != "b" else pow(x, 2)


def rsqrt(x):
    """1 / √x."""
    return reciprocal(sqrt(x))


def reciprocal(x):
    """1 / x."""
    return div(1, x)


@op
def maximum(x, y):
    """The larger of x and y; where they are equal each receives half of the gradient."""
    x, y, like = operands("maximum", x, y)
    out = empty_like(like)
    launch(kernels.maximum, out, x.array, y.array)
    return record("maximum", out, (x, y), lambda g: mul(g, _share(lt, x, y)), lambda g: mul(g, _share(gt, x, y)))


@op
def minimum(x, y):
    """The smaller of x and y; where they are equal each receives half of the gradient."""
    x, y, like = operands("minimum", x, y)
    out = empty_like(like)
    launch(kernels.minimum, out, x.array, y.array)
    return record("minimum", out, (x, y), lambda g: mul(g, _share(gt, x, y)), lambda g: mul(g, _share(lt, x, y)))


def _share(loses, x, y):
    """0 where x loses against y, a half where they are equal, else 1: also where one is NaN, and so is the result."""
    return sub(1.0, add(to(loses(x, y), x.dtype), mul(to(eq(x, y), x.dtype), 0.5)))


@op
def clamp(x, min=None, max=None):
    """min(max(x, min), max), for numbers as bounds; the gradient is 0 outside."""
    for bound in (min, max):
        if isinstance(bound, Tensor):
            raise TypeError("clamp: expected numbers as bounds, got a tensor; use maximum and minimum")
    if min is None and max is None:
        raise ValueError("clamp: expected min or max, got neither")
    if x.array.dtype.kind != "f" and float in (type(min), type(max)):
        x = floating(x)
    out = empty_like(x.array)
    launch(kernels.clamp, out, x.array, min, max)

    def gx(g):
        inside = None if min is None else ge(x, min)
        if max is not None:
            inside = le(x, max) if inside is None else logical_and(inside, le(x, max))
        return where(inside, g, 0.0)

    return record("clamp", out, (x,), gx)


@op
def where(condition, x, y):
    """x where the condition holds, else y."""
    if condition.array.dtype.kind != "b":
        raise DTypeError(f"where: expected a condition of dtype bool, got {condition.dtype}")
    x, y, like = operands("where", x, y)
    if condition.array.shape != like.shape or condition.array.__class__ is not like.__class__:
        like = _model(broadcast_shape("where", condition, Tensor(like)), like, condition.array)
    out = empty_like(like, x.array.dtype)
    launch(kernels.where, out, condition.array, x.array, y.array)
    return record("where", out, (x, y), lambda g: where(condition, g, 0.0), lambda g: where(condition, 0.0, g))


def masked_fill(x, mask, value):
    """x with `value` where the mask holds."""
    return where(mask, as_operand(value, x.dtype), x)


@op
def to(x, dtype, copy=False):
    """x converted to `dtype`; x itself if it has that dtype already."""
    dtype = dtypes.as_dtype(dtype)
    before = x.array.dtype
    if before == dtype and not copy:
        return x
    out = empty_like(x.array, dtype)
    launch(kernels.cast, out, x.array)
    if dtype.kind != "f":
        return Tensor(out)
    return record("to", out, (x,), lambda g: to(g, before))


@op
def clone(x):
    """A copy of x in memory of its own."""
    return record("clone", _unary(kernels.copy, x), (x,), _same)


# Comparisons and logic: of dtype bool, without gradient


def _compare(name, kernel):
    def compare(x, y):
        x, y, like = operands(name, x, y)
        out = empty_like(like, dtypes.bool)
        launch(kernel, out, x.array, y.array)
        return Tensor(out)

    compare.__name__ = compare.__qualname__ = name
    compare.__doc__ = f"{name} element by element, as a bool tensor."
    return compare


def _test(name, kernel):
    def test(x):
        out = empty_like(x.array, dtypes.bool)
        launch(kernel, out, x.array)
        return Tensor(out)

    test.__name__ = test.__qualname__ = name
    test.__doc__ = f"{name} element by element, as a bool tensor."
    return test


eq, ne, lt, le, gt, ge = (_compare(n, getattr(kernels, n)) for n in ("eq", "ne", "lt", "le", "gt", "ge"))
logical_and, logical_or, logical_xor = (
    _compare(n, getattr(kernels, n)) for n in ("logical_and", "logical_or", "logical_xor")
)
logical_not, isnan, isinf, isfinite = (
    _test(n, getattr(kernels, n)) for n in ("logical_not", "isnan", "isinf", "isfinite")
)
