"""Dimensions and elements in another order: moved, exchanged, split in two, flipped, rolled, repeated, in windows."""

import numpy as np

from ..arguments import axes, axis_of, integer, sizes, wrong_kind, wrong_value
from ..autograd.graph import record, scatter
from ..errors import ArgumentTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, restrided
from ..kernels.launch import launch
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .pieces import repeat
from .registry import op
from .shape import contiguous, copied, permute, reshape, transpose, unsqueeze

FUNCTIONS = """movedim moveaxis swapaxes swapdims flip fliplr flipud roll rot90 tile unflatten ravel
    atleast_1d atleast_2d atleast_3d"""
METHODS = "movedim moveaxis swapaxes swapdims flip fliplr flipud roll rot90 tile unflatten unfold ravel reshape_as"


def several(where, name, positional, keyword):
    """What was given by position, one by one or in a sequence, or by its name.

    Raises: ArgumentTypeError for both.
    """
    if keyword is None:
        return positional
    if positional:
        raise ArgumentTypeError(f"{where}: expected {name} by position or as {name}=, got both")
    return keyword if isinstance(keyword, tuple | list) else (keyword,)


def movedim(input, source, destination):
    """x with the dimensions `source` in the places `destination`, and the others in their order; a view.

    Raises: ShapeError unless both name as many dimensions.
    """
    x = expect_tensor("movedim", input)
    source, destination = (_dims("movedim", d, x.array.ndim) for d in (source, destination))
    if len(source) != len(destination):
        raise ShapeError(f"movedim: expected as many destinations as sources, got {source} and {destination}")
    order = [d for d in range(x.array.ndim) if d not in source]
    for to, d in sorted(zip(destination, source)):
        order.insert(to, d)
    return permute(x, order)


moveaxis = movedim


def _dims(where, dims, ndim):
    """Dimensions counted from the front, none for an empty list."""
    return () if isinstance(dims, tuple | list) and not dims else axes(where, dims, ndim)


def swapaxes(input, axis0, axis1):
    """x with two dimensions exchanged; a view."""
    return transpose(input, axis0, axis1)


def swapdims(input, dim0, dim1):
    """x with two dimensions exchanged; a view."""
    return transpose(input, dim0, dim1)


def reshape_as(input, other):
    """The elements of x in the shape of `other`."""
    return reshape(input, expect_tensor("reshape_as", other, "other").shape)


def ravel(input):
    """The elements of x in one dimension; a view where x is contiguous."""
    return reshape(input, -1)


def unflatten(input, dim, sizes):
    """x with the dimension `dim` made several, of the sizes given, one of which may be −1; a view.

    Raises: ShapeError for sizes whose product is not that of the dimension.
    """
    x = expect_tensor("unflatten", input)
    if not isinstance(sizes, tuple | list):
        raise wrong_kind("unflatten", "sizes", "a tuple or list of integers", sizes)
    if not sizes:
        raise wrong_value("unflatten", "sizes that are not empty", sizes)
    axis, shape = axis_of("unflatten", dim, x.array.ndim), x.array.shape
    parts = [integer("unflatten", "sizes", s, -1) for s in sizes]
    known = int(np.prod([s for s in parts if s != -1]))
    if parts.count(-1) == 1 and known and shape[axis] % known == 0:
        parts[parts.index(-1)] = shape[axis] // known
    if -1 in parts or int(np.prod(parts)) != shape[axis]:
        raise ShapeError(f"unflatten: expected sizes with the product {shape[axis]}, that of {dim}, got {sizes}")
    return reshape(x, (*shape[:axis], *parts, *shape[axis + 1 :]))


@op
def reordered(x, axis, order):
    """The slices of x along `axis` in another order: out[k] = x[order[k]], for a permutation `order`."""
    out = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.index, out, x.array, *[slice(None)] * axis, order)
    return record("reordered", out, (x,), lambda g: reordered(g, axis, np.argsort(order)))


def flip(input, *args, dims=None):
    """x with its elements along `dims` from the last to the first; a copy."""
    x = expect_tensor("flip", input)
    dims = sizes("flip", "dims", several("flip", "dims", args, dims), -(2**63))
    over = [axis for axis in _dims("flip", dims, x.array.ndim) if x.array.shape[axis] > 1]
    for axis in over:
        x = reordered(x, axis, np.arange(x.array.shape[axis])[::-1])
    return x if over else copied(x)


def fliplr(input):
    """x with its columns, dimension 1, from the last to the first; a copy. Raises ShapeError for fewer dimensions."""
    return flip(_at_least("fliplr", input, 2), 1)


def flipud(input):
    """x with its rows, dimension 0, from the last to the first; a copy. Raises ShapeError for a 0-d tensor."""
    return flip(_at_least("flipud", input, 1), 0)


def _at_least(where, input, n):
    if expect_tensor(where, input).array.ndim < n:
        raise ShapeError(f"{where}: expected at least {n} dimensions, got shape {input.shape}")
    return input


def roll(input, shifts, dims=()):
    """x with its elements moved by `shifts` along `dims`, those that fall off the end put in front; a copy.

    Without `dims`, of the flattened tensor, in the shape of x. Raises: ShapeError unless there is a shift for each.
    """
    x = expect_tensor("roll", input)
    shifts = [integer("roll", "shifts", s) for s in (shifts if isinstance(shifts, tuple | list) else (shifts,))]
    dims = dims if isinstance(dims, tuple | list) else (dims,)
    if not dims and len(shifts) == 1:
        return reshape(roll(reshape(x, -1), shifts, 0), x.array.shape)
    if len(shifts) != len(dims):
        raise ShapeError(f"roll: expected as many shifts as dims, got {len(shifts)} and {len(dims)}")
    before = x
    for shift, dim in zip(shifts, dims):
        axis = axis_of("roll", dim, max(x.array.ndim, 1))
        n = x.array.shape[axis] if x.array.ndim else 1
        if n and shift % n:
            x = reordered(x, axis, (np.arange(n) - shift) % n)
    return copied(x) if x is before else x


def rot90(input, k=1, dims=(0, 1)):
    """x turned by k · 90° in the plane of two dimensions, from the first of them towards the second.

    Raises: ArgumentValueError unless two dimensions are named.
    """
    x, k = expect_tensor("rot90", input), integer("rot90", "k", k) % 4
    if not isinstance(dims, tuple | list) or len(dims) != 2:
        raise wrong_value("rot90", "two dims", dims)
    a, b = axes("rot90", dims, _at_least("rot90", x, 2).array.ndim)
    if k == 2:
        return flip(x, a, b)
    if k == 0:
        return copied(x)
    return transpose(flip(x, b), a, b) if k == 1 else flip(transpose(x, a, b), b)


def tile(input, *args, dims=None):
    """x beside itself, dims[i] times along dimension i, counted from the last; further dimensions are not repeated."""
    x = expect_tensor("tile", input)
    dims = sizes("tile", "dims", several("tile", "dims", args, dims))
    return repeat(x, (1,) * (x.array.ndim - len(dims)) + dims)


@op
def unfold(input, dimension, size, step):
    """All windows of `size` elements along a dimension, `step` apart: the last dimension of the result; a view.

    Raises: ArgumentValueError for a window larger than x.
    """
    x = expect_tensor("unfold", input).settle()
    shape = x.array.shape
    axis = axis_of("unfold", dimension, max(x.array.ndim, 1))
    n = shape[axis] if shape else 1
    size, step = integer("unfold", "size", size, 0, n), min(integer("unfold", "step", step, 1), n + 1)
    count = (n - size) // step + 1
    if not shape:
        return reshape(x, 1)[:size]
    strides = x.array.strides
    out = restrided(
        x.array,
        (*shape[:axis], count, *shape[axis + 1 :], size),
        (*strides[:axis], strides[axis] * step, *strides[axis + 1 :], strides[axis]),
        shared=step < size,
    )

    def add(out, g):  # an element of each window at a time, since windows may overlap
        for i in range(size):
            place = (*[slice(None)] * axis, slice(i, i + (count - 1) * step + 1, step))
            launch(kernels.add, out[place], out[place], g[..., i])

    take = lambda h: unfold(contiguous(h), axis, size, step)
    return record("unfold", out, (x,), scatter(shape, add, take), view=True)


def atleast_1d(*tensors):
    """Each tensor, a 0-d one in a new dimension; views."""
    return _each(tensors, lambda x: x if x.array.ndim else reshape(x, 1), "atleast_1d")


def atleast_2d(*tensors):
    """Each tensor in at least two dimensions, new ones in front; views."""
    return _each(tensors, lambda x: x if x.array.ndim > 1 else reshape(x, 1, -1), "atleast_2d")


def atleast_3d(*tensors):
    """Each tensor in at least three dimensions, a row (n,) becoming (1, n, 1) and a matrix (m, n, 1); views."""

    def grown(x):
        if x.array.ndim > 2:
            return x
        return unsqueeze(x if x.array.ndim == 2 else reshape(x, 1, -1), -1)

    return _each(tensors, grown, "atleast_3d")


def _each(tensors, function, where):
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return function(tensors[0])
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tensors[0]
    return tuple([function(expect_tensor(where, x, f"tensors[{i}]")) for i, x in enumerate(tensors)])
