"""Pooling: by windows of one size, and adaptive, by so many windows."""

import numpy as np

from ...ops import adaptive_pool, pool
from ..sizes import Dim
from .convolution import batched, each, unbatched
from .table import translates


def _windows(out, n, x, kernel_size, stride, padding, dilation, ceil_mode):
    """The attributes of windows. A last window beyond the edge is one with more padding: see `pool.window_geometry`."""
    kernel, before = each(kernel_size, n), each(padding, n)
    strides, behind = each(stride, n) if stride else kernel, list(before)
    sizes, counts = x.shape[-n:], out.shape[-n:]
    if ceil_mode and not any(isinstance(size, Dim) for size in sizes):
        covered = [d * (k - 1) + 1 for d, k in zip(each(dilation, n), kernel)]
        lines = zip(counts, strides, covered, sizes, before)
        needed = [(count - 1) * s + c - size - p for count, s, c, size, p in lines]
        if all(w < k for w, k in zip(needed, kernel)):
            ceil_mode, behind = False, [max(w, 0) for w in needed]
    return {"kernel_shape": kernel, "strides": strides, "pads": before + behind, "ceil_mode": int(ceil_mode)}


@translates(pool._max_pool)
def max_pool(g, out, n, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    windows = _windows(out, n, x, kernel_size, stride, padding, dilation, ceil_mode)
    y = g.op("MaxPool", batched(g, x, n), outputs=1 + return_indices, dilations=each(dilation, n), **windows)
    if not return_indices:
        return unbatched(g, y, x, n)
    values, places = y  # of all images one after another: we count in each
    size = g.product(x.shape[-n:])
    size = g.constant(size, np.int64) if isinstance(size, int) else size
    return unbatched(g, values, x, n), unbatched(g, g.op("Mod", places, size), x, n)


@translates(pool._avg_pool)
def avg_pool(g, out, n, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    """`AveragePool`, or where it divides by other numbers than ours, a matrix along each axis."""
    windows = _windows(out, n, x, kernel_size, stride, padding, 1, ceil_mode)
    if divisor is None and not (ceil_mode and count_include_pad):
        y = g.op("AveragePool", batched(g, x, n), count_include_pad=int(count_include_pad), **windows)
        return unbatched(g, y, x, n)
    y, sizes = batched(g, x, n), g.fixed(x.shape[-n:], "images")
    for axis, (size, k, s, p) in enumerate(zip(sizes, windows["kernel_shape"], windows["strides"], each(padding, n))):
        start = np.arange(out.shape[axis - n]) * s - p
        stop = np.minimum(start + k, size + p)
        seen = (np.arange(size) >= start[:, None]) & (np.arange(size) < stop[:, None])
        count = np.full(len(start), divisor if axis == 0 else 1) if divisor is not None else stop - start
        y = along(g, y, 2 + axis, n + 2, (seen / count[:, None]).astype(out.dtype))
    return unbatched(g, y, x, n)


def along(g, x, axis, ndim, matrix):
    """Each line of x along an axis, times a matrix (new, old)."""
    order = list(range(ndim))
    order[axis], order[-1] = order[-1], order[axis]
    y = g.op("MatMul", g.transpose(x, order), g.constant(np.ascontiguousarray(matrix.T)))
    return g.transpose(y, order)


@translates(adaptive_pool._avg)
def adaptive_avg(g, out, n, x, output_size):
    wanted = each(output_size, n)
    if all(w == 1 for w in wanted):
        return unbatched(g, g.op("GlobalAveragePool", batched(g, x, n)), x, n)
    y = batched(g, x, n)
    open_axes = [axis for axis in range(n) if wanted[axis] is not None]
    sizes = g.fixed([x.shape[axis - n] for axis in open_axes], "images")
    counts = [wanted[axis] for axis in open_axes]
    if len(open_axes) == n and all(count and size % count == 0 for size, count in zip(sizes, counts)):
        kernel = [size // count for size, count in zip(sizes, counts)]
        return unbatched(g, g.op("AveragePool", y, kernel_shape=kernel, strides=kernel), x, n)
    for axis, size, count in zip(open_axes, sizes, counts):
        start, stop, divisor = adaptive_pool._lines(size, count).T
        seen = (np.arange(size) >= start[:, None]) & (np.arange(size) < stop[:, None])
        y = along(g, y, 2 + axis, n + 2, (seen / divisor[:, None]).astype(out.dtype))
    return unbatched(g, y, x, n)


@translates(adaptive_pool._max)
def adaptive_max(g, out, n, x, output_size, return_indices):
    wanted = [x.shape[axis - n] if w is None else w for axis, w in enumerate(each(output_size, n))]
    if all(w == 1 for w in wanted) and not return_indices:
        return unbatched(g, g.op("GlobalMaxPool", batched(g, x, n)), x, n)
    sizes = g.fixed(x.shape[-n:], "images")
    tables, _ = adaptive_pool._side_by_side(tuple(sizes), tuple(wanted))
    y = batched(g, x, n)
    for axis, table in enumerate(tables):  # what each window sees, side by side
        y = g.op("Gather", y, g.constant(table.reshape(-1), np.int64), axis=2 + axis)
    kernel = [table.shape[1] for table in tables]
    y = g.op("MaxPool", y, outputs=1 + return_indices, kernel_shape=kernel, strides=kernel)
    if not return_indices:
        return unbatched(g, y, x, n)
    values, places = y
    copied = [table.size for table in tables]
    at = np.unravel_index(np.arange(np.prod(copied)), copied)
    back = np.ravel_multi_index([table.reshape(-1)[i] for table, i in zip(tables, at)], sizes)
    places = g.op("Mod", places, g.constant(back.size, np.int64))
    return unbatched(g, values, x, n), unbatched(g, g.op("Gather", g.constant(back, np.int64), places), x, n)
