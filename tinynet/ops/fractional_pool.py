"""Fractional max pooling: windows at pseudorandom distances, so that any ratio of sizes is possible: Graham (2014)."""

import math

import numpy as np

from ..arguments import boolean, number
from ..errors import ArgumentValueError, ShapeError
from ..kernels.arrays import host, put
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .indexing import gather
from .pool import check_image, pooled_max, with_places
from .random import rand
from .shape import reshape
from .windows import geometry, spaces

FUNCTIONAL = "fractional_max_pool2d fractional_max_pool3d"


def fractional_max_pool2d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
):
    """The largest of x (N, C, H, W) or (C, H, W) in windows that begin at random distances, `output_size` of them.

    Or ⌊size · output_ratio⌋. Window i of P begins at ⌊(i + u) α⌋ − ⌊u α⌋ with α = (H − kernel) / (P − 1), the last at
    the end. `_random_samples` (N, C, 2) holds u for width and height; it is drawn by default.

    Raises: ShapeError, DTypeError, ArgumentValueError unless either size or ratio is given and fits.
    """
    return _pool("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, return_indices,
                 _random_samples)  # fmt: skip


def fractional_max_pool3d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None
):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in windows at random distances: see `fractional_max_pool2d`.

    `_random_samples` (N, C, 3) holds u for depth, height and width.
    """
    return _pool("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, return_indices,
                 _random_samples)  # fmt: skip


def _pool(name, n, x, kernel_size, output_size, output_ratio, return_indices, samples):
    return_indices = boolean(name, "return_indices", return_indices)
    kernel = spaces(name, "kernel_size", kernel_size, n, 1)
    if (output_size is None) == (output_ratio is None):
        raise ArgumentValueError(f"{name}: expected either output_size or output_ratio")
    run = lambda x: _pooled_max(name, n, x, kernel, output_size, output_ratio, samples)
    return with_places(name, n, x, return_indices, run)


def _pooled_max(name, n, x, kernel, output_size, ratio, samples):
    """(y, places): the windows copied side by side, and pooled."""
    check_image(name, n, x)
    shape = x.array.shape
    sizes = shape[2:]
    if output_size is None:
        ratios = ratio if isinstance(ratio, tuple | list) else (ratio,) * n
        output_size = tuple([int(s * number(name, "output_ratio", r)) for s, r in zip(sizes, ratios)])
    counts = spaces(name, "output_size", output_size, n, 1)
    if any(c + k - 1 > s for c, k, s in zip(counts, kernel, sizes)):
        raise ShapeError(f"{name}: expected an input of {counts} windows of {kernel} at least, got {sizes}")
    samples = _samples(name, n, x, samples)
    flat = 0
    for axis, (s, count, k) in enumerate(zip(sizes, counts, kernel)):
        begin = _begins(samples[..., -1 - axis if n == 2 else axis], s, count, k)
        seen = (begin[..., None] + np.arange(k)).reshape(*shape[:2], count * k)
        flat = flat * s + seen.reshape(*shape[:2], *[count * k if a == axis else 1 for a in range(n)])
    at = flat.reshape(*shape[:2], math.prod(flat.shape[2:]))
    copied = gather(reshape(x, *shape[:2], math.prod(sizes)), 2, wrap(put(at, x.array)))
    copied = reshape(copied, flat.shape)
    y, found = pooled_max(copied, geometry(flat.shape[2:], counts, kernel, kernel, (0,) * n, (1,) * n, 1))

    def places():
        within = found()
        return np.take_along_axis(at, within.reshape(*shape[:2], math.prod(counts)), 2).reshape(within.shape)

    return y, places


def _samples(name, n, x, samples):
    shape = (*x.array.shape[:2], n)
    if samples is None:
        return host(rand(shape, dtype=x.dtype, device=x.device).array)
    if expect_tensor(name, samples, "_random_samples").array.shape != shape:
        raise ShapeError(f"{name}: expected _random_samples of shape {shape}, got {samples.shape}")
    return host(samples.array)


def _begins(u, size, count, k):
    """Where the windows begin along an axis, for each channel of each image: (N, C, count)."""
    alpha = u.dtype.type((size - k) / max(count - 1, 1))
    i = np.arange(count, dtype=u.dtype)
    begin = ((i + u[..., None]) * alpha).astype(np.int64) - (u[..., None] * alpha).astype(np.int64)
    begin[..., -1] = size - k
    return begin
