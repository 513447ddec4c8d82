"""What elementwise operations take: tensors, arrays and numbers, in one dtype, of shapes that broadcast."""

from functools import lru_cache

import numpy as np

from .. import dtypes
from ..arguments import INT64, number, shown, wrong_value
from ..autograd.graph import record
from ..errors import ArgumentTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import DeviceArray, empty, empty_like
from ..kernels.launch import launch
from ..tensor import Tensor, from_array, wrap
from ..tensor_arguments import expect_tensor
from .registry import op

LARGEST, LARGEST_HALF = float(np.finfo(np.float32).max), 65519.996  # the largest that is not rounded to inf


def operands(name, x, y):
    """Both operands as tensors of the promoted dtype, and a model for the memory of the result."""
    if not (isinstance(x, Tensor) and isinstance(y, Tensor) and x.array.dtype is y.array.dtype):
        if y.__class__ in _NUMBERS and isinstance(x, Tensor) and _holds(x.array.dtype, y):
            y = wrap(np.array(y, x.array.dtype))
        elif x.__class__ in _NUMBERS and isinstance(y, Tensor) and _holds(y.array.dtype, x):
            x = wrap(np.array(x, y.array.dtype))
        else:
            x, y = operand(name, x), operand(name, y)
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
    return x, y, memory_model(shape, a, b)


_NUMBERS = float, int
_TAKING_INTEGERS = dtypes.float32, dtypes.float64, dtypes.int64


def _holds(dtype, number):
    """Whether a number beside a tensor of this dtype becomes one of that dtype, and none that overflows."""
    if number.__class__ is int:
        return dtype in _TAKING_INTEGERS and INT64[0] <= number <= INT64[1]
    return (dtype is dtypes.float32 or dtype is dtypes.float64) and -LARGEST <= number <= LARGEST


def memory_model(shape, x, y):
    """Whichever of two operands has the shape of the result, as a model for its memory; if none has, a new array."""
    if x.__class__ is not y.__class__:  # a number beside an array on a device
        x = y = y if x.__class__ is np.ndarray else x
    for array in (x, y) if x.itemsize <= y.itemsize else (y, x):  # of a number beside float16 the tensor
        if array.shape == shape and (array.flags.c_contiguous or 0 not in array.strides):
            return array
    return empty(shape, x.dtype, x)


def operand(name, x):
    """A tensor as it is, an array as a tensor, a number as Python's. Raises ArgumentTypeError for all else."""
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
    return converted(name, x, dtype)


# Kernels compute float16 in float32, and these take a number beside it as it is, whether or not it would fit.
_KEEPING_NUMBERS = {"add", "sub", "mul", "div"}


def as_operand(name, x, dtype):
    """A tensor, an array or a number as a tensor of a dtype."""
    return converted(name, operand(name, x), dtype)


def converted(name, x, dtype):
    """A tensor or a Python number as a tensor of a dtype. Raises ArgumentValueError for a number that does not fit."""
    if isinstance(x, Tensor):
        return x if x.array.dtype == dtype else to(x, dtype)
    if x.__class__ is float and dtype == dtypes.float32 and not -LARGEST <= x <= LARGEST:
        x *= np.inf  # as the conversion would say, but without a warning
    try:
        if dtype == dtypes.float16 and LARGEST_HALF < abs(x) < np.inf:
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


def unary(kernel, x):
    """What a kernel makes of each element of x, as an array."""
    array = x.array
    out = empty_like(array)
    launch(kernel, out, array)
    return out


def binary(name, kernel, input, other):
    """(x, y, array): both operands in one floating dtype, and what a kernel makes of each pair of their elements."""
    x, y, like = operands(name, input, other)
    x, y = floating(name, x), floating(name, y)
    out = empty_like(like, x.array.dtype)
    launch(kernel, out, x.array, y.array)
    return x, y, out


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
    before = x.array.dtype
    if before is not dtype:
        dtype = dtypes.as_dtype(dtype)
    if before == dtype and not copy:
        return x
    out = empty_like(x.array, dtype)
    launch(kernels.cast, out, x.array)
    if dtype.kind != "f":
        return wrap(out)
    return record("to", out, (x,), lambda g: to(g, before))
