"""Sorting, and searching in what is sorted. NaN counts as larger than every number."""

import numpy as np

from ..arrays import along_axis
from ..kernel import In, Out, kernel


def _order(x, axis, descending):
    """The indices that put x in order along the axis; equal elements keep theirs."""
    if not descending:
        return x.argsort(axis, "stable")
    back = (*[slice(None)] * axis, slice(None, None, -1))
    return x.shape[axis] - 1 - x[back].argsort(axis, "stable")[back]


@kernel
def sort(values: Out, indices: Out, x: In, axis, descending):
    """values ← x in order along the axis, indices ← where each was; equal elements keep their order."""
    indices[...] = _order(x, axis, descending)
    values[...] = x[along_axis(indices, axis)]


@kernel
def topk(values: Out, indices: Out, x: In, axis, largest):
    """The first elements of `sort`, as many as `values` has along the axis: from the largest, or from the smallest."""
    indices[...] = _order(x, axis, largest)[(*[slice(None)] * axis, slice(values.shape[axis]))]
    values[...] = x[along_axis(indices, axis)]


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
