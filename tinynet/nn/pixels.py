"""Channels and pixels rearranged, as modules."""

from ..arguments import integer
from ..ops import pixels
from .module import Module


class PixelShuffle(Module):
    """x (*, C r², H, W) as (*, C, H r, W r): each r² channels become a square of pixels."""

    def __init__(self, upscale_factor):
        self.upscale_factor = integer("PixelShuffle", "upscale_factor", upscale_factor, 1)

    def forward(self, input):
        return pixels.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self):
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """x (*, C, H r, W r) as (*, C r², H, W): the inverse of `PixelShuffle`."""

    def __init__(self, downscale_factor):
        self.downscale_factor = integer("PixelUnshuffle", "downscale_factor", downscale_factor, 1)

    def forward(self, input):
        return pixels.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self):
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """x (N, C, *) with its channels, as a matrix of `groups` rows, transposed."""

    def __init__(self, groups):
        self.groups = integer("ChannelShuffle", "groups", groups, 1)

    def forward(self, input):
        return pixels.channel_shuffle(input, self.groups)

    def extra_repr(self):
        return f"groups={self.groups}"
