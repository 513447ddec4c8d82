"""Pooling: the largest number in each window of an image, or the mean. A thread has a number of the result.

Arrays are read and written with their channels last, so that threads side by side touch neighbours. Gradients are
gathered: a pixel adds up what it gets from the windows that it is in, in one order.
"""

import numpy as np
from numba.types import int64, uint16

from ..cpu.layout import nhwc
from ..cpu.pool import NOWHERE
from .array import from_host
from .driver import cuda, grid, kernel

__all__ = ["gather_maxima", "max_pool", "mean_pool", "mean_pool_transposed", "scatter_maxima"]


def _types(real):
    return real[::1], uint16[::1], real[::1], *[int64] * 13


@kernel(_types)
def max_of_windows(out, indices, x, high, wide, channels, p_size, q_size, kh, kw, sh, sw, ph, pw, dh, dw):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        c, q, p, n = at % channels, at // channels % q_size, at // channels // q_size % p_size, 0
        n = at // channels // q_size // p_size
        best, place = out.dtype.type(0), NOWHERE
        for i in range(kh):
            y = p * sh - ph + i * dh
            for j in range(kw):
                z = q * sw - pw + j * dw
                if 0 <= y < high and 0 <= z < wide:
                    value = x[((n * high + y) * wide + z) * channels + c]
                    if place == NOWHERE or value > best or (value != value and best == best):
                        best, place = value, i * kw + j
        out[at] = best if place != NOWHERE else -out.dtype.type(np.inf)
        indices[at] = place


@kernel(_types)
def take_maxima(out, indices, x, high, wide, channels, p_size, q_size, kh, kw, sh, sw, ph, pw, dh, dw):
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        c, q, p = at % channels, at // channels % q_size, at // channels // q_size % p_size
        n, place = at // channels // q_size // p_size, int64(indices[at])
        value = out.dtype.type(0)
        if place != NOWHERE:
            y, z = p * sh - ph + place // kw * dh, q * sw - pw + place % kw * dw
            value = x[((n * high + y) * wide + z) * channels + c]
        out[at] = value


@kernel(_types)
def add_to_maxima(out, indices, g, high, wide, channels, p_size, q_size, kh, kw, sh, sw, ph, pw, dh, dw):
    """A thread has a pixel, and asks each window that it is in whether the pixel is its largest."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        c, z, y = at % channels, at // channels % wide, at // channels // wide % high
        n, total = at // channels // wide // high, out.dtype.type(0)
        for i in range(kh):
            p = y + ph - i * dh
            if p >= 0 and p % sh == 0 and p // sh < p_size:
                for j in range(kw):
                    q = z + pw - j * dw
                    if q >= 0 and q % sw == 0 and q // sw < q_size:
                        window = ((n * p_size + p // sh) * q_size + q // sw) * channels + c
                        if int64(indices[window]) == i * kw + j:
                            total += g[window]
        out[at] = total


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64[::1], *[int64] * 5))
def mean_of_windows(out, x, windows_high, windows_wide, high, wide, channels, p_size, q_size):
    """Windows are (start, stop, divisor) along each axis."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        c, q, p = at % channels, at // channels % q_size, at // channels // q_size % p_size
        n, total = at // channels // q_size // p_size, out.dtype.type(0)
        for y in range(windows_high[3 * p], windows_high[3 * p + 1]):
            for z in range(windows_wide[3 * q], windows_wide[3 * q + 1]):
                total += x[((n * high + y) * wide + z) * channels + c]
        out[at] = total / out.dtype.type(windows_high[3 * p + 2] * windows_wide[3 * q + 2])


@kernel(lambda real: (real[::1], real[::1], *[int64[::1]] * 4, *[int64] * 5))
def mean_to_pixels(
    out, g, windows_high, windows_wide, around_high, around_wide, high, wide, channels, p_size, q_size
):  # fmt: skip
    """`around` holds for each row, or column, of pixels the first and last but one window that it is in."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        c, z, y = at % channels, at // channels % wide, at // channels // wide % high
        n, total = at // channels // wide // high, out.dtype.type(0)
        for p in range(around_high[2 * y], around_high[2 * y + 1]):
            if windows_high[3 * p] <= y < windows_high[3 * p + 1]:
                for q in range(around_wide[2 * z], around_wide[2 * z + 1]):
                    if windows_wide[3 * q] <= z < windows_wide[3 * q + 1]:
                        divisor = out.dtype.type(windows_high[3 * p + 2] * windows_wide[3 * q + 2])
                        total += g[((n * p_size + p) * q_size + q) * channels + c] / divisor
        out[at] = total


def _run(run, out, indices, x, image, geometry):
    """`image` is that of the two arrays which is not of the windows."""
    if out.size:
        _, high, wide, channels = nhwc(image).shape
        sizes = high, wide, channels, *geometry.y_size, *geometry.kernel, *geometry.stride, *geometry.padding
        run(out.dtype, *grid(out.size), out, indices, nhwc(x).contiguous(), *sizes, *geometry.dilation)


def max_pool(out, indices, x, geometry):
    """out (N, C, *y_size) ← the first largest of x in each window, or NaN; indices ← where in the window it is."""
    _run(max_of_windows, out, indices, x, x, geometry)


max_pool.outputs = 2


def gather_maxima(out, x, indices, geometry):
    """out (N, C, *y_size) ← x at the `indices` that max_pool found; 0 where there is none."""
    _run(take_maxima, out, indices, x, x, geometry)


def scatter_maxima(out, g, indices, geometry):
    """out (N, C, *x_size) ← Σ g of the windows whose maximum a pixel is: the transpose of `gather_maxima`."""
    _run(add_to_maxima, out, indices, g, out, geometry)


def _tables(windows):
    """The windows on the device, and around which of them each pixel may be; made once for each `Windows`."""
    if not hasattr(windows, "on_device"):
        axes = windows.high, windows.wide
        windows.on_device = [from_host(np.ascontiguousarray(axis.reshape(-1))) for axis in axes]
        windows.on_device += [from_host(_around(axis)) for axis in axes]
    return windows.on_device


def _around(axis):
    """For each pixel up to the last of a window: the first window that it is in, and that after the last."""
    size = int(axis[:, 1].max(initial=0))
    around = np.zeros((size, 2), np.int64)
    for i in range(size):
        inside = np.flatnonzero((axis[:, 0] <= i) & (i < axis[:, 1]))
        if inside.size:
            around[i] = inside[0], inside[-1] + 1
    return around.reshape(-1)


def mean_pool(out, x, windows):
    """out (N, C, *y_size) ← the sum of x over each window, divided by the window's divisor."""
    if out.size:
        _, high, wide, channels = nhwc(x).shape
        tables, sizes = _tables(windows)[:2], (high, wide, channels, len(windows.high), len(windows.wide))
        mean_of_windows(out.dtype, *grid(out.size), out, nhwc(x).contiguous(), *tables, *sizes)


def mean_pool_transposed(out, g, windows):
    """out (N, C, *x_size) ← Σ g / divisor of the windows that a pixel is in: the transpose of `mean_pool`."""
    if not out.size:
        return
    _, high, wide, channels = nhwc(out).shape
    sizes = high, wide, channels, len(windows.high), len(windows.wide)
    windows_high, windows_wide, *around = _tables(windows)
    around = [_reach(table, n) for table, n in zip(around, (high, wide))]
    arrays = out, nhwc(g).contiguous(), windows_high, windows_wide, *around
    mean_to_pixels(out.dtype, *grid(out.size), *arrays, *sizes)


def _reach(around, n):
    """The table with a row for each of n pixels; those behind the last window are in none."""
    rows = around.size // 2
    if rows >= n:
        return around
    out = from_host(np.zeros(2 * n, np.int64))
    if rows:
        out[: 2 * rows] = around
    return out
