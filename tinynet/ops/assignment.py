"""Copies of a tensor with other elements in places: `index_add` and its kin, and the writes in place made of them."""

import numpy as np

from ..arguments import axis_of, boolean, integer, number, wrong_kind
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import host
from ..kernels.filled import copied
from ..kernels.launch import launch
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .arithmetic import mul
from .diagonals import plane
from .grids import broadcast_tensors
from .indexing import found_shape, getitem, with_item
from .operands import number_to_fill
from .rearrange import movedim
from .registry import op
from .selection import expect_index, expect_mask
from .shape import contiguous, expand, reshape

OVER_ELEMENTS = "index_add index_copy index_fill index_put masked_scatter put"
FUNCTIONS = METHODS = f"{OVER_ELEMENTS} select_scatter slice_scatter diagonal_scatter"
IN_PLACE = OVER_ELEMENTS


@op
def with_added(x, arrays, value):
    """A copy of x with `value` added to x[arrays], an element that is named twice receiving both."""
    out = copied(x.array)
    launch(kernels.index_add, out, value.array, *arrays)
    return record("index_add", out, (x, value), lambda g: g, lambda g: getitem(g, arrays))


def _along(where, input, dim, index):
    """(x, its axis, the index as a part of an index of x) for x of at least one dimension."""
    x = expect_tensor(where, input)
    axis = axis_of(where, dim, max(x.array.ndim, 1))
    index = expect_index(where, index, x, axis)
    return (x if x.array.ndim else reshape(x, 1)), axis, (*[slice(None)] * axis, host(index.array).copy())


def _source(where, x, axis, place, source):
    """The slices to be put to a place: a 0-d tensor may stand for one of a vector."""
    source = expect_tensor(where, source, "source")
    if source.array.dtype != x.array.dtype:
        raise DTypeError(f"{where}: expected a source of dtype {x.dtype}, got {source.dtype}")
    shape = (*x.array.shape[:axis], len(place[-1]), *x.array.shape[axis + 1 :])
    if source.array.shape != shape and not (source.array.ndim == 0 and shape == (1,)):
        raise ShapeError(f"{where}: expected a source of shape {shape}, got {source.shape}")
    return reshape(source, shape)


def index_add(input, dim, index, source, *, alpha=1):
    """x with alpha times the slices of `source` added to those of x along `dim` that a vector of indices names.

    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    alpha = number("index_add", "alpha", alpha)
    x, axis, place = _along("index_add", input, dim, index)
    source = _source("index_add", x, axis, place, source)
    return reshape(with_added(x, place, source if alpha == 1 else mul(source, alpha)), input.array.shape)


def index_copy(input, dim, index, source):
    """x with the slices of `source` in place of those of x along `dim` that a vector of indices names.

    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    x, axis, place = _along("index_copy", input, dim, index)
    return reshape(with_item(x, None, place, _source("index_copy", x, axis, place, source)), input.array.shape)


def index_fill(input, dim, index, value):
    """x with `value`, a number or a 0-d tensor, in all slices along `dim` that a vector of indices names.

    Raises: DTypeError, ShapeError for what does not fit, TargetError for an index outside x.
    """
    x, axis, place = _along("index_fill", input, dim, index)
    place = (*place[:axis], np.unique(place[axis]))  # so that the gradient by the value counts each slice once
    return reshape(with_item(x, None, place, _value("index_fill", x, value)), input.array.shape)


def _value(where, x, value):
    if not isinstance(value, Tensor):
        return number_to_fill(where, value, x.array.dtype)
    if value.array.ndim:
        raise ShapeError(f"{where}: expected a number or a 0-d tensor, got shape {value.shape}")
    return value.to(x.device, x.dtype)


def index_put(input, indices, values, accumulate=False):
    """x with `values` at x[indices], a tuple of tensors of integers or booleans, or None for all along a dimension.

    With `accumulate` they are added, an element that is named twice receiving both. Raises: DTypeError for values of
    another dtype, ShapeError for ones that do not broadcast, IndexError outside x.
    """
    x, values = expect_tensor("index_put", input), expect_tensor("index_put", values, "values")
    if not isinstance(indices, tuple | list):
        raise wrong_kind("index_put", "indices", "a tuple or list of tensors", indices)
    if values.array.dtype != x.array.dtype:
        raise DTypeError(f"index_put: expected values of dtype {x.dtype}, got {values.dtype}")
    arrays = tuple([slice(None) if i is None else _places(x, i) for i in indices])
    shape = found_shape(x.array, None, arrays)
    try:
        values = expand(values, shape)
    except ShapeError:
        raise ShapeError(f"index_put: expected values that broadcast to {shape}, got {values.shape}") from None
    if boolean("index_put", "accumulate", accumulate):
        return with_added(x, arrays, values)
    return with_item(x, None, arrays, values)


def _places(x, index):
    """A tensor of indices, or a mask, as an array of the host's. Raises DTypeError for other dtypes."""
    index = host(expect_tensor("index_put", index, "indices").array)
    if index.dtype.kind not in "bi":
        raise DTypeError(f"index_put: expected indices of integers or booleans, got {index.dtype}")
    return index.copy()


def put(input, index, source, accumulate=False):
    """x with the elements that `index` names, as if it were flattened, replaced by those of `source`, or added to.

    Raises: DTypeError, ShapeError for a source of another dtype or size, IndexError for an index outside x.
    """
    x, index = expect_tensor("put", input), expect_tensor("put", index, "index")
    source = expect_tensor("put", source, "source")
    if index.array.dtype.kind != "i":
        raise DTypeError(f"put: expected an index of integers, got {index.dtype}")
    if index.array.size != source.array.size:
        raise ShapeError(f"put: expected as many elements in source as in index, got {source.shape} and {index.shape}")
    flat = index_put(reshape(x, -1), (reshape(index, -1),), reshape(source, -1), accumulate)
    return reshape(flat, x.array.shape)


def masked_scatter(input, mask, source):
    """x with its elements where a mask, broadcast with it, is true replaced by the first elements of `source`.

    Raises: DTypeError unless the mask is of booleans, ShapeError for too few elements.
    """
    x, mask = broadcast_tensors(expect_tensor("masked_scatter", input), expect_mask("masked_scatter", mask))
    source = expect_tensor("masked_scatter", source, "source")
    if source.array.dtype != x.array.dtype:
        raise DTypeError(f"masked_scatter: expected a source of dtype {x.dtype}, got {source.dtype}")
    where = host(mask.array)
    if int(where.sum()) > source.array.size:
        raise ShapeError(f"masked_scatter: expected at least {where.sum()} elements, got {source.array.size}")
    return with_item(x, None, (where.copy(),), reshape(source, -1)[: int(where.sum())])


# In place of views


def select_scatter(input, src, dim, index):
    """x with `src` in place of the slice number `index` along `dim`.

    Raises: ShapeError, DTypeError for a src that is not like the slice, IndexError for an index outside x.
    """
    x = expect_tensor("select_scatter", input)
    axis = axis_of("select_scatter", dim, x.array.ndim)
    place = (*[slice(None)] * axis, integer("select_scatter", "index", index))
    return _with_view("select_scatter", x, place, None, src)


def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """x with `src` in place of the slices start, start + step, ... below end along `dim`.

    Raises: ShapeError, DTypeError for a src that is not like these slices, ArgumentValueError unless step > 0.
    """
    x = expect_tensor("slice_scatter", input)
    axis = axis_of("slice_scatter", dim, x.array.ndim)
    bounds = [n if n is None else integer("slice_scatter", "a bound", n) for n in (start, end)]
    place = (*[slice(None)] * axis, slice(*bounds, integer("slice_scatter", "step", step, 1)))
    return _with_view("slice_scatter", x, place, None, src)


def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """x with `src` in place of its `diagonal`.

    Raises: ShapeError, DTypeError for a src that is not like the diagonal.
    """
    x = expect_tensor("diagonal_scatter", input)
    offset, a, b = plane("diagonal_scatter", x.array.ndim, offset, dim1, dim2)
    x = movedim(x, (a, b), (-2, -1))
    rows, columns = max(-offset, 0), max(offset, 0)
    n = np.arange(max(min(x.array.shape[-2] - rows, x.array.shape[-1] - columns), 0))
    out = _with_view("diagonal_scatter", x, None, (..., n + rows, n + columns), src)
    return contiguous(movedim(out, (-2, -1), (a, b)))


def _with_view(where, x, basic, arrays, src):
    """A copy of x with `src` at an index, whose shape and dtype it must have."""
    src, shape = expect_tensor(where, src, "src"), found_shape(x.array, basic, arrays)
    if src.array.shape != shape or src.array.dtype != x.array.dtype:
        raise ShapeError(f"{where}: expected a src of shape {shape} and {x.dtype}, got {src.shape} and {src.dtype}")
    return with_item(x, basic, arrays, src)
