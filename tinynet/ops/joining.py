"""Tensors joined into one, along a dimension they have or a new one."""

import functools
import itertools

import numpy as np

from .. import dtypes
from ..arguments import axis_of
from ..autograd.graph import record
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import zeros
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_tensors
from .indexing import getitem, narrow
from .operands import to
from .rearrange import atleast_1d, atleast_2d, atleast_3d
from .registry import op
from .shape import reshape

FUNCTIONS = "cat concat concatenate stack hstack vstack dstack column_stack row_stack block_diag"


@op
def cat(tensors, dim=0):
    """The tensors one after another along `dim`; the other sizes must agree.

    Raises: ShapeError where the other sizes differ, or there is no tensor.
    """
    tensors = expect_tensors("cat", tensors)
    if not tensors:
        raise ShapeError("cat: expected at least one tensor, got none")
    first = next((x.array for x in tensors if x.array.shape != (0,)), tensors[0].array)
    if first.ndim == 0:
        raise ShapeError("cat: 0-d tensors cannot be concatenated; use stack")
    axis = axis_of("cat", dim, first.ndim)
    before, after = first.shape[:axis], first.shape[axis + 1 :]
    for i, x in enumerate(tensors):
        s = x.array.shape
        if s == first.shape:
            continue
        if s == (0,):  # fits beside any others, as in PyTorch
            x = tensors[i] = reshape(x, (*before, 0, *after))
            s = x.array.shape
        if len(s) != first.ndim or s[:axis] != before or s[axis + 1 :] != after:
            raise ShapeError(
                f"cat: expected sizes that agree with {first.shape} except in dimension {axis}, got {s} at {i}"
            )
    tensors = _of_one_dtype(tensors)
    arrays = tuple([x.array for x in tensors])
    stops = list(itertools.accumulate([array.shape[axis] for array in arrays]))
    out = empty((*before, stops[-1], *after), arrays[0].dtype, arrays[0])
    launch(kernels.concatenate, out, arrays, axis)

    def piece(start, stop):
        return lambda g: narrow(g, axis, start, stop - start)

    return record("cat", out, tensors, *map(piece, (0, *stops), stops))


concat = concatenate = cat


def _of_one_dtype(tensors):
    dtypes_found = [x.array.dtype for x in tensors]
    dtype = dtypes_found[0]
    if dtypes_found.count(dtype) == len(dtypes_found):
        return tensors
    dtype = functools.reduce(dtypes.wider, dtypes_found)
    return [x if x.array.dtype is dtype else to(x, dtype) for x in tensors]


@op
def stack(tensors, dim=0):
    """The tensors, all of one shape, along a new dimension `dim`.

    Raises: ShapeError where the shapes differ, or there is no tensor.
    """
    tensors = expect_tensors("stack", tensors)
    if not tensors:
        raise ShapeError("stack: expected at least one tensor, got none")
    shape = tensors[0].array.shape
    for i, x in enumerate(tensors):
        if x.array.shape != shape:
            raise ShapeError(f"stack: expected tensors of one shape, {shape}, got {x.array.shape} at {i}")
    axis, tensors = axis_of("stack", dim, len(shape) + 1), _of_one_dtype(tensors)
    before, like = (slice(None),) * axis, tensors[0].array
    out = empty((*shape[:axis], len(tensors), *shape[axis:]), like.dtype, like)
    launch(kernels.concatenate, out, tuple([x.array[(*before, None)] for x in tensors]), axis)

    def part(i):
        return lambda g: getitem(g, (*before, i))

    return record("stack", out, tensors, *map(part, range(len(tensors))))


def hstack(tensors):
    """The tensors beside each other: along dimension 1, or 0 of vectors."""
    tensors = atleast_1d(expect_tensors("hstack", tensors))
    return cat(tensors, 0 if tensors and tensors[0].array.ndim == 1 else 1)


def vstack(tensors):
    """The tensors below each other: along dimension 0, where a vector is a row."""
    return cat(atleast_2d(expect_tensors("vstack", tensors)), 0)


row_stack = vstack


def dstack(tensors):
    """The tensors behind each other: along dimension 2."""
    return cat(atleast_3d(expect_tensors("dstack", tensors)), 2)


def column_stack(tensors):
    """The tensors beside each other: along dimension 1, where a vector is a column."""
    tensors = expect_tensors("column_stack", tensors)
    return cat([x if x.array.ndim > 1 else reshape(x, -1, 1) for x in tensors], 1)


def block_diag(*tensors):
    """The matrix that has the tensors, matrices or less, along its diagonal and 0 elsewhere.

    Raises: ShapeError for more than 2 dimensions.
    """
    blocks = atleast_2d(expect_tensors("block_diag", tensors)) or [wrap(np.zeros((1, 0), dtypes.default))]
    if any(x.array.ndim > 2 for x in blocks):
        raise ShapeError(f"block_diag: expected at most 2 dimensions, got shapes {[x.shape for x in tensors]}")
    width, before, rows = sum([x.array.shape[1] for x in blocks]), 0, []
    for x in blocks:
        height, n = x.array.shape
        sides = [zeros((height, m), x.array.dtype, x.array) for m in (before, width - before - n)]
        rows.append(cat([wrap(sides[0]), x, wrap(sides[1])], 1))
        before += n
    return cat(rows, 0)
