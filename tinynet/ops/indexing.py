"""Indexing: slices are views, arrays of integers or booleans make copies; both have their gradients."""

import functools
import warnings

import numpy as np

from ..arguments import INT64, axis_of, integer, shown, wrong_kind
from ..autograd.graph import record, scatter, write_in_place
from ..autograd.mode import mode
from ..errors import ArgumentTypeError, ArgumentValueError, DeviceError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, host
from ..kernels.filled import zeros
from ..kernels.launch import launch
from ..tensor import Tensor, check_writable, wrap
from ..tensor_arguments import expect_tensor
from .operands import as_operand
from .registry import op
from .shape import copied, reshape

FUNCTIONS = "gather narrow narrow_copy"
METHODS = FUNCTIONS


def _parse(index, x):
    """The index into x as PyTorch understands it, in two steps that NumPy does: (basic, arrays), each may be None.

    Numbers, slices, None and ... come first and make a view; arrays of integers or booleans are looked up in that.
    (NumPy itself takes a number beside an array for one more array, and puts the new dimensions elsewhere.)
    Arrays in an index are the host's, wherever x lies: the shape of what they find must be known there.
    """
    ndim, on_cpu = x.ndim, x.__class__ is np.ndarray
    parts = index if index.__class__ is tuple else (index,)
    for part in parts:
        if part.__class__ not in _PLACES and not _is_plain_slice(part):
            break
    else:
        return parts, None
    if index.__class__ is list and any(p is None or p is Ellipsis or isinstance(p, _NESTED) for p in index):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated; use x[tuple(seq)] for what is "
            "done here, or x[tensor(seq)] to index the first dimension",
            stacklevel=3,
        )
        index = tuple(index)
    parts = [_part(p, on_cpu) for p in (index if isinstance(index, tuple) else (index,))]
    kinds = [p.__class__ for p in parts]
    if np.ndarray not in kinds and bool not in kinds:
        return tuple(parts), None
    if Ellipsis in [p for p in parts if p.__class__ is not np.ndarray]:
        at = kinds.index(type(Ellipsis))
        missing = ndim - sum(_dimensions(p) for p in parts if p is not Ellipsis)
        parts[at : at + 1] = [slice(None)] * missing
    if int not in kinds:
        return None, tuple(parts)
    basic, arrays = [], []
    for part in parts:
        is_array = part.__class__ is np.ndarray or part.__class__ is bool
        basic.extend([slice(None)] * _dimensions(part) if is_array else [part])
        if part.__class__ is not int:
            arrays.append(part if is_array else slice(None))
    return tuple(basic), tuple(arrays)


def _is_plain_slice(part):
    """Whether this is a slice with integers for bounds, that goes forwards."""
    if part.__class__ is not slice:
        return False
    start, stop, step = part.start, part.stop, part.step
    return (
        (start is None or (start.__class__ is int and INT64[0] <= start <= INT64[1]))
        and (stop is None or (stop.__class__ is int and INT64[0] <= stop <= INT64[1]))
        and (step is None or (step.__class__ is int and 0 < step <= INT64[1]))
    )


_NESTED = list, tuple, range, slice, np.ndarray, Tensor  # in a list: as in PyTorch, the list stands for a tuple


def _part(part, on_cpu):
    """A part of an index in its simplest form: int, bool, slice, None, ... or an array."""
    if isinstance(part, Tensor):
        if on_cpu and part.is_cuda:
            raise DeviceError(f"index: expected an index on the CPU, as the tensor is, got one on {part.device}")
        part = host(part.array)
    if isinstance(part, list | tuple | range):
        try:
            part = np.asarray(part)
        except ValueError:  # sequences of several lengths, or too deep
            raise wrong_kind("index", "a sequence", "of integers or booleans", part) from None
        if part.size == 0 and part.dtype.kind == "f":
            part = part.astype(np.int64)
    if isinstance(part, np.ndarray | np.generic):
        part = _truths(part) if part.dtype == np.uint8 else part
        if part.dtype.kind not in "bi":
            raise DTypeError(f"index: expected integers or booleans, got {part.dtype}")
        return part.item() if part.ndim == 0 else part
    if isinstance(part, slice):
        bounds = part.start, part.stop, part.step
        part = slice(*[n if n is None else integer("index", "a bound of a slice", n) for n in bounds])
        if part.step is not None and part.step <= 0:
            raise ArgumentValueError(f"index: expected a slice with a step > 0, got {part.step}")
    elif part is not None and part is not Ellipsis and part.__class__ not in (int, bool):
        raise ArgumentTypeError(f"index: expected numbers, slices, ..., None or tensors, got {shown(part)}")
    return part


def _truths(part):
    """A mask of uint8, as comparisons once made them."""
    warnings.warn("indexing with dtype uint8 is deprecated: it is taken for a mask; use bool", stacklevel=5)
    return part != 0


def _dimensions(part):
    """How many dimensions of the tensor a part of an index is for."""
    if part.__class__ is np.ndarray:
        return part.ndim if part.dtype.kind == "b" else 1
    return 0 if part is None or part.__class__ is bool else 1


def found_shape(array, basic, arrays):
    """The shape of what an index in two steps finds. Raises IndexError outside the array."""
    found = array if basic is None else _view(array, basic)
    if arrays is None:
        return found.shape
    named = sum([_dimensions(part) for part in arrays])
    try:
        return _without_values(found.shape[:named])[arrays].shape + found.shape[named:]
    except (IndexError, OverflowError) as error:
        raise IndexError(f"index of a tensor of shape {array.shape}: {error}") from None


@functools.lru_cache(maxsize=64)
def _without_values(shape):
    """An array that takes no memory: to index it tells of the shape."""
    return np.broadcast_to(np.zeros((), bool), shape)


def _view(array, index):
    """array[index] for numbers and slices. Raises IndexError outside the array."""
    try:
        return array[index]
    except (IndexError, OverflowError) as error:
        raise IndexError(f"index of a tensor of shape {array.shape}: {error}") from None


@op
def getitem(x, index):
    """x[index]: a view for numbers and slices, a copy for arrays of integers or booleans.

    Raises: IndexError outside x, DTypeError and ArgumentTypeError for what is no index.
    """
    if index.__class__ in _PLACES:
        return sliced(x.settle(), (index,))
    basic, arrays = _parse(index, x.array)
    return sliced(x.settle(), basic) if arrays is None else _take(x, basic, arrays)


_PLACES = {int, type(None), type(...)}  # what finds a view and needs no look


def sliced(x, index):
    """x[index] for numbers and slices that are known to be right, of a tensor that is settled."""
    shape, found = x.array.shape, _view(x.array, index)
    if isinstance(found, np.generic):  # all dimensions were named, and what was found is no view
        index = (*index, ...)
        found = x.array[index]

    def add(out, g):
        launch(kernels.add, out[index], out[index], g)

    return record("getitem", found, (x,), scatter(shape, add, lambda h: sliced(h, index)), view=True)


def take_along(x, axis, index):
    """The slices of x along an axis that a vector of indices, which are known to lie inside, names; a copy."""
    return _take(x, None, (*[slice(None)] * axis, host(index.array)))


def _take(x, basic, index):
    if basic is not None:
        x = sliced(x, basic)
    shape = x.array.shape
    out = empty(found_shape(x.array, None, index), x.array.dtype, x.array)
    launch(kernels.index, out, x.array, *index)
    if x._edge is not None:
        index = _frozen(index)
    add = lambda out, g: launch(kernels.index_add, out, g, *index)
    return record("getitem", out, (x,), scatter(shape, add, lambda h: _take(h, None, index)))


def _frozen(index):
    """The index as it is now, for a gradient that is computed later."""
    return index and tuple([i.copy() if i.__class__ is np.ndarray else i for i in index])


def setitem(x, index, value):
    """x[index] = value, in place; gradients flow to `value` and to what x held elsewhere.

    Raises: ShapeError for a value that does not broadcast to x[index], and the errors of an index.
    """
    basic, arrays = _parse(index, x.array)
    value = as_operand("setitem", value, x.array.dtype)
    target = found_shape(x.array, basic, arrays)
    shape = value.array.shape
    if len(shape) > len(target) and set(shape[: len(shape) - len(target)]) == {1}:
        value = reshape(value, shape[len(shape) - len(target) :])
    shape = value.array.shape
    if shape and shape != target:
        try:
            np.broadcast_to(value.array, target)
        except ValueError:
            raise ShapeError(f"setitem: expected a value that broadcasts to {target}, got {value.shape}") from None
    if mode.enabled and not (value._edge is x._edge is None):
        basic, arrays = _frozen(basic), _frozen(arrays)
        write_in_place("setitem", x, lambda before: with_item(before, basic, arrays, value))
    else:
        check_writable("setitem", x)
        _put(x.array, basic, arrays, value.array)
        x.mark_written()


def _put(array, basic, arrays, value):
    if arrays is None:
        launch(kernels.index_put, array, value, *basic)
    else:
        launch(kernels.index_put, array if basic is None else array[basic], value, *arrays)


@op
def with_item(x, basic, arrays, value):
    """A copy of x in which x[index] is `value`."""
    out = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.copy, out, x.array)
    _put(out, basic, arrays, value.array)
    return record(
        "setitem",
        out,
        (x, value),
        lambda g: with_item(g, basic, arrays, wrap(zeros((), g.dtype, g.array))),
        lambda g: sliced(g, basic) if arrays is None else _take(g, basic, arrays),
    )


def narrow(input, dim, start, length):
    """The part of x from `start`, `length` long, along `dim`; a view. A negative `start` counts from the end.

    Raises: ArgumentValueError for a part that is not inside x.
    """
    x = expect_tensor("narrow", input)
    axis = axis_of("narrow", dim, x.array.ndim)
    n = x.array.shape[axis]
    start = integer("narrow", "start", start, -n, n)
    start += n if start < 0 else 0
    length = integer("narrow", "length", length, 0, n - start)
    return getitem(x, (*[slice(None)] * axis, slice(start, start + length)))


def narrow_copy(input, dim, start, length):
    """`narrow`, as a copy. Raises ArgumentValueError for a part that is not inside x."""
    return copied(narrow(input, dim, start, length))


@op
def gather(input, dim, index):
    """out[i][j] = x[i][index[i][j]] for dim 1, and likewise for others; `index` has as many dimensions as x.

    Raises: DTypeError, ShapeError for an index that does not fit, TargetError for one outside x.
    """
    x = expect_tensor("gather", input)
    expect_tensor("gather", index, "index")
    axis = axis_of("gather", dim, max(x.array.ndim, 1))
    if index.array.size == 0:  # of whatever dtype
        return reshape(narrow(reshape(x, -1), 0, 0, 0), index.array.shape)
    if (x.array.ndim == 0 or index.array.ndim == 0) and x.array.ndim + index.array.ndim < 2:
        return reshape(gather(reshape(x, -1), 0, reshape(index, -1)), index.array.shape)
    shape, where = x.array.shape, index.array
    if where.dtype.kind != "i":
        raise DTypeError(f"gather: expected an index of integers, got {index.dtype}")
    if not fits(where.shape, shape, axis):
        raise ShapeError(f"gather: expected an index that fits {shape} outside dimension {axis}, got {where.shape}")
    check_range("gather: expected indices", where, shape[axis])
    out = empty(where.shape, x.array.dtype, x.array)
    launch(kernels.gather, out, x.array, where, axis)
    return record("gather", out, (x,), scatter_along(shape, axis, index))


@functools.lru_cache(maxsize=1024)
def fits(places, shape, axis):
    """Whether an index of a shape is no larger than another shape outside the axis."""
    return len(places) == len(shape) and all(n <= m or d == axis for d, (n, m) in enumerate(zip(places, shape)))


ANY = np.iinfo(np.int64).max


def check_range(what, index, stop, allowed=ANY):
    """Raise TargetError unless all numbers of an index are in [0, stop) or `allowed`."""
    launch(kernels.check_range, index, stop, allowed, what)


def scatter_along(shape, axis, index):
    """The rule of `gather`. What `index` holds may have changed since, by a write that no tensor noticed."""

    def add(out, g):
        check_range("gather: expected indices", index.array, shape[axis])
        launch(kernels.scatter_add, out, g, index.array, axis)

    return scatter(shape, add, lambda h: gather(h, axis, index))
