"""Hyperparameters and numbers of a state: what comes from a caller or a file is brought to its form, or refused."""

import functools
import inspect
import math

import numpy as np

from ...arguments import boolean, number, wrong_kind, wrong_value
from ...kernels.arrays import host
from ...tensor import Tensor

MOST_STEPS = 2**53  # up to here every whole number is a float


def plain(value):
    """A number in place of a tensor or array that holds one; in a tuple or list too."""
    if isinstance(value, tuple | list) and any(isinstance(v, Tensor | np.ndarray) for v in value):
        return tuple(map(plain, value))
    return value.item() if isinstance(value, Tensor | np.ndarray) and math.prod(value.shape) == 1 else value


@functools.cache
def constructor_defaults(cls):
    """{name: default} of the constructor of an optimizer, and of its bases: they say of what form a value is."""
    found = {}
    for base in cls.__mro__:
        if "__init__" in vars(base) and base is not object:
            for name, p in inspect.signature(vars(base)["__init__"]).parameters.items():
                if p.default is not p.empty:
                    found.setdefault(name, p.default)
    return found


def conform(where, name, value, form):
    """`value` in the form of `form`: a bool, a number, or a tuple of as many. A string or None as form allows all."""
    if isinstance(form, bool):
        return boolean(where, name, value)
    if isinstance(form, int | float):
        return number(where, name, value)
    if isinstance(form, tuple):
        if not isinstance(value, tuple | list) or len(value) != len(form):
            raise wrong_kind(where, name, f"{len(form)} numbers", value)
        return tuple(conform(where, f"{name}[{i}]", v, f) for i, (v, f) in enumerate(zip(value, form)))
    return value


def has_nan(value):
    return any(map(has_nan, value)) if isinstance(value, tuple) else value != value


def whole(where, name, value, high=MOST_STEPS):
    """A count, as an int: from a whole number, or from a tensor or array of any library that holds one."""
    array = _array(where, name, value)
    if array.size != 1 or array.dtype.kind not in "iuf" or not 0 <= array.item() <= high or array.item() % 1:
        raise wrong_value(where, f"{name} to be a whole number ≥ 0", value)
    return int(array.item())


def real(where, name, value):
    """A float, from the same."""
    array = _array(where, name, value)
    if array.size != 1 or array.dtype.kind not in "iuf":
        raise wrong_kind(where, name, "a number", value)
    return float(array.item())


def real_array(where, name, value):
    """A NumPy array of real numbers, from a tensor or array of any library, or from lists."""
    array = _array(where, name, value)
    if array.dtype.kind not in "iufb":
        raise wrong_kind(where, name, f"real numbers, got {array.dtype}", value)
    return array


def _array(where, name, value):
    if isinstance(value, Tensor):
        return host(value.array)
    try:
        return np.asarray(value)
    except Exception as error:  # of another library, or lists of different lengths
        raise wrong_value(where, f"{name} to be numbers ({error})", value) from error


def mapping(where, what, value):
    """`value`, which must be a mapping with strings as keys; a copy."""
    if not hasattr(value, "items"):
        raise wrong_kind(where, what, "a dict", value)
    odd = [key for key in value if not isinstance(key, str)]
    if odd:
        raise wrong_kind(where, f"the keys of {what}", "strings", odd[0])
    return dict(value)
