"""Pieces of a tensor, and repetitions: each composed of views and other operations."""

import itertools

import numpy as np

from ..arguments import axis_of, check_room, integer, sizes
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import host, put
from ..kernels.runtime.plans import planned
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .choosing import where
from .indexing import getitem, narrow, sliced
from .shape import copied, expand, reshape, unsqueeze

FUNCTIONS = """split split_with_sizes unsafe_split unsafe_chunk chunk tensor_split hsplit vsplit dsplit unbind tril triu
    repeat_interleave"""
METHODS = f"{FUNCTIONS} repeat"
IN_PLACE = "tril triu"


def split(tensor, split_size_or_sections, dim=0):
    """The parts of x along `dim`, each of a given size (the last may be smaller), or of the sizes listed; views.

    Raises: ShapeError for sections that do not add up.
    """
    x = expect_tensor("split", tensor, "tensor")
    axis = axis_of("split", dim, x.array.ndim)
    n = x.array.shape[axis]
    if isinstance(split_size_or_sections, tuple | list):
        parts = sizes("split", "a section", split_size_or_sections)
        if sum(parts) != n:
            raise ShapeError(f"split: expected sections that add up to {n}, the size of dimension {dim}, got {parts}")
    else:
        size = integer("split", "split_size", split_size_or_sections, 1 if n else 0)
        parts = [size] * (n // size) + [n % size] * (n % size > 0) if n else [0]
    x, before = x.settle(), (slice(None),) * axis
    stops = list(itertools.accumulate(parts))
    return tuple([sliced(x, (*before, slice(stop - size, stop))) for stop, size in zip(stops, parts)])


def split_with_sizes(input, split_sizes, dim=0):
    """The parts of x along `dim` of the sizes listed; views. Raises ShapeError for sizes that do not add up."""
    return split(input, sizes("split_with_sizes", "split_sizes", (split_sizes,)), dim)


PART = 1024  # bytes that a tensor takes, however small: a great number of empty parts must not take all memory


def chunk(input, chunks, dim=0):
    """x in at most so many parts of equal size along `dim`, the last of which may be smaller; views."""
    x, chunks = expect_tensor("chunk", input), integer("chunk", "chunks", chunks, 1)
    n = x.array.shape[axis_of("chunk", dim, x.array.ndim)]
    check_room("chunk", (1 if n else chunks, PART), np.dtype(np.uint8))
    return split(x, -(-n // chunks), dim) if n else split(x, [0] * chunks, dim)


def unsafe_split(input, split_size, dim=0):
    """`split`; the name is for parts that a script changes in place."""
    return split(input, split_size, dim)


def unsafe_chunk(input, chunks, dim=0):
    """`chunk`; the name is for parts that a script changes in place."""
    return chunk(input, chunks, dim)


def tensor_split(input, indices_or_sections, dim=0):
    """x in so many parts along `dim`, the first of which may be larger by one, or cut before each index; views.

    Raises: ArgumentValueError for fewer than one part.
    """
    return _cut("tensor_split", input, indices_or_sections, dim)


def _cut(where, input, indices_or_sections, dim, even=False):
    x = expect_tensor(where, input)
    axis = axis_of(where, dim, x.array.ndim)
    n = x.array.shape[axis]
    cuts = indices_or_sections
    if isinstance(cuts, Tensor) and cuts.array.ndim:
        cuts = cuts.tolist()
    if isinstance(cuts, tuple | list):
        cuts = [slice(None, i).indices(n)[1] for i in (integer(where, "indices", i) for i in cuts)]
    else:
        parts = integer(where, "sections", cuts, 1)
        if even and n % parts:
            raise ShapeError(f"{where}: expected a number of sections that divides {n}, got {parts}")
        check_room(where, (parts, PART), np.dtype(np.uint8))
        cuts = [n // parts * i + min(i, n % parts) for i in range(1, parts)]
    bounds = itertools.pairwise((0, *cuts, n))
    return tuple([narrow(x, axis, start, max(stop - start, 0)) for start, stop in bounds])


def hsplit(input, indices_or_sections):
    """x in parts of equal width along dimension 1, or 0 of a vector, or cut before each index; views.

    Raises: ShapeError for a number of parts that does not divide the dimension.
    """
    x = expect_tensor("hsplit", input)
    return _cut("hsplit", x, indices_or_sections, 0 if x.array.ndim == 1 else 1, even=True)


def vsplit(input, indices_or_sections):
    """x in parts of equal height along dimension 0, or cut before each index; views: see `hsplit`."""
    return _cut("vsplit", _of_dimensions("vsplit", input, 2), indices_or_sections, 0, even=True)


def dsplit(input, indices_or_sections):
    """x in parts of equal depth along dimension 2, or cut before each index; views: see `hsplit`."""
    return _cut("dsplit", _of_dimensions("dsplit", input, 3), indices_or_sections, 2, even=True)


def _of_dimensions(where, input, n):
    if expect_tensor(where, input).array.ndim < n:
        raise ShapeError(f"{where}: expected at least {n} dimensions, got shape {input.shape}")
    return input


def unbind(input, dim=0):
    """The slices of x along `dim`, without that dimension; views."""
    x = expect_tensor("unbind", input).settle()
    axis = axis_of("unbind", dim, x.array.ndim)
    return tuple([sliced(x, (*[slice(None)] * axis, i)) for i in range(x.array.shape[axis])])


def tril(input, diagonal=0):
    """The lower triangles of the matrices in x, up to a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
    return where(_triangle("tril", input, diagonal), input, _zero(input))


def triu(input, diagonal=0):
    """The upper triangles of the matrices in x, from a diagonal (0 the main one, 1 the next above), 0 elsewhere."""
    return where(_triangle("triu", input, diagonal, 1), _zero(input), input)


def _zero(x):
    return False if x.array.dtype.kind == "b" else 0


def _triangle(name, input, diagonal, before=0):
    """True on and below the diagonal that lies `before` others before the one named."""
    x, diagonal = expect_tensor(name, input), integer(name, "diagonal", diagonal)
    if x.array.ndim < 2:
        raise ShapeError(f"{name}: expected at least 2 dimensions, got shape {x.shape}")
    rows, columns = x.array.shape[-2:]
    diagonal = max(-rows - 1, min(diagonal - before, columns))  # there is nothing beyond
    return wrap(put(_tri(rows, columns, diagonal), x.array))


@planned
def _tri(rows, columns, diagonal):
    return np.tri(rows, columns, diagonal, dtype=bool)


def repeat(input, *repeats):
    """x beside itself, repeats[i] times along dimension i; more repeats than dimensions make new ones in front.

    Raises: ShapeError for fewer repeats than dimensions.
    """
    x, repeats = expect_tensor("repeat", input), sizes("repeat", "repeats", repeats)
    shape = x.array.shape
    if len(repeats) < len(shape):
        raise ShapeError(f"repeat: expected at least {len(shape)} repeats, got {repeats}")
    shape = (1,) * (len(repeats) - len(shape)) + shape
    check_room("repeat", [r * s for r, s in zip(repeats, shape)], x.array.dtype)
    apart = reshape(x, [n for s in shape for n in (1, s)])
    apart = expand(apart, [n for pair in zip(repeats, shape) for n in pair])
    return reshape(copied(apart), [r * s for r, s in zip(repeats, shape)])


def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """x with each slice along `dim` repeated so many times in a row: a number, or one for each slice.

    Without `dim`, of the flattened tensor. A tensor of repeats alone gives how often each index 0, 1, ... is repeated.
    `output_size` is the sum of the repeats, where it is known.

    Raises: DTypeError, ShapeError, ArgumentValueError for repeats that do not fit or are negative.
    """
    x = expect_tensor("repeat_interleave", input)
    if repeats is None:
        x, repeats = wrap(put(np.arange(x.array.size), x.array)), x
    out = _interleaved(x, repeats, dim)
    n = out.array.shape[axis_of("repeat_interleave", dim or 0, out.array.ndim)]
    if output_size is not None and integer("repeat_interleave", "output_size", output_size) != n:
        raise ShapeError(f"repeat_interleave: expected output_size {n}, the sum of the repeats, got {output_size}")
    return out


def _interleaved(x, repeats, dim):
    if dim is None:
        x, dim = reshape(x, -1), 0
    axis = axis_of("repeat_interleave", dim, x.array.ndim)
    shape = x.array.shape
    if isinstance(repeats, Tensor):
        counts = host(repeats.array)
        if counts.dtype.kind != "i" or counts.ndim > 1:
            raise DTypeError(f"repeat_interleave: expected a 1-d tensor of integers as repeats, got {repeats.dtype}")
        if (counts < 0).any():
            raise ArgumentValueError(f"repeat_interleave: expected repeats ≥ 0, got {counts.min()}")
        if repeats.array.size not in (1, shape[axis]):
            raise ShapeError(f"repeat_interleave: expected {shape[axis]} repeats, got {repeats.shape}")
        which = put(np.repeat(np.arange(shape[axis]), counts.reshape(-1)), x.array)
        return getitem(x, (*[slice(None)] * axis, wrap(which)))
    repeats = integer("repeat_interleave", "repeats", repeats, 0)
    check_room("repeat_interleave", (x.array.size, repeats), x.array.dtype)
    apart = expand(unsqueeze(x, axis + 1), *shape[: axis + 1], repeats, *shape[axis + 1 :])
    return reshape(copied(apart), (*shape[:axis], shape[axis] * repeats, *shape[axis + 1 :]))
