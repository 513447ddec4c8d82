"""From Python and NumPy: numbers, sequences and arrays of any origin become arrays that kernels can work in."""

import functools

import numpy as np
from numpy import ndarray

from . import capture, dtypes
from .arguments import sizes, wrong_kind, wrong_value
from .errors import DTypeError, ShapeError
from .kernels.arrays import DeviceArray
from .kernels.quiet import quiet
from .size import Size


class HoldsArray:
    """The base of Tensor: something whose values lie in its `array`."""

    __slots__ = ("array",)


def usable(where, array):
    """An array that somebody else has made, the same memory, as an array that kernels can work in.

    Raises DTypeError for another dtype than `dtypes.ALL`, ValueError for numbers that are not where the processor wants
    them.
    """
    if isinstance(array, DeviceArray):
        return array
    if array.dtype not in dtypes.ALL:
        raise DTypeError(_unsupported(where, array.dtype))
    dtypes.note(array.dtype)
    if not array.flags.aligned or any(step % array.itemsize for step in array.strides):
        raise ValueError(f"{where}: expected an array whose numbers are aligned in memory; use array.copy()")
    return array if array.__class__ is ndarray else array.view(ndarray)  # a subclass may have its own operators


def _unsupported(where, dtype):
    hint = "; convert it first, as in array.astype('float32')" if dtype.kind in "biuf" else ""
    return f"{where}: expected values of dtype {dtypes.NAMES}, got {dtype}{hint}"


def to_array(data, dtype, computed=False):
    """A new array from numbers, sequences of them, arrays or tensors; Python floats become float32.

    With `computed` an array is one that the library has just made, and holds the same numbers whenever it does so.
    Numbers in a sequence may be NumPy's, or tensors with one element; all together decide on the dtype.
    Raises DTypeError, ShapeError.
    """
    dtype = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(data, HoldsArray):
        data = data.array
        if data.__class__ is not ndarray:
            return data.copy() if dtype is None else data.astype(dtype).contiguous()
    if isinstance(data, ndarray | np.generic):
        if not computed:
            capture.converts(data)
        return _converted(np.array(data, order="C"), dtype)
    try:
        data, found = _numbers_of(data)
        array = np.array(data, order="C")
    except RecursionError:
        raise ShapeError("tensor: expected sequences as deep as a tensor has dimensions, got deeper ones") from None
    except ValueError as error:
        raise ShapeError(f"tensor: expected sequences of one length at each depth, got others: {error}") from None
    out = _converted(array, found if dtype is None else dtype)
    if out.dtype.kind in "iu" and array.dtype.kind in "iu" and array.dtype != out.dtype and (out != array).any():
        raise wrong_value("tensor", f"integers that fit {out.dtype}", array[out != array][0].item())
    return out


@quiet
def _converted(array, dtype):
    """A number too large for float32 becomes inf, as in every deep learning framework, without NumPy's warning."""
    if array.dtype.kind not in "biuf" or (dtype is None and array.dtype not in dtypes.ALL):
        raise DTypeError(_unsupported("tensor", array.dtype))
    if dtype is None:
        dtypes.note(array.dtype)
        return array.view(ndarray)
    return array.astype(dtype, copy=False).view(ndarray)


def _numbers_of(data):
    """`data` with a number in the place of each tensor, and the dtype that its numbers have together."""
    kinds = set()
    data = _untensored(data, kinds)
    found = [dtypes.of_kind(kind) for kind in kinds]
    if None in found:  # NumPy knows, or its dtype is refused
        return data, None
    return data, functools.reduce(dtypes.wider, found, dtypes.bool) if found else dtypes.default


def _untensored(data, kinds):
    """The same nested lists without tensors. Adds to `kinds` the type of each number, the dtype of each array."""
    if isinstance(data, list | tuple | range):
        inside = set(map(type, data))
        if inside <= dtypes.NUMBERS:
            kinds |= inside
            return data
        return [_untensored(x, kinds) for x in data]
    if isinstance(data, HoldsArray):
        if data.array.size != 1:
            raise ShapeError(f"tensor: expected tensors in a sequence to have one element, got {data.array.shape}")
        kinds.add(data.array.dtype)
        return capture.reads(data.array).item()
    kinds.add(data.dtype if isinstance(data, ndarray) else type(data))
    return data


def of_default_dtype(data):
    """The array of `Tensor(*data)`: of the default dtype, but for a tensor, which keeps its own."""
    if len(data) == 1 and isinstance(data[0], HoldsArray | DeviceArray):
        return getattr(data[0], "array", data[0])
    return typed_array("Tensor", data, dtypes.default)


def typed_array(where, data, dtype):
    """An array of a dtype from whatever numbers, or uninitialised memory of the sizes given, alone or as a Size."""
    if len(data) != 1 or isinstance(data[0], int | np.integer | Size):
        return np.empty(sizes(where, "size", data) if data else 0, dtype)
    (x,) = data
    if isinstance(x, HoldsArray):
        if x.array.dtype != dtype:
            raise DTypeError(f"{where}: expected a tensor of {dtype}, got {x.array.dtype}; use x.type({where})")
        return x.array
    if isinstance(x, ndarray) and x.dtype == dtype and x.flags.writeable:
        return usable(where, x)
    if isinstance(x, ndarray | list | tuple | range):
        return to_array(x, dtype)
    raise wrong_kind(where, "data", "a sequence, an array or sizes", x)
