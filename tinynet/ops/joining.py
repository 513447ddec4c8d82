"""Tensors joined into one, along a dimension they have or a new one."""

import functools

import numpy as np

from .. import dtypes
from ..arguments import axis_of
from ..autograd.graph import record
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from ..tensor import expect_tensors
from .arithmetic import to
from .indexing import narrow
from .registry import op
from .shape import reshape, unsqueeze

FUNCTIONS = "cat stack"


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
    for i, x in enumerate(tensors):
        s = x.array.shape
        if s == (0,):  # fits beside any others, as in PyTorch
            x = tensors[i] = reshape(x, (*first.shape[:axis], 0, *first.shape[axis + 1 :]))
            s = x.array.shape
        if len(s) != first.ndim or s[:axis] + s[axis + 1 :] != first.shape[:axis] + first.shape[axis + 1 :]:
            raise ShapeError(
                f"cat: expected sizes that agree with {first.shape} except in dimension {axis}, got {s} at {i}"
            )
    dtype = functools.reduce(dtypes.wider, [x.array.dtype for x in tensors])
    tensors = [to(x, dtype) for x in tensors]
    lengths = [x.array.shape[axis] for x in tensors]
    out = empty((*first.shape[:axis], sum(lengths), *first.shape[axis + 1 :]), dtype, tensors[0].array)
    launch(kernels.concatenate, out, tuple([x.array for x in tensors]), axis)

    def piece(start, length):
        return lambda g: narrow(g, axis, start, length)

    starts = np.cumsum([0, *lengths[:-1]])
    return record("cat", out, tensors, *(piece(int(a), n) for a, n in zip(starts, lengths)))


def stack(tensors, dim=0):
    """The tensors, all of one shape, along a new dimension `dim`.

    Raises: ShapeError where the shapes differ, or there is no tensor.
    """
    tensors = expect_tensors("stack", tensors)
    for i, x in enumerate(tensors):
        if x.shape != tensors[0].shape:
            raise ShapeError(f"stack: expected tensors of one shape, {tensors[0].shape}, got {x.shape} at {i}")
    if not tensors:
        raise ShapeError("stack: expected at least one tensor, got none")
    axis = axis_of("stack", dim, tensors[0].array.ndim + 1)
    return cat([unsqueeze(x, axis) for x in tensors], axis)
