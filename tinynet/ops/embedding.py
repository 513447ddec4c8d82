"""Embedding: rows of a table by their numbers."""

import numpy as np

from .. import dtypes
from ..arguments import boolean, check_room, integer, number, only
from ..autograd.graph import record
from ..autograd.mode import no_grad
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, host, put
from ..kernels.filled import contiguous, converted, in_shape
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .indexing import check_range
from .operands import to
from .registry import op
from .shape import unsqueeze

FUNCTIONAL = "embedding one_hot"


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """weight[x]: the rows (*, embedding_dim) of the table `weight` (num_embeddings, embedding_dim) for integers x (*).

    The row `padding_idx` gets no gradient. With `max_norm`, rows in use whose `norm_type`-norm is larger are first
    scaled down to it, in place. `scale_grad_by_freq` divides the gradient by how often an index occurs.
    Raises: TargetError for an index outside [0, num_embeddings).
    """
    only("embedding", "sparse", sparse, False)
    x = expect_tensor("embedding", input)
    if x.array.dtype.kind != "i":
        raise DTypeError(f"embedding: expected indices of dtype int64 or int32, got {x.dtype}")
    if expect_tensor("embedding", weight, "weight").array.ndim != 2 or weight.array.dtype.kind != "f":
        raise ShapeError(f"embedding: expected a floating weight (num_embeddings, dim), got {weight.shape}")
    rows = weight.array.shape[0]
    if padding_idx is not None:
        padding_idx = integer("embedding", "padding_idx", padding_idx, -rows, rows - 1) % rows
    check_range("embedding: expected indices", x.array, rows)
    scale_grad_by_freq = boolean("embedding", "scale_grad_by_freq", scale_grad_by_freq)
    if max_norm is not None:
        max_norm = number("embedding", "max_norm", max_norm, 0)
        norm_type = number("embedding", "norm_type", norm_type, 0)
        _renormalise(weight, x.array, max_norm, norm_type)
    out = _lookup(weight, x, -1 if padding_idx is None else padding_idx)
    return _per_occurrence(out, x.array, rows) if scale_grad_by_freq else out


@no_grad()
def _renormalise(weight, index, max_norm, norm_type):
    rows = np.unique(host(index))
    used = wrap(put(rows, weight.array))
    norms = np.linalg.norm(host(weight[used].array), norm_type, axis=1)
    if (norms > max_norm).any():
        scale = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1.0).astype(weight.array.dtype)
        weight[used] = weight[used] * wrap(put(scale[:, None], weight.array))


def _per_occurrence(out, index, rows):
    """`out` itself, with a gradient divided by how often each index occurs."""
    index = host(index)
    often = np.bincount(index.ravel(), minlength=rows)[index].astype(out.array.dtype)[..., None]
    often = wrap(put(often, out.array))
    return record("embedding", out.array, (out,), lambda g: g / often)


@op
def _lookup(weight, index, padding):
    """weight[index], with no gradient to the row `padding`, which is −1 for none."""
    flat = in_shape(converted(index.array, np.int64), -1)
    out = empty((flat.size, weight.array.shape[1]), weight.array.dtype, weight.array)
    launch(kernels.embedding, out, weight.array, flat)
    rows = weight.array.shape[0]

    def gw(g, *, out=None):
        if out is None:
            return _lookup_grad(g, index, rows, padding)
        launch(kernels.embedding_grad, out, *_flat(g, index, rows), padding)

    return record("embedding", out.reshape(*index.array.shape, out.shape[1]), (weight,), gw)


def _flat(g, index, rows):
    """The gradient's rows, and the numbers of the rows that they go to, which may have changed since the look-up."""
    flat = converted(contiguous(index.array), np.int64).reshape(-1)
    check_range("embedding: expected indices", flat, rows)
    return in_shape(g.array, flat.size, g.array.shape[-1]), flat


@op
def _lookup_grad(g, index, rows, padding):
    """Zeros (rows, dim) to which g is added at `index`, except at `padding`: the transpose of `_lookup`."""
    out = empty((rows, g.array.shape[-1]), g.array.dtype, g.array)
    launch(kernels.embedding_grad, out, *_flat(g, index, rows), padding)

    def gg(h):
        looked_up = _lookup(h, index, padding)
        return looked_up if padding < 0 else looked_up * to(unsqueeze(index != padding, -1), h.dtype)

    return record("embedding_grad", out, (g,), gg)


def one_hot(input, num_classes=-1):
    """1 at the place that each integer in x names along a new last dimension, elsewhere 0; of dtype int64.

    `num_classes` is by default the largest integer and one.

    Raises: DTypeError for other integers than int64, TargetError for one outside [0, num_classes).
    """
    x = expect_tensor("one_hot", input)
    index = x.array
    if index.dtype != np.int64:
        raise DTypeError(f"one_hot: expected indices of dtype int64, got {x.dtype}; convert with long()")
    num_classes = integer("one_hot", "num_classes", num_classes, -1)
    if num_classes == -1:
        if not index.size:
            raise ArgumentValueError("one_hot: expected num_classes > 0 for an empty tensor")
        num_classes = int(host(index).max()) + 1
    check_range("one_hot: expected indices", index, num_classes)
    check_room("one_hot", (*index.shape, num_classes), np.dtype("int64"))
    found = empty((*index.shape, num_classes), dtypes.bool, index)
    launch(kernels.eq, found, index.reshape(*index.shape, 1), put(np.arange(num_classes), index))
    return wrap(converted(found, dtypes.int64))
