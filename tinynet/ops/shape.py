"""Operations that change the shape: views of the same memory where that can be, else copies."""

import functools
import math

import numpy as np

from .. import dtypes
from ..arguments import INT64, axes, axis_of, sizes, wrong_value
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import in_shape
from ..kernels.launch import launch
from ..memory_format import contiguous_format, preserve_format
from ..tensor_arguments import expect_tensor
from .registry import op

FUNCTIONS = "reshape flatten permute transpose t squeeze unsqueeze broadcast_to"
METHODS = """reshape view view_as flatten permute transpose t expand expand_as broadcast_to squeeze unsqueeze
    sum_to_size contiguous"""


@op
def reshape(input, *shape):
    """The elements of x in the shape given, one size of which may be −1; a view where x is contiguous.

    Raises: ShapeError for another number of elements.
    """
    x, shape = expect_tensor("reshape", input).settle(), sizes("reshape", "shape", shape, -1)
    if shape.count(-1) > 1:
        raise ShapeError(f"reshape: expected at most one −1, got {shape}")
    return reshaped(x, shape)


def reshaped(x, shape):
    """`reshape` of what no script sees: it may stay as it lies in memory.

    Raises: ShapeError for another number of elements.
    """
    before = x.array.shape
    try:
        out = in_shape(x.array, *shape)
    except ValueError:
        raise ShapeError(f"reshape: {x.array.size} elements of shape {before} do not fit {shape}") from None
    shares = x.array.flags.c_contiguous or np.may_share_memory(out, x.array)
    return record("reshape", out, (x,), lambda g: reshaped(g, before), view=shares)


def view(input, *shape):
    """The same memory in another shape.

    Raises: ShapeError where no view of that shape exists.
    """
    x = input
    if len(shape) == 1 and isinstance(shape[0], _DTYPES):
        raise DTypeError(f"view: expected sizes, got {shape[0]!r}; use to() for another dtype")
    out = reshape(x, *shape)
    if out._base is None and out.array.size:
        raise ShapeError(
            f"view: no view of shape {out.shape} exists of a tensor with strides {x.stride()}; use reshape"
        )
    return out


_DTYPES = np.dtype, type


def view_as(input, other):
    """The same memory in the shape of `other`."""
    return view(input, expect_tensor("view_as", other, "other").shape)


def flatten(input, start_dim=0, end_dim=-1):
    """x with the dimensions from `start_dim` to `end_dim` made one.

    Raises: ShapeError for dimensions in the wrong order, DimensionError for ones that x does not have.
    """
    x = expect_tensor("flatten", input)
    if x.array.ndim == 0:
        for dim in (start_dim, end_dim):
            axis_of("flatten", dim, 1)
        return reshape(x, 1)
    first, last = axis_of("flatten", start_dim, x.array.ndim), axis_of("flatten", end_dim, x.array.ndim)
    if first > last:
        raise ShapeError(f"flatten: expected start_dim ≤ end_dim, got {start_dim} and {end_dim}")
    if first == last:
        return x
    s = x.array.shape
    return reshape(x, (*s[:first], math.prod(s[first : last + 1]), *s[last + 1 :]))


@op
def permute(input, *dims):
    """x with its dimensions in the order given; a view.

    Raises: ShapeError unless each dimension is named once.
    """
    x, dims = expect_tensor("permute", input).settle(), sizes("permute", "dims", dims, INT64[0])
    axes = tuple([axis_of("permute", d, x.array.ndim) for d in dims])
    if sorted(axes) != [*range(x.array.ndim)]:
        raise ShapeError(f"permute: expected each of {x.array.ndim} dimensions once, got {dims}")
    return permuted(x, axes)


def permuted(x, axes):
    """`permute` of what no script sees: it may stay as it lies in memory."""
    return record("permute", x.array.transpose(axes), (x,), lambda g: permuted(g, inverse_of(axes)), view=True)


def inverse_of(axes):
    """The order of dimensions that undoes a permutation."""
    return sorted(range(len(axes)), key=axes.__getitem__)


@op
def transpose(input, dim0, dim1):
    """x with two dimensions exchanged; a view.

    Raises: DimensionError for a dimension that x does not have.
    """
    x = expect_tensor("transpose", input).settle()
    n = max(x.array.ndim, 1)
    return transposed(x, axis_of("transpose", dim0, n), axis_of("transpose", dim1, n))


def transposed(x, a, b):
    """`transpose` of what no script sees: it may stay as it lies in memory."""
    array = x.array.swapaxes(a, b) if x.array.ndim else x.array[...]
    return record("transpose", array, (x,), lambda g: transposed(g, a, b), view=True)


def t(input):
    """The transpose of a matrix; a view.

    Raises: ShapeError for more than 2 dimensions.
    """
    x = expect_tensor("t", input)
    if x.array.ndim > 2:
        raise ShapeError(f"t: expected at most 2 dimensions, got shape {x.shape}")
    return x if x.array.ndim < 2 else transpose(x, 0, 1)


def mT(x):
    """Each matrix of the last two dimensions transposed; a view.

    Raises: ShapeError for fewer than 2 dimensions.
    """
    if x.array.ndim < 2:
        raise ShapeError(f"mT: expected at least 2 dimensions, got shape {x.shape}")
    return transpose(x, -2, -1)


@op
def expand(input, *size):
    """x repeated along dimensions of length 1, without copying; −1 keeps a dimension.

    Raises: ShapeError for sizes that x does not broadcast to.
    """
    x, size = expect_tensor("expand", input).settle(), sizes("expand", "size", size, -1)
    if -1 in size:
        shape, offset = x.array.shape, len(size) - x.array.ndim
        size = tuple([shape[i - offset] if s == -1 and i >= offset else s for i, s in enumerate(size)])
    return expanded(x, size)


def expanded(x, shape):
    """`expand` of what no script sees: it may stay as it lies in memory.

    Raises: ShapeError for a shape that x does not broadcast to.
    """
    try:
        out = _broadcast(x.array, shape)
    except ValueError:
        raise ShapeError(f"expand: expected sizes that {x.shape} broadcasts to, got {shape}") from None
    return record("expand", out, (x,), _same, view=True)  # the walk sums over the repetitions


def _same(g):
    return g


def _broadcast(array, shape):
    """NumPy's `broadcast_to`, which takes 2 µs, in a quarter of that where the array's elements lie in order."""
    if array.__class__ is not np.ndarray or not array.flags.c_contiguous or not array.size:
        return np.broadcast_to(array, shape)
    out = np.ndarray(shape, array.dtype, array, 0, _repeating_strides(array.shape, array.strides, shape))
    out.setflags(write=False)
    return out


@functools.lru_cache(maxsize=1024)
def _repeating_strides(before, strides, shape):
    """The strides with which an array is seen in a shape that it broadcasts to. Raises ValueError for other shapes."""
    lead = len(shape) - len(before)
    if lead < 0 or any(n not in (1, m) for n, m in zip(before, shape[lead:])):
        raise ValueError
    return (0,) * lead + tuple([0 if n == 1 else step for n, step in zip(before, strides)])


def expand_as(input, other):
    """x expanded to the shape of `other`."""
    return expand(input, expect_tensor("expand_as", other, "other").shape)


def broadcast_to(input, size):
    """x expanded to the sizes given."""
    return expand(input, size)


@op
def squeeze(input, dim=None):
    """x without its dimensions of length 1, or without those named in `dim` where they have length 1.

    Raises: DimensionError for a dimension that x does not have.
    """
    x = expect_tensor("squeeze", input).settle()
    shape = x.array.shape
    gone = () if dim.__class__ is tuple and not dim else axes("squeeze", dim, len(shape))
    out = x.array.reshape([s for i, s in enumerate(shape) if not (i in gone and s == 1)])
    return record("squeeze", out, (x,), lambda g: reshaped(g, shape), view=True)


@op
def unsqueeze(input, dim):
    """x with a dimension of length 1 put in at `dim`; a view.

    Raises: DimensionError for a dimension that the result does not have.
    """
    x = expect_tensor("unsqueeze", input).settle()
    axis = axis_of("unsqueeze", dim, x.array.ndim + 1)
    shape = x.array.shape
    out = x.array.reshape((*shape[:axis], 1, *shape[axis:]))
    return record("unsqueeze", out, (x,), lambda g: reshaped(g, shape), view=True)


@op
def sum_to_size(input, *size):
    """The sum over the dimensions along which `size` would be broadcast to the shape of x; of integers as int64.

    Raises: ShapeError for sizes that do not broadcast to the shape of x.
    """
    x, size = input, sizes("sum_to_size", "size", size)
    shape = x.array.shape
    lead = len(shape) - len(size)
    if lead < 0 or any(s not in (1, shape[lead + i]) for i, s in enumerate(size)):
        raise ShapeError(f"sum_to_size: expected a size that broadcasts to {shape}, got {size}")
    summed = (*range(lead), *(lead + i for i, s in enumerate(size) if s == 1 and shape[lead + i] != 1))
    numbers = x.array
    if (summed or not size) and numbers.dtype.kind != "f":
        numbers = empty(shape, dtypes.int64, x.array)
        launch(kernels.cast, numbers, x.array)
    out = empty([1 if i in summed else s for i, s in enumerate(shape)], numbers.dtype, x.array)
    launch(kernels.sum, out, numbers, summed)
    return record("sum_to_size", out.reshape(size), (x,), lambda g: expand(g, shape))


@op
def contiguous(input, *, memory_format=contiguous_format):
    """x itself if its elements lie in memory in order, else a copy in which they do.

    With another `memory_format`, such as `channels_last`, that order is what it says.

    Raises: ShapeError for a format of another number of dimensions.
    """
    if memory_format is not contiguous_format:
        return in_format("contiguous", expect_tensor("contiguous", input), memory_format)
    x = input.settle()
    return x if x.array.flags.c_contiguous else copied(x)


def in_format(where, x, memory_format):
    """x as its elements lie (None, `preserve_format`), or in the order that a format says: itself, or a copy.

    Raises: ArgumentValueError for what is no format, ShapeError for one of another number of dimensions.
    """
    if memory_format is None or memory_format is preserve_format:
        return x
    order = order_of(where, x, memory_format)
    if order is None:
        return contiguous(x)
    return x if not x._may_move() and x.array.transpose(order).flags.c_contiguous else in_order(x, order)


def order_of(where, x, memory_format):
    """The order of dimensions in memory that a format says for a tensor like x, or None for that of its dimensions.

    Raises: ArgumentValueError for what is no format, ShapeError for one of another number of dimensions.
    """
    if memory_format is None or memory_format is preserve_format:
        if x._may_move() or x.array.flags.c_contiguous or 0 in x.array.strides:
            return None
        return tuple(sorted(range(x.array.ndim), key=lambda axis: -abs(x.array.strides[axis])))
    if memory_format is contiguous_format:
        return None
    order = getattr(memory_format, "order", None)
    if order is None:
        raise wrong_value(where, "memory_format to be one of tinynet's", memory_format)
    if x.array.ndim != len(order):
        raise ShapeError(f"{where}: expected {len(order)} dimensions for {memory_format}, got shape {x.shape}")
    return order


def in_order(x, order):
    """A copy of x whose dimensions follow each other in memory in this order, and are seen to."""
    out = empty([x.array.shape[axis] for axis in order], x.array.dtype, x.array).transpose(inverse_of(order))
    launch(kernels.copy, out, x.array)
    return record("contiguous", out, (x,), lambda g: g).keep_order()


def copied(x):
    """A copy of x whose elements lie in memory in order."""
    out = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.copy, out, x.array)
    return record("contiguous", out, (x,), lambda g: g)
