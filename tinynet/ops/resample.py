"""Resampling of images and series: to the nearest pixel, or to weighted sums of the pixels around, axis after axis.

Which pixel a new one takes does not decrease along an axis. So each old pixel goes to a window of new ones: to take is
the transpose of a sum over windows, of `mean_pool` with the divisor 1, and each is the other's gradient.
"""

import warnings

import numpy as np

from ..arguments import LARGEST_SIZE, boolean, check_room, integer, number, one_of
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.arrays import put
from ..kernels.runtime.plans import planned
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .adaptive_pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .operands import to
from .pool import mean_pool_transposed, pooled_mean_transposed, taking, windows_of
from .selection import index_select
from .volume import images_of, series_of, volumes_of_images, volumes_of_series

FUNCTIONAL = "interpolate upsample upsample_nearest upsample_bilinear"
WEIGHTED = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2, "lanczos": 2}  # by how many axes they resample
MODES = "nearest", "nearest-exact", *WEIGHTED, "area"
ANTIALIASED = "bilinear", "bicubic", "lanczos"
KEYS = -0.75  # the slope at distance 1 of "bicubic" without antialias


def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
    antialias=False,
):  # fmt: skip
    """x (N, C, ...) with its 1 to 3 last dimensions resampled to `size`, or to ⌊size · scale_factor⌋ each.

    Pixel i of n is at the position (i + ½) s − ½ of the old ones, with s = old / n, or one over the given factor;
    with `align_corners`, which the weighted modes know, at i (old − 1) / (n − 1).
    "nearest" takes the pixel ⌊i s⌋, "nearest-exact" ⌊(i + ½) s⌋, "area" the mean of those that a new one covers. The
    others weight the pixels around by their distance: "linear", "bilinear" and "trilinear" two along each axis,
    "bicubic" four (Keys 1981, a = −¾). With `antialias`, for "bilinear", "bicubic" (a = −½) and "lanczos", the weights
    are those of a filter that is s times as wide where the image shrinks.

    Raises: ShapeError, DTypeError, ArgumentValueError where size, factor and mode do not fit x.
    """
    name, x = "interpolate", expect_tensor("interpolate", input)
    mode, spatial = one_of(name, "mode", mode, MODES), x.array.ndim - 2
    if not 1 <= spatial <= 3 or WEIGHTED.get(mode, spatial) != spatial:
        raise ShapeError(f"{name}: expected an input that fits mode {mode!r}, got shape {x.shape}")
    antialias = boolean(name, "antialias", antialias)
    if antialias and mode not in ANTIALIASED:
        raise ArgumentValueError(f"{name}: expected a mode of {ANTIALIASED} for antialias, got {mode!r}")
    if align_corners is not None and mode not in WEIGHTED:
        raise ArgumentValueError(f"{name}: align_corners has a meaning for weighted modes only, not for {mode!r}")
    corners = align_corners is not None and boolean(name, "align_corners", align_corners)
    if mode == "lanczos" and (corners or not antialias):
        raise ArgumentValueError(f"{name}: expected antialias, and no align_corners, for mode 'lanczos'")
    old = x.array.shape[2:]
    new, scales = _new_sizes(name, old, size, scale_factor, recompute_scale_factor)
    check_room(name, (*x.array.shape[:2], *new), x.array.dtype)
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[spatial - 1](x, new)
    if mode not in WEIGHTED:
        return _nearest(x, new, scales, mode == "nearest-exact")
    if x.array.dtype.kind != "f":
        raise DTypeError(f"{name}: expected a floating dtype for mode {mode!r}, got {x.dtype}")
    if x.array.dtype.itemsize == 2:  # whose positions and weights have more digits
        return to(_weighted(to(x, np.dtype("float32")), new, scales, mode, corners, antialias), x.dtype)
    return _weighted(x, new, scales, mode, corners, antialias)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """`interpolate`, by its older name, which is deprecated."""
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` in mode "nearest", by an older name, which is deprecated."""
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input, size=None, scale_factor=None):
    """`interpolate` in mode "bilinear" with `align_corners`, by an older name, which is deprecated."""
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)


def _deprecated(name):
    warnings.warn(f"nn.functional.{name} is deprecated; use nn.functional.interpolate", stacklevel=3)


def _new_sizes(name, old, size, factor, recompute):
    """The new sizes, and how many old pixels make a new one along each dimension."""
    if (size is None) == (factor is None):
        raise ArgumentValueError(f"{name}: expected either size or scale_factor")
    each = lambda value: list(value) if isinstance(value, tuple | list) else [value] * len(old)
    given = each(factor if size is None else size)
    if len(given) != len(old):
        raise ShapeError(f"{name}: expected a number for each of {len(old)} dimensions, got {given}")
    if 0 in old:
        raise ShapeError(f"{name}: expected dimensions of at least 1 element to resample, got {old}")
    if size is not None:
        new = [integer(name, "size", n, 1, LARGEST_SIZE) for n in given]
        return tuple(new), tuple([before / n for before, n in zip(old, new)])
    factors = [number(name, "scale_factor", f, 0, LARGEST_SIZE) for f in given]
    new = [int(before * f) for before, f in zip(old, factors)]
    if 0 in new:
        raise ArgumentValueError(
            f"{name}: expected a scale_factor that leaves at least 1 element, got {given} for {old}"
        )
    if recompute is not None and boolean(name, "recompute_scale_factor", recompute):
        return tuple(new), tuple([before / n for before, n in zip(old, new)])
    return tuple(new), tuple([1 / f for f in factors])


# The nearest pixel


def _nearest(x, new, scales, exact):
    old = x.array.shape[2:]
    if x.array.dtype.kind != "f":
        for axis, (before, n, scale) in enumerate(zip(old, new, scales), 2):
            x = index_select(x, axis, wrap(put(_nearest_pixels(before, n, scale, exact), x.array)))
        return x
    return pooled_mean_transposed(x, new, *_nearest_windows(old, new, scales, exact))


def _nearest_pixels(old, n, scale, exact):
    index = np.floor((np.arange(n) + (0.5 if exact else 0.0)).astype(np.float32) * np.float32(scale)).astype(np.int64)
    return np.minimum(index, old - 1)


@planned
def _nearest_windows(old, new, scales, exact):
    return windows_of([taking(_nearest_pixels(b, n, s, exact), b) for b, n, s in zip(old, new, scales)])


# Weighted sums


def _weighted(x, new, scales, mode, corners, antialias):
    along = lambda x, axis, i: _along(x, axis, new[i], scales[i], mode, corners, antialias)
    if len(new) == 1:
        return along(x, 2, 0)
    if len(new) == 2:
        return along(along(x, 2, 0), 3, 1)
    n, c, d = x.array.shape[:3]
    y = volumes_of_images(along(along(images_of(x), 2, 1), 3, 2), n, d)
    return volumes_of_series(along(series_of(y), 2, 0), c, *new[1:])


def _along(x, axis, n, scale, mode, corners, antialias):
    """x (N, C, L) or (N, C, H, W) resampled along one axis: the sum over taps of pixels times weights."""
    size = list(x.array.shape[2:])
    taps = _taps(tuple(size), axis - 2, n, scale, mode, corners, antialias)
    size[axis - 2] = n
    over = [1] * x.array.ndim
    over[axis] = n
    total = None
    for windows, weight in taps:
        weight = wrap(put(weight.astype(x.array.dtype).reshape(over), x.array))
        part = mean_pool_transposed(x, windows, tuple(size)) * weight
        total = part if total is None else total + part
    return total


@planned
def _taps(size, axis, n, scale, mode, corners, antialias):
    """(windows, weights) of each tap: where old pixels go that new ones take, and by what they weight them."""
    old = size[axis]
    scale = (old - 1) / (n - 1) if corners and n > 1 else 0.0 if corners else scale
    if antialias:
        indices, weights = _filtered(old, n, scale, *FILTERS[mode])
    elif mode == "bicubic":
        indices, weights = _cubic(old, n, scale, corners)
    else:
        indices, weights = _linear(old, n, scale, corners)
    found = []
    for index, weight in zip(indices, weights):
        lines = [taking(index if d == axis else np.arange(s), s) for d, s in enumerate(size)]
        found.append((*windows_of(lines), weight))
    return found


def _linear(old, n, scale, corners):
    if old == n:
        return np.arange(n)[None], np.ones((1, n))
    place = np.arange(n)
    position = place * scale if corners else np.maximum((place + 0.5) * scale - 0.5, 0)
    low = np.minimum(position.astype(np.int64), old - 1)
    share = position - low
    return (low, np.minimum(low + 1, old - 1)), (1.0 - share, share)


def _cubic(old, n, scale, corners):
    place = np.arange(n)
    position = place * scale if corners else (place + 0.5) * scale - 0.5
    low = np.floor(position)
    taps = np.arange(-1, 3)[:, None]
    indices = np.clip(low.astype(np.int64) + taps, 0, old - 1)
    return indices, _keys(np.abs(position - low - taps), KEYS)


def _filtered(old, n, scale, support, function):
    """A filter around each new pixel, `support` pixels of the coarser image wide, whose weights add up to 1."""
    width = max(scale, 1.0)
    center = scale * (np.arange(n) + 0.5)
    first = np.maximum((center - support * width + 0.5).astype(np.int64), 0)
    last = np.minimum((center + support * width + 0.5).astype(np.int64), old)
    indices = first + np.arange((last - first).max())[:, None]
    weights = np.where(indices < last, function((indices - center + 0.5) / width), 0)
    return np.minimum(indices, old - 1), weights / weights.sum(0)


def keys_near(distance, a):
    """The weight of a pixel in a cubic interpolation, at a distance of at most 1: Keys (1981)."""
    return ((a + 2) * distance - (a + 3)) * distance * distance + 1


def keys_far(distance, a):
    """The same from 1 to 2."""
    return ((distance - 5) * distance + 8) * distance * a - 4 * a


def _keys(distance, a):
    return np.where(distance <= 1, keys_near(distance, a), keys_far(distance, a))


def _triangle(distance):
    return np.maximum(1 - np.abs(distance), 0)


def _catmull_rom(distance):
    return np.where(np.abs(distance) < 2, _keys(np.abs(distance), -0.5), 0)


def _lanczos(distance):
    return np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)


FILTERS = {"bilinear": (1.0, _triangle), "bicubic": (2.0, _catmull_rom), "lanczos": (3.0, _lanczos)}
