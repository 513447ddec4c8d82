"""Sorting and searching. An element's place in order is the number of those that come before it, which a thread counts:
simple, stable, and n² comparisons for a line of n."""

import math

import numpy as np
from numba.types import boolean, int64

from .. import reference as kernels
from .device.driver import cuda, device, grid, kernel
from .indexing import ALL


@device
def precedes(a, b):
    """a < b, where NaN is larger than every number."""
    return a < b or (b != b and a == a)


@kernel(lambda real: (real[::1], int64[::1], real[::1], int64, int64, int64, boolean), ALL)
def sort_lines(values, indices, x, n, k, inner, descending):
    """Over arrays (outer, n, inner), along the middle, the first k in order: a thread for each element."""
    for at in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        outer, own, column = at // (n * inner), at // inner % n, at % inner
        first, a, place = outer * n * inner + column, x[at], 0
        for i in range(n):
            b = x[first + i * inner]
            before = precedes(a, b) if descending else precedes(b, a)
            after = precedes(b, a) if descending else precedes(a, b)
            if before or (i < own and not after):
                place += 1
        if place < k:
            to = (outer * k + place) * inner + column
            values[to], indices[to] = a, own


@kernel(lambda real: (int64[::1], real[::1], real[::1], int64, int64, boolean), ALL)
def search_rows(out, rows, x, n, per_row, right):
    """Bisection: a thread for each element of x, of which there are `per_row` for each row of n."""
    for at in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        first, low, high = at // per_row * n, 0, n
        while low < high:
            middle = (low + high) // 2
            b = rows[first + middle]
            if precedes(b, x[at]) or (right and not precedes(x[at], b)):
                low = middle + 1
            else:
                high = middle
        out[at] = low


@kernels.sort.on("cuda")
def sort(values, indices, x, axis, descending):
    """values ← x in order along the axis, indices ← where each was."""
    topk(values, indices, x, axis, descending)


@kernels.topk.on("cuda")
def topk(values, indices, x, axis, largest):
    """values ← the first elements of x in order along the axis, as many as it has, indices ← where each was."""
    if not values.size:
        return
    outputs = [out if out.flags.c_contiguous else np.empty_like(out.contiguous()) for out in (values, indices)]
    sizes = x.shape[axis], values.shape[axis], math.prod(x.shape[axis + 1 :])
    sort_lines(x.dtype, *grid(x.size), *outputs, x.contiguous(), *sizes, largest)
    for out, found in zip((values, indices), outputs):
        if out is not found:
            out[...] = found


@kernels.searchsorted.on("cuda")
def searchsorted(out, rows, x, right):
    """out ← how many elements of a row are smaller than x, or with `right`, not larger."""
    if x.size:
        per_row = x.size if rows.ndim == 1 else x.shape[-1]
        rows, x = rows.contiguous(), x.contiguous()
        search_rows(x.dtype, *grid(x.size), out, rows, x, rows.shape[-1], per_row, right)
