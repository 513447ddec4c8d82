"""Adaptive pooling: so many windows that cover an image, whatever its size."""

import numpy as np

from ..arguments import boolean, check_room
from ..kernels.runtime.plans import planned
from ..tensor_arguments import expect_tensor
from .pool import check_image, pooled_max, pooled_mean, pooled_mean_transposed, taking, windows_of, with_places
from .shape import squeeze, unsqueeze
from .windows import geometry, spaces

FUNCTIONS = "adaptive_avg_pool1d"
FUNCTIONAL = """adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"""


def adaptive_avg_pool1d(input, output_size):
    """The mean of x (N, C, L) or (C, L) over `output_size` windows: see `adaptive_avg_pool2d`."""
    return _avg("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input, output_size):
    """The mean of x (N, C, H, W) or (C, H, W) over windows that cover it, `output_size` of them along each axis.

    Window p of P covers [⌊p H / P⌋, ⌈(p + 1) H / P⌉). A size of None leaves that axis as it is.

    Raises: ShapeError, DTypeError.
    """
    return _avg("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input, output_size):
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over windows that cover it: see `adaptive_avg_pool2d`."""
    return _avg("adaptive_avg_pool3d", 3, input, output_size)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """The largest of x (N, C, L) or (C, L) in `output_size` windows: see `adaptive_max_pool2d`."""
    return _max("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """The largest of x (N, C, H, W) or (C, H, W) in windows that cover it, `output_size` of them along each axis.

    The windows are those of `adaptive_avg_pool2d`. With `return_indices` the result is (y, places in an image as
    row · W + column).

    Raises: ShapeError, DTypeError.
    """
    return _max("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input, output_size, return_indices=False):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in windows that cover it: see `adaptive_max_pool2d`."""
    return _max("adaptive_max_pool3d", 3, input, output_size, return_indices)


def _avg(name, n, x, output_size):
    if expect_tensor(name, x).array.ndim == n + 1:
        return squeeze(_avg(name, n, unsqueeze(x, 0), output_size), 0)
    sizes, counts = _counts(name, n, x, output_size)
    return pooled_mean(x, *_mean_windows(sizes, counts))


def _max(name, n, x, output_size, return_indices):
    return_indices = boolean(name, "return_indices", return_indices)
    return with_places(name, n, x, return_indices, lambda x: _pooled_max(name, n, x, output_size))


def _pooled_max(name, n, x, output_size):
    """(y, places): windows that differ in size, or overlap, are copied side by side, and those are pooled."""
    sizes, counts = _counts(name, n, x, output_size)
    tables, windows = _side_by_side(sizes, counts)
    copied = tuple([table.size for table in tables])
    if copied != sizes:
        x = pooled_mean_transposed(x, copied, *windows)
    if 0 in counts:
        return x, lambda: np.zeros(x.array.shape, np.int64)
    kernel = tuple([table.shape[1] for table in tables])
    y, found = pooled_max(x, geometry(copied, counts, kernel, kernel, (0,) * n, (1,) * n, 1))

    def places():
        at = np.unravel_index(found(), copied)
        return np.ravel_multi_index([table.reshape(-1)[i] for table, i in zip(tables, at)], sizes)

    return y, places


def _counts(name, n, x, output_size):
    """The size of the image, and the number of windows, along each axis."""
    check_image(name, n, x)
    sizes = x.array.shape[2:]
    given = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * n
    counts = spaces(name, "output_size", tuple([s if w is None else w for s, w in zip(sizes, given)]), n, 0)
    check_room(name, (*x.array.shape[:2], *counts), x.array.dtype)
    check_room(name, (3, max(counts)), np.dtype("int64"))
    return sizes, counts


@planned
def _mean_windows(sizes, counts):
    return windows_of([_lines(size, count) for size, count in zip(sizes, counts)])


def _lines(size, count):
    """(start, stop, divisor) of each window along an axis."""
    p = np.arange(count)
    start, stop = p * size // max(count, 1), -(-(p + 1) * size // max(count, 1))
    return np.stack([start, stop, stop - start], 1)


@planned
def _side_by_side(sizes, counts):
    """(tables, windows): what each window sees along each axis, the last again where it sees fewer than others."""
    tables = []
    for size, count in zip(sizes, counts):
        start, stop, seen = _lines(size, count).T
        tables.append(np.minimum(start[:, None] + np.arange(seen.max(initial=1)), stop[:, None] - 1))
    return tables, windows_of([taking(table.reshape(-1), size) for table, size in zip(tables, sizes)])
