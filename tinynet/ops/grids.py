"""Tensors combined with each other in all ways: broadcast, as grids, as products and choices of elements."""

import itertools

import numpy as np

from .. import dtypes
from ..arguments import boolean, check_room, integer, one_of, sizes
from ..errors import DTypeError, ShapeError
from ..kernels.arrays import put
from ..size import Size
from ..tensor import wrap
from ..tensor_arguments import expect_tensor, expect_tensors
from .device import array_on
from .indexing import getitem
from .joining import stack
from .operands import common_shape
from .shape import expand, permute, reshape

FUNCTIONS = "broadcast_tensors broadcast_shapes meshgrid cartesian_prod combinations tril_indices triu_indices"


def _listed(where, tensors):
    """Tensors given one by one or in a sequence, as a list."""
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tensors[0]
    return expect_tensors(where, tuple(tensors))


def broadcast_tensors(*tensors):
    """The tensors, each expanded to the shape that all broadcast to; views. Raises ShapeError where there is none."""
    tensors = _listed("broadcast_tensors", tensors)
    shapes = [x.shape for x in tensors]
    try:
        shape = common_shape(*shapes) if shapes else ()
    except ValueError:
        raise ShapeError(f"broadcast_tensors: expected shapes that broadcast together, got {shapes}") from None
    return tuple([expand(x, shape) for x in tensors])


def broadcast_shapes(*shapes):
    """The shape to which shapes, or sizes of vectors, broadcast. Raises ShapeError where there is none."""
    shapes = [sizes("broadcast_shapes", "a shape", (s,)) for s in shapes]
    try:
        return Size(common_shape(*shapes))
    except ValueError:
        raise ShapeError(f"broadcast_shapes: expected shapes that broadcast together, got {shapes}") from None


def meshgrid(*tensors, indexing=None):
    """The coordinates of a grid: out[i][j₀, j₁, ...] = xᵢ[jᵢ], views of the vectors given.

    With `indexing` "xy" the first two dimensions of the results are exchanged, as for pictures; "ij" is the default.
    Raises: ShapeError for more than 1 dimension, DTypeError for several dtypes.
    """
    tensors = _listed("meshgrid", tensors)
    indexing = one_of("meshgrid", "indexing", "ij" if indexing is None else indexing, ("ij", "xy"))
    if not tensors:
        raise ShapeError("meshgrid: expected at least one tensor, got none")
    for i, x in enumerate(tensors):
        if x.array.ndim > 1:
            raise ShapeError(f"meshgrid: expected vectors or 0-d tensors, got shape {x.shape} at {i}")
        if x.array.dtype != tensors[0].array.dtype:
            raise DTypeError(f"meshgrid: expected one dtype, {tensors[0].dtype}, got {x.dtype} at {i}")
    shape, n = [x.array.size for x in tensors], len(tensors)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)
    grids = [expand(reshape(x, [-1 if i == j else 1 for j in range(n)]), shape) for i, x in enumerate(tensors)]
    return tuple([permute(x, tuple(order)) if indexing == "xy" else x for x in grids])


def cartesian_prod(*tensors):
    """All choices of one element from each vector, a row each; of a single vector, its elements.

    Raises: ShapeError for tensors that are no vectors.
    """
    tensors = _listed("cartesian_prod", tensors)
    if any(x.array.ndim != 1 for x in tensors):
        raise ShapeError(f"cartesian_prod: expected vectors, got shapes {[x.shape for x in tensors]}")
    if len(tensors) == 1:
        return tensors[0]
    return reshape(stack(meshgrid(tensors), -1), -1, len(tensors))


def combinations(input, r=2, with_replacement=False):
    """All choices of r elements of a vector in their order, a row each; `with_replacement` an element may repeat.

    Raises: ShapeError for a tensor that is no vector.
    """
    x, r = expect_tensor("combinations", input), integer("combinations", "r", r, 0)
    if x.array.ndim != 1:
        raise ShapeError(f"combinations: expected a vector, got shape {x.shape}")
    if r == 0:
        return getitem(x, slice(0, 0))
    again = boolean("combinations", "with_replacement", with_replacement)
    choose = itertools.combinations_with_replacement if again else itertools.combinations
    found = np.array(list(choose(range(x.array.size), r)), np.int64).reshape(-1, r)
    return getitem(x, wrap(put(found, x.array)))


def tril_indices(row, col, offset=0, *, dtype=dtypes.int64, device=None):
    """(2, n): rows and columns of the elements on and below a diagonal of a row × col matrix, row by row."""
    return _indices("tril_indices", row, col, offset, dtype, device, lambda below: below)


def triu_indices(row, col, offset=0, *, dtype=dtypes.int64, device=None):
    """(2, n): rows and columns of the elements on and above a diagonal of a row × col matrix, row by row."""
    return _indices("triu_indices", row, col, offset, dtype, device, lambda below: ~below, before=1)


def _indices(where, row, col, offset, dtype, device, chosen, before=0):
    row, col = integer(where, "row", row, 0), integer(where, "col", col, 0)
    offset = max(-row - 1, min(integer(where, "offset", offset) - before, col))
    check_room(where, (row, col), dtypes.int64)
    found = np.stack(np.nonzero(chosen(np.tri(row, col, offset, dtype=bool))))
    return wrap(array_on(device, found.astype(dtypes.as_dtype(dtype))))
