"""Pooling in one, two and three dimensions: the largest number in each window, or the mean.

In three dimensions it is pooling of images, and then along the depth: the first of equal maxima is the same.
"""

import math

import numpy as np

from ..arguments import boolean, integer
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import host, put
from ..kernels.launch import launch
from ..kernels.runtime.plans import planned
from ..kernels.windows import NOWHERE, Geometry, Windows, channels_last
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from . import integer_windows
from .registry import op
from .shape import squeeze, unsqueeze
from .volume import images_of, series_of, volumes_of_images, volumes_of_series
from .windows import AXES, spaces, split, strides
from .windows import geometry as geometry_of

FUNCTIONS = "avg_pool1d"
FUNCTIONAL = "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d"

PLACE = np.dtype("uint16")  # of a maximum in its window

# Where the maxima are is found once, by `max_pool`. From then on the operation is linear: it gathers from x, its
# gradient scatters, and each of the two is the other's gradient.


@op
def max_pool(x, geometry):
    """(y, indices): y the largest of x in each window, and where it is, as kh · width + kw."""
    shape = x.array.shape
    size = *shape[:2], *geometry.y_size[2 - len(shape) :]
    out = channels_last(*size, dtype=x.array.dtype, like=x.array)
    indices = channels_last(*size, dtype=PLACE, like=x.array)
    launch(kernels.max_pool, out, indices, x.array, geometry)
    return record("max_pool", out, (x,), lambda g: scatter_maxima(g, indices, geometry)), indices


@op
def scatter_maxima(g, indices, geometry):
    shape = g.array.shape
    out = channels_last(*shape[:2], *geometry.x_size[2 - len(shape) :], dtype=g.array.dtype, like=g.array)
    launch(kernels.scatter_maxima, out, g.array, indices, geometry)
    return record("scatter_maxima", out, (g,), lambda gg: gather_maxima(gg, indices, geometry))


@op
def gather_maxima(x, indices, geometry):
    out = channels_last(*x.array.shape[:2], *indices.shape[2:], dtype=x.array.dtype, like=x.array)
    launch(kernels.gather_maxima, out, x.array, indices, geometry)
    return record("gather_maxima", out, (x,), lambda g: scatter_maxima(g, indices, geometry))


@op
def mean_pool(x, windows):
    """The sum of x over each window, divided by the window's divisor."""
    shape = x.array.shape
    size = (len(windows.vertical), len(windows.horizontal))[4 - len(shape) :]
    out = channels_last(*shape[:2], *size, dtype=x.array.dtype, like=x.array)
    launch(kernels.mean_pool, out, x.array, windows)
    return record("mean_pool", out, (x,), lambda g: mean_pool_transposed(g, windows, shape[2:]))


@op
def mean_pool_transposed(g, windows, size):
    """Each pixel of an image of this `size` gets g / divisor from each window that it is in."""
    out = channels_last(*g.array.shape[:2], *size, dtype=g.array.dtype, like=g.array)
    launch(kernels.mean_pool_transposed, out, g.array, windows)
    return record("mean_pool_transposed", out, (g,), lambda gg: mean_pool(gg, windows))


# Checked windows


def pooled_max(x, geometry):
    """(y, places): the largest of x in each window, and a function to where in its image each is, on the host.

    Raises: ShapeError for a kernel of more places along an axis than an index can hold.
    """
    if x.array.dtype.kind != "f":
        return integer_windows.pooled_max(x, geometry)
    if len(geometry.kernel) == 3:
        return _pooled_max_of_volumes(x, geometry)
    if math.prod(geometry.kernel) > NOWHERE:
        if min(geometry.kernel) == 1:
            raise ShapeError(f"max_pool: expected a kernel of at most {NOWHERE} places, got {geometry.kernel}")
        *fields, groups = geometry  # of a volume whose slices are the rows of the image
        rows = Geometry(*[(f[0], one, f[1]) for f, one in zip(fields, (1, 1, 1, 1, 0, 1))], groups)
        y, places = _pooled_max_of_volumes(unsqueeze(x, 3), rows)
        return squeeze(y, 3), lambda: places()[:, :, :, 0]
    y, indices = max_pool(x, geometry)
    return y, lambda: _flat(host(indices), geometry)


def _pooled_max_of_volumes(x, geometry):
    depth, plane = split(geometry)
    n, c, d = x.array.shape[:3]
    y, within = pooled_max(images_of(x), plane)
    h, w = y.array.shape[2:]
    z, which = pooled_max(series_of(volumes_of_images(y, n, d)), depth.geometry())

    def places():
        inner = within().reshape(n, d, c, h, w).transpose(0, 2, 1, 3, 4)
        outer = which().transpose(0, 2, 1).reshape(n, z.array.shape[2], h, w, c).transpose(0, 4, 1, 2, 3)
        outer = np.clip(outer, 0, d - 1)  # a window that sees nothing has no place
        return outer * math.prod(plane.x_size) + np.take_along_axis(inner, outer, 2)

    return volumes_of_series(z, c, h, w), places


def pooled_mean(x, plane, depth=None):
    """The mean of x over the Windows of a plane, and of a volume over those along its depth too."""
    if depth is None:
        return mean_pool(x, plane)
    n, c, d = x.array.shape[:3]
    y = volumes_of_images(mean_pool(images_of(x), plane), n, d)
    return volumes_of_series(mean_pool(series_of(y), depth), c, *y.array.shape[3:])


def pooled_mean_transposed(x, size, plane, depth=None):
    """The transpose of `pooled_mean`, which brings x to `size`; with lines of `taking`, x at those indices."""
    if depth is None:
        return mean_pool_transposed(x, plane, size)
    n, c, d = x.array.shape[:3]
    y = volumes_of_images(mean_pool_transposed(images_of(x), plane, size[1:]), n, d)
    return volumes_of_series(mean_pool_transposed(series_of(y), depth, size[:1]), c, *size[1:])


def taking(index, size):
    """Lines (start, stop, 1): where each of `size` elements goes that `index` names, which does not decrease."""
    places = np.arange(size)
    start, stop = np.searchsorted(index, places, "left"), np.searchsorted(index, places, "right")
    return np.stack([start, stop, np.ones(size, np.int64)], 1)


def windows_of(axes):
    """The arguments of `pooled_mean` for lines (start, stop, divisor) along each axis."""
    if len(axes) < 3:
        return (Windows(*[[(0, 1, 1)], *axes][-2:]),)
    return Windows(*axes[1:]), Windows([(0, 1, 1)], axes[0])


# The public functions


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest of x (N, C, L) or (C, L) in each window: see `max_pool2d`."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """y[n, c, p] = max x[n, c, p · stride + k · dilation − padding] over places k, for x (N, C, H, W) or (C, H, W).

    The stride is that of the kernel by default, so that windows do not overlap. Padding is never the largest. With
    `ceil_mode` a last window may reach beyond the edge; with `return_indices` the result is (y, places in an image as
    row · W + column). NaN if one is NaN; of equal numbers the first gets the gradient. x may hold integers.

    Raises: ShapeError, DTypeError.
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in each window: see `max_pool2d`."""
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of x (N, C, L) or (C, L) over each window: see `avg_pool2d`."""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """y[n, c, p] = the mean of x[n, c, p · stride + k − padding] over places k, for x (N, C, H, W) or (C, H, W).

    Padding counts as zeros, or with `count_include_pad=False` not at all; `divisor_override` is what to divide by
    instead. Stride and `ceil_mode` are as in `max_pool2d`. Means of integers are rounded towards 0.

    Raises: ShapeError, DTypeError.
    """
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over each window: see `avg_pool2d`."""
    return _avg_pool(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _max_pool(name, n, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    return_indices = boolean(name, "return_indices", return_indices)
    geometry = lambda x: window_geometry(name, n, x, kernel_size, stride, padding, dilation, ceil_mode)
    return with_places(name, n, x, return_indices, lambda x: pooled_max(x, geometry(x)))


def with_places(name, n, x, return_indices, pool):
    """y, or (y, places) of (y, a function to the places) = pool(x), for x with or without a batch."""
    batch = x if expect_tensor(name, x).array.ndim != n + 1 else unsqueeze(x, 0)
    y, places = pool(batch)
    found = (y, wrap(put(places(), y.array))) if return_indices else (y,)
    found = found if batch is x else tuple([squeeze(z, 0) for z in found])
    return found if return_indices else found[0]


def _flat(indices, geometry):
    """Places in windows as places in the image, row · width + column."""
    kh, kw = np.divmod(indices.astype(np.int64), geometry.kernel[1])
    p, q = (np.arange(n).reshape(-1, *[1] * wide) for n, wide in zip(geometry.y_size, (indices.ndim - 3, 0)))
    (sh, sw), (ph, pw), (dh, dw) = geometry.stride, geometry.padding, geometry.dilation
    return (p * sh - ph + kh * dh) * geometry.x_size[1] + q * sw - pw + kw * dw


def _avg_pool(name, n, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    if expect_tensor(name, x).array.ndim == n + 1:
        x = unsqueeze(x, 0)
        return squeeze(_avg_pool(name, n, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor), 0)
    if divisor is not None and integer(name, "divisor_override", divisor) == 0:
        raise ArgumentValueError(f"{name}: expected a divisor_override that is not 0")
    geometry = window_geometry(name, n, x, kernel_size, stride, padding, 1, ceil_mode)
    count_include_pad = boolean(name, "count_include_pad", count_include_pad)
    divisor = None if divisor is None else int(divisor)
    if x.array.dtype.kind != "f":
        return integer_windows.pooled_mean(x, _mean_lines(geometry, count_include_pad, divisor)[-n:])
    return pooled_mean(x, *_mean_windows(geometry, count_include_pad, divisor))


@planned
def _mean_windows(geometry, count_include_pad, divisor):
    return windows_of(_mean_lines(geometry, count_include_pad, divisor))


def _mean_lines(geometry, count_include_pad, divisor):
    """Lines (start, stop, divisor) of the windows along each axis."""
    axes = []
    for axis, (size, out, k, s, p) in enumerate(zip(*geometry[:5])):
        start = np.arange(out) * s - p
        stop = np.minimum(start + k, size + p)
        first = np.maximum(start, 0)
        last = np.maximum(np.minimum(stop, size), first)
        if divisor is not None:
            count = np.full(out, divisor if axis == 0 else 1)
        else:
            count = stop - start if count_include_pad else np.maximum(last - first, 1)
        axes.append(np.stack([first, last, count], 1))
    return axes


def check_image(name, n, x, kinds="f"):
    """Raise ShapeError, DTypeError unless x is a batch of images with n axes of at least one pixel, of floats.

    Letters as NumPy has them say which other kinds of numbers are allowed.
    """
    axes = AXES[n]
    if x.array.ndim != n + 2:
        raise ShapeError(f"{name}: expected an input (N, C, {axes}) or (C, {axes}), got shape {x.shape}")
    if x.array.dtype.kind not in kinds:
        expected = "a floating dtype" if kinds == "f" else "numbers"
        raise DTypeError(f"{name}: expected {expected}, got {x.dtype}")
    if 0 in x.array.shape[2:]:
        raise ShapeError(f"{name}: expected images of at least one pixel, got shape {x.shape}")


def window_geometry(name, n, x, kernel_size, stride, padding, dilation, ceil_mode):
    """The Geometry of the windows over x, which is checked. Raises ShapeError, DTypeError, ArgumentValueError."""
    check_image(name, n, x, "fiu")
    kernel = spaces(name, "kernel_size", kernel_size, n, 1)
    stride = strides(name, stride, kernel, n)
    padding, dilation = spaces(name, "padding", padding, n, 0), spaces(name, "dilation", dilation, n, 1)
    ceil_mode = boolean(name, "ceil_mode", ceil_mode)
    return _windows_over(name, x.array.shape[2:], kernel, stride, padding, dilation, ceil_mode)


@planned
def _windows_over(name, size, kernel, stride, padding, dilation, ceil_mode):
    """The Geometry, unless padding or windows are too large for images of this size."""
    covered = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise ArgumentValueError(f"{name}: expected padding of at most half the kernel, got {padding} for {kernel}")
    out = []
    for x_size, c, s, p in zip(size, covered, stride, padding):
        y = (x_size + 2 * p - c + (s - 1 if ceil_mode else 0)) // s + 1
        out.append(y - (ceil_mode and (y - 1) * s >= x_size + p))  # the last window must begin inside
    if any(y < 1 for y in out):
        raise ShapeError(f"{name}: expected an input that a window of {covered} fits in, got {size}, padding {padding}")
    return geometry_of(size, tuple(out), kernel, stride, padding, dilation, 1)
