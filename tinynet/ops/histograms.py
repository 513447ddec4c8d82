"""How many elements lie in each interval, of one variable or several."""

import math

import numpy as np

from .. import return_types
from ..arguments import boolean, integer, number, shown
from ..errors import ArgumentTypeError, ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import host, put
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .creation import linspace

FUNCTIONS = "histc histogram histogramdd"
METHODS = "histc histogram"


def histc(input, bins=100, min=0, max=0):
    """How many elements lie in each of `bins` intervals of equal length from `min` to `max`.

    Elements outside, and NaN, are not counted. Where min = max, the smallest and largest element take their place.

    Raises: ArgumentValueError unless min ≤ max are finite.
    """
    x, bins = expect_tensor("histc", input), integer("histc", "bins", bins, 1)
    low, high = number("histc", "min", min), number("histc", "max", max)
    array = host(x.array).reshape(-1)
    if low == high and array.size:
        low, high = array.min().item(), array.max().item()
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ArgumentValueError(f"histc: expected a finite interval with min ≤ max, got [{low}, {high}]")
    inside = array[(array >= low) & (array <= high)].astype(np.float64)
    which = np.minimum(((inside - low) * (bins / (high - low))).astype(np.int64), bins - 1)
    return wrap(put(np.bincount(which, minlength=bins).astype(array.dtype), x.array))


def histogram(input, bins, *, range=None, weight=None, density=False):
    """(hist, bin_edges): how many elements lie in each interval [eᵢ, eᵢ₊₁), the last of which is closed.

    `bins` is the row of edges e, or the number of intervals of equal length over `range`, (low, high), by default from
    the smallest element to the largest. Elements outside are not counted. `weight` says how much each element counts,
    and with `density` the counts are divided by their sum and by the lengths of the intervals.

    Raises: DTypeError unless all are of one floating dtype, ShapeError for other edges or weights, ArgumentValueError
    for a range that is not finite or has low > high.
    """
    x = expect_floating("histogram", input)
    if isinstance(bins, Tensor) and range is not None:
        raise ArgumentTypeError("histogram: expected no range beside the edges of bins")
    points = host(x.array).reshape(-1, 1)
    edges = _edges("histogram", x, points, [bins], range)
    weight = _weights("histogram", x, weight, x.array.shape)
    hist = _counted("histogram", points, edges, weight, density)
    return return_types.histogram(wrap(put(hist, x.array)), *edges)


def histogramdd(input, bins, range=None, weight=None, density=False):
    """(hist, bin_edges): how many points, rows of x (..., n), lie in each box of a grid: see `histogram`.

    `bins` is a number of intervals for all n variables, or a number or a row of edges for each; `range` is
    (low, high) for the first, then for the second, and so on; `weight` has the shape of x without the last dimension.

    Raises: as `histogram` does.
    """
    x = expect_floating("histogramdd", input)
    if x.array.ndim < 2:
        raise ShapeError(f"histogramdd: expected points (..., n), got shape {x.shape}")
    n = x.array.shape[-1]
    bins = list(bins) if isinstance(bins, tuple | list) else [bins] * n
    if len(bins) != n:
        raise ShapeError(f"histogramdd: expected bins for each of {n} variables, got {len(bins)}")
    points = host(x.array).reshape(-1, n)
    edges = _edges("histogramdd", x, points, bins, range)
    weight = _weights("histogramdd", x, weight, x.array.shape[:-1])
    hist = _counted("histogramdd", points, edges, weight, density)
    return return_types.histogramdd(wrap(put(hist, x.array)), tuple(edges))


def _edges(name, x, points, bins, bounds):
    """The edges along each variable, as tensors."""
    if bounds is not None and (not isinstance(bounds, tuple | list) or len(bounds) != 2 * len(bins)):
        raise ArgumentValueError(f"{name}: expected a range of {2 * len(bins)} numbers, got {shown(bounds)}")
    found = []
    for i, given in enumerate(bins):
        if isinstance(given, Tensor):
            if given.array.ndim != 1 or given.array.size < 2:
                raise ShapeError(f"{name}: expected at least two edges in a row, got shape {given.shape}")
            if given.array.dtype != x.array.dtype:
                raise DTypeError(f"{name}: expected edges of the input's dtype {x.dtype}, got {given.dtype}")
            found.append(given)
            continue
        count = integer(name, "bins", given, 1)
        if bounds is not None:
            low, high = (number(name, "range", bound) for bound in bounds[2 * i : 2 * i + 2])
        else:
            low, high = (points[:, i].min().item(), points[:, i].max().item()) if len(points) else (0.0, 1.0)
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ArgumentValueError(f"{name}: expected a finite range with low ≤ high, got ({low}, {high})")
        if low == high:
            low, high = low - 0.5, high + 0.5
        found.append(linspace(low, high, count + 1, dtype=x.dtype, device=x.device))
    return found


def _weights(name, x, weight, shape):
    """The weight of each point as a row, or None."""
    if weight is None:
        return None
    if expect_tensor(name, weight, "weight").array.shape != shape:
        raise ShapeError(f"{name}: expected a weight of shape {shape}, got {weight.shape}")
    if weight.array.dtype != x.array.dtype:
        raise DTypeError(f"{name}: expected a weight of the input's dtype {x.dtype}, got {weight.dtype}")
    return host(weight.array).reshape(-1)


def _counted(name, points, edges, weight, density):
    """The points, or their weights, in each box, of the dtype of the points."""
    density, edges = boolean(name, "density", density), [host(e.array) for e in edges]
    sizes, boxes, inside = [len(e) - 1 for e in edges], 0, np.ones(len(points), bool)
    for values, e, size in zip(points.T, edges, sizes):
        inside &= (values >= e[0]) & (values <= e[-1])
        boxes = boxes * size + np.minimum(np.searchsorted(e, values, "right") - 1, size - 1)
    weight = None if weight is None else weight[inside]
    hist = np.bincount(boxes[inside], weight, math.prod(sizes)).reshape(sizes).astype(points.dtype)
    if density:
        hist /= hist.sum()
        for dim, e in enumerate(edges):
            hist /= np.diff(e).reshape(-1, *[1] * (len(edges) - 1 - dim))
    return hist
