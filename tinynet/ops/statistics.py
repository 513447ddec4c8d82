"""Statistics of order: the median, quantiles, the most frequent element."""

import numpy as np

from .. import dtypes, return_types
from ..arguments import axis_of, boolean, one_of
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import all_values, put
from ..kernels.filled import full
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import ceil, floor
from .choosing import clamp, where
from .comparison import isnan
from .compound import lerp
from .indexing import gather
from .operands import as_operand, to
from .reduction import argmax, sum
from .registry import op
from .rounding import round
from .scan import cummax, shifted
from .shape import permute, reshape, squeeze
from .sorting import in_order

FUNCTIONS = "median nanmedian quantile nanquantile mode"
METHODS = FUNCTIONS


def _picked(name, x, axis, index, keepdim):
    """(values, indices) of one element along the axis, at an index that keeps it with length 1."""
    values = gather(x, axis, index)
    found = (values, index) if keepdim else (squeeze(values, axis), squeeze(index, axis))
    return getattr(return_types, name)(*found)


def _along(name, input, dim, keepdim):
    """x with at least one dimension, the axis, and whether it is kept."""
    x, keepdim = expect_tensor(name, input), boolean(name, "keepdim", keepdim)
    if x.array.ndim == 0:
        axis_of(name, dim, 1)
        return reshape(x, 1), 0, False
    axis = axis_of(name, dim, x.array.ndim)
    if x.array.shape[axis] == 0:
        raise ShapeError(f"{name}: expected at least one element along dimension {dim}, got shape {x.shape}")
    return x, axis, keepdim


def _median(name, input, dim, keepdim, ignore_nan):
    if dim is None:
        return _median_of_all(name, input, ignore_nan)
    x, axis, keepdim = _along(name, input, dim, keepdim)
    n = x.array.shape[axis]
    _, order = in_order(name, x.detach(), axis, False)
    nans = sum(isnan(x), axis, True)  # which are last in order
    if ignore_nan:
        place = clamp((n - 1 - nans) // 2, 0)
    else:
        place = where(nans > 0, n - nans, (n - 1) // 2)
    return _picked(name, x, axis, gather(order, axis, place), keepdim)


def _median_of_all(name, input, ignore_nan):
    x = expect_tensor(name, input)
    if x.array.size == 0:  # as PyTorch has it: NaN, and of integers the smallest
        nothing = np.nan if x.array.dtype.kind == "f" else np.iinfo(x.array.dtype).min
        return wrap(full((), nothing, x.array.dtype, x.array))
    value = _median(name, reshape(x.detach(), -1), 0, False, ignore_nan).values

    def gx(g, y):  # elements that are equal to the median share its gradient
        same = to(where(isnan(y), isnan(x), x == y), g.dtype)
        return g / sum(same) * same

    return record(name, value.array, (x,), gx, saves_output=True)


@op
def median(input, dim=None, keepdim=False):
    """The middle element in order, of an even number the lower of two; NaN if one is NaN.

    With `dim`, (values, indices) along it. Without, elements that are equal to the median share its gradient.

    Raises: ShapeError along a dimension of size 0.
    """
    return _median("median", input, dim, keepdim, False)


@op
def nanmedian(input, dim=None, keepdim=False):
    """`median` of what is not NaN."""
    return _median("nanmedian", input, dim, keepdim, True)


INTERPOLATIONS = "linear", "lower", "higher", "midpoint", "nearest"


def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The element at q (n − 1) in order, for q in [0, 1], along `dim` or of all; NaN if one is NaN.

    Between two elements it is interpolated, or is the lower, higher, nearest or their midpoint. For several q in a row
    their results stand along a new first dimension.

    Raises: ArgumentValueError for q outside [0, 1], DTypeError for a q of another dtype, ShapeError without elements.
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """`quantile` of what is not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _quantile(name, input, q, dim, keepdim, interpolation, ignore_nan):
    x, keepdim = expect_floating(name, input), boolean(name, "keepdim", keepdim)
    one_of(name, "interpolation", interpolation, INTERPOLATIONS)
    if isinstance(q, Tensor) and q.array.dtype != x.array.dtype:
        raise DTypeError(f"{name}: expected q of the dtype of input, {x.dtype}, got {q.dtype}")
    q = as_operand(name, q, x.array.dtype)
    if q.array.ndim > 1:
        raise ShapeError(f"{name}: expected a number or a row of them as q, got shape {q.shape}")
    if not ((all_values(q.array) >= 0) & (all_values(q.array) <= 1)).all():
        raise ArgumentValueError(f"{name}: expected q in [0, 1]")
    if x.array.size == 0:
        raise ShapeError(f"{name}: expected at least one element, got shape {x.shape}")
    ndim = max(x.array.ndim, 1)
    axis = ndim - 1 if dim is None else axis_of(name, dim, ndim)
    kept = tuple([1 if dim is None or i == axis else n for i, n in enumerate(x.array.shape)])
    others = [i for i in range(ndim) if i != axis]
    lines = reshape(x, -1) if dim is None or ndim == 1 else permute(x, *others, axis)
    found = _at_rank(name, lines, q, interpolation, ignore_nan)  # (*lines, q)
    shape = kept if keepdim else kept[:0] if dim is None else kept[:axis] + kept[axis + 1 :]
    if q.array.ndim:
        found = permute(found, -1, *range(found.array.ndim - 1))
        shape = q.array.shape + shape
    return reshape(found, shape)


def _at_rank(name, x, q, interpolation, ignore_nan):
    """The elements of the last dimension at their places q in order: (*, n) and (m,), or (), to (*, m) or (*, 1)."""
    ordered, _ = in_order(name, x, -1, False)
    n, nans = x.array.shape[-1], sum(isnan(x), -1, True)
    if ignore_nan:
        rank = q * to(clamp(n - 1 - nans, 0), x.array.dtype)
    else:
        rank = where(nans > 0, n - 1.0, q * (n - 1.0))
    if interpolation in ("lower", "higher", "nearest"):
        rank = {"lower": floor, "higher": ceil, "nearest": round}[interpolation](rank)
    below = floor(rank.detach())
    low, high = (gather(ordered, -1, to(place, dtypes.int64)) for place in (below, ceil(rank.detach())))
    if interpolation in ("linear", "midpoint"):
        return lerp(low, high, rank - below if interpolation == "linear" else 0.5)
    return low


def mode(input, dim=-1, keepdim=False):
    """(values, indices) of the most frequent element along `dim`; of several, of the smallest, at its last place."""
    x, axis, keepdim = _along("mode", input, dim, keepdim)
    ordered, order = in_order("mode", x.detach(), axis, False)
    n = x.array.shape[axis]
    places = wrap(put(np.arange(n).reshape([-1 if i == axis else 1 for i in range(x.array.ndim)]), x.array))
    first = (places == 0) | (ordered != shifted(ordered, axis, 0, False))
    run = places - cummax(where(first, places, 0), axis).values  # how many equal elements come before
    return _picked("mode", x, axis, gather(order, axis, argmax(run, axis, True)), keepdim)
