"""Images resampled: to another size, or at the points of a grid."""

import numpy as np

from ...ops import grid_sample, resample
from ...tensor import wrap
from ..sizes import Dim
from .pooling import along
from .table import translates

LINEAR = "linear", "bilinear", "trilinear"


@translates(resample.interpolate, inside=lambda mode: mode == "area")
def interpolate(g, out, input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias):
    """`Resize`, where old and new pixels are as many times as many; it rounds the positions of others elsewhere."""
    old, new = input.shape[2:], out.shape[2:]
    factors = scale_factor if isinstance(scale_factor, tuple | list) else [scale_factor] * len(old)
    by_factor = size is None and not recompute_scale_factor
    if any(isinstance(n, Dim) for n in (*old, *new)):
        if antialias or (by_factor and any(f % 1 for f in factors)):
            g.fixed([*old, *new], "images")
    elif antialias or (by_factor and any(n != before * f for n, before, f in zip(new, old, factors))):
        scales = [1 / f for f in factors] if by_factor else [before / n for before, n in zip(old, new)]
        return _axis_by_axis(g, out, input, scales, mode, bool(align_corners), antialias)
    options = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    if mode == "nearest-exact":
        options |= {"nearest_mode": "round_prefer_ceil", "coordinate_transformation_mode": "half_pixel"}
    elif mode != "nearest":
        place = "align_corners" if align_corners else "half_pixel"
        options = {"mode": "linear" if mode in LINEAR else "cubic", "coordinate_transformation_mode": place}
        if mode == "bicubic":
            options["cubic_coeff_a"] = resample.KEYS
    if by_factor and all(f % 1 == 0 for f in factors):
        return g.op("Resize", input, None, g.constant([1, 1, *factors], np.float32), **options)
    return g.op("Resize", input, None, None, g.vector([*input.shape[:2], *new]), **options)


def _axis_by_axis(g, out, x, scales, mode, corners, antialias):
    """Pixels taken, or along each axis a matrix: what the operation makes of the unit vectors."""
    y = x
    for axis, (old, new, scale) in enumerate(zip(x.shape[2:], out.shape[2:], scales)):
        if mode in ("nearest", "nearest-exact"):
            index = resample._nearest_pixels(old, new, scale, mode == "nearest-exact")
            y = g.op("Gather", y, g.constant(index, np.int64), axis=2 + axis)
        else:
            units = wrap(np.eye(old)[:, None, :, None])
            matrix = resample._along(units, 2, new, scale, mode, corners, antialias).array[:, 0, :, 0].T
            y = along(g, y, 2 + axis, x.ndim, matrix.astype(out.dtype))
    return y


@translates(grid_sample.grid_sample)
def sample(g, out, input, grid, mode, padding_mode, align_corners):
    if g.opset >= 20:
        mode = {"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    elif input.ndim != 4:
        raise g.error("grid_sample of volumes needs opset_version=20 or more")
    options = {"mode": mode, "padding_mode": padding_mode, "align_corners": int(bool(align_corners))}
    return g.op("GridSample", input, grid, **options)
