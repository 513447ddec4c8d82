"""Pooling: the largest number in each window of an image, or the mean.

Arrays are (N, C, H, W) or (N, C, L), and channels-last in memory (`windows.py`), so that the innermost loop runs over
the channels of a pixel, which are neighbours. A block is a row of pixels, or an image where there are few channels.
Gradients are gathered, not scattered, by a row: a pixel of the image adds up what it gets from the windows that it is
in. So no two blocks write to one place, and every sum has one order, whatever the number of threads.
"""

import functools

import numba
import numpy as np
from numba import carray

from tinynet.kernels import reference as kernels
from tinynet.kernels.cpu.gemm.table_tile import WORD, pointer, word
from tinynet.kernels.cpu.layout import rows_of_pixels
from tinynet.kernels.runtime.blocks import address_of, blocks, record
from tinynet.kernels.runtime.threads import IMAGES
from tinynet.kernels.windows import NOWHERE, nhwc

FEW_CHANNELS = 16  # below, a loop over the channels of a pixel is too short for vectors


@kernels.max_pool.on("cpu")
def max_pool(out, indices, x, geometry):
    """out (N, C, *y_size) ← the first largest of x in each window, or NaN; indices ← where in the window it is."""
    _run(_max_pool, rows_of_pixels(x), nhwc(out), indices, geometry, by_window=True)


@kernels.gather_maxima.on("cpu")
def gather_maxima(out, x, indices, geometry):
    """out (N, C, *y_size) ← x at the `indices` that max_pool found; 0 where there is none."""
    _run(_gather_maxima, rows_of_pixels(x), nhwc(out), indices, geometry, by_window=True)


@kernels.scatter_maxima.on("cpu")
def scatter_maxima(out, g, indices, geometry):
    """out (N, C, *x_size) ← Σ g of the windows whose maximum a pixel is: the transpose of `gather_maxima`."""
    kernel = _scatter_maxima if out.shape[1] >= FEW_CHANNELS else _scatter_maxima_of_few_channels
    _run(kernel, nhwc(out), rows_of_pixels(g), indices, geometry, by_window=False)


@kernels.mean_pool.on("cpu")
def mean_pool(out, x, windows):
    """out (N, C, *y_size) ← the sum of x over each window, divided by the window's divisor."""
    _run_mean(_mean_pool, rows_of_pixels(x), nhwc(out), windows, by_window=True)


@kernels.mean_pool_transposed.on("cpu")
def mean_pool_transposed(out, g, windows):
    """out (N, C, *x_size) ← Σ g / divisor of the windows that a pixel is in: the transpose of `mean_pool`."""
    _run_mean(_mean_pool_transposed, nhwc(out), rows_of_pixels(g), windows, by_window=False)


@functools.lru_cache(maxsize=256)
def _record(geometry):
    a = np.zeros(1, _FIELDS)
    for name, values in (("kernel", geometry.kernel), ("stride", geometry.stride), ("padding", geometry.padding),
                         ("dilation", geometry.dilation)):  # fmt: skip
        a[f"{name}_high"], a[f"{name}_wide"] = values
    return a


def _run(kernel, image, windows, indices, geometry, by_window):
    a = _record(geometry).view(np.int64).copy().view(_FIELDS)
    a["indices"] = address_of(indices)
    _launch(kernel, a, image, windows, by_window)


def _run_mean(kernel, image, windows, tables, by_window):
    a = np.zeros(1, _FIELDS)
    a["windows_high"], a["windows_wide"] = address_of(tables.high), address_of(tables.wide)
    _launch(kernel, a, image, windows, by_window)


def _launch(kernel, a, image, windows, by_window):
    images, a["high"], a["wide"], a["channels"] = image.shape
    _, a["out_high"], a["out_wide"], _ = windows.shape
    a["image"], (a["image_image"], a["image_row"], *_) = address_of(image), image.strides
    a["windows"], (a["windows_image"], a["windows_row"], *_) = address_of(windows), windows.strides
    rows = 1 if kernel is _scatter_maxima_of_few_channels else (windows if by_window else image).shape[1]
    kernel(a, image.dtype, images * rows, max(image.size, windows.size) > IMAGES)


# --- compiled: a block is a row of windows, or of the image -------------------------------------------------------

_FIELDS = record(
    *("image", "image_image", "image_row", "high", "wide", "channels"),  # of the image: address, strides, sizes
    *("windows", "windows_image", "windows_row", "out_high", "out_wide"),  # likewise of the array of windows
    *("indices", "windows_high", "windows_wide"),  # addresses of tables
    *("kernel_high", "kernel_wide", "stride_high", "stride_wide"),
    *("padding_high", "padding_wide", "dilation_high", "dilation_wide"),
)

_merged = numba.njit(inline="always")


@_merged
def _pixel(like, a, n, i, j):
    return carray(
        pointer(like, a.image + n * a.image_image + i * a.image_row + j * a.channels * like.itemsize), a.channels
    )


@_merged
def _window(like, a, n, p, q):
    place = a.windows + n * a.windows_image + p * a.windows_row + q * a.channels * like.itemsize
    return carray(pointer(like, place), a.channels)


@_merged
def _indices(a, n, p, q):
    place = a.indices + ((n * a.out_high + p) * a.out_wide + q) * a.channels * 2
    return carray(pointer(np.uint16, place), a.channels)


@blocks(_FIELDS)
def _max_pool(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    n, p = divmod(block, a.out_high)
    for q in range(a.out_wide):
        out, indices = _window(like, a, n, p, q), _indices(a, n, p, q)
        is_first = True
        for k in range(a.kernel_high):
            i = p * a.stride_high - a.padding_high + k * a.dilation_high
            for l in range(a.kernel_wide):
                j = q * a.stride_wide - a.padding_wide + l * a.dilation_wide
                if i < 0 or i >= a.high or j < 0 or j >= a.wide:
                    continue
                x, place = _pixel(like, a, n, i, j), np.uint16(k * a.kernel_wide + l)
                if is_first:
                    for c in range(a.channels):
                        out[c] = x[c]
                        indices[c] = place
                    is_first = False
                else:
                    for c in range(a.channels):
                        is_larger = (x[c] > out[c]) | (x[c] != x[c])
                        out[c] = x[c] if is_larger else out[c]
                        indices[c] = place if is_larger else indices[c]
        if is_first:
            out[:] = -np.inf
            indices[:] = np.uint16(NOWHERE)


@blocks(_FIELDS)
def _gather_maxima(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    n, p = divmod(block, a.out_high)
    for q in range(a.out_wide):
        out, indices = _window(like, a, n, p, q), _indices(a, n, p, q)
        out[:] = 0
        for k in range(a.kernel_high):
            i = p * a.stride_high - a.padding_high + k * a.dilation_high
            for l in range(a.kernel_wide):
                j = q * a.stride_wide - a.padding_wide + l * a.dilation_wide
                if i < 0 or i >= a.high or j < 0 or j >= a.wide:
                    continue
                x, place = _pixel(like, a, n, i, j), np.uint16(k * a.kernel_wide + l)
                for c in range(a.channels):
                    out[c] = x[c] if indices[c] == place else out[c]


@blocks(_FIELDS)
def _scatter_maxima(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    zero = like.dtype.type(0)
    n, i = divmod(block, a.high)
    for j in range(a.wide):
        _pixel(like, a, n, i, j)[:] = 0
    for k in range(a.kernel_high):
        p = i + a.padding_high - k * a.dilation_high
        if p < 0 or p % a.stride_high or p // a.stride_high >= a.out_high:
            continue
        p //= a.stride_high
        for q in range(a.out_wide):
            g, indices = _window(like, a, n, p, q), _indices(a, n, p, q)
            for l in range(a.kernel_wide):
                j = q * a.stride_wide - a.padding_wide + l * a.dilation_wide
                if j < 0 or j >= a.wide:
                    continue
                out, place = _pixel(like, a, n, i, j), np.uint16(k * a.kernel_wide + l)
                for c in range(a.channels):
                    out[c] += g[c] if indices[c] == place else zero


@blocks(_FIELDS)
def _scatter_maxima_of_few_channels(arguments, scratch, block):
    """A block is an image, and each number goes straight to its place. Windows that overlap are of one block."""
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    n, item = block, like.itemsize
    image = a.image + n * a.image_image
    for i in range(a.high):
        carray(pointer(like, image + i * a.image_row), a.wide * a.channels)[:] = 0
    for p in range(a.out_high):
        for q in range(a.out_wide):
            g, indices = _window(like, a, n, p, q), _indices(a, n, p, q)
            i, j = p * a.stride_high - a.padding_high, q * a.stride_wide - a.padding_wide
            corner = image + i * a.image_row + j * a.channels * item
            for c in range(a.channels):
                if indices[c] != NOWHERE:
                    k, l = divmod(np.uint32(indices[c]), np.uint32(a.kernel_wide))
                    place = k * a.dilation_high * a.image_row + (l * a.dilation_wide * a.channels + c) * item
                    carray(pointer(like, corner + place), 1)[0] += g[c]


@blocks(_FIELDS)
def _mean_pool(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    n, p = divmod(block, a.out_high)
    high = a.windows_high + 3 * p * WORD
    for q in range(a.out_wide):
        wide, out = a.windows_wide + 3 * q * WORD, _window(like, a, n, p, q)
        out[:] = 0
        for i in range(word(high), word(high + WORD)):
            for j in range(word(wide), word(wide + WORD)):
                x = _pixel(like, a, n, i, j)
                for c in range(a.channels):
                    out[c] += x[c]
        divisor = like.dtype.type(word(high + 2 * WORD) * word(wide + 2 * WORD))
        for c in range(a.channels):
            out[c] /= divisor


@blocks(_FIELDS)
def _mean_pool_transposed(arguments, scratch, block):
    a, like = carray(arguments, 1)[0], carray(scratch, 1)
    n, i = divmod(block, a.high)
    for j in range(a.wide):
        _pixel(like, a, n, i, j)[:] = 0
    for p in range(a.out_high):
        high = a.windows_high + 3 * p * WORD
        if not word(high) <= i < word(high + WORD):
            continue
        for q in range(a.out_wide):
            wide, g = a.windows_wide + 3 * q * WORD, _window(like, a, n, p, q)
            divisor = like.dtype.type(word(high + 2 * WORD) * word(wide + 2 * WORD))
            for j in range(word(wide), word(wide + WORD)):
                out = _pixel(like, a, n, i, j)
                for c in range(a.channels):
                    out[c] += g[c] / divisor
