"""Channels-last memory: arrays of shape (N, C, H, W) or (N, C, L) in which the channels of a pixel are neighbours."""

import numba
import numpy as np
from numba import carray

from tinynet.kernels.arrays import contiguous, empty, zeros
from tinynet.kernels.blocks import address_of, blocks, record
from tinynet.kernels.cpu.table_tile import pointer
from tinynet.kernels.threads import IMAGES

PARTS = 16  # of a sum over pixels


def channels_last(n, channels, *size, dtype, like):
    """An uninitialised array of shape (n, channels, *size) with the channels last in memory, where `like` lies."""
    out = empty((n, *size, channels), dtype, like)
    return out.transpose(0, 3, 1, 2) if len(size) == 2 else out.transpose(0, 2, 1)


def nhwc(x):
    """(N, C, H, W) or (N, C, L) as (N, H, W, C), the same memory."""
    if x.ndim == 3:
        x = x[:, :, None]
    return x.transpose(0, 2, 3, 1)


def padded(x, edges):
    """x (N, H, W, C) with ((above, below), (left, right)) zeros around it; x itself, dense, where there are none."""
    (above, below), (left, right) = edges
    n, high, wide, channels = x.shape
    if not above + below + left + right:
        return contiguous(x)
    out = zeros((n, above + high + below, left + wide + right, channels), x.dtype, x)
    out[:, above : above + high, left : left + wide] = x
    return out


def rows_of_pixels(x):
    """The same, with the pixels of a row side by side and whole, in a copy where they are not."""
    x = nhwc(x)
    channels, item = x.shape[3], x.itemsize
    if (channels == 1 or x.strides[3] == item) and (x.shape[2] == 1 or x.strides[2] == channels * item):
        return x
    out = empty(x.shape, x.dtype, x)
    if numba.config.DISABLE_JIT or x.size < 1024:
        np.copyto(out, x)
        return out
    a = np.zeros(1, _FIELDS)
    a["out"], a["x"] = address_of(out), address_of(x)
    a["high"], a["wide"], a["channels"] = x.shape[1:]
    a["image"], a["row"], a["column"], a["channel"] = x.strides
    _copy_row(a, x.dtype, x.shape[0] * x.shape[1], x.size > IMAGES)
    return out


def sum_pixels(out, x):
    """out (C,) ← Σ x over all but the channels, for x (N, C, H, W) or (N, C, L).

    Rows of pixels are summed as they are, number by number, and the pixels of the resulting row at the end. The rows
    are cut into parts by their number only, so the sum has one order on any number of threads.
    """
    x = rows_of_pixels(x)
    images, high, wide, channels = x.shape
    if numba.config.DISABLE_JIT or x.size == 0:
        np.add.reduce(x, (0, 1, 2), out=out)
        return
    parts = min(PARTS, images * high)
    sums = empty((parts, wide, channels), x.dtype, x)
    a = np.zeros(1, _FIELDS)
    a["out"], a["x"], a["image"], a["row"] = address_of(sums), address_of(x), x.strides[0], x.strides[1]
    a["high"], a["wide"], a["channels"], a["rows"], a["parts"] = high, wide, channels, images * high, parts
    _sum_rows(a, x.dtype, parts, x.size > IMAGES)
    np.add.reduce(sums, (0, 1), out=out)


_FIELDS = record("out", "x", "high", "wide", "channels", "image", "row", "column", "channel", "rows", "parts")


@blocks(_FIELDS)
def _copy_row(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    n, h = divmod(block, a.high)
    x, size = a.x + n * a.image + h * a.row, a.wide * a.channels
    out = carray(pointer(like, a.out + block * size * like.itemsize), size)
    for c in range(a.channels):
        for w in range(a.wide):
            out[w * a.channels + c] = pointer(like, x + w * a.column + c * a.channel)[0]


@blocks(_FIELDS)
def _sum_rows(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    size = a.wide * a.channels
    out = carray(pointer(like, a.out + block * size * like.itemsize), size)
    out[:] = 0
    for r in range(a.rows * block // a.parts, a.rows * (block + 1) // a.parts):
        x = carray(pointer(like, a.x + r // a.high * a.image + r % a.high * a.row), size)
        for i in range(size):
            out[i] += x[i]
