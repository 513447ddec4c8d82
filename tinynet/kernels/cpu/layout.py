"""Images whose rows of pixels lie side by side: copies that make them so, and the sum over pixels."""

import numpy as np
from numba import carray

from tinynet.kernels import reference as kernels
from tinynet.kernels.arrays import empty
from tinynet.kernels.cpu.gemm.table_tile import pointer
from tinynet.kernels.runtime.blocks import address_of, blocks, record
from tinynet.kernels.runtime.threads import IMAGES
from tinynet.kernels.windows import nhwc

PARTS = 16  # of a sum over pixels


def rows_of_pixels(x):
    """The same, with the pixels of a row side by side and whole, in a copy where they are not."""
    x = nhwc(x)
    channels, item = x.shape[3], x.itemsize
    if (channels == 1 or x.strides[3] == item) and (x.shape[2] == 1 or x.strides[2] == channels * item):
        return x
    out = empty(x.shape, x.dtype, x)
    if x.size < 1024:
        np.copyto(out, x)
        return out
    a = np.zeros(1, _FIELDS)
    a["out"], a["x"] = address_of(out), address_of(x)
    a["high"], a["wide"], a["channels"] = x.shape[1:]
    a["image"], a["row"], a["column"], a["channel"] = x.strides
    _copy_row(a, x.dtype, x.shape[0] * x.shape[1], x.size > IMAGES)
    return out


@kernels.sum_pixels.on("cpu")
def sum_pixels(out, x):
    """out (C,) ← Σ x over all but the channels, for x (N, C, H, W) or (N, C, L).

    Rows of pixels are summed as they are, number by number, and the pixels of the resulting row at the end. The rows
    are cut into parts by their number only, so the sum has one order on any number of threads.
    """
    x = rows_of_pixels(x)
    images, high, wide, channels = x.shape
    if x.size == 0:
        np.add.reduce(x, (0, 1, 2), out=out)
        return
    parts = min(PARTS, images * high)
    sums = empty((parts, wide, channels), x.dtype, x)
    a = np.zeros(1, _FIELDS)
    a["out"], a["x"], a["image"], a["row"] = address_of(sums), address_of(x), x.strides[0], x.strides[1]
    a["high"], a["wide"], a["channels"], a["rows"], a["parts"] = high, wide, channels, images * high, parts
    _sum_rows(a, x.dtype, parts, x.size > IMAGES)
    kernels.sum.cpu(out[None, None], sums, (0, 1))  # which keeps its digits over any number of pixels


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
