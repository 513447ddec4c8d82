"""Pooling: the largest number in each window of an image, or the mean."""

from itertools import product

import numpy as np

from ..kernel import In, Out, kernel
from ..windows import NOWHERE, nhwc
from .conv import taps


@kernel
def max_pool(out: Out, indices: Out, x: In, geometry):
    """out (N, C, *y_size) ← the first largest of x in each window, or NaN; indices ← its tap, as kh · width + kw."""
    x, out, indices = nhwc(x), nhwc(out), nhwc(indices)
    out[...], indices[...] = -np.inf, NOWHERE
    for tap, (_, windows, pixels) in enumerate(taps(x, geometry)):
        new, old = x[pixels], out[windows]
        is_larger = (new > old) | (np.isnan(new) & ~np.isnan(old)) | (indices[windows] == NOWHERE)
        out[windows] = np.where(is_larger, new, old)
        indices[windows] = np.where(is_larger, tap, indices[windows])


@kernel
def gather_maxima(out: Out, x: In, indices: In, geometry):
    """out (N, C, *y_size) ← x at the `indices` that max_pool found; 0 where there is none."""
    x, out, indices = nhwc(x), nhwc(out), nhwc(indices)
    out[...] = 0
    for tap, (_, windows, pixels) in enumerate(taps(x, geometry)):
        out[windows] = np.where(indices[windows] == tap, x[pixels], out[windows])


@kernel
def scatter_maxima(out: Out, g: In, indices: In, geometry):
    """out (N, C, *x_size) ← Σ g of the windows whose maximum a pixel is: the transpose of `gather_maxima`."""
    g, out, indices = nhwc(g), nhwc(out), nhwc(indices)
    out[...] = 0
    for tap, (_, windows, pixels) in enumerate(taps(out, geometry)):
        out[pixels] += np.where(indices[windows] == tap, g[windows], 0)


@kernel
def mean_pool(out: Out, x: In, windows):
    """out (N, C, *y_size) ← the sum of x over each window, divided by the window's divisor."""
    x, out = nhwc(x), nhwc(out)
    for (p, (i0, i1, dh)), (q, (j0, j1, dw)) in product(enumerate(windows.vertical), enumerate(windows.horizontal)):
        out[:, p, q] = x[:, i0:i1, j0:j1].sum((1, 2)) / (dh * dw)


@kernel
def mean_pool_transposed(out: Out, g: In, windows):
    """out (N, C, *x_size) ← Σ g / divisor of the windows that a pixel is in: the transpose of `mean_pool`."""
    g, out = nhwc(g), nhwc(out)
    out[...] = 0
    for (p, (i0, i1, dh)), (q, (j0, j1, dw)) in product(enumerate(windows.vertical), enumerate(windows.horizontal)):
        out[:, i0:i1, j0:j1] += g[:, p : p + 1, q : q + 1] / (dh * dw)
