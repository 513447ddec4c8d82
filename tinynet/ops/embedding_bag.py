"""Sums, means and maxima of the rows of a table that bags of indices name."""

import numpy as np

from ..arguments import boolean, integer, one_of, only
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import host, put
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .assignment import index_add
from .creation import zeros
from .embedding import embedding
from .indexing import check_range, gather
from .reduction import sum
from .shape import reshape

FUNCTIONAL = "embedding_bag"


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
    per_sample_weights=None, include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """Of each bag of indices, the "mean", "sum" or "max" (bags, dim) of the rows of `weight` (num_embeddings, dim).

    x (bags, n) holds a bag in each row; or x (n,) all bags one after another, which begin at `offsets` (bags,); with
    `include_last_offset` the last offset is the end of the last bag. `per_sample_weights`, shaped as x, multiply the
    rows of a sum. Indices that are `padding_idx` do not count; of an empty bag comes 0. For the other arguments see
    `embedding`.

    Raises: ShapeError, ArgumentValueError for bags, weights or a mode that do not fit; TargetError for an index outside
    [0, num_embeddings).
    """
    name = "embedding_bag"
    only(name, "sparse", sparse, False)
    x, mode = expect_tensor(name, input), one_of(name, "mode", mode, ("sum", "mean", "max"))
    if expect_tensor(name, weight, "weight").ndim != 2:
        raise ShapeError(f"{name}: expected a weight (num_embeddings, dim), got shape {weight.shape}")
    if x.dtype.kind != "i":
        raise DTypeError(f"{name}: expected indices of dtype int64 or int32, got {x.dtype}")
    rows = weight.shape[0]
    if padding_idx is not None:
        padding_idx = integer(name, "padding_idx", padding_idx, -rows, rows - 1) % rows
    if mode == "max" and boolean(name, "scale_grad_by_freq", scale_grad_by_freq):
        raise ArgumentValueError(f"{name}: expected scale_grad_by_freq=False for mode='max'")
    bounds, weights = _bounds(x, offsets, include_last_offset), per_sample_weights
    if weights is not None:
        if mode != "sum":
            raise ArgumentValueError(f"{name}: expected mode='sum' beside per_sample_weights, got {mode!r}")
        if expect_tensor(name, weights, "per_sample_weights").shape != x.shape:
            raise ShapeError(f"{name}: expected per_sample_weights of shape {x.shape}, got {weights.shape}")
    x = reshape(x, -1)[: bounds[-1]]
    check_range(f"{name}: expected indices", x.array, rows)
    index = host(x.array)
    counted = np.ones(index.size, bool) if padding_idx is None else index != padding_idx
    table = embedding(x, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)  # which may scale `weight`
    if mode == "max":
        return _maxima(weight, host(table.array), index, counted, bounds)
    like = lambda values: wrap(put(np.asarray(values, weight.dtype), weight.array))
    if padding_idx is not None:
        table = table * like(counted[:, None])
    if weights is not None:
        table = table * reshape(weights, -1)[: bounds[-1]].unsqueeze(1)
    total = _sums(table, bounds)
    if mode == "sum":
        return total
    counts = np.add.reduceat(np.append(counted, 0), bounds[:-1]) if len(bounds) > 1 else np.zeros(0)
    return total / like(np.maximum(np.where(np.diff(bounds), counts, 0), 1)[:, None])


def _bounds(x, offsets, include_last_offset):
    """Where bags begin in the flattened x, and where the last ends."""
    name = "embedding_bag"
    last = boolean(name, "include_last_offset", include_last_offset)
    if x.ndim == 2:
        if offsets is not None:
            raise ArgumentValueError(f"{name}: expected offsets=None for an input (bags, n)")
        return np.arange(x.shape[0] + 1) * x.shape[1]
    if x.ndim != 1 or offsets is None or expect_tensor(name, offsets, "offsets").ndim != 1:
        shape = "None" if offsets is None else f"shape {offsets.shape}"
        raise ShapeError(f"{name}: expected an input (bags, n), or (n,) and offsets (bags,), got {x.shape} and {shape}")
    bounds = host(offsets.array)
    if bounds.dtype.kind != "i" or (last and not bounds.size):
        raise ArgumentValueError(f"{name}: expected integer offsets, at least the last one, got {offsets.dtype}")
    bounds = bounds if last else np.append(bounds, len(x) if bounds.size else 0)
    if bounds[0] != 0 or bounds[-1] > len(x) or (np.diff(bounds) < 0).any():
        raise ArgumentValueError(
            f"{name}: expected offsets that rise from 0 to at most {len(x)}, got {bounds.tolist()}"
        )
    return bounds


def _sums(table, bounds):
    """The sum of the rows of each bag: of bags of one size as of a third dimension."""
    sizes, dim = np.diff(bounds), table.shape[1]
    if len(sizes) and (sizes == sizes[0]).all():
        return sum(reshape(table, (len(sizes), int(sizes[0]), dim)), 1)
    bags = wrap(put(np.repeat(np.arange(len(sizes)), sizes), table.array))
    return index_add(zeros(len(sizes), dim, dtype=table.dtype, device=table.device), 0, bags, table)


def _maxima(weight, values, index, counted, bounds):
    """The largest number in each column of each bag, the first of several, to which alone the gradient goes.

    `values` are the rows of the table that `index` names.
    """
    bags = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))[counted]
    values, index = values[counted], index[counted]
    filled, first, at = np.unique(bags, return_index=True, return_inverse=True)
    taken = np.zeros((len(bounds) - 1, values.shape[1]), np.int64)
    if len(filled):
        largest = np.maximum.reduceat(values, first)[at]
        rows = np.where((values == largest) | np.isnan(values), np.arange(len(index))[:, None], len(index))
        taken[filled] = index[np.minimum.reduceat(rows, first)]
    there = np.zeros((len(taken), 1), weight.dtype)
    there[filled] = 1
    found = gather(weight, 0, wrap(put(taken, weight.array)))
    return found * wrap(put(there, weight.array))
