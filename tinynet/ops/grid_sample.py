"""Images sampled at the points of a grid, and grids of affine maps: spatial transformers, Jaderberg et al. (2015)."""

import itertools
import math
import warnings
from functools import reduce

import numpy as np

from ..arguments import boolean, one_of, sizes
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import put
from ..kernels.filled import in_shape, zeros
from ..tensor import wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import floor, fmod, mul
from .choosing import where
from .embedding import _lookup
from .joining import cat
from .matmul import matmul
from .operands import to
from .resample import KEYS, keys_far, keys_near
from .rounding import round
from .shape import permuted, reshape, reshaped, transpose, unsqueeze

FUNCTIONAL = "affine_grid grid_sample"
MODES = "bilinear", "nearest", "bicubic"
PADDINGS = "zeros", "border", "reflection"


def affine_grid(theta, size, align_corners=None):
    """Points (N, H, W, 2) for `grid_sample`: θ (x, y, 1)ᵀ for the pixels of an output of `size` (N, C, H, W).

    θ (N, 2, 3), or (N, 3, 4) for volumes, whose `size` is (N, C, D, H, W) and points (N, D, H, W, 3). Pixels lie in
    [−1, 1]: the outermost ones in the middle of their edges there, or with `align_corners` at ±1.

    Raises: ShapeError, DTypeError, ArgumentValueError for a θ and a size that do not fit.
    """
    name, theta = "affine_grid", expect_floating("affine_grid", theta, "theta")
    size = sizes(name, "size", (size,), 1)
    if len(size) not in (4, 5):
        raise ShapeError(f"{name}: expected a size (N, C, H, W) or (N, C, D, H, W), got {size}")
    spatial, dims = size[2:], len(size) - 2
    if theta.array.shape != (size[0], dims, dims + 1):
        raise ShapeError(f"{name}: expected theta of shape {(size[0], dims, dims + 1)} for {size}, got {theta.shape}")
    corners = _corners(name, align_corners)
    at = []
    for n in spatial:
        line = np.linspace(-1, 1, n, dtype=theta.array.dtype) if n > 1 else np.zeros(1, theta.array.dtype)
        at.append(line if corners else line * theta.array.dtype.type((n - 1) / n))
    points = np.stack([*np.meshgrid(*at, indexing="ij")[::-1], np.ones(spatial, theta.array.dtype)], -1)
    points = wrap(put(points.reshape(-1, dims + 1), theta.array))
    return reshape(matmul(points, transpose(theta, 1, 2)), size[0], *spatial, dims)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """y[n, c, i, j] = x[n, c] at the point (column, row) = grid[n, i, j], between whose pixels `mode` interpolates.

    x (N, C, H, W) and grid (N, H', W', 2), or (N, C, D, H, W) and (N, D', H', W', 3). −1 and 1 are the borders of the
    image, or with `align_corners` the centers of its outermost pixels. Outside are zeros, the pixels of the border, or
    with "reflection" the image in mirrors. "bicubic" is for images.

    Raises: ShapeError, DTypeError, ArgumentValueError.
    """
    name, x = "grid_sample", expect_floating("grid_sample", input)
    mode = one_of(name, "mode", mode, MODES)
    padding = one_of(name, "padding_mode", padding_mode, PADDINGS)
    corners = _corners(name, align_corners)
    _check(name, x, expect_tensor(name, grid, "grid"), mode)
    n, _, *size = x.array.shape
    points = reshaped(grid, (n, -1 if n else 0, len(size)))
    taps = TAPS[mode]
    along = [  # the axes of a point come in the opposite order
        taps(_pixels(points[:, :, len(size) - 1 - axis], s, corners), s, padding, corners)
        for axis, s in enumerate(size)
    ]
    y = _weighted_sum(x, along)
    return _as_image(y, grid)


def _as_image(y, grid):
    """The samples (N, P, C), a result that nobody else holds, in the shape of the grid: (N, C, H', W')."""
    before, (n, *size, _) = y.array.shape, grid.array.shape
    array = np.moveaxis(in_shape(y.array, n, *size, before[2]), -1, 1)
    back = lambda g: reshaped(permuted(g, (0, *range(2, g.array.ndim), 1)), before)
    no_gradient = lambda g: wrap(zeros(grid.array.shape, g.array.dtype, g.array))  # but what flows through y
    return record("grid_sample", array, (y, grid), back, no_gradient)


def _corners(name, align_corners):
    if align_corners is None:
        warnings.warn(
            f"{name}: align_corners is False where it is not given, which it was not before PyTorch 1.3", stacklevel=3
        )
        return False
    return boolean(name, "align_corners", align_corners)


def _check(name, x, grid, mode):
    dims = x.array.ndim - 2
    if dims not in (2, 3) or grid.array.ndim != dims + 2:
        raise ShapeError(
            f"{name}: expected images (N, C, H, W) and a grid (N, H', W', 2), or volumes (N, C, D, H, W) and a grid "
            f"(N, D', H', W', 3), got {x.shape} and {grid.shape}"
        )
    if grid.array.shape[-1] != dims or len(grid.array) != len(x.array):
        raise ShapeError(f"{name}: expected a grid ({len(x.array)}, ..., {dims}) for {x.shape}, got {grid.shape}")
    if 0 in x.array.shape[2:]:
        raise ShapeError(f"{name}: expected images of at least one pixel, got shape {x.shape}")
    if grid.array.dtype != x.array.dtype:
        raise DTypeError(f"{name}: expected a grid of the input's dtype {x.dtype}, got {grid.dtype}")
    if mode == "bicubic" and dims != 2:
        raise ArgumentValueError(f"{name}: expected images for mode 'bicubic', got shape {x.shape}")


def _weighted_sum(x, along):
    """Σ of pixels times weights over all combinations of taps: (N, P, C)."""
    n, c, *size = x.array.shape
    pixels = reshaped(permuted(x, (0, *range(2, x.array.ndim), 1)), (n * math.prod(size), c))
    outside = len(pixels.array)
    table = cat([pixels, wrap(zeros((1, c), x.array.dtype, x.array))])  # what lies outside is 0
    image = wrap(put((np.arange(n) * math.prod(size))[:, None], x.array))
    total = None
    for taps in itertools.product(*along):
        index, inside = image, None
        for axis, (place, lies_inside, _) in enumerate(taps):
            index = index + place * math.prod(size[axis + 1 :])
            inside = lies_inside if inside is None else inside & lies_inside
        part = _lookup(table, where(inside, index, outside), outside)
        weights = [weight for _, _, weight in taps if weight is not None]
        part = part * unsqueeze(reduce(mul, weights), -1) if weights else part
        total = part if total is None else total + part
    return total


# Along one axis: from points to pixels


def _pixels(point, size, corners):
    """−1 … 1 as 0 … size − 1, or as −½ … size − ½."""
    return (point + 1) * ((size - 1) / 2) if corners else ((point + 1) * size - 1) * 0.5


def _kept_inside(position, size, padding, corners):
    """A position in the image that a point outside stands for; on the border, too, it has no gradient."""
    if padding == "zeros":
        return position
    if padding == "reflection":
        position = _reflected(position, *((0.0, size - 1.0) if corners else (-0.5, size - 0.5)))
    return where(position > 0, where(position < size - 1, position, size - 1.0), 0.0)


def _reflected(position, low, high):
    """A position in mirrors at `low` and `high`."""
    if low == high:
        return position * 0
    beyond = _distance(position - low)
    turns = floor(beyond.detach() / (high - low))
    rest = fmod(beyond, high - low)
    return where(fmod(turns, 2) == 0, rest + low, high - rest)


def _distance(x):
    """|x|, with the gradient 1 at 0."""
    return where(x.detach() < 0, -x, x)


def _place(position, size):
    """(pixel, whether it is inside the image) for whole positions; those outside have some pixel."""
    inside = (position >= 0) & (position <= size - 1)
    return to(where(inside, position, 0.0), np.dtype("int64")), inside


def _bilinear(position, size, padding, corners):
    """(pixel, whether it is inside, weight) of the two pixels around."""
    position = _kept_inside(position, size, padding, corners)
    low = floor(position.detach())
    share = position - low
    return (*_place(low, size), 1 - share), (*_place(low + 1, size), share)


def _nearest(position, size, padding, corners):
    return ((*_place(round(_kept_inside(position.detach(), size, padding, corners)), size), None),)


def _bicubic(position, size, padding, corners):
    """Those of the four pixels around. It is their places that are kept inside."""
    low = floor(position.detach())
    share = position - low
    near, far = (lambda distance: keys_near(distance, KEYS)), (lambda distance: keys_far(distance, KEYS))
    weights = far(share + 1), near(share), near(1 - share), far(2 - share)
    places = [_kept_inside(low + tap, size, padding, corners) for tap in (-1, 0, 1, 2)]
    return [(*_place(floor(place), size), weight) for place, weight in zip(places, weights)]


TAPS = {"bilinear": _bilinear, "nearest": _nearest, "bicubic": _bicubic}
