"""Sorting, and searching in what is sorted. NaN counts as larger than every number."""

import numpy as np

from ..kernel import In, Out, kernel


@kernel
def sort(values: Out, indices: Out, x: In, axis, descending):
    """values ← x in order along the axis, indices ← where each was; equal elements keep their order."""
    if descending:
        order = x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis, "stable"), axis)
    else:
        order = np.argsort(x, axis, "stable")
    indices[...] = order
    values[...] = np.take_along_axis(x, order, axis)


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
