"""Elements picked out: by their number, by an index along a dimension, by a mask; and where a tensor is not 0."""

import math

import numpy as np

from ..arguments import axis_of, boolean, check_room, integer, sizes
from ..errors import DTypeError, ShapeError
from ..kernels.arrays import host, put
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .arithmetic import add
from .choosing import where
from .comparison import lt
from .grids import broadcast_tensors
from .indexing import check_range, gather, getitem, take_along
from .operands import common_shape
from .shape import expand, reshape

METHODS = "index_select select take take_along_dim masked_select nonzero nonzero_static argwhere"
FUNCTIONS = f"{METHODS} unravel_index"


def expect_index(where, index, x, axis):
    """A vector of indices along an axis of x. Raises DTypeError, ShapeError, and TargetError for one outside."""
    index = expect_tensor(where, index, "index")
    if index.array.dtype.kind != "i":
        raise DTypeError(f"{where}: expected an index of integers, got {index.dtype}")
    if index.array.ndim > 1:
        raise ShapeError(f"{where}: expected a vector as an index, got shape {index.shape}")
    check_range(f"{where}: expected indices", index.array, x.array.shape[axis] if x.array.ndim else 1)
    return index if index.array.ndim else reshape(index, 1)


def index_select(input, dim, index):
    """The slices of x along `dim` that a vector of indices names; a copy.

    Raises: DTypeError, ShapeError for an index that is none, TargetError for one outside x.
    """
    x = expect_tensor("index_select", input)
    axis = axis_of("index_select", dim, max(x.array.ndim, 1))
    index = expect_index("index_select", index, x, axis)
    if x.array.ndim == 0:
        return reshape(getitem(reshape(x, 1), index), ())
    return take_along(x, axis, index)


def select(input, dim, index):
    """The slice number `index` of x along `dim`, without that dimension; a view."""
    x = expect_tensor("select", input)
    axis = axis_of("select", dim, x.array.ndim)
    return getitem(x, (*[slice(None)] * axis, integer("select", "index", index)))


def take(input, index):
    """The elements of x, as if it were flattened, that `index` names, in the shape of the index.

    Raises: DTypeError for an index that is not of integers, IndexError for one outside x.
    """
    x, index = expect_tensor("take", input), expect_tensor("take", index, "index")
    if index.array.dtype.kind != "i":
        raise DTypeError(f"take: expected an index of integers, got {index.dtype}")
    return reshape(getitem(reshape(x, -1), reshape(index, -1)), index.array.shape)


def take_along_dim(input, indices, dim=None):
    """`gather` after x and the indices are broadcast to each other outside `dim`; without `dim`, of the flattened x.

    Negative indices count from the end. Raises: DTypeError, ShapeError for indices that do not fit, TargetError for one
    outside x.
    """
    x, indices = expect_tensor("take_along_dim", input), expect_tensor("take_along_dim", indices, "indices")
    if dim is None:
        return gather(reshape(x, -1), 0, _from_the_front(reshape(indices, -1), x.array.size))
    if x.array.ndim != indices.array.ndim:
        raise ShapeError(f"take_along_dim: expected as many dimensions, got {x.shape} and {indices.shape}")
    axis = axis_of("take_along_dim", dim, x.array.ndim)
    a, b = list(x.array.shape), list(indices.array.shape)
    n, m = a[axis], b[axis]
    a[axis] = b[axis] = 1
    try:
        shape = common_shape(tuple(a), tuple(b))
    except ValueError:
        raise ShapeError(f"take_along_dim: expected shapes that broadcast, got {x.shape} and {indices.shape}") from None
    of = lambda t, size: expand(t, [size if d == axis else s for d, s in enumerate(shape)])
    return gather(of(x, n), axis, of(_from_the_front(indices, n), m))


def _from_the_front(indices, n):
    """Indices of which negative ones count from the end, counted from the front."""
    return where(lt(indices, 0), add(indices, n), indices)


def masked_select(input, mask):
    """The elements of x where a mask, broadcast with it, is true, in one dimension.

    Raises: DTypeError unless the mask is of booleans.
    """
    x, mask = expect_tensor("masked_select", input), expect_mask("masked_select", mask)
    x, mask = broadcast_tensors(x, mask)
    return reshape(getitem(x, mask), -1)


def expect_mask(where, mask):
    """A mask. Raises DTypeError unless it is of booleans."""
    if expect_tensor(where, mask, "mask").array.dtype.kind != "b":
        raise DTypeError(f"{where}: expected a mask of booleans, got {mask.dtype}")
    return mask


def nonzero(input, *, as_tuple=False):
    """(n, dimensions): the indices of each element that is not 0, or with `as_tuple` one vector for each dimension."""
    x = expect_tensor("nonzero", input)
    if boolean("nonzero", "as_tuple", as_tuple):
        return where(x != 0)
    return wrap(put(np.argwhere(host(x.array)), x.array))


def nonzero_static(input, *, size, fill_value=-1):
    """The first `size` rows of `nonzero`; where there are fewer, rows of `fill_value` after them."""
    x, size = expect_tensor("nonzero_static", input), integer("nonzero_static", "size", size, 0)
    fill_value = integer("nonzero_static", "fill_value", fill_value)
    check_room("nonzero_static", (size, x.array.ndim), np.dtype(np.int64))
    found = np.argwhere(host(x.array))[:size]
    rows = np.full((size, x.array.ndim), fill_value)
    rows[: len(found)] = found
    return wrap(put(rows, x.array))


def argwhere(input):
    """(n, dimensions): the indices of each element that is not 0."""
    return nonzero(expect_tensor("argwhere", input))


def unravel_index(indices, shape):
    """The index in each dimension of a tensor of this shape, for indices into the flattened tensor.

    Raises: DTypeError for what are no integers, IndexError for an index outside.
    """
    indices = expect_tensor("unravel_index", indices, "indices")
    if indices.array.dtype.kind not in "iu":
        raise DTypeError(f"unravel_index: expected indices of integers, got {indices.dtype}")
    shape = sizes("unravel_index", "shape", (shape,))
    found, n = host(indices.array), integer("unravel_index", "the product of shape", math.prod(shape))
    if found.size and not -n <= found.min() <= found.max() < n:
        raise IndexError(f"unravel_index: expected indices in [{-n}, {n - 1}], got {found.min()} to {found.max()}")
    parts = np.unravel_index(found % max(n, 1), shape) if n else [found] * len(shape)
    return tuple([wrap(put(np.asarray(part, np.int64), indices.array)) for part in parts])
