"""Pieces of a tensor, and repetitions: each composed of views and other operations."""

import numpy as np

from ..errors import ShapeError
from ..kernels.arrays import host, put
from ..tensor import Tensor
from .arithmetic import where
from .indexing import getitem, narrow
from .shape import _sizes, axis_of, expand, reshape, unsqueeze


def split(x, split_size_or_sections, dim=0):
    """The parts of x along `dim`, each of a given size (the last may be smaller), or of the sizes listed; views."""
    axis = axis_of("split", dim, x.array.ndim)
    n, sizes = x.array.shape[axis], split_size_or_sections
    if isinstance(sizes, int):
        if sizes < 0 or (sizes == 0 and n):
            raise ShapeError(f"split: expected a size > 0, got {sizes}")
        sizes = [sizes] * (n // sizes) + [n % sizes] * (n % sizes > 0) if n else [0]
    if sum(sizes) != n or any(s < 0 for s in sizes):
        raise ShapeError(f"split: expected sizes ≥ 0 that add up to {n}, the size of dimension {dim}, got {sizes}")
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple(narrow(x, axis, start, size) for start, size in zip(starts, sizes))


def chunk(x, chunks, dim=0):
    """x in at most so many parts of equal size along `dim`, the last of which may be smaller; views."""
    if chunks <= 0:
        raise ValueError(f"chunk: expected chunks > 0, got {chunks}")
    n = x.array.shape[axis_of("chunk", dim, x.array.ndim)]
    return split(x, -(-n // chunks), dim) if n else split(x, [0] * chunks, dim)


def unbind(x, dim=0):
    """The slices of x along `dim`, without that dimension; views."""
    axis = axis_of("unbind", dim, x.array.ndim)
    return tuple(getitem(x, (*[slice(None)] * axis, i)) for i in range(x.array.shape[axis]))


def tril(x, diagonal=0):
    """The lower triangles of the matrices in x, up to a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
    return where(_triangle("tril", x, diagonal), x, 0)


def triu(x, diagonal=0):
    """The upper triangles of the matrices in x, from a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
    return where(_triangle("triu", x, diagonal - 1), 0, x)


def _triangle(name, x, diagonal):
    if x.array.ndim < 2:
        raise ShapeError(f"{name}: expected at least 2 dimensions, got shape {x.shape}")
    return Tensor(put(np.tri(*x.array.shape[-2:], diagonal, dtype=bool), x.array))


def repeat(x, *sizes):
    """x beside itself, sizes[i] times along dimension i; more sizes than dimensions make new ones in front."""
    sizes, shape = _sizes("repeat", sizes), x.array.shape
    if len(sizes) < len(shape) or -1 in sizes:
        raise ShapeError(f"repeat: expected at least {len(shape)} numbers ≥ 0, got {sizes}")
    shape = (1,) * (len(sizes) - len(shape)) + shape
    apart = reshape(x, [n for s in shape for n in (1, s)])
    apart = expand(apart, [n for pair in zip(sizes, shape) for n in pair])
    return reshape(apart, [r * s for r, s in zip(sizes, shape)])


def repeat_interleave(x, repeats, dim=None):
    """x with each slice along `dim` repeated so many times in a row: a number, or one for each slice.

    Without `dim`, of the flattened tensor.
    """
    if dim is None:
        x, dim = reshape(x, -1), 0
    axis = axis_of("repeat_interleave", dim, x.array.ndim)
    shape = x.array.shape
    if isinstance(repeats, Tensor):
        if repeats.array.size not in (1, shape[axis]):
            raise ShapeError(f"repeat_interleave: expected {shape[axis]} repeats, got {repeats.shape}")
        which = put(np.repeat(np.arange(shape[axis]), host(repeats.array).reshape(-1)), x.array)
        return getitem(x, (*[slice(None)] * axis, Tensor(which)))
    apart = expand(unsqueeze(x, axis + 1), *shape[: axis + 1], repeats, *shape[axis + 1 :])
    return reshape(apart, (*shape[:axis], shape[axis] * repeats, *shape[axis + 1 :]))
