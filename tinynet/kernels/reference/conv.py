"""Convolution, its transpose, and the gradient by the weight: three sums over the same pairs of window and pixel."""

import numpy as np

from ..kernel import In, Out, kernel
from ..windows import nhwc


def taps(image, geometry):
    """((kh, kw), windows, pixels) for each tap: where the windows lie whose tap is in the image, and the pixels there.

    Window p sees pixel p · stride + k · dilation − padding at tap k; `windows` and `pixels` index (N, H, W, C).
    """
    axes = list(zip(image.shape[1:3], geometry.y_size, geometry.stride, geometry.padding, geometry.dilation))
    for tap in np.ndindex(*geometry.kernel):
        pixels = [np.arange(y) * s + k * d - p for k, (_, y, s, p, d) in zip(tap, axes)]
        inside = [np.flatnonzero((0 <= i) & (i < size)) for i, (size, *_) in zip(pixels, axes)]
        pixels = [i[ok] for i, ok in zip(pixels, inside)]
        yield tap, (slice(None), *np.ix_(*inside)), (slice(None), *np.ix_(*pixels))


def by_group(x, y, weight, geometry):
    """(x, y, weight) of each group, with x and y as (N, H, W, C) and the weight as (O, C, kh, kw), all in place."""
    n, weight = geometry.groups, weight.reshape(*weight.shape[:2], *geometry.kernel)
    return zip(np.split(nhwc(x), n, 3), np.split(nhwc(y), n, 3), np.split(weight, n))


@kernel
def convolve(out: Out, x: In, weight: In, bias: In, geometry):
    """out[n, o, p] ← bias[o] + Σ x[n, c, p·s + k·d − padding] weight[o, c, k] over channels c and taps k.

    out (N, O, *y_size) is channels-last in memory; x (N, C, *x_size), weight (O, C / groups, *kernel) and bias (O,) or
    None may have any strides.
    """
    nhwc(out)[...] = 0 if bias is None else bias
    for image, result, w in by_group(x, out, weight, geometry):
        for (kh, kw), windows, pixels in taps(image, geometry):
            result[windows] += np.einsum("nhwc,oc->nhwo", image[pixels], w[:, :, kh, kw])


@kernel
def convolve_transposed(out: Out, y: In, weight: In, bias: In, geometry):
    """out[n, c, i] ← bias[c] + Σ y[n, o, p] weight[o, c, k] over p·s + k·d − padding = i: the transpose of `convolve`.

    out (N, C, *x_size) is channels-last in memory; bias (C,) or None.
    """
    nhwc(out)[...] = 0 if bias is None else bias
    for image, source, w in by_group(out, y, weight, geometry):
        for (kh, kw), windows, pixels in taps(image, geometry):
            image[pixels] += np.einsum("nhwo,oc->nhwc", source[windows], w[:, :, kh, kw])


@kernel
def correlate(out: Out, x: In, y: In, geometry):
    """out[o, c, k] ← Σ x[n, c, p·s + k·d − padding] y[n, o, p] over images n and windows p."""
    out[...] = 0
    for image, source, w in by_group(x, y, out, geometry):
        for (kh, kw), windows, pixels in taps(image, geometry):
            w[:, :, kh, kw] = np.einsum("nhwc,nhwo->oc", image[pixels], source[windows])


@kernel
def sum_pixels(out: Out, x: In):
    """out (C,) ← Σ x over all but the channels, for x (N, C, H, W) or (N, C, L)."""
    out[...] = nhwc(x).sum((0, 1, 2))
