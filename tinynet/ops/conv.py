"""Convolutions, in one, two and three dimensions, and their transposes.

⟨y, conv(x, w)⟩ is linear in each of x, w and y, and its gradient by any one of them is an operation on the other two:

    convolve(x, w)              by x: convolve_transposed(g, w)    by w: correlate(x, g)
    convolve_transposed(y, w)   by y: convolve(g, w)               by w: correlate(g, y)
    correlate(x, y)             by x: convolve_transposed(y, g)    by y: convolve(x, g)

So three operations hold all gradients of all orders. The public functions check their arguments, and find the Geometry.
A convolution in three dimensions is one in two, of images that have the channels of all slices that a window sees.
"""

from .. import dtypes
from ..arguments import check_room, integer, wrong_value
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.launch import launch
from ..kernels.runtime.plans import planned
from ..kernels.windows import channels_last
from ..tensor_arguments import expect_tensor
from . import integer_windows
from .fold import col2im, im2col
from .registry import op
from .shape import expand, permuted, reshape, reshaped, squeeze, unsqueeze
from .volume import images_of, volumes_of_images
from .windows import AXES, geometry, spaces, split

FUNCTIONS = "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
FUNCTIONAL = FUNCTIONS


@op
def convolve(x, weight, bias, geometry):
    """y[n, o, p] = b[o] + Σ x[n, c, p·s + k·d − padding] w[o, c, k], w (O, C / groups, *kernel)."""
    n, size = len(x.array), geometry.y_size[2 - weight.array.ndim :]
    out = channels_last(n, len(weight.array), *size, dtype=x.array.dtype, like=x.array)
    launch(kernels.convolve, out, x.array, weight.array, None if bias is None else bias.array, geometry)

    gx = lambda g: convolve_transposed(g, weight, None, geometry)

    def gw(g, *, out=None):
        return correlate(x, g, geometry) if out is None else launch(kernels.correlate, out, x.array, g.array, geometry)

    if bias is None:
        return record("convolve", out, (x, weight), gx, gw)
    return record("convolve", out, (x, weight, bias), gx, gw, _gradient_by_bias)


@op
def convolve_transposed(y, weight, bias, geometry):
    """x[n, c, i] = b[c] + Σ y[n, o, p] w[o, c, k] over p·s + k·d − padding = i, the transpose of `convolve`."""
    n, size = len(y.array), geometry.x_size[2 - weight.array.ndim :]
    out = channels_last(n, weight.array.shape[1] * geometry.groups, *size, dtype=y.array.dtype, like=y.array)
    launch(kernels.convolve_transposed, out, y.array, weight.array, None if bias is None else bias.array, geometry)

    gy = lambda g: convolve(g, weight, None, geometry)

    def gw(g, *, out=None):
        return correlate(g, y, geometry) if out is None else launch(kernels.correlate, out, g.array, y.array, geometry)

    if bias is None:
        return record("convolve_transposed", out, (y, weight), gy, gw)
    return record("convolve_transposed", out, (y, weight, bias), gy, gw, _gradient_by_bias)


@op
def correlate(x, y, geometry):
    """w[o, c, k] = Σ x[n, c, p·s + k·d − padding] y[n, o, p] over images n and pixels p."""
    shape = y.array.shape[1], x.array.shape[1] // geometry.groups, *geometry.kernel[2 - x.array.ndim :]
    out = empty(shape, x.array.dtype, x.array)
    launch(kernels.correlate, out, x.array, y.array, geometry)
    return record(
        "correlate",
        out,
        (x, y),
        lambda g: convolve_transposed(y, g, None, geometry),
        lambda g: convolve(x, g, None, geometry),
    )


@op
def sum_pixels(x):
    """Σ x over all but the channels, for x (N, C, *size)."""
    shape = x.array.shape
    out = empty(shape[1:2], x.array.dtype, x.array)
    launch(kernels.sum_pixels, out, x.array)
    return record("sum_pixels", out, (x,), lambda g: expand(reshape(g, -1, *[1] * (len(shape) - 2)), shape))


def _gradient_by_bias(g, *, out=None):
    return sum_pixels(g) if out is None else launch(kernels.sum_pixels, out, g.array)


# The public functions


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of x (N, C, L) or (C, L) with weight (O, C / groups, K): see `conv2d`."""
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """y[n, o, p] = b[o] + Σ x[n, c, p · stride + k · dilation − padding] w[o, c, k] over channels c and places k.

    x (N, C, H, W) or (C, H, W), weight w (O, C / groups, kh, kw), bias b (O,). The channels come in `groups`, and
    output channel o sees those of its own. `padding` is how many zeros are put around x, or 'valid' for none, or 'same'
    for as many as make y as large as x. The result, of shape (N, O, H', W'), is channels-last in memory.

    Raises: ShapeError, DTypeError.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of x (N, C, D, H, W) or (C, D, H, W) with weight (O, C / groups, kd, kh, kw): see `conv2d`."""
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transpose of conv1d, for x (N, C, L) or (C, L) and weight (C, O / groups, K): see `conv_transpose2d`."""
    return _conv_transpose(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """y[n, o, i] = b[o] + Σ x[n, c, p] w[c, o, k] over p · stride + k · dilation − padding = i: transposed conv2d.

    x (N, C, H, W) or (C, H, W), weight w (C, O / groups, kh, kw), bias b (O,). y has the size
    (H − 1) stride − 2 padding + dilation (kh − 1) + output_padding + 1, where output_padding chooses among the sizes
    that conv2d brings to the same H.

    Raises: ShapeError, DTypeError.
    """
    return _conv_transpose(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transpose of conv3d, for x (N, C, D, H, W) or (C, D, H, W) and weight (C, O / groups, kd, kh, kw).

    See `conv_transpose2d`.
    """
    return _conv_transpose(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def _conv(name, n, x, weight, bias, stride, padding, dilation, groups):
    if expect_tensor(name, x).array.ndim == n + 1:
        return squeeze(_conv(name, n, unsqueeze(x, 0), weight, bias, stride, padding, dilation, groups), 0)
    expect_tensor(name, weight, "weight")
    stride, dilation = spaces(name, "stride", stride, n, 1), spaces(name, "dilation", dilation, n, 1)
    groups = integer(name, "groups", groups, 1)
    _check(name, n, x, weight, groups, weight.array.shape[1] * groups if weight.array.ndim == n + 2 else 0)
    _check_bias(name, weight, bias, weight.array.shape[0])
    if isinstance(padding, str):
        check_padding(name, padding)
    else:
        padding = spaces(name, "padding", padding, n, 0)
    found = _geometry(name, x.array.shape, weight.array.shape, stride, padding, dilation, groups, x.array.dtype)
    if x.array.dtype.kind != "f":
        return integer_windows.convolve(x, weight, bias, found)
    return convolve(x, weight, bias, found) if n < 3 else _convolve_volumes(x, weight, bias, found)


@planned
def _geometry(name, x, weight, stride, padding, dilation, groups, dtype):
    """The Geometry of a convolution of arrays of these shapes, whose result the machine can hold."""
    size, kernel = x[2:], weight[2:]
    covered = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    if isinstance(padding, str):
        if padding == "same" and any(s != 1 for s in stride):
            raise ValueError(f"{name}: expected stride 1 for padding='same', got {stride}")
        padded = [s + c - 1 if padding == "same" else s for s, c in zip(size, covered)]
        first = tuple((p - s) // 2 for p, s in zip(padded, size))
    else:
        first, padded = padding, [s + 2 * p for s, p in zip(size, padding)]
    out = tuple((p - c) // s + 1 for p, c, s in zip(padded, covered, stride))
    if any(p < c for p, c in zip(padded, covered)):
        raise ShapeError(
            f"{name}: expected an input of at least {tuple(covered)}, which the kernel {kernel} covers with dilation "
            f"{dilation}, got {size} with padding {padding}"
        )
    check_room(name, (x[1], *(max(p, s) for p, s in zip(padded, size))), dtype)
    check_room(name, (x[0], weight[0], *out), dtype)
    _check_tables(name, out)
    return geometry(size, out, kernel, stride, first, dilation, groups)


def _check_tables(name, out):
    """Raise OutOfMemoryError for more outputs than the machine could hold addresses of."""
    check_room(name, (2, *out), dtypes.int64)


def _convolve_volumes(x, weight, bias, geometry):
    """`convolve` in three dimensions: of images with the channels (C, kd) of each place in depth."""
    depth, plane = split(geometry)
    n, c, _, h, w = x.array.shape
    if depth.is_all():
        images = images_of(x)
    else:
        columns = permuted(im2col(x, (depth,)), (0, 3, 1, 2, 4, 5))
        images = reshaped(columns, (n * depth.count, c * depth.kernel, h, w))
    o, c, kd, kh, kw = weight.array.shape
    y = convolve(images, reshaped(weight, (o, c * kd, kh, kw)), bias, plane)
    return volumes_of_images(y, n, depth.count)


def _convolve_volumes_transposed(y, weight, bias, geometry):
    """`convolve_transposed` in three dimensions: to images with the channels (C, kd), which are added up in depth."""
    depth, plane = split(geometry)
    n = len(y.array)
    o, c, kd, kh, kw = weight.array.shape
    images = convolve_transposed(images_of(y), reshaped(weight, (o, c * kd, kh, kw)), None, plane)
    columns = reshaped(images, (n, depth.count, c * geometry.groups, kd, *plane.x_size))
    x = col2im(permuted(columns, (0, 2, 3, 1, 4, 5)), (depth,))
    return x if bias is None else x + reshape(bias, -1, 1, 1, 1)


def _conv_transpose(name, n, x, weight, bias, stride, padding, output_padding, groups, dilation):
    if expect_tensor(name, x).array.ndim == n + 1:
        x = unsqueeze(x, 0)
        return squeeze(_conv_transpose(name, n, x, weight, bias, stride, padding, output_padding, groups, dilation), 0)
    expect_tensor(name, weight, "weight")
    stride, dilation = spaces(name, "stride", stride, n, 1), spaces(name, "dilation", dilation, n, 1)
    groups = integer(name, "groups", groups, 1)
    padding, extra = spaces(name, "padding", padding, n, 0), spaces(name, "output_padding", output_padding, n, 0)
    _check(name, n, x, weight, groups, weight.array.shape[0] if weight.array.ndim == n + 2 else 0)
    _check_bias(name, weight, bias, weight.array.shape[1] * groups)
    options = stride, padding, extra, dilation, groups
    found = _geometry_transposed(name, x.array.shape, weight.array.shape, *options, x.array.dtype)
    if x.array.dtype.kind != "f":
        return integer_windows.convolve_transposed(x, weight, bias, found)
    return (
        convolve_transposed(x, weight, bias, found) if n < 3 else _convolve_volumes_transposed(x, weight, bias, found)
    )


@planned
def _geometry_transposed(name, x, weight, stride, padding, extra, dilation, groups, dtype):
    """The Geometry of which this is the transposed convolution, whose result the machine can hold."""
    size, kernel = x[2:], weight[2:]
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise ValueError(
            f"{name}: expected output_padding below stride or dilation, got {extra} for {stride} and {dilation}"
        )
    out = tuple(
        (w - 1) * s - 2 * p + d * (k - 1) + e + 1
        for w, k, s, p, d, e in zip(size, kernel, stride, padding, dilation, extra)
    )
    if any(s < 1 for s in out):
        raise ShapeError(
            f"{name}: expected an output of at least 1 along each axis, got {out} from an input of {size}, kernel "
            f"{kernel}, padding {padding}"
        )
    check_room(name, (x[0], weight[1] * groups, *out), dtype)
    _check_tables(name, out)
    return geometry(out, size, kernel, stride, padding, dilation, groups)


def check_padding(name, padding):
    """Raise ArgumentValueError unless a padding that is a string is 'same' or 'valid'."""
    if padding not in ("same", "valid"):
        raise wrong_value(name, "padding to be 'same', 'valid' or numbers", padding)


def _check(name, n, x, weight, groups, channels):
    axes = AXES[n]
    if x.array.ndim != n + 2:
        raise ShapeError(f"{name}: expected an input (N, C, {axes}) or (C, {axes}), got shape {x.shape}")
    if weight.array.ndim != n + 2:
        raise ShapeError(f"{name}: expected a weight with {n + 2} dimensions, got shape {weight.shape}")
    if x.array.dtype.kind == "b" or x.array.dtype != weight.array.dtype:
        raise DTypeError(f"{name}: expected numbers of the weight's dtype {weight.dtype}, got {x.dtype}")
    if len(weight.array) % groups:
        raise ShapeError(
            f"{name}: expected groups to divide weight.shape[0], got groups={groups} for a weight of {weight.shape}"
        )
    if x.array.shape[1] != channels:
        raise ShapeError(
            f"{name}: expected an input of {channels} channels for a weight of {weight.shape} and groups={groups}, got "
            f"shape {x.shape}"
        )


def _check_bias(name, weight, bias, channels):
    if bias is None:
        return
    if expect_tensor(name, bias, "bias").array.shape != (channels,):
        raise ShapeError(f"{name}: expected a bias of shape {(channels,)}, got {bias.shape}")
    if bias.array.dtype != weight.array.dtype:
        raise DTypeError(f"{name}: expected a bias of the weight's dtype {weight.dtype}, got {bias.dtype}")
