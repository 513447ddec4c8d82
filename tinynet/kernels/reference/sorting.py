"""Sorting, and searching in what is sorted. NaN counts as larger than every number."""

import numpy as np

from ..kernel import In, Out, kernel


def _order(x, axis, descending):
    """The indices that put x in order along the axis; equal elements keep theirs."""
    if descending:
        return x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis, "stable"), axis)
    return np.argsort(x, axis, "stable")


@kernel
def sort(values: Out, indices: Out, x: In, axis, descending):
    """values ← x in order along the axis, indices ← where each was; equal elements keep their order."""
    indices[...] = _order(x, axis, descending)
    values[...] = np.take_along_axis(x, indices, axis)


@kernel
def topk(values: Out, indices: Out, x: In, axis, largest):
    """The first elements of `sort`, as many as `values` has along the axis: from the largest, or from the smallest."""
    indices[...] = np.take(_order(x, axis, largest), range(values.shape[axis]), axis)
    values[...] = np.take_along_axis(x, indices, axis)


@kernel
def searchsorted(out: Out, rows: In, x: In, right):
    """out ← how many elements of a row are smaller than x, or with `right`, not larger.

    `rows` (*, n) are in order, and x (*, m) has elements for each; or there is one row, and x has any shape.
    """
    side = "right" if right else "left"
    if rows.ndim == 1:
        out[...] = np.searchsorted(rows, x, side)
    else:
        for i in np.ndindex(rows.shape[:-1]):
            out[i] = np.searchsorted(rows[i], x[i], side)
