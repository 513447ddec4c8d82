"""Diagonals of matrices: as views, and matrices made of them."""

import numpy as np

from ..arguments import axis_of, check_room, integer, wrong_value
from ..autograd.graph import record, scatter
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import restrided
from ..kernels.filled import zeros
from ..kernels.launch import launch
from ..tensor_arguments import expect_tensor
from .rearrange import movedim
from .reduction import sum
from .registry import op
from .shape import copied, reshape

FUNCTIONS = "diagonal diag diag_embed diagflat trace"
METHODS = FUNCTIONS


@op
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonals of the matrices that two dimensions make, in the last dimension; a view.

    The diagonal `offset` 0 is the main one, 1 the next above. Raises: ArgumentValueError for one dimension twice.
    """
    x = expect_tensor("diagonal", input).settle()
    offset, a, b = plane("diagonal", x.array.ndim, offset, dim1, dim2)
    rest = [d for d in range(x.array.ndim) if d not in (a, b)]

    def along(array):
        if array.__class__ is np.ndarray:
            found = array.diagonal(offset, a, b)
            found.flags.writeable = array.flags.writeable
            return found
        shape, strides = array.shape, array.strides
        rows, columns = max(-offset, 0), max(offset, 0)
        n = max(min(shape[a] - rows, shape[b] - columns), 0)
        if n:
            place = [slice(None)] * array.ndim
            place[a], place[b] = slice(rows, None), slice(columns, None)
            array = array[tuple(place)]
        return restrided(array, (*[shape[d] for d in rest], n), (*[strides[d] for d in rest], strides[a] + strides[b]))

    def add(out, g):
        launch(kernels.add, along(out), along(out), g)

    take = lambda h: diagonal(h, offset, a, b)
    return record("diagonal", along(x.array), (x,), scatter(x.array.shape, add, take), view=True)


def plane(where, ndim, offset, dim1, dim2):
    """(offset, dim1, dim2), the dimensions counted from the front. Raises ArgumentValueError for one twice."""
    a, b = axis_of(where, dim1, ndim), axis_of(where, dim2, ndim)
    if a == b:
        raise wrong_value(where, "two different dimensions", (dim1, dim2))
    return integer(where, "offset", offset), a, b


@op
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices with the last dimension of x on a diagonal and 0 elsewhere, in two dimensions of the result.

    Raises: ArgumentValueError for one dimension twice.
    """
    x = expect_tensor("diag_embed", input)
    if x.array.ndim == 0:
        raise ShapeError("diag_embed: expected at least 1 dimension, got a 0-d tensor")
    offset, a, b = plane("diag_embed", x.array.ndim + 1, offset, dim1, dim2)
    *lead, n = x.array.shape
    n += abs(offset)
    check_room("diag_embed", (*lead, n, n), x.array.dtype)
    out = zeros((*lead, n, n), x.array.dtype, x.array)
    rows, columns = max(-offset, 0), max(offset, 0)
    inner = out[..., rows : n - columns, columns : n - rows]
    if inner.size:
        steps = inner.strides
        launch(kernels.copy, restrided(inner, x.array.shape, (*steps[:-2], steps[-2] + steps[-1])), x.array)
    made = record("diag_embed", out, (x,), lambda g: diagonal(g, offset, -2, -1))
    return made if (a, b) == (len(lead), len(lead) + 1) else movedim(made, (-2, -1), (a, b))


diagonal_of = diagonal  # which a parameter of `diag` hides


def diag(input, diagonal=0):
    """The diagonal of a matrix, or the matrix with a vector on its diagonal and 0 elsewhere.

    Raises: ShapeError for other numbers of dimensions.
    """
    x = expect_tensor("diag", input)
    if x.array.ndim not in (1, 2):
        raise ShapeError(f"diag: expected 1 or 2 dimensions, got shape {x.shape}")
    return diag_embed(x, diagonal) if x.array.ndim == 1 else copied(diagonal_of(x, diagonal))


def diagflat(input, offset=0):
    """The matrix with all elements of x on its diagonal and 0 elsewhere."""
    return diag_embed(reshape(expect_tensor("diagflat", input), -1), offset)


def trace(input):
    """Σ x[i, i] of a matrix. Raises ShapeError for other numbers of dimensions."""
    x = expect_tensor("trace", input)
    if x.array.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, got shape {x.shape}")
    return sum(diagonal(x))


def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """`diagonal` of the matrices in the last two dimensions unless others are named."""
    return diagonal(A, offset, dim1, dim2)
