"""Operations that change the shape: views of the same memory where that can be, else copies."""

import numpy as np

from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import cpu as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from ..tensor import Tensor
from .registry import op


def axis_of(name, dim, ndim):
    """`dim` counted from the front; dimensions count from −ndim to ndim − 1."""
    if not -ndim <= dim < ndim:
        raise IndexError(f"{name}: expected a dimension from {-ndim} to {ndim - 1}, got {dim}")
    return dim % ndim


def _sizes(name, sizes):
    if len(sizes) == 1 and not isinstance(sizes[0], int | np.integer):
        sizes = sizes[0]
    sizes = tuple(int(s) for s in sizes)
    if any(s < -1 for s in sizes) or sizes.count(-1) > 1:
        raise ShapeError(f"{name}: expected sizes ≥ 0 and at most one −1, got {sizes}")
    return sizes


@op
def reshape(x, *shape):
    """The elements of x in the shape given, one size of which may be −1; a view where x is contiguous."""
    shape, before = _sizes("reshape", shape), x.array.shape
    try:
        out = x.array.reshape(shape)
    except ValueError:
        raise ShapeError(f"reshape: {x.array.size} elements of shape {before} do not fit {shape}") from None
    shares = x.array.flags.c_contiguous or np.may_share_memory(out, x.array)
    return record("reshape", out, (x,), lambda g: reshape(g, before), view=shares)


def view(x, *shape):
    """The same memory in another shape."""
    if len(shape) == 1 and not isinstance(shape[0], int | tuple | list):
        raise DTypeError(f"view: expected sizes, got {shape[0]!r}; use to() for another dtype")
    out = reshape(x, *shape)
    if out.array.size and not np.may_share_memory(out.array, x.array):
        raise ShapeError(
            f"view: no view of shape {out.shape} exists of a tensor with strides {x.stride()}; use reshape"
        )
    return out


def flatten(x, start_dim=0, end_dim=-1):
    """x with the dimensions from `start_dim` to `end_dim` made one."""
    if x.array.ndim == 0:
        return reshape(x, 1)
    first, last = axis_of("flatten", start_dim, x.array.ndim), axis_of("flatten", end_dim, x.array.ndim)
    if first > last:
        raise ShapeError(f"flatten: expected start_dim ≤ end_dim, got {start_dim} and {end_dim}")
    if first == last:
        return x
    s = x.array.shape
    return reshape(x, (*s[:first], int(np.prod(s[first : last + 1])), *s[last + 1 :]))


@op
def permute(x, *dims):
    """x with its dimensions in the order given; a view."""
    dims = dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims
    axes = tuple(axis_of("permute", d, x.array.ndim) for d in dims)
    if sorted(axes) != list(range(x.array.ndim)):
        raise ShapeError(f"permute: expected each of {x.array.ndim} dimensions once, got {tuple(dims)}")
    back = tuple(np.argsort(axes))
    return record("permute", x.array.transpose(axes), (x,), lambda g: permute(g, *map(int, back)), view=True)


@op
def transpose(x, dim0, dim1):
    """x with two dimensions exchanged; a view."""
    n = x.array.ndim
    a, b = axis_of("transpose", dim0, n), axis_of("transpose", dim1, n)
    return record("transpose", x.array.swapaxes(a, b), (x,), lambda g: transpose(g, a, b), view=True)


def t(x):
    """The transpose of a matrix; a view."""
    if x.array.ndim > 2:
        raise ShapeError(f"t: expected at most 2 dimensions, got shape {x.shape}")
    return x if x.array.ndim < 2 else transpose(x, 0, 1)


def mT(x):
    """Each matrix of the last two dimensions transposed; a view."""
    if x.array.ndim < 2:
        raise ShapeError(f"mT: expected at least 2 dimensions, got shape {x.shape}")
    return transpose(x, -2, -1)


@op
def expand(x, *sizes):
    """x repeated along dimensions of length 1, without copying; −1 keeps a dimension."""
    sizes = sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes
    shape = x.array.shape
    offset = len(sizes) - len(shape)
    full = tuple(shape[i - offset] if s == -1 and i >= offset else s for i, s in enumerate(sizes))
    try:
        out = np.broadcast_to(x.array, full)
    except ValueError:
        raise ShapeError(f"expand: expected sizes that {shape} broadcasts to, got {tuple(sizes)}") from None
    return record("expand", out, (x,), lambda g: g, view=True)  # the walk sums over the repetitions


def expand_as(x, other):
    return expand(x, other.shape)


def broadcast_to(x, shape):
    return expand(x, shape)


@op
def squeeze(x, dim=None):
    """x without its dimensions of length 1, or without those named in `dim` where they have length 1."""
    shape = x.array.shape
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    gone = {axis_of("squeeze", d, len(shape)) for d in dims if shape}
    out = x.array.reshape([s for i, s in enumerate(shape) if not (i in gone and s == 1)])
    return record("squeeze", out, (x,), lambda g: reshape(g, shape), view=True)


@op
def unsqueeze(x, dim):
    """x with a dimension of length 1 put in at `dim`; a view."""
    axis = axis_of("unsqueeze", dim, x.array.ndim + 1)
    shape = x.array.shape
    return record("unsqueeze", np.expand_dims(x.array, axis), (x,), lambda g: reshape(g, shape), view=True)


@op
def sum_to_size(x, *size):
    """The sum over the dimensions along which `size` would be broadcast to the shape of x."""
    size = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    shape = x.array.shape
    lead = len(shape) - len(size)
    if lead < 0 or any(s not in (1, shape[lead + i]) for i, s in enumerate(size)):
        raise ShapeError(f"sum_to_size: expected a size that broadcasts to {shape}, got {tuple(size)}")
    axes = (*range(lead), *(lead + i for i, s in enumerate(size) if s == 1 and shape[lead + i] != 1))
    out = empty([1 if i in axes else s for i, s in enumerate(shape)], x.array.dtype, x.array)
    launch(kernels.sum, out, x.array, axes)
    return record("sum_to_size", out.reshape(size), (x,), lambda g: expand(g, shape))


@op
def contiguous(x):
    """x itself if its elements lie in memory in order, else a copy in which they do."""
    if x.array.flags.c_contiguous:
        return x
    out = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.copy, out, x.array)
    return record("contiguous", out, (x,), lambda g: g)


@op
def cat(tensors, dim=0):
    """The tensors one after another along `dim`; the other sizes must agree."""
    from .arithmetic import to
    from .indexing import narrow

    tensors = list(tensors)
    if not tensors:
        raise ShapeError("cat: expected at least one tensor, got none")
    first = tensors[0].array
    if first.ndim == 0:
        raise ShapeError("cat: 0-d tensors cannot be concatenated; use stack")
    axis = axis_of("cat", dim, first.ndim)
    for i, x in enumerate(tensors):
        s = x.array.shape
        if len(s) != first.ndim or s[:axis] + s[axis + 1 :] != first.shape[:axis] + first.shape[axis + 1 :]:
            raise ShapeError(
                f"cat: expected sizes that agree with {first.shape} except in dimension {axis}, got {s} at {i}"
            )
    dtype = np.result_type(*(x.array.dtype for x in tensors))
    if any(x.array.dtype.kind == "f" for x in tensors) and dtype != first.dtype:  # int64 with float32 is float32
        dtype = np.result_type(*(x.array.dtype for x in tensors if x.array.dtype.kind == "f"))
    tensors = [to(x, dtype) for x in tensors]
    sizes = [x.array.shape[axis] for x in tensors]
    out = empty((*first.shape[:axis], sum(sizes), *first.shape[axis + 1 :]), dtype, tensors[0].array)
    launch(kernels.concatenate, out, axis, *(x.array for x in tensors))

    def piece(start, length):
        return lambda g: narrow(g, axis, start, length)

    starts = np.cumsum([0, *sizes[:-1]])
    return record("cat", out, tensors, *(piece(int(a), n) for a, n in zip(starts, sizes)))


def stack(tensors, dim=0):
    """The tensors, all of one shape, along a new dimension `dim`."""
    tensors = list(tensors)
    for i, x in enumerate(tensors):
        if x.shape != tensors[0].shape:
            raise ShapeError(f"stack: expected tensors of one shape, {tensors[0].shape}, got {x.shape} at {i}")
    if not tensors:
        raise ShapeError("stack: expected at least one tensor, got none")
    axis = axis_of("stack", dim, tensors[0].array.ndim + 1)
    return cat([unsqueeze(x, axis) for x in tensors], axis)


def is_tensor(x):
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)
