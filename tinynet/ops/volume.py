"""Volumes (N, C, D, H, W) as images and as series, so that what is there for one and two axes does for three.

A volume lies in memory as (N, D, H, W, C). It is N · D images (N · D, C, H, W), or N series (N, H · W · C, D) whose
channels are all numbers of a slice; both are channels-last in memory, and the same memory. Along with its kernel a
convolution is one of images whose channels are those of all slices that a window sees.
"""

from ..autograd.graph import record
from ..kernels.filled import in_shape
from ..memory_format import channels_last_3d as format_3d
from .shape import in_order, permuted, reshaped

ORDER = format_3d.order


def channels_last_3d(x):
    """x itself if it lies in memory as (N, D, H, W, C), else a copy that does."""
    return x if x.array.transpose(ORDER).flags.c_contiguous else in_order(x, ORDER)


def images_of(x):
    """(N, C, D, H, W) as (N · D, C, H, W)."""
    n, c, d, h, w = x.array.shape
    return reshaped(permuted(channels_last_3d(x), (0, 2, 1, 3, 4)), (n * d, c, h, w))


def series_of(x):
    """(N, C, D, H, W) as (N, H · W · C, D)."""
    n, c, d, h, w = x.array.shape
    return permuted(reshaped(permuted(channels_last_3d(x), (0, 2, 3, 4, 1)), (n, d, h * w * c)), (0, 2, 1))


def volumes_of_images(y, n, d):
    """(N · D, C, H, W), a result that nobody else holds, as (N, C, D, H, W)."""
    array = in_shape(y.array, n, d, *y.array.shape[1:]).transpose(0, 2, 1, 3, 4)
    return record("volumes", array, (y,), images_of)


def volumes_of_series(z, c, h, w):
    """(N, H · W · C, D), a result that nobody else holds, as (N, C, D, H, W)."""
    n, _, d = z.array.shape
    array = in_shape(z.array.transpose(0, 2, 1), n, d, h, w, c).transpose(0, 4, 1, 2, 3)
    return record("volumes", array, (z,), series_of)
