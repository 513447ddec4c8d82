"""Resizing in place: another shape, in memory of its own."""

import math

from ..arguments import sizes
from ..errors import GraphError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import in_shape
from ..kernels.launch import launch
from ..memory_format import contiguous_format, preserve_format
from ..tensor_arguments import expect_tensor
from .shape import in_format

FUNCTIONS = "resize_as_"
METHODS = "resize_ resize_as_"


def resize_(input, *sizes, memory_format=None):
    """Let x have another shape: its elements in order as far as there are so many, then whatever is in memory.

    It gets new memory, which the tensors that have shared the old one do not see.

    Raises: GraphError for a tensor that requires grad, a view, and a parameter of an optimizer.
    """
    x, shape = input, _sizes("resize_", "size", sizes)
    if x.requires_grad:
        raise GraphError("resize_: a tensor that requires grad cannot be resized; use reshape, or detach() first")
    if shape == x.shape:
        return x
    if x._base is not None:
        raise GraphError("resize_: a view cannot be resized; use clone() first")
    out, before = empty(shape, x.array.dtype, x.array), x.settle().array
    n = min(math.prod(shape), before.size)
    if n:
        launch(kernels.copy, out.reshape(-1)[:n], in_shape(before, -1)[:n])
    x.array, x._version = out, None
    if memory_format not in (None, contiguous_format, preserve_format):
        x.array = in_format("resize_", x, memory_format).array
        x.keep_order()
    return x


_sizes = sizes


def resize_as_(input, the_template, *, memory_format=None):
    """Let x have the shape of another tensor: see `resize_`.

    Raises: GraphError where x cannot be resized.
    """
    shape = expect_tensor("resize_as_", the_template, "the_template").shape
    return resize_(expect_tensor("resize_as_", input), shape, memory_format=memory_format)
