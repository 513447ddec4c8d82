"""Upsampling as modules."""

from ..arguments import boolean, one_of
from ..ops.resample import MODES, interpolate
from .module import Module


class Upsample(Module):
    """x (N, C, ...) resampled to `size`, or to ⌊size · scale_factor⌋: see `functional.interpolate`."""

    def __init__(self, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
        name = type(self).__name__
        self.size, self.scale_factor = size, scale_factor
        if isinstance(scale_factor, tuple | list):
            self.scale_factor = tuple(map(float, scale_factor))
        elif scale_factor is not None:
            self.scale_factor = float(scale_factor)
        self.mode = one_of(name, "mode", mode, MODES)
        self.align_corners = None if align_corners is None else boolean(name, "align_corners", align_corners)
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input):
        options = self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        return interpolate(input, *options)

    def extra_repr(self):
        named = "size" if self.scale_factor is None else "scale_factor"
        return f"{named}={getattr(self, named)}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of x (N, C, H, W) to the nearest pixel."""

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of x (N, C, H, W), linear between pixels, with the corners where they were."""

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, "bilinear", True)
