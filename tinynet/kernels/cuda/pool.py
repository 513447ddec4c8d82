"""Pooling: the largest number in each window of an image, or the mean. A thread has a number of the result.

Arrays are read and written with their channels last, so that threads side by side touch neighbours. Gradients are
gathered: a pixel adds up what it gets from the windows that it is in, in one order. Tables say which these are, and
numbers of pixels are taken apart unsigned: divisions take longer here than memory does.
"""

import numpy as np
from numba.types import int64, uint16
from numpy import uintp

from .. import reference as kernels
from ..runtime.plans import planned
from ..windows import NOWHERE, nhwc
from .array.array import from_host
from .array.tables import on_device
from .device.driver import cuda, device, grid, kernel


@device
def place_of(at, height, width, channels):
    """(image, row, column, channel) of element `at` of an array (images, height, width, channels)."""
    at, height, width, channels = uintp(at), uintp(height), uintp(width), uintp(channels)
    pixel = at // channels
    line = pixel // width
    return int64(line // height), int64(line % height), int64(pixel % width), int64(at % channels)


def _types(real):
    return real[::1], uint16[::1], real[::1], *[int64] * 13


@kernel(_types)
def max_of_windows(out, indices, x, height, width, channels, p_size, q_size, kh, kw, sh, sw, ph, pw, dh, dw):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        n, p, q, c = place_of(at, p_size, q_size, channels)
        best, place = out.dtype.type(0), NOWHERE
        for i in range(kh):
            y = p * sh - ph + i * dh
            for j in range(kw):
                z = q * sw - pw + j * dw
                if 0 <= y < height and 0 <= z < width:
                    value = x[((n * height + y) * width + z) * channels + c]
                    if place == NOWHERE or value > best or (value != value and best == best):
                        best, place = value, i * kw + j
        out[at] = best if place != NOWHERE else -out.dtype.type(np.inf)
        indices[at] = place


@kernel(_types)
def take_maxima(out, indices, x, height, width, channels, p_size, q_size, kh, kw, sh, sw, ph, pw, dh, dw):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        n, p, q, c = place_of(at, p_size, q_size, channels)
        value, place = out.dtype.type(0), int64(indices[at])
        if place != NOWHERE:
            y, z = p * sh - ph + place // kw * dh, q * sw - pw + place % kw * dw
            value = x[((n * height + y) * width + z) * channels + c]
        out[at] = value


@kernel(lambda real: (real[::1], uint16[::1], real[::1], int64[::1], int64[::1], *[int64] * 7))
def add_to_maxima(out, indices, g, vertical, horizontal, height, width, channels, p_size, q_size, reach, reach_width):
    """A thread has a pixel, and asks each window that it is in whether the pixel is its largest.

    The tables have a line for each row, or column, of pixels: the first window that it is in, and from there on for
    `reach` windows where in the window it is, or a negative number if it is not.
    """
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        n, y, z, c = place_of(at, height, width, channels)
        y, z, total = y * (reach + 1), z * (reach_width + 1), out.dtype.type(0)
        p, q = vertical[uintp(y)], horizontal[uintp(z)]
        for a in range(reach):
            i = vertical[uintp(y + 1 + a)]
            for b in range(reach_width):
                j = horizontal[uintp(z + 1 + b)]
                if i >= 0 and j >= 0:
                    window = uintp(((n * p_size + p + a) * q_size + q + b) * channels + c)
                    if int64(indices[window]) == i + j:
                        total += g[window]
        out[at] = total


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64[::1], *[int64] * 5))
def mean_of_windows(out, x, vertical, horizontal, height, width, channels, p_size, q_size):
    """Windows are (start, stop, divisor) along each axis."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        n, p, q, c = place_of(at, p_size, q_size, channels)
        total = out.dtype.type(0)
        for y in range(vertical[3 * p], vertical[3 * p + 1]):
            for z in range(horizontal[3 * q], horizontal[3 * q + 1]):
                total += x[((n * height + y) * width + z) * channels + c]
        out[at] = total / out.dtype.type(vertical[3 * p + 2] * horizontal[3 * q + 2])


@kernel(lambda real: (real[::1], real[::1], *[int64[::1]] * 4, *[int64] * 5))
def mean_to_pixels(
    out, g, vertical, horizontal, vertical_around, horizontal_around, height, width, channels, p_size, q_size
):  # fmt: skip
    """`around` holds for each row, or column, of pixels the first and last but one window that it is in."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        n, y, z, c = place_of(at, height, width, channels)
        total = out.dtype.type(0)
        for p in range(vertical_around[2 * y], vertical_around[2 * y + 1]):
            if vertical[3 * p] <= y < vertical[3 * p + 1]:
                for q in range(horizontal_around[2 * z], horizontal_around[2 * z + 1]):
                    if horizontal[3 * q] <= z < horizontal[3 * q + 1]:
                        divisor = out.dtype.type(vertical[3 * p + 2] * horizontal[3 * q + 2])
                        total += g[((n * p_size + p) * q_size + q) * channels + c] / divisor
        out[at] = total


def _sizes(image, geometry):
    """What the kernels take of the image's shape and the geometry, but for the size of the windows."""
    _, height, width, channels = nhwc(image).shape
    return height, width, channels, *geometry.y_size


@kernels.max_pool.on("cuda")
def max_pool(out, indices, x, geometry):
    """out (N, C, *y_size) ← the first largest of x in each window, or NaN; indices ← where in the window it is."""
    if out.size:
        numbers = *_sizes(x, geometry), *geometry.kernel, *geometry.stride, *geometry.padding, *geometry.dilation
        max_of_windows(out.dtype, *grid(out.size), out, indices, nhwc(x).contiguous(), *numbers)


@kernels.gather_maxima.on("cuda")
def gather_maxima(out, x, indices, geometry):
    """out (N, C, *y_size) ← x at the `indices` that max_pool found; 0 where there is none."""
    if out.size:
        numbers = *_sizes(x, geometry), *geometry.kernel, *geometry.stride, *geometry.padding, *geometry.dilation
        take_maxima(out.dtype, *grid(out.size), out, indices, nhwc(x).contiguous(), *numbers)


@kernels.scatter_maxima.on("cuda")
def scatter_maxima(out, g, indices, geometry):
    """out (N, C, *x_size) ← Σ g of the windows whose maximum a pixel is: the transpose of `gather_maxima`."""
    if out.size:
        (vertical, reach), (horizontal, reach_width) = _windows_of(geometry, 0), _windows_of(geometry, 1)
        arrays = out, indices, nhwc(g).contiguous(), vertical, horizontal
        add_to_maxima(out.dtype, *grid(out.size), *arrays, *_sizes(out, geometry), reach, reach_width)


@planned
def _around(windows, size):
    """On the device, for each of `size` pixels: the first window that it is in, and that after the last.

    `windows` are the bytes of rows (start, stop, divisor).
    """
    start, stop, _ = np.frombuffer(windows, np.int64).reshape(-1, 3).T
    pixel = np.arange(size)[:, None]
    inside = (start <= pixel) & (pixel < stop)
    first, last = inside.argmax(1), len(start) - inside[:, ::-1].argmax(1)
    return from_host((np.stack([first, last], 1) * inside.any(1)[:, None]).reshape(-1).astype(np.int64))


@planned
def _windows_of(geometry, axis):
    """(the table of `add_to_maxima` for an axis, how many windows a line of it has)."""
    x, y, k, s, p, d = (field[axis] for field in geometry[:6])
    beyond = np.arange(x)[:, None] + p - np.arange(y) * s  # of a pixel, behind the beginning of a window
    place = np.where((beyond % d == 0) & (0 <= beyond) & (beyond < k * d), beyond // d, -1)
    seen = place >= 0
    first = seen.argmax(1)[:, None]
    reach = int((seen * (np.arange(y) + 1) - first).max(initial=1))
    place = np.pad(place, ((0, 0), (0, reach)), constant_values=-1)
    place = np.take_along_axis(place, first + np.arange(reach), 1) * (1 if axis else geometry.kernel[1])
    return from_host(np.hstack([first, place]).reshape(-1).astype(np.int64)), reach


@kernels.mean_pool.on("cuda")
def mean_pool(out, x, windows):
    """out (N, C, *y_size) ← the sum of x over each window, divided by the window's divisor."""

    if not out.size:
        return
    if len(windows.vertical) == len(windows.horizontal) == 1:  # a long sum for a few numbers
        (top, below, height), (left, right, width) = *windows.vertical.tolist(), *windows.horizontal.tolist()
        kernels.sum.cuda(nhwc(out), nhwc(x)[:, top:below, left:right], (1, 2))
        return kernels.div.cuda(out, out, out.dtype.type(height * width))
    _, height, width, channels = nhwc(x).shape
    sizes = height, width, channels, len(windows.vertical), len(windows.horizontal)
    tables = on_device(windows.vertical), on_device(windows.horizontal)
    mean_of_windows(out.dtype, *grid(out.size), out, nhwc(x).contiguous(), *tables, *sizes)


@kernels.mean_pool_transposed.on("cuda")
def mean_pool_transposed(out, g, windows):
    """out (N, C, *x_size) ← Σ g / divisor of the windows that a pixel is in: the transpose of `mean_pool`."""
    if not out.size:
        return
    _, height, width, channels = nhwc(out).shape
    tables = on_device(windows.vertical), on_device(windows.horizontal)
    around = _around(windows.vertical.tobytes(), height), _around(windows.horizontal.tobytes(), width)
    sizes = height, width, channels, len(windows.vertical), len(windows.horizontal)
    mean_to_pixels(out.dtype, *grid(out.size), out, nhwc(g).contiguous(), *tables, *around, *sizes)
