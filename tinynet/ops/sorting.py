"""Sorting, and what is found by order: the largest elements, those that differ, places in a sorted sequence, counts."""

import numpy as np

from .. import dtypes, return_types
from ..arguments import axis_of, boolean, integer, number, one_of
from ..autograd.graph import record
from ..errors import ArgumentTypeError, ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, host, put
from ..kernels.filled import contiguous
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .indexing import gather, narrow, scatter_along
from .operands import as_operand, to
from .registry import op
from .shape import reshape, squeeze

FUNCTIONS = """sort argsort msort topk kthvalue unique unique_consecutive searchsorted bucketize bincount isin"""
METHODS = "sort argsort msort topk kthvalue unique unique_consecutive bincount"


@op
def sort(input, dim=-1, descending=False, *, stable=False):
    """(values, indices): x in order along `dim`, and where each element was. NaN is larger than every number.

    Equal elements keep their order, whether `stable` asks for it or not.
    """
    x = expect_tensor("sort", input)
    boolean("sort", "stable", stable if stable is not None else False)
    return return_types.sort(*in_order("sort", x, dim, boolean("sort", "descending", descending)))


def in_order(name, x, dim, descending, k=None):
    """The elements of x in order along `dim`, or the first k of them, and where each was."""
    axis, shape = axis_of(name, dim, max(x.array.ndim, 1)), x.array.shape
    if not shape:
        values, indices = in_order(name, reshape(x, 1), 0, descending)
        return reshape(values, ()), reshape(indices, ())
    found = shape if k is None else (*shape[:axis], k, *shape[axis + 1 :])
    values, indices = empty(found, x.array.dtype, x.array), empty(found, dtypes.int64, x.array)
    launch(kernels.sort if k is None else kernels.topk, values, indices, x.array, axis, descending)
    indices = wrap(indices)
    return record(name, values, (x,), scatter_along(shape, axis, indices)), indices


def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices that put x in order along `dim`."""
    return sort(expect_tensor("argsort", input).detach(), dim, descending, stable=stable).indices


def msort(input):
    """x in order along its first dimension."""
    return sort(input, 0).values


def topk(input, k, dim=-1, largest=True, sorted=True):
    """(values, indices) of the k largest elements along `dim`, or of the k smallest, in order.

    Raises: ArgumentValueError for a k outside the dimension.
    """
    x, largest = expect_tensor("topk", input), boolean("topk", "largest", largest)
    boolean("topk", "sorted", sorted)
    axis = axis_of("topk", dim, max(x.array.ndim, 1))
    n = x.array.shape[axis] if x.array.ndim else 1
    k = integer("topk", "k", k, 0, n)
    return return_types.topk(*in_order("topk", x, axis, largest, k))


def kthvalue(input, k, dim=-1, keepdim=False):
    """(values, indices) of the k-th smallest element along `dim`.

    Raises: ShapeError along a dimension of size 0, ArgumentValueError for a k outside it.
    """
    x, keepdim = expect_tensor("kthvalue", input), boolean("kthvalue", "keepdim", keepdim)
    axis = axis_of("kthvalue", dim, max(x.array.ndim, 1))
    n = x.array.shape[axis] if x.array.ndim else 1
    if n == 0:
        raise ShapeError(f"kthvalue: expected at least one element along dimension {dim}, got shape {x.shape}")
    k = integer("kthvalue", "k", k, 1, n)
    parts = in_order("kthvalue", x, axis, False, k)
    if x.array.ndim:
        parts = [narrow(part, axis, k - 1, 1) for part in parts]
        parts = parts if keepdim else [squeeze(part, axis) for part in parts]
    return return_types.kthvalue(*parts)


# What has a shape that depends on the values is found on the host, and put where x lies.


def _found(x, *arrays):
    results = tuple([wrap(put(np.asarray(a, order="C"), x.array)) for a in arrays])
    return results[0] if len(results) == 1 else results


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The elements of x that differ, in order; with `dim`, the slices along it that do.

    With `return_inverse` also the index among them of each element, with `return_counts` how often each occurs.
    """
    boolean("unique", "sorted", sorted)
    x, asked = _to_tell_apart("unique", input, return_inverse, return_counts)
    axis = None if dim is None else axis_of("unique", dim, x.array.ndim)
    values, inverse, counts = np.unique(
        host(x.array), return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )
    inverse = inverse.reshape(x.array.shape if axis is None else -1)
    return _found(x, values, *(part for part, wanted in zip((inverse, counts), asked) if wanted))


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """x without the elements, or slices along `dim`, that are equal to the one before; see `unique`."""
    x, asked = _to_tell_apart("unique_consecutive", input, return_inverse, return_counts)
    array = host(x.array)
    axis = 0 if dim is None else axis_of("unique_consecutive", dim, x.array.ndim)
    slices = array.reshape(-1) if dim is None else np.moveaxis(array, axis, 0)
    new = np.ones(len(slices), bool)
    new[1:] = (slices[1:] != slices[:-1]).any(tuple(range(1, slices.ndim)))
    first = np.flatnonzero(new)
    values = np.moveaxis(slices[first], 0, axis)
    inverse = np.cumsum(new) - 1
    inverse = inverse.reshape(array.shape) if dim is None else inverse
    counts = np.diff(first, append=len(slices))
    return _found(x, values, *(part for part, wanted in zip((inverse, counts), asked) if wanted))


def _to_tell_apart(name, input, return_inverse, return_counts):
    asked = boolean(name, "return_inverse", return_inverse), boolean(name, "return_counts", return_counts)
    return expect_tensor(name, input), asked


def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """For each number of x the index in the sorted sequence before which it belongs.

    A number that is in the sequence belongs before it, or with `right` or side="right", behind it. The sequence is a
    row; or rows (*, n), each for those numbers of x (*, m) that have its index.

    Raises: ShapeError for rows that do not go with x, ArgumentValueError for right=True with side="left".
    """
    rows = expect_tensor("searchsorted", sorted_sequence, "sorted_sequence")
    if side is not None:
        if boolean("searchsorted", "right", right) and side == "left":
            raise ArgumentValueError("searchsorted: expected side='right' with right=True, got 'left'")
        right = one_of("searchsorted", "side", side, ("left", "right")) == "right"
    if sorter is not None:
        rows = gather(rows, -1, expect_tensor("searchsorted", sorter, "sorter"))
    return _places("searchsorted", rows, input, right, out_int32)


def bucketize(input, boundaries, *, out_int32=False, right=False):
    """For each number of x how many of the sorted `boundaries` lie below it, or with `right`, not above.

    Raises: ShapeError unless the boundaries have 1 dimension.
    """
    boundaries = expect_tensor("bucketize", boundaries, "boundaries")
    if boundaries.array.ndim != 1:
        raise ShapeError(f"bucketize: expected boundaries of 1 dimension, got shape {boundaries.shape}")
    return _places("bucketize", boundaries, input, right, out_int32)


def _places(name, rows, input, right, out_int32):
    x = input if isinstance(input, Tensor) else as_operand(name, input, dtypes.promote(rows, number(name, "x", input)))
    if rows.array.ndim == 0:
        raise ShapeError(f"{name}: expected a sequence of at least 1 dimension, got a 0-d tensor")
    if rows.array.ndim > 1 and rows.array.shape[:-1] != x.array.shape[:-1]:
        raise ShapeError(f"{name}: expected x of shape ({rows.shape[:-1]}, *), got {x.shape}")
    if x.array.dtype != rows.array.dtype:
        dtype = dtypes.promote(rows, x)
        rows, x = to(rows, dtype), to(x, dtype)
    out = empty(x.array.shape, dtypes.int64, x.array)
    launch(kernels.searchsorted, out, contiguous(rows.array), contiguous(x.array), boolean(name, "right", right))
    return to(wrap(out), dtypes.int32) if boolean(name, "out_int32", out_int32) else wrap(out)


def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, ... occurs in a row of integers ≥ 0, or the sums of their `weights`; float64.

    Raises: DTypeError for other numbers, ArgumentValueError unless they are a row ≥ 0, ShapeError for other weights.
    """
    x, minlength = expect_tensor("bincount", input), integer("bincount", "minlength", minlength, 0)
    array = host(x.array)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"bincount: expected integers, got {x.dtype}")
    if array.ndim != 1 or (array < 0).any():
        raise ArgumentValueError(f"bincount: expected 1 dimension of integers ≥ 0, got shape {x.shape}")
    if weights is None:
        return _found(x, np.bincount(array, minlength=minlength))
    weights = expect_tensor("bincount", weights, "weights")
    if weights.array.shape != array.shape:
        raise ShapeError(f"bincount: expected weights of shape {x.shape}, got {weights.shape}")
    counts = np.bincount(array, host(weights.array), minlength)
    return _found(x, counts.astype(weights.array.dtype if weights.dtype == dtypes.float32 else np.float64))


def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Whether each element is one of `test_elements`; with `invert`, whether it is none.

    Raises: ArgumentTypeError for two numbers.
    """
    if not (isinstance(elements, Tensor) or isinstance(test_elements, Tensor)):
        raise ArgumentTypeError("isin: expected a tensor as elements or test_elements, got two numbers")
    like = elements if isinstance(elements, Tensor) else test_elements
    a, b = (
        host(x.array) if isinstance(x, Tensor) else number("isin", "a number", x) for x in (elements, test_elements)
    )
    boolean("isin", "assume_unique", assume_unique)
    found = np.isin(a, b, invert=boolean("isin", "invert", invert))
    return wrap(put(np.asarray(found), like.array))
