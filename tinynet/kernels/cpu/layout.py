"""Images whose rows of pixels lie side by side: copies that make them so, and the sum over pixels."""

import math

import numpy as np
from numba import carray

from .. import reference as kernels
from ..arrays import empty
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.pointers import address_of, pointer
from ..runtime.threads import IMAGES
from ..windows import nhwc

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
    _plan_copy(x.dtype, x.shape).run(out, x)
    return out


@kernels.sum_pixels.on("cpu")
def sum_pixels(out, x):
    """out (C,) ← Σ x over all but the channels, for x (N, C, H, W) or (N, C, L).

    Rows of pixels are summed as they are, number by number, and the pixels of the resulting row at the end. The rows
    are cut into parts by their number only, so the sum has one order on any number of threads.
    """
    x = rows_of_pixels(x)
    if x.size == 0:
        np.add.reduce(x, (0, 1, 2), out=out)
        return
    plan = _plan_sums(x.dtype, x.shape)
    sums = empty((plan.tasks, *x.shape[2:]), x.dtype, x)
    plan.run(sums, x)
    kernels.sum.cpu(out[None, None], sums, (0, 1))  # which keeps its digits over any number of pixels


@planned
def _plan_copy(dtype, shape):
    """A task is a row of pixels."""
    return Plan(_copy_row, dtype, shape[0] * shape[1], math.prod(shape) > IMAGES)


@planned
def _plan_sums(dtype, shape):
    """A task is a part of the rows of pixels."""
    return Plan(_sum_rows, dtype, min(PARTS, shape[0] * shape[1]), math.prod(shape) > IMAGES)


@parallel_for(lambda real: (written(real, 4), read(real, 4, "A")))
def _copy_row(arguments, scratch, row):
    out, x = arguments[0]
    (_, height, width, channels), (image, line, column, channel) = x.shape, x.strides
    n, h = divmod(row, height)
    start, size = address_of(x) + n * image + h * line, width * channels
    copy = carray(pointer(out, address_of(out) + row * size * out.itemsize), size)
    for c in range(channels):
        for w in range(width):
            copy[w * channels + c] = pointer(out, start + w * column + c * channel)[0]


@parallel_for(lambda real: (written(real, 3), read(real, 4, "A")))
def _sum_rows(arguments, scratch, part):
    """sums[part] ← Σ x over the rows of one part."""
    sums, x = arguments[0]
    parts, rows, size = sums.shape[0], x.shape[0] * x.shape[1], x.shape[2] * x.shape[3]
    total = carray(pointer(sums, address_of(sums) + part * size * sums.itemsize), size)
    total[:] = 0
    for r in range(rows * part // parts, rows * (part + 1) // parts):
        n, h = divmod(r, x.shape[1])
        row = carray(pointer(sums, address_of(x) + n * x.strides[0] + h * x.strides[1]), size)
        for i in range(size):
            total[i] += row[i]
