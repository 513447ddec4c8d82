"""Resampling of images and series: to the nearest pixel, or linear between pixels, one dimension after the other."""

import numpy as np

from ..arguments import LARGEST_SIZE, boolean, check_room, integer, number, one_of
from ..errors import ArgumentValueError, ShapeError
from ..kernels.arrays import put
from ..tensor import expect_tensor, wrap
from .selection import index_select

FUNCTIONAL = "interpolate upsample"
LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}  # by the number of dimensions that are resampled
MODES = "nearest", "nearest-exact", *LINEAR


def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
    antialias=False,
):  # fmt: skip
    """x (N, C, ...) with its 1 to 3 last dimensions resampled to `size`, or to ⌊size · scale_factor⌋ each.

    Pixel i of n is at the position (i + ½) s − ½ of the old ones, with s = old / n, or one over the given factor;
    with `align_corners`, which modes "linear", "bilinear" and "trilinear" know, at i (old − 1) / (n − 1).
    Mode "nearest" takes the pixel ⌊i s⌋, "nearest-exact" ⌊(i + ½) s⌋, the others the mean of the pixels around,
    weighted by how near they are.

    Raises: ShapeError, ArgumentValueError where size, factor and mode do not fit x.
    """
    name, x = "interpolate", expect_tensor("interpolate", input)
    mode, spatial = one_of(name, "mode", mode, MODES), x.array.ndim - 2
    if not 1 <= spatial <= 3 or LINEAR.get(mode, spatial) != spatial:
        raise ShapeError(f"{name}: expected an input that fits mode {mode!r}, got shape {x.shape}")
    if boolean(name, "antialias", antialias):
        raise ArgumentValueError(f"{name}: antialias is for modes that are not there, bilinear of it and bicubic")
    if align_corners is not None and mode not in LINEAR:
        raise ArgumentValueError(f"{name}: align_corners has a meaning for linear modes only, not for {mode!r}")
    corners = align_corners is not None and boolean(name, "align_corners", align_corners)
    old = x.array.shape[2:]
    new, scales = _new_sizes(name, old, size, scale_factor, recompute_scale_factor)
    check_room(name, (*x.array.shape[:2], *new), x.array.dtype)
    for axis, n, scale in zip(range(2, 2 + spatial), new, scales):
        x = _resampled(x, axis, n, scale, mode, corners)
    return x


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """`interpolate`, by its older name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


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
        return new, [before / n for before, n in zip(old, new)]
    factors = [number(name, "scale_factor", f, 0) for f in given]
    new = [int(before * f) for before, f in zip(old, factors)]
    if 0 in new:
        raise ArgumentValueError(
            f"{name}: expected a scale_factor that leaves at least 1 element, got {given} for {old}"
        )
    if recompute is not None and boolean(name, "recompute_scale_factor", recompute):
        return new, [before / n for before, n in zip(old, new)]
    return new, [1 / f for f in factors]


def _resampled(x, axis, n, scale, mode, corners):
    old, place = x.array.shape[axis], np.arange(n)
    if mode not in LINEAR:
        exact = 0.5 if mode == "nearest-exact" else 0.0
        index = np.floor((place + exact).astype(np.float32) * np.float32(scale)).astype(np.int64)
        return index_select(x, axis, wrap(put(np.minimum(index, old - 1), x.array)))
    if corners:
        position = place * ((old - 1) / (n - 1) if n > 1 else 0.0)
    else:
        position = np.maximum((place + 0.5) * scale - 0.5, 0)
    low = np.minimum(position.astype(np.int64), old - 1)
    high, share = np.minimum(low + 1, old - 1), position - low
    shape = [1] * x.array.ndim
    shape[axis] = n
    share = wrap(put(share.astype(x.array.dtype).reshape(shape), x.array))
    below, above = (index_select(x, axis, wrap(put(index, x.array))) for index in (low, high))
    return below * (1.0 - share) + above * share
