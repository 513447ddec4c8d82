"""Tensors by their strides: the memory in which a tensor lies, seen in any shape."""

import math

import numpy as np

from .. import dtypes
from ..arguments import check_room, integer, sizes
from ..autograd.graph import record, view_in_place
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, put
from ..kernels.filled import full, in_shape, zeros
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .choosing import where
from .creation import empty as new
from .operands import to
from .registry import op
from .strides import in_storage, needed, shares_elements, storage_of

FUNCTIONS = "as_strided as_strided_scatter empty_strided"
METHODS = "as_strided as_strided_ as_strided_scatter new_empty_strided"


def _geometry(where, size, stride):
    """(shape, strides), checked. Raises ShapeError for another number of strides than of sizes."""
    shape, strides = sizes(where, "size", (size,)), sizes(where, "stride", (stride,))
    if len(shape) != len(strides):
        raise ShapeError(f"{where}: expected a stride for each size, got size {shape} and stride {strides}")
    return shape, strides


def as_strided(input, size, stride, storage_offset=None):
    """The memory of x, in which element i, j, ... is at storage_offset + i · stride[0] + j · stride[1] + ...; a view.

    The memory is all of that in which x lies, if x is a view itself. Elements of it that are not in x get no gradient.
    What shares elements is read-only.

    Raises: ShapeError where elements would lie outside that memory.
    """
    x, seen, own = _in_memory("as_strided", input, size, stride, storage_offset)
    shape, strides, offset = seen
    found = in_storage(x.array, shape, strides, offset if math.prod(shape) else 0)
    return record("as_strided", found, (x,), lambda g: _in_own_place(g, seen, own), view=True)


def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """x with `src` in place of `as_strided`: as that says where in memory an element is, so far as it is in x.

    Raises: ShapeError for a src of another shape than `size`, elements outside that memory, and ones that share it.
    """
    name = "as_strided_scatter"
    x, seen, own = _in_memory(name, input, size, stride, storage_offset)
    src = expect_tensor(name, src, "src")
    if src.array.shape != seen[0]:
        raise ShapeError(f"{name}: expected a src of shape {seen[0]}, got {src.shape}")
    if shares_elements(*seen[:2]):
        raise ShapeError(f"{name}: expected strides by which no two elements are one, got size {size}, stride {stride}")
    src = to(src, x.array.dtype)
    there = moved(wrap(full(seen[0], True, dtypes.bool, x.array)), seen, own)
    return where(there, moved(src, seen, own), x)


def _in_memory(where, input, size, stride, storage_offset):
    """(x, the (shape, strides, offset) that are asked for, its own). Raises ShapeError where they leave its memory."""
    x = expect_tensor(where, input).settle()
    shape, strides = _geometry(where, size, stride)
    room, start = storage_of(x.array)
    offset = start if storage_offset is None else integer(where, "storage_offset", storage_offset, 0)
    if needed(shape, strides, offset) > room:
        raise ShapeError(
            f"{where}: expected elements in memory of {room} elements, got size {shape}, stride {strides} and "
            f"storage_offset {offset}, for which it needs {needed(shape, strides, offset)}"
        )
    return x, (shape, strides, offset), (*_strides_of(x.array), start)


def _strides_of(array):
    return array.shape, tuple([s // array.itemsize for s in array.strides])


def _in_own_place(g, source, own):
    """The gradient by a tensor of the gradient by a view of its memory; elements that are one place share it."""
    found = moved(g, source, own)
    if not shares_elements(*own[:2]):
        return found
    ones = wrap(full(own[0], 1, found.dtype, found.array))
    return found / moved(ones, own, own)


@op
def moved(x, source, target):
    """What a tensor of the strides of `target` sees, after x was added to zeros through the strides of `source`.

    Each is (shape, strides, offset). With source and target exchanged it is its own transpose.
    """
    low = min(source[2], target[2])
    a, b = ((shape, strides, offset - low) for shape, strides, offset in (source, target))
    line = zeros((max(needed(*a), needed(*b), 1),), x.array.dtype, x.array)
    if shares_elements(*a[:2]):
        places = in_storage(np.arange(line.size), *a)
        launch(kernels.scatter_add, line, in_shape(x.array, -1), put(places.reshape(-1), line), 0)
    elif x.array.size:
        launch(kernels.copy, in_storage(line, *a), x.array)
    out = empty(b[0], x.array.dtype, x.array)
    if out.size:
        launch(kernels.copy, out, in_storage(line, *b))
    return record("as_strided", out, (x,), lambda g: moved(g, target, source))


def as_strided_(input, size, stride, storage_offset=None):
    """Let x see its memory by other strides: see `as_strided`. Raises ShapeError where it would leave it."""
    return view_in_place("as_strided_", input, lambda x: as_strided(x, size, stride, storage_offset))


def empty_strided(size, stride, *, dtype=None, device=None, requires_grad=False):
    """Memory with whatever is in it, of any strides; elements may share it."""
    shape, strides = _geometry("empty_strided", size, stride)
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    room = needed(shape, strides, 0)
    check_room("empty_strided", (room,), dtype)
    line = new(room, dtype=dtype, device=device).array
    return wrap(in_storage(line, shape, strides, 0)).keep_order().requires_grad_(requires_grad)


def new_empty_strided(input, size, stride, *, dtype=None, device=None, requires_grad=False):
    """`empty_strided`, by default of the dtype and on the device of x."""
    dtype, device = input.dtype if dtype is None else dtype, input.device if device is None else device
    return empty_strided(size, stride, dtype=dtype, device=device, requires_grad=requires_grad)
