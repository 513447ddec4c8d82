"""Arguments: what a caller passes becomes a number, a size or a dimension of a known type here, or an error that
says where it went, what was expected, and what came.

    conv2d: expected stride ≥ 1, got 0
    narrow: expected length to be an integer, got 1.5

A wrong kind raises `ArgumentTypeError`, a wrong value `ArgumentValueError` or, for a dimension, `DimensionError`. What
is not what it stands for is not converted: 1.0 is no integer, "23" is no shape. NumPy's numbers and tensors with a
single number are as good as Python's.
"""

import functools
import math
import operator
import os

from .errors import ArgumentTypeError, ArgumentValueError, DimensionError, OutOfMemoryError

INT64 = -(2**63), 2**63 - 1
LARGEST_SIZE = 2**31 - 1  # of a kernel, a stride, padding or dilation, so that no place overflows int64


def shown(value):
    """What came, for an error: the value where it is short, else its type."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | tuple | list | range):
        try:
            text = repr(value)
        except (ValueError, RecursionError):  # of digits without end, or nested so deeply
            return type(value).__name__
        if len(text) <= 80:
            return text
    return type(value).__name__


def wrong_kind(where, name, expected, value):
    """The error for an argument of another kind than expected."""
    return ArgumentTypeError(f"{where}: expected {name} to be {expected}, got {shown(value)}")


def wrong_value(where, expected, value):
    """The error for an argument of the right kind with a value that is not allowed."""
    return ArgumentValueError(f"{where}: expected {expected}, got {shown(value)}")


# Numbers


def integer(where, name, value, low=INT64[0], high=INT64[1]):
    """An int in [low, high], from an int, a NumPy integer or an integer tensor with one element; no bool, no float."""
    if value.__class__ is not int:
        try:
            if isinstance(value, bool) or _kind_of_scalar(value) == "b":
                raise TypeError
            value = operator.index(value)
        except TypeError:
            raise wrong_kind(where, name, "an integer", value) from None
    if not low <= value <= high:
        fits = INT64[0] <= value <= INT64[1]
        raise wrong_value(where, _interval(name, low, high, value) if fits else f"{name} to fit int64", value)
    return value


def _interval(name, low, high, value):
    """What was expected of a value: the bound that it misses, or both where there are two that say something."""
    if low in (INT64[0], -math.inf) or (value > high >= LARGEST_SIZE):
        return f"{name} ≤ {high}"
    return f"{name} ≥ {low}" if high >= LARGEST_SIZE else f"{name} in [{low}, {high}]"


def number(where, name, value, low=None, high=None):
    """A Python number in [low, high], from a real number or a 0-d tensor; integers fit int64, NaN is in no interval."""
    if value.__class__ is not float and value.__class__ is not int:
        value = _plain_number(where, name, value)
    if value.__class__ is int and not INT64[0] <= value <= INT64[1]:
        raise wrong_value(where, f"{name} to fit int64", value)
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if not low <= value <= high and (value == value or (low, high) != (-math.inf, math.inf)):
        raise wrong_value(where, _interval(name, low, high, value), value)
    return value


def _plain_number(where, name, value):
    for kind in (bool, int, float):  # NumPy's float64 is a float too
        if isinstance(value, kind):
            return kind(value)
    if _kind_of_scalar(value) in ("b", "i", "u", "f"):
        return value.item()
    raise wrong_kind(where, name, "a number", value)


def _kind_of_scalar(value):
    """The kind of dtype of a NumPy scalar, or of an array or a tensor without dimensions; None of all else."""
    return getattr(getattr(value, "dtype", None), "kind", None) if getattr(value, "shape", None) == () else None


def boolean(where, name, value):
    """A bool, from a bool, a NumPy bool, or 0 or 1."""
    if value is True or value is False:
        return value
    if _kind_of_scalar(value) == "b":
        return bool(value)
    if value.__class__ is int and value in (0, 1):
        return value == 1
    raise wrong_kind(where, name, "a bool", value)


def one_of(where, name, value, known):
    """`value`, which must be one of the strings `known`."""
    if not isinstance(value, str) or value not in known:
        *others, last = map(repr, known)
        raise wrong_value(where, f"{name} to be {', '.join(others)} or {last}", value)
    return value


def only(where, name, value, default):
    """Accept an argument of PyTorch's in its position, and refuse every value of it that would change something."""
    if value is not default and not (type(value) is type(default) and value == default):
        raise wrong_value(where, f"{name}={default!r}, the only value supported", value)


# Sizes and dimensions


def sizes(where, name, value, low=0, high=INT64[1]):
    """A tuple of ints in [low, high], from a tuple or list of them, or from varargs that hold one such."""
    if len(value) == 1 and isinstance(value[0], (tuple, list)):
        value = value[0]
    for s in value:
        if s.__class__ is not int or not low <= s <= high:
            return tuple([integer(where, name, s, low, high) for s in value])
    return tuple(value)


def ntuple(where, name, value, n, low=INT64[0], high=INT64[1]):
    """n ints in [low, high], from n of them in a tuple or list, or from one for all."""
    if not isinstance(value, (tuple, list)):
        return (integer(where, name, value, low, high),) * n
    if len(value) not in (1, n):
        raise wrong_value(where, f"{name} to be an integer or {n} of them", value)
    values = tuple([integer(where, name, v, low, high) for v in value])
    return values * n if len(values) != n else values


@functools.cache
def _machine_memory():
    """Bytes of memory that the machine has, or where it does not say, that no machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 48


def check_room(where, shape, dtype):
    """Raise OutOfMemoryError for a result that the machine could not hold, before its memory is asked for."""
    needed = math.prod(shape) * dtype.itemsize
    if needed > _machine_memory():
        raise OutOfMemoryError(
            f"{where}: a result of shape {shown(shape)} and {dtype} takes {needed / 2**30:.3g} GiB, and this machine "
            f"has {_machine_memory() / 2**30:.3g} GiB"
        )


def axes(where, dim, ndim):
    """Dimensions counted from the front, each once: one, several in a tuple or list, or all for None or ()."""
    if dim is None:
        return tuple(range(ndim))
    if dim.__class__ is int and -ndim <= dim < ndim:
        return (dim % ndim,)
    dims = dim if isinstance(dim, (tuple, list)) else (dim,)
    if not dims:
        return tuple(range(ndim))
    found = tuple([axis_of(where, d, max(ndim, 1)) for d in dims])
    if len(set(found)) != len(found):
        raise wrong_value(where, "each dimension once", dims)
    return found if ndim else ()


def axis_of(where, dim, ndim):
    """`dim` counted from the front; dimensions count from −ndim to ndim − 1."""
    if dim.__class__ is not int:
        dim = integer(where, "dim", dim)
    if not -ndim <= dim < ndim:
        raise DimensionError(f"{where}: expected a dimension from {-ndim} to {ndim - 1}, got {shown(dim)}")
    return dim % ndim
