"""Indexing: slices are views, arrays of integers or booleans make copies; both have their gradients."""

import numpy as np

from ..autograd.graph import record, write_in_place
from ..errors import DTypeError, ShapeError
from ..kernels import cpu as kernels
from ..kernels.launch import launch
from ..tensor import Tensor
from .registry import op
from .shape import axis_of


def _parse(index):
    """The index as NumPy takes it, and whether it is basic: numbers, slices, None and ..., which make views."""
    parts = index if isinstance(index, tuple) else (index,)
    out, basic = [], True
    for part in parts:
        if isinstance(part, Tensor):
            part = part.array
        if isinstance(part, slice):
            if part.step is not None and part.step <= 0:
                raise ValueError(f"index: expected a slice with a step > 0, got {part.step}")
        elif isinstance(part, list | np.ndarray):
            part = np.asarray(part)
            if part.size == 0 and part.dtype.kind == "f":
                part = part.astype(np.int64)
            if part.dtype.kind not in "biu":
                raise DTypeError(f"index: expected integers or booleans, got {part.dtype}")
            basic = False
        elif isinstance(part, bool | np.bool_):
            basic = False
        elif part is not None and part is not Ellipsis and not isinstance(part, int | np.integer):
            raise TypeError(f"index: expected numbers, slices, ..., None or tensors, got {type(part).__name__}")
        out.append(part)
    return tuple(out), basic


def _look_up(x, index):
    try:
        return x.array[index]
    except IndexError as error:
        raise IndexError(f"index of a tensor of shape {x.shape}: {error}") from None


@op
def getitem(x, index):
    """x[index]: a view for numbers and slices, a copy for arrays of integers or booleans."""
    index, basic = _parse(index)
    shape = x.array.shape
    found = _look_up(x, index)
    if basic:
        found = np.asarray(found) if isinstance(found, np.ndarray) else x.array[(*index, ...)]
        return record("getitem", found, (x,), lambda g: _put_into_zeros(g, shape, index), view=True)
    out = np.empty(found.shape, found.dtype)
    launch(kernels.index, out, x.array, *index)
    return record("getitem", out, (x,), lambda g: _put_into_zeros(g, shape, index))


def _put_into_zeros(g, shape, index):
    """Zeros with g added at `index`: the transpose of `getitem`."""
    out = np.zeros(shape, g.array.dtype)
    if any(isinstance(i, np.ndarray) for i in index):
        launch(kernels.index_add, out, g.array, *index)
    else:
        launch(kernels.index_put, out, g.array, *index)
    return record("index_add", out, (g,), lambda h: getitem(h, index))


def setitem(x, index, value):
    """x[index] = value, in place; gradients flow to `value` and to what x held elsewhere."""
    from .arithmetic import as_operand

    index, _ = _parse(index)
    value = as_operand(value, x.array.dtype)
    target = _look_up(x, index).shape
    try:
        np.broadcast_to(value.array, target)
    except ValueError:
        raise ShapeError(f"setitem: expected a value that broadcasts to {target}, got {value.shape}") from None
    if value._edge is None and x._edge is None:
        launch(kernels.index_put, x.array, value.array, *index)
        x.mark_written()
    else:
        write_in_place("setitem", x, lambda before: _with_item(before, index, value))


@op
def _with_item(x, index, value):
    """A copy of x in which x[index] is `value`."""
    out = np.empty(x.array.shape, x.array.dtype)
    launch(kernels.copy, out, x.array)
    launch(kernels.index_put, out, value.array, *index)
    return record(
        "setitem",
        out,
        (x, value),
        lambda g: _with_item(g, index, Tensor(np.zeros((), g.dtype))),
        lambda g: getitem(g, index),
    )


def narrow(x, dim, start, length):
    """The part of x from `start`, `length` long, along `dim`; a view."""
    axis = axis_of("narrow", dim, x.array.ndim)
    return getitem(x, (*[slice(None)] * axis, slice(start, start + length)))


@op
def gather(x, dim, index):
    """out[i][j] = x[i][index[i][j]] for dim 1, and likewise for others; `index` has as many dimensions as x."""
    axis = axis_of("gather", dim, x.array.ndim)
    shape, where = x.array.shape, index.array
    if where.dtype.kind != "i":
        raise DTypeError(f"gather: expected an index of integers, got {index.dtype}")
    if where.ndim != x.array.ndim or any(n > m for i, (n, m) in enumerate(zip(where.shape, shape)) if i != axis):
        raise ShapeError(f"gather: expected an index that fits {shape} outside dimension {axis}, got {where.shape}")
    if where.size and not (0 <= where.min() and where.max() < shape[axis]):
        raise IndexError(f"gather: expected indices in [0, {shape[axis]}), got {where.min()} to {where.max()}")
    out = np.empty(where.shape, x.array.dtype)
    launch(kernels.gather, out, x.array, where, axis)
    return record("gather", out, (x,), lambda g: scatter_into_zeros(g, shape, axis, index))


def scatter_into_zeros(g, shape, axis, index):
    out = np.zeros(shape, g.array.dtype)
    launch(kernels.scatter_add, out, g.array, index.array, axis)
    return record("scatter_add", out, (g,), lambda h: gather(h, axis, index))
