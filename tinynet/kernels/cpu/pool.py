"""Pooling: the largest number in each window of an image, or the mean.

Arrays are (N, C, H, W) or (N, C, L), and channels-last in memory (`windows.py`), so that the innermost loop runs over
the channels of a pixel, which are neighbours. A task is a row of pixels, or an image where there are few channels.
Gradients are gathered, not scattered, by a row: a pixel of the image adds up what it gets from the windows that it is
in. So no two tasks write to one position, and every sum has one order, whatever the number of threads.
"""

import itertools

import numpy as np
from numba import carray, types

from .. import reference as kernels
from ..runtime.jit import helper, inline_source
from ..runtime.parallel_for import Plan, parallel_for, params_dtype, read, written
from ..runtime.plans import planned
from ..runtime.pointers import address_of, pointer
from ..runtime.threads import IMAGES
from ..windows import NOWHERE, Geometry, nhwc
from .gemm.simd import MASKED_STORES
from .layout import rows_of_pixels
from .pool_pixels import PIXEL_BYTES, largest_of_four, where_largest

FEW_CHANNELS = 16  # below, a loop over the channels of a pixel is too short for vectors


@kernels.max_pool.on("cpu")
def max_pool(out, indices, x, geometry):
    """out (N, C, *y_size) ← the first largest of x in each window, or NaN; indices ← where in the window it is."""
    _run(_max_pool, rows_of_pixels(x), nhwc(out), nhwc(indices), geometry, by_window=True)


@kernels.gather_maxima.on("cpu")
def gather_maxima(out, x, indices, geometry):
    """out (N, C, *y_size) ← x at the `indices` that max_pool found; 0 where there is none."""
    _run(_gather_maxima, rows_of_pixels(x), nhwc(out), nhwc(indices), geometry, by_window=True)


@kernels.scatter_maxima.on("cpu")
def scatter_maxima(out, g, indices, geometry):
    """out (N, C, *x_size) ← Σ g of the windows whose maximum a pixel is: the transpose of `gather_maxima`."""
    channels = out.shape[1]
    by_vectors = MASKED_STORES and channels * out.itemsize <= PIXEL_BYTES and _is_tiled(geometry)
    by_row = by_vectors or channels >= FEW_CHANNELS
    kernel = _scatter_maxima if by_row else _scatter_maxima_of_few_channels
    _run(kernel, nhwc(out), rows_of_pixels(g), nhwc(indices), geometry, by_window=False)


@kernels.mean_pool.on("cpu")
def mean_pool(out, x, windows):
    """out (N, C, *y_size) ← the sum of x over each window, divided by the window's divisor."""
    _run_mean(_mean_pool, rows_of_pixels(x), nhwc(out), windows, by_window=True)


@kernels.mean_pool_transposed.on("cpu")
def mean_pool_transposed(out, g, windows):
    """out (N, C, *x_size) ← Σ g / divisor of the windows that a pixel is in: the transpose of `mean_pool`."""
    _run_mean(_mean_pool_transposed, nhwc(out), rows_of_pixels(g), windows, by_window=False)


def _run(kernel, image, windows, indices, geometry, by_window):
    layout = (image.shape, image.strides), (windows.shape, windows.strides)
    _plan(kernel, image.dtype, *layout, geometry, by_window).run(image, windows, indices)


def _run_mean(kernel, image, windows, tables, by_window):
    layout = (image.shape, image.strides), (windows.shape, windows.strides)
    _plan(kernel, image.dtype, *layout, _NO_GEOMETRY, by_window).run(image, windows, tables.vertical, tables.horizontal)


_NO_GEOMETRY = Geometry(*[(0, 0)] * 6, 1)


@planned
def _plan(kernel, dtype, image, windows, geometry, by_window):
    """For the image and the array of windows, given by (shape, strides); a task is a row of one of them."""
    (images, height, width, channels), (image_image, image_row, *_) = image
    (_, out_height, out_width, _), (windows_image, windows_row, *_) = windows
    layout = image_image, image_row, height, width, channels, windows_image, windows_row, out_height, out_width
    rows, columns = (d * np.arange(k) for k, d in zip(geometry.kernel, geometry.dilation))
    offsets = np.add.outer(rows * image_row, columns * channels * dtype.itemsize)
    params = [*layout, *itertools.chain(*geometry[2:6]), _is_tiled(geometry), offsets.ctypes.data]
    params = np.array(params, np.int64)
    rows = 1 if kernel is _scatter_maxima_of_few_channels else out_height if by_window else height
    largest = images * channels * max(height * width, out_height * out_width)
    return Plan(kernel, dtype, images * rows, largest > IMAGES, params.ctypes.data, arrays=(params, offsets))


def _is_tiled(geometry):
    """Whether each pixel is in one window."""
    x_size, y_size, kernel, stride, padding, dilation, _ = geometry
    covered = tuple(y * s for y, s in zip(y_size, stride)) == x_size
    return covered and kernel == stride and padding == (0, 0) and dilation == (1, 1)


# --- compiled: a task is a row of windows, or of the image --------------------------------------------------------

PARAMS = params_dtype(
    *("image_image", "image_row", "height", "width", "channels"),  # of the image: strides, sizes
    *("windows_image", "windows_row", "out_height", "out_width"),  # likewise of the array of windows
    *("kernel_height", "kernel_width", "stride_height", "stride_width"),
    *("padding_height", "padding_width", "dilation_height", "dilation_width"),
    *("tiled", "offsets"),  # whether each pixel is in one window; the table of a window's pixels, from the first one on
)


def _types(image, windows, indices):
    """Of: parameters, an image, an array of windows, indices; each is `read` or `written`."""
    return lambda real: (types.intp, image(real, 4, "A"), windows(real, 4, "A"), indices(types.uint16, 4, "A"))


def _mean_types(image, windows):
    """Of: parameters, an image, an array of windows, the tables of both axes."""
    table = read(types.int64, 2)
    return lambda real: (types.intp, image(real, 4, "A"), windows(real, 4, "A"), table, table)


@inline_source
def _pixel(like, a, image, n, i, j):
    """The channels of pixel (i, j) of image n."""
    offset = n * a.image_image + i * a.image_row + j * a.channels * like.itemsize
    return carray(pointer(like, address_of(image) + offset), a.channels)


@inline_source
def _window(like, a, windows, n, i, j):
    """The channels of window (i, j) of image n."""
    offset = n * a.windows_image + i * a.windows_row + j * a.channels * like.itemsize
    return carray(pointer(like, address_of(windows) + offset), a.channels)


@inline_source
def _indices(a, indices, n, i, j):
    """Where the maxima of window (i, j) of image n are, for each channel."""
    offset = ((n * a.out_height + i) * a.out_width + j) * a.channels * 2
    return carray(pointer(np.uint16, address_of(indices) + offset), a.channels)


@helper
def _larger(best, position, x, position_of_x):
    """The larger number, or NaN, and its position; of equal ones the first."""
    is_larger = (x > best) | (x != x)
    return x if is_larger else best, position_of_x if is_larger else position


@parallel_for(_types(read, written, written))
def _max_pool(arguments, scratch, task):
    params, image, windows, chosen = arguments[0]
    a, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    n, p = divmod(task, a.out_height)
    i0 = p * a.stride_height - a.padding_height
    is_2x2 = a.kernel_height == 2 and a.kernel_width == 2 and i0 >= 0 and i0 + a.dilation_height < a.height
    done = 0
    if MASKED_STORES and is_2x2 and a.padding_width == 0 and a.channels * like.itemsize <= PIXEL_BYTES:
        done = max(0, min(a.out_width, (a.width - a.dilation_width - 1) // a.stride_width + 1))
        pixel = a.channels * like.itemsize
        largest_of_four(
            like, done, a.channels, address_of(_pixel(like, a, image, n, i0, 0)), a.stride_width * pixel,
            a.dilation_width * pixel, a.dilation_height * a.image_row,
            address_of(_window(like, a, windows, n, p, 0)), address_of(_indices(a, chosen, n, p, 0)),
        )  # fmt: skip
    for q in range(done, a.out_width):
        out, indices = _window(like, a, windows, n, p, q), _indices(a, chosen, n, p, q)
        j0 = q * a.stride_width - a.padding_width
        if is_2x2 and j0 >= 0 and j0 + a.dilation_width < a.width:
            x00 = _pixel(like, a, image, n, i0, j0)
            x01 = _pixel(like, a, image, n, i0, j0 + a.dilation_width)
            x10 = _pixel(like, a, image, n, i0 + a.dilation_height, j0)
            x11 = _pixel(like, a, image, n, i0 + a.dilation_height, j0 + a.dilation_width)
            for c in range(a.channels):  # the usual window: all that is compared stays in registers
                best, position = x00[c], np.uint16(0)
                best, position = _larger(best, position, x01[c], np.uint16(1))
                best, position = _larger(best, position, x10[c], np.uint16(2))
                out[c], indices[c] = _larger(best, position, x11[c], np.uint16(3))
            continue
        is_first = True
        for k in range(a.kernel_height):
            i = p * a.stride_height - a.padding_height + k * a.dilation_height
            for l in range(a.kernel_width):
                j = q * a.stride_width - a.padding_width + l * a.dilation_width
                if i < 0 or i >= a.height or j < 0 or j >= a.width:
                    continue
                x, position = _pixel(like, a, image, n, i, j), np.uint16(k * a.kernel_width + l)
                if is_first:
                    for c in range(a.channels):
                        out[c] = x[c]
                        indices[c] = position
                    is_first = False
                else:
                    for c in range(a.channels):
                        out[c], indices[c] = _larger(out[c], indices[c], x[c], position)
        if is_first:
            out[:] = -np.inf
            indices[:] = np.uint16(NOWHERE)


@parallel_for(_types(read, written, read))
def _gather_maxima(arguments, scratch, task):
    params, image, windows, chosen = arguments[0]
    a, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    n, p = divmod(task, a.out_height)
    for q in range(a.out_width):
        out, indices = _window(like, a, windows, n, p, q), _indices(a, chosen, n, p, q)
        out[:] = 0
        for k in range(a.kernel_height):
            i = p * a.stride_height - a.padding_height + k * a.dilation_height
            for l in range(a.kernel_width):
                j = q * a.stride_width - a.padding_width + l * a.dilation_width
                if i < 0 or i >= a.height or j < 0 or j >= a.width:
                    continue
                x, position = _pixel(like, a, image, n, i, j), np.uint16(k * a.kernel_width + l)
                for c in range(a.channels):
                    out[c] = x[c] if indices[c] == position else out[c]


@parallel_for(_types(written, read, read))
def _scatter_maxima(arguments, scratch, task):
    params, image, windows, chosen = arguments[0]
    a, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    zero = like.dtype.type(0)
    n, i = divmod(task, a.height)
    if a.tiled:
        p, k = divmod(i, a.stride_height)
        if MASKED_STORES and a.channels * like.itemsize <= PIXEL_BYTES:
            where_largest(
                like, a.out_width, a.channels, address_of(_window(like, a, windows, n, p, 0)),
                address_of(_indices(a, chosen, n, p, 0)), k * a.kernel_width, a.kernel_width,
                address_of(_pixel(like, a, image, n, i, 0)),
            )  # fmt: skip
            return
        for q in range(a.out_width):
            g, indices = _window(like, a, windows, n, p, q), _indices(a, chosen, n, p, q)
            for l in range(a.kernel_width):
                out = _pixel(like, a, image, n, i, q * a.stride_width + l)
                position = np.uint16(k * a.kernel_width + l)
                for c in range(a.channels):
                    out[c] = g[c] if indices[c] == position else zero
        return
    for j in range(a.width):
        _pixel(like, a, image, n, i, j)[:] = 0
    for k in range(a.kernel_height):
        p = i + a.padding_height - k * a.dilation_height
        if p < 0 or p % a.stride_height or p // a.stride_height >= a.out_height:
            continue
        p //= a.stride_height
        for q in range(a.out_width):
            g, indices = _window(like, a, windows, n, p, q), _indices(a, chosen, n, p, q)
            for l in range(a.kernel_width):
                j = q * a.stride_width - a.padding_width + l * a.dilation_width
                if j < 0 or j >= a.width:
                    continue
                out, position = _pixel(like, a, image, n, i, j), np.uint16(k * a.kernel_width + l)
                for c in range(a.channels):
                    out[c] += g[c] if indices[c] == position else zero


@parallel_for(_types(written, read, read))
def _scatter_maxima_of_few_channels(arguments, scratch, task):
    """A task is an image, and each number goes straight to its position. Windows that overlap are of one task."""
    params, image, windows, chosen = arguments[0]
    a, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    n, item = task, like.itemsize
    offsets = carray(pointer(np.int64, a.offsets), a.kernel_height * a.kernel_width)
    first = address_of(image) + n * a.image_image
    for i in range(a.height):
        carray(pointer(like, first + i * a.image_row), a.width * a.channels)[:] = 0
    for p in range(a.out_height):
        for q in range(a.out_width):
            g, indices = _window(like, a, windows, n, p, q), _indices(a, chosen, n, p, q)
            i, j = p * a.stride_height - a.padding_height, q * a.stride_width - a.padding_width
            corner = first + i * a.image_row + j * a.channels * item
            for c in range(a.channels):
                if indices[c] != NOWHERE:
                    carray(pointer(like, corner + offsets[indices[c]] + c * item), 1)[0] += g[c]


@parallel_for(_mean_types(read, written))
def _mean_pool(arguments, scratch, task):
    params, image, windows, rows, columns = arguments[0]
    a, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    n, p = divmod(task, a.out_height)
    for q in range(a.out_width):
        out = _window(like, a, windows, n, p, q)
        out[:] = 0
        for i in range(rows[p, 0], rows[p, 1]):
            for j in range(columns[q, 0], columns[q, 1]):
                x = _pixel(like, a, image, n, i, j)
                for c in range(a.channels):
                    out[c] += x[c]
        divisor = like.dtype.type(rows[p, 2] * columns[q, 2])
        for c in range(a.channels):
            out[c] /= divisor


@parallel_for(_mean_types(written, read))
def _mean_pool_transposed(arguments, scratch, task):
    params, image, windows, rows, columns = arguments[0]
    a, like = carray(pointer(PARAMS, params), 1)[0], carray(scratch, 1)
    n, i = divmod(task, a.height)
    for j in range(a.width):
        _pixel(like, a, image, n, i, j)[:] = 0
    for p in range(a.out_height):
        if not rows[p, 0] <= i < rows[p, 1]:
            continue
        for q in range(a.out_width):
            g = _window(like, a, windows, n, p, q)
            divisor = like.dtype.type(rows[p, 2] * columns[q, 2])
            for j in range(columns[q, 0], columns[q, 1]):
                out = _pixel(like, a, image, n, i, j)
                for c in range(a.channels):
                    out[c] += g[c] / divisor
