"""Arithmetic: two operands that broadcast, or one. Each function computes, and says how its gradient flows."""

from functools import lru_cache

import numpy as np

from .. import dtypes
from ..arguments import number, one_of, shown, wrong_value
from ..autograd.graph import record, zero_gradient
from ..errors import ArgumentTypeError, ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import DeviceArray, empty, empty_like, host, put
from ..kernels.launch import launch
from ..tensor import Tensor, expect_tensor, from_array, wrap
from .registry import op
from .shape import in_format

FUNCTIONS = """add sub mul div floor_divide remainder fmod pow neg abs sign floor ceil trunc exp log log1p sqrt sin cos
    square rsqrt reciprocal maximum minimum clamp where masked_fill clone eq ne lt le gt ge logical_and logical_or
    logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift isnan
    isinf isfinite"""
METHODS = """add sub mul div floor_divide remainder fmod pow neg abs sign floor ceil trunc exp log log1p sqrt sin cos
    square rsqrt reciprocal maximum minimum clamp masked_fill clone eq ne lt le gt ge logical_and logical_or
    logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift isnan
    isinf isfinite"""
IN_PLACE = """add sub mul div floor_divide remainder fmod pow neg abs sign floor ceil trunc exp log log1p sqrt sin cos
    square rsqrt reciprocal clamp masked_fill eq ne lt le gt ge logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift"""

LARGEST, LARGEST_HALF = float(np.finfo(np.float32).max), 65519.996  # the largest that is not rounded to inf
abs_ = abs  # the builtin, which the operation of that name hides below


def operands(name, x, y):
    """Both operands as tensors of the promoted dtype, and a model for the memory of the result."""
    if not (isinstance(x, Tensor) and isinstance(y, Tensor) and x.array.dtype is y.array.dtype):
        if y.__class__ is float and isinstance(x, Tensor) and _holds(x.array.dtype, y):
            y = wrap(np.array(y, x.array.dtype))
        elif x.__class__ is float and isinstance(y, Tensor) and _holds(y.array.dtype, x):
            x = wrap(np.array(x, y.array.dtype))
        else:
            x, y = _operand(name, x), _operand(name, y)
            dtype = dtypes.promote(x, y)
            x, y = _in_dtype(name, x, dtype, y), _in_dtype(name, y, dtype, x)
    a, b = x.array, y.array
    shape = a.shape
    if b.shape == shape:
        if shape and a.flags.c_contiguous:
            return x, y, a
    elif b.ndim == 0 and a.flags.c_contiguous:
        return x, y, a
    else:
        shape = broadcast_shape(name, x, y)
    return x, y, _model(shape, a, b)


def _holds(dtype, number):
    """Whether a float beside a tensor of this dtype becomes one of that dtype, and none that overflows."""
    return (dtype is dtypes.float32 or dtype is dtypes.float64) and -LARGEST <= number <= LARGEST


def _model(shape, x, y):
    """Whichever of two operands has the shape of the result, as a model for its memory; if none has, a new array."""
    if x.__class__ is not y.__class__:  # a number beside an array on a device
        x = y = y if x.__class__ is np.ndarray else x
    for array in (x, y) if x.itemsize <= y.itemsize else (y, x):  # of a number beside float16 the tensor
        if array.shape == shape and (array.flags.c_contiguous or 0 not in array.strides):
            return array
    return empty(shape, x.dtype, x)


def _operand(name, x):
    if isinstance(x, Tensor) or x.__class__ is float:
        return x
    if isinstance(x, np.ndarray | DeviceArray):
        return from_array(name, x)
    if not isinstance(x, int | float | np.number | np.bool_):
        raise ArgumentTypeError(f"{name}: expected a tensor or a number, got {shown(x)}")
    return number(name, "a number", x)


def _in_dtype(name, x, dtype, other):
    """An operand as a tensor of the promoted dtype; of an integer that is out of its range the lowest bits."""
    if x.__class__ is int and dtype.itemsize < 8 and dtype.kind in "iu":
        return wrap(np.array(x, np.int64).astype(dtype))
    if dtype == dtypes.float16 != getattr(x, "dtype", None):
        if name in _KEEPING_NUMBERS and not getattr(x, "ndim", 0) and getattr(other, "ndim", 0):
            dtype = dtypes.float32
        elif not isinstance(x, Tensor):
            with np.errstate(over="ignore"):
                return wrap(np.array(x, dtype))
    return _converted(name, x, dtype)


# Kernels compute float16 in float32, and these take a number beside it as it is, whether or not it would fit.
_KEEPING_NUMBERS = {"add", "sub", "mul", "div"}


def as_operand(name, x, dtype):
    """A tensor, an array or a number as a tensor of a dtype."""
    return _converted(name, _operand(name, x), dtype)


def _converted(name, x, dtype):
    if isinstance(x, Tensor):
        return x if x.array.dtype == dtype else to(x, dtype)
    if x.__class__ is float and dtype == dtypes.float32 and not -LARGEST <= x <= LARGEST:
        x *= np.inf  # as the conversion would say, but without a warning
    try:
        if dtype == dtypes.float16 and LARGEST_HALF < abs_(x) < np.inf:
            raise OverflowError
        return wrap(np.array(x, dtype))
    except (OverflowError, ValueError):
        raise wrong_value(name, f"a number that fits {dtype}", x) from None


def broadcast_shape(name, x, y):
    """The shape that two tensors broadcast to. Raises ShapeError where there is none."""
    a, b = x.array.shape, y.array.shape
    if not b:
        return a
    try:
        return common_shape(a, b)
    except ValueError:
        raise ShapeError(f"{name}: expected shapes that broadcast together, got {a} and {b}") from None


# Found in a table, as the shapes of a training step are the same ones again and again.
common_shape = lru_cache(maxsize=1024)(np.broadcast_shapes)


def floating(where, input):
    """`input` itself, which must be a tensor, or converted to float32 if it holds integers or booleans."""
    x = expect_tensor(where, input)
    return x if x.array.dtype.kind == "f" else to(x, dtypes.default)


def _in_quotient(name, x):
    """An operand of a true division, which no integer is converted for but to a floating dtype."""
    x = _operand(name, x)
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
    if y.array.dtype.kind != "f" and not host(y.array).all():
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
    if exponent.__class__ is int and isinstance(input, Tensor):
        as_operand("pow", exponent, input.array.dtype)  # so it fits
    x, y, like = operands("pow", input, exponent)
    if x.array.dtype.kind == "b":
        if isinstance(exponent, Tensor) or not isinstance(input, Tensor):
            raise DTypeError("pow: expected numbers, got two bool tensors")
        return logical_or(x, not exponent)
    if x.array.dtype.kind == "i" and (host(y.array) < 0).any():
        return _inverse_power(x, y, exponent)
    out = empty_like(like)
    launch(kernels.pow, out, x.array, y.array)

    def gx(g):  # y x^(y−1), which is 0 and not 0·∞ where y = 0
        return where(y == 0, 0.0, g * (y * x ** (y - 1)))

    def gy(g):  # x^y log x, which is 0 and not 0·(−∞) where x = 0 ≤ y
        return where((x == 0) & (y >= 0), 0.0, g * (x**y * log(x)))

    return record("pow", out, (x, y), gx, gy)


def _inverse_power(x, y, exponent):
    """x to the power of integers y some of which are negative: there 1 of 1, ±1 of −1, else 0, as PyTorch has it."""
    if not isinstance(exponent, Tensor):
        raise ArgumentValueError("pow: integers to negative integer powers are not allowed")
    inverse = where(abs(x) == 1, x ** (y % 2), 0)
    return where(y < 0, inverse, x ** clamp(y, 0))


def unary(kernel, x):
    """What a kernel makes of each element of x, as an array."""
    array = x.array
    out = empty_like(array)
    launch(kernel, out, array)
    return out


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


def _two_tensors(name, x, y):
    for argument, value in (("input", x), ("other", y)):
        if not isinstance(value, Tensor):
            hint = f"; use clamp({'min' if name == 'maximum' else 'max'}=...) for a number"
            raise ArgumentTypeError(f"{name}: expected {argument} to be a Tensor, got {shown(value)}{hint}")
    return x, y


@op
def maximum(input, other):
    """The larger of x and y; where they are equal each receives half of the gradient.

    Raises: ArgumentTypeError for numbers, ShapeError where the shapes do not broadcast.
    """
    x, y, like = operands("maximum", *_two_tensors("maximum", input, other))
    out = empty_like(like)
    launch(kernels.maximum, out, x.array, y.array)
    return record("maximum", out, (x, y), lambda g: g * _share(lt, x, y), lambda g: g * _share(gt, x, y))


@op
def minimum(input, other):
    """The smaller of x and y; where they are equal each receives half of the gradient.

    Raises: ArgumentTypeError for numbers, ShapeError where the shapes do not broadcast.
    """
    x, y, like = operands("minimum", *_two_tensors("minimum", input, other))
    out = empty_like(like)
    launch(kernels.minimum, out, x.array, y.array)
    return record("minimum", out, (x, y), lambda g: g * _share(gt, x, y), lambda g: g * _share(lt, x, y))


def _share(loses, x, y):
    """0 where x loses against y, a half where they are equal, else 1: also where one is NaN, and so is the result."""
    return 1.0 - (to(loses(x, y), x.dtype) + to(x == y, x.dtype) * 0.5)


@op
def clamp(input, min=None, max=None):
    """min(max(x, min), max), for numbers or tensors as bounds; the gradient by x is 0 outside.

    Raises: ArgumentValueError without a bound, ShapeError where shapes do not broadcast.
    """
    x = expect_tensor("clamp", input)
    if min is None and max is None:
        raise ArgumentValueError("clamp: expected min or max, got neither")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        return _bounded(gt, _bounded(lt, x, min), max)
    min, max = (None if b is None else number("clamp", name, b) for name, b in (("min", min), ("max", max)))
    if x.array.dtype.kind != "f":
        for bound in (min, max):
            x = x if bound is None else to(x, dtypes.promote(x, bound))
        for bound in (min, max):
            _converted("clamp", 0 if bound is None else bound, x.array.dtype)  # so it fits
    out = empty_like(x.array)
    launch(kernels.clamp, out, x.array, min, max)

    def gx(g):
        inside = None if min is None else x >= min
        if max is not None:
            inside = x <= max if inside is None else inside & (x <= max)
        return where(inside, g, 0.0)

    return record("clamp", out, (x,), gx)


def _bounded(beyond, x, bound):
    """The bound where x is beyond it, or where it is NaN, else x."""
    if bound is None:
        return x
    x, bound, _ = operands("clamp", x, bound)
    return where(logical_or(beyond(x, bound), isnan(bound)), bound, x)


@op
def where(condition, input=None, other=None):
    """x where the condition holds, else y, for x = input and y = other.

    Of a condition alone, the indices where it holds, a vector for each dimension.

    Raises: DTypeError for a condition that is not of dtype bool, ShapeError where the shapes do not broadcast.
    """
    expect_tensor("where", condition, "condition")
    if input is None and other is None:
        found = np.nonzero(np.atleast_1d(host(condition.array)))
        return tuple([wrap(put(places, condition.array)) for places in found])
    if condition.array.dtype.kind != "b":
        raise DTypeError(f"where: expected a condition of dtype bool, got {condition.dtype}")
    x, y, like = operands("where", input, other)
    if condition.array.shape != like.shape or condition.array.__class__ is not like.__class__:
        like = _model(broadcast_shape("where", condition, wrap(like)), like, condition.array)
    out = empty_like(like, x.array.dtype)
    launch(kernels.where, out, condition.array, x.array, y.array)
    return record("where", out, (x, y), lambda g: where(condition, g, 0.0), lambda g: where(condition, 0.0, g))


def masked_fill(input, mask, value):
    """x with `value` where the mask holds.

    Raises: DTypeError for a mask that is not of dtype bool, ShapeError where it does not broadcast.
    """
    x = expect_tensor("masked_fill", input)
    if expect_tensor("masked_fill", mask, "mask").array.dtype.kind != "b":
        raise DTypeError(f"masked_fill: expected a mask of dtype bool, got {mask.dtype}")
    return where(mask, number_to_fill("masked_fill", value, x.dtype), x)


def number_to_fill(name, value, dtype):
    """A number, or a tensor of one number without dimensions, as a tensor of a dtype.

    Raises: ShapeError for a tensor with dimensions.
    """
    value = as_operand(name, value, dtype)
    if value.array.ndim:
        raise ShapeError(f"{name}: expected a number or a 0-d tensor as value, got shape {value.shape}")
    return value


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
        return wrap(out)
    return record("to", out, (x,), lambda g: to(g, before))


@op
def clone(input, *, memory_format=None):
    """A copy of x in memory of its own, in the order of x unless `memory_format` names another."""
    x = expect_tensor("clone", input)
    out = record("clone", unary(kernels.copy, x), (x,), _same)
    return out if memory_format is None else in_format("clone", out, memory_format)


# Comparisons and logic: of dtype bool, without gradient


def _compare(name, kernel):
    def compare(input, other):
        x, y, like = operands(name, input, other)
        out = empty_like(like, dtypes.bool)
        launch(kernel, out, x.array, y.array)
        return wrap(out)

    compare.__name__ = compare.__qualname__ = name
    compare.__doc__ = f"{name} element by element, as a bool tensor."
    return compare


def _test(name, kernel):
    def test(input):
        x = expect_tensor(name, input)
        out = empty_like(x.array, dtypes.bool)
        launch(kernel, out, x.array)
        return wrap(out)

    test.__name__ = test.__qualname__ = name
    test.__doc__ = f"{name} element by element, as a bool tensor."
    return test


eq, ne, lt, le, gt, ge = (_compare(n, getattr(kernels, n)) for n in ("eq", "ne", "lt", "le", "gt", "ge"))


def _bitwise(name, shift=False):
    """The operation on the bits of integers; of booleans, which a shift does not take, the one on truth."""
    kernel = getattr(kernels, name)

    def bitwise(input, other):
        x, y, like = operands(name, input, other)
        _expect_bits(name, x, shift)
        out = empty_like(like)
        launch(of_bool if x.array.dtype.kind == "b" else kernel, out, x.array, y.array)
        return wrap(out)

    of_bool = None if shift else getattr(kernels, name.replace("bitwise", "logical"))
    bitwise.__name__ = bitwise.__qualname__ = name
    bitwise.__doc__ = f"{name} element by element, of integers" + ("." if shift else " or booleans.")
    return bitwise


def _expect_bits(name, x, shift=False):
    kind = x.array.dtype.kind
    if kind == "f" or (shift and kind == "b"):
        raise DTypeError(f"{name}: expected integers{'' if shift else ' or booleans'}, got {x.dtype}")


bitwise_and, bitwise_or, bitwise_xor = map(_bitwise, ("bitwise_and", "bitwise_or", "bitwise_xor"))
bitwise_left_shift, bitwise_right_shift = (
    _bitwise(name, shift=True) for name in ("bitwise_left_shift", "bitwise_right_shift")
)


def bitwise_not(input):
    """All bits of integers the other way round; of booleans their opposite."""
    x = expect_tensor("bitwise_not", input)
    _expect_bits("bitwise_not", x)
    out = empty_like(x.array)
    launch(kernels.logical_not if x.array.dtype.kind == "b" else kernels.bitwise_not, out, x.array)
    return wrap(out)


logical_and, logical_or, logical_xor = (
    _compare(n, getattr(kernels, n)) for n in ("logical_and", "logical_or", "logical_xor")
)
logical_not, isnan, isinf, isfinite = (
    _test(n, getattr(kernels, n)) for n in ("logical_not", "isnan", "isinf", "isfinite")
)
