"""The dtypes, which are NumPy's own, and how they combine.

Promotion is PyTorch's: bool < integers < floats, where a Python number or a 0-d tensor can raise the category (bool,
integer, float) of a tensor with dimensions but not its width. Within a category the wider one wins, and of uint8 beside
int8, where none holds the numbers of both, int16.
"""

import builtins

import numpy as np

from .arguments import shown
from .errors import DTypeError

Dtype = np.dtype  # the type of a dtype
float32 = np.dtype("float32")
float64 = np.dtype("float64")
float16 = np.dtype("float16")
int64 = np.dtype("int64")
int32 = np.dtype("int32")
int16 = np.dtype("int16")
int8 = np.dtype("int8")
uint8 = np.dtype("uint8")
bool = np.dtype("bool")

ALL = (float32, float64, float16, int64, int32, int16, int8, uint8, bool)
# What PyTorch also calls them, as names in the library and as methods of a tensor
NICKNAMES = {
    "float": float32, "double": float64, "half": float16, "long": int64, "int": int32, "short": int16, "char": int8,
    "byte": uint8, "bool": bool,
}  # fmt: skip
NAMES = ", ".join(dtype.name for dtype in ALL)
default = float32  # of Python floats, and of true division between integers

_CATEGORY = {dtype: "biuf".index(dtype.kind) - (dtype.kind in "uf") for dtype in ALL}
_WIDER = {
    (a, b): np.promote_types(a, b) if _CATEGORY[a] == _CATEGORY[b] else max(a, b, key=_CATEGORY.get)
    for a in ALL
    for b in ALL
}
_OF_NUMBER = {builtins.bool: bool, int: int64, float: float32}
NUMBERS = _OF_NUMBER.keys()  # the types of Python's numbers
_on_float16 = []  # functions that are called when float16 is first named


def is_floating(dtype):
    return dtype.kind == "f"


def as_dtype(dtype):
    """The dtype that `dtype` names: one of `ALL`, or a NumPy or Python type, or a string for it."""
    if dtype is float:  # as in PyTorch, where float means float32 and int means int64
        return default
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError, RecursionError):
        found = None
    if found not in _CATEGORY:
        raise DTypeError(f"expected a dtype of {NAMES}, got {shown(dtype)}")
    if found is float16:
        note(found)
    return found


def when_float16_is_used(function):
    """Have `function()` called when float16 is first named: a program without it does not pay for it."""
    _on_float16.append(function)


def note(dtype):
    """Called for the dtype of what comes from outside."""
    if dtype == float16:
        while _on_float16:
            _on_float16.pop()()


def set_default(dtype):
    """Let Python floats become `dtype`, which is floating."""
    global default
    default = _OF_NUMBER[float] = dtype


def of_number(number):
    """The dtype of a tensor that is made from a Python number."""
    return _OF_NUMBER[type(number)]


def category(dtype):
    """0 for bool, 1 for integers, 2 for floats."""
    return _CATEGORY[dtype]


def of_kind(kind):
    """The dtype of a type of Python's or NumPy's numbers, or of an array's dtype; None if it is none of `ALL`."""
    if isinstance(kind, np.dtype):
        return kind if kind in _CATEGORY else None
    if issubclass(kind, np.generic):
        return of_kind(np.dtype(kind))
    return next((dtype for number, dtype in _OF_NUMBER.items() if issubclass(kind, number)), None)


def wider(a, b):
    """The dtype of numbers of both."""
    return _WIDER[a, b]


def promote(x, y):
    """The dtype of an operation between two operands, each a tensor or a Python number."""
    (cx, rx, dx), (cy, ry, dy) = _strength(x), _strength(y)
    if cx != cy:
        return dx if cx > cy else dy
    # Within a category, tensors with dimensions decide before 0-d tensors, and these before numbers.
    if rx != ry:
        return dx if rx > ry else dy
    return _WIDER[dx, dy]


def _strength(operand):
    number = _OF_NUMBER.get(type(operand))
    if number is not None:
        return _CATEGORY[number], 0, number
    array = operand.array
    return _CATEGORY[array.dtype], 2 if array.ndim else 1, array.dtype
