"""What Python's syntax does with tensors: operators, indexing, conversions."""

from functools import wraps

import numpy as np

from .. import dtypes
from ..arguments import wrong_kind
from ..errors import ArgumentTypeError, ShapeError
from ..kernels.arrays import DeviceArray
from ..tensor import Tensor, from_array, wrap
from . import arithmetic, choosing, comparison, indexing, matmul, operands, rounding, shape
from .inplace import in_place


def _binary(symbol, function):
    """`__add__`, `__radd__` and so on. An operand of an unknown type that has the operator itself is asked."""
    name, reflected = f"__{symbol}__", f"__r{symbol}__"

    @wraps(function)
    def operator(x, y):
        try:
            return function(x, y)
        except ArgumentTypeError:
            if hasattr(type(y), reflected):
                return NotImplemented
            raise

    return {name: operator, reflected: lambda x, y: function(y, x)}


def _comparison(function):
    """Python itself says of things that do not compare that they are not equal: `x == None` is False."""

    @wraps(function)
    def operator(x, y):
        try:
            return function(x, y)
        except TypeError:
            return NotImplemented

    return operator


def _matmul(x, y):
    """x @ y, where one may be a NumPy array."""
    return matmul.matmul(_from_numpy(x), _from_numpy(y))


def _from_numpy(x):
    return from_array("matmul", x) if isinstance(x, _ARRAYS) else x


_ARRAYS = np.ndarray, DeviceArray


def _contains(x, element):
    """Whether an element of x is equal to a number, or to a tensor that is broadcast."""
    if not isinstance(element, Tensor | bool | int | float | np.number | np.bool_):
        raise wrong_kind("in", "element", "a tensor or a number", element)
    return bool((x == element).any())


def _reversed(x):
    """The slices of x along its first dimension from the last to the first, as a copy."""
    return x if x.ndim == 0 else indexing.getitem(x, wrap(np.arange(len(x))[::-1]))


def _complex(x):
    return complex(x.item())


def _delitem(x, index):
    raise TypeError("the elements of a tensor cannot be deleted")


def _where(input, condition, other):
    """x where the condition holds, else y, for x = input and y = other."""
    return choosing.where(condition, input, other)


def _H(x):
    """A matrix transposed, whose numbers are real. Raises ShapeError for vectors and for more than 2 dimensions."""
    if x.ndim not in (0, 2):
        raise ShapeError(f"H: expected a matrix, got shape {x.shape}; mH transposes those of the last two dimensions")
    return shape.t(x)


def _conversion(name, dtype):
    def convert(input, *, memory_format=None):
        out = operands.to(input, dtype)
        return out if memory_format is None else shape.in_format(name, out, memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"x as {dtype}."
    return convert


BINARY = {
    "add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul, "truediv": arithmetic.div,
    "floordiv": arithmetic.floor_divide, "mod": arithmetic.remainder, "pow": arithmetic.pow, "matmul": _matmul,
    "and": comparison.bitwise_and, "or": comparison.bitwise_or, "xor": comparison.bitwise_xor,
    "lshift": comparison.bitwise_left_shift, "rshift": comparison.bitwise_right_shift,
}  # fmt: skip

OPERATORS = {
    **{name: operator for symbol, f in BINARY.items() for name, operator in _binary(symbol, f).items()},
    **{f"__i{symbol}__": in_place(f) for symbol, f in BINARY.items() if f is not _matmul},
    "__neg__": arithmetic.neg,
    "__pos__": rounding.positive,
    "__abs__": arithmetic.abs,
    "__invert__": comparison.bitwise_not,
    "__eq__": _comparison(comparison.eq),
    "__ne__": _comparison(comparison.ne),
    "__lt__": comparison.lt,
    "__le__": comparison.le,
    "__gt__": comparison.gt,
    "__ge__": comparison.ge,
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "__delitem__": _delitem,
    "__contains__": _contains,
    "__reversed__": _reversed,
    "__complex__": _complex,
    "where": _where,
    "T": property(shape.t),
    "mT": property(shape.mT),
    "H": property(_H),
    "mH": property(shape.mT),
    **{name: _conversion(name, dtype) for name, dtype in dtypes.NICKNAMES.items()},
}
