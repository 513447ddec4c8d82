"""The five dtypes, which are NumPy's own, and how they combine.

Promotion is PyTorch's: bool < int32 < int64 < float32 < float64, where a Python number or a 0-d tensor can raise
the category (bool, integer, float) of a tensor with dimensions but not its width.
"""

import builtins

import numpy as np

from .arguments import shown
from .errors import DTypeError

float32 = np.dtype("float32")
float64 = np.dtype("float64")
int64 = np.dtype("int64")
int32 = np.dtype("int32")
bool = np.dtype("bool")

ALL = (float32, float64, int64, int32, bool)
default = float32  # of Python floats, and of true division between integers

_WIDTH = {bool: 0, int32: 1, int64: 2, float32: 3, float64: 4}
_CATEGORY = {bool: 0, int32: 1, int64: 1, float32: 2, float64: 2}
_OF_NUMBER = {builtins.bool: bool, int: int64, float: float32}
NUMBERS = _OF_NUMBER.keys()  # the types of Python's numbers


def is_floating(dtype):
    return dtype.kind == "f"


def as_dtype(dtype):
    """The dtype that `dtype` names: one of the five, or a NumPy or Python type, or a string for it."""
    if dtype is float:  # as in PyTorch, where float means float32 and int means int64
        return default
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError, RecursionError):
        found = None
    if found not in _WIDTH:
        raise DTypeError(f"expected a dtype of float32, float64, int64, int32, bool, got {shown(dtype)}")
    return found


def of_number(number):
    """The dtype of a tensor that is made from a Python number."""
    return _OF_NUMBER[type(number)]


def category(dtype):
    """0 for bool, 1 for integers, 2 for floats."""
    return _CATEGORY[dtype]


def of_kind(kind):
    """The dtype of a type of Python's or NumPy's numbers, or of an array's dtype; None if it is none of the five."""
    if isinstance(kind, np.dtype):
        return kind if kind in _WIDTH else None
    if issubclass(kind, np.generic):
        return of_kind(np.dtype(kind))
    return next((dtype for number, dtype in _OF_NUMBER.items() if issubclass(kind, number)), None)


def wider(a, b):
    """The dtype that holds numbers of both."""
    return a if _WIDTH[a] >= _WIDTH[b] else b


def promote(x, y):
    """The dtype of an operation between two operands, each a tensor or a Python number."""
    (cx, rx, dx), (cy, ry, dy) = _strength(x), _strength(y)
    if cx != cy:
        return dx if cx > cy else dy
    # Within a category, tensors with dimensions decide before 0-d tensors, and these before numbers.
    if rx != ry:
        return dx if rx > ry else dy
    return dx if _WIDTH[dx] >= _WIDTH[dy] else dy


def _strength(operand):
    number = _OF_NUMBER.get(type(operand))
    if number is not None:
        return _CATEGORY[number], 0, number
    array = operand.array
    return _CATEGORY[array.dtype], 2 if array.ndim else 1, array.dtype
