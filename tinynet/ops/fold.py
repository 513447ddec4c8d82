"""Windows cut out and side by side, and their transpose, which adds them up: "im2col" and "col2im"."""

import math

from ..arguments import check_room
from ..autograd.graph import record
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import zeros
from ..kernels.launch import launch
from ..tensor_arguments import expect_floating, expect_tensor
from .registry import op
from .shape import reshaped
from .windows import Axis, spaces, taps

FUNCTIONAL = "fold unfold"


def _memory(shape, axes, first, make, like):
    """An array (N, C, *first, *rest), whose channels come last in memory where there is a `rest`.

    `shape` is (N, C, *size, *rest) with as many sizes as there are axes.
    """
    n, channels, rest = shape[0], shape[1], shape[2 + len(axes) :]
    kernel, places = first[: len(first) - len(axes)], first[len(first) - len(axes) :]
    if not rest:
        return make((n, channels, *first), like.dtype, like)
    out = make((n, *places, *rest, channels, *kernel), like.dtype, like)
    inner = 1 + len(places) + len(rest)
    return out.transpose(0, *range(inner, inner + 1 + len(kernel)), *range(1, inner))


@op
def im2col(x, axes):
    """out[n, c, *k, *p, ...] = x[n, c, *(p · stride + k · dilation − padding), ...], or 0 outside.

    x (N, C, *size, ...): the first dimensions after the channels have windows, as `axes` say. If there are others,
    channels and taps are last in memory.
    """
    kernel, counts = [a.kernel for a in axes], [a.count for a in axes]
    shape = x.array.shape
    make = zeros if any(a.padding for a in axes) else empty
    out = _memory(shape, axes, (*kernel, *counts), make, x.array)
    for tap, windows, elements in taps(axes):
        launch(
            kernels.copy,
            out[(slice(None), slice(None), *tap, *windows)],
            x.array[(slice(None), slice(None), *elements)],
        )
    return record("im2col", out, (x,), lambda g: col2im(g, axes))


@op
def col2im(y, axes):
    """out[n, c, *i, ...] = Σ y[n, c, *k, *p, ...] over p · stride + k · dilation − padding = i: `im2col` transposed."""
    n = len(axes)
    shape = (*y.array.shape[:2], *[a.size for a in axes], *y.array.shape[2 + 2 * n :])
    out = _memory(shape, axes, shape[2 : 2 + n], zeros, y.array)
    for tap, windows, elements in taps(axes):
        seen = out[(slice(None), slice(None), *elements)]
        launch(kernels.add, seen, seen, y.array[(slice(None), slice(None), *tap, *windows)])
    return record("col2im", out, (y,), lambda g: im2col(g, axes))


# The public functions


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of x (N, C, H, W) or (C, H, W) as columns: (N, C · kh · kw, L), of L windows row by row.

    A column has the elements x[n, c, p · stride + k · dilation − padding] for all channels c and places k, zeros being
    around x.

    Raises: ShapeError, DTypeError.
    """
    name, x = "unfold", _expect("unfold", input)
    shape = x.array.shape
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ShapeError(f"{name}: expected an input (N, C, H, W) or (C, H, W) that is not empty, got shape {x.shape}")
    axes = _axes(name, shape[-2:], kernel_size, dilation, padding, stride)
    n, c, kernel, windows = (
        math.prod(shape[:-3]),
        shape[-3],
        axes[0].kernel * axes[1].kernel,
        axes[0].count * axes[1].count,
    )
    check_room(name, (n, c, kernel, windows), x.array.dtype)
    return reshaped(im2col(reshaped(x, (n, *shape[-3:])), axes), (*shape[:-3], c * kernel, windows))


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The image (N, C, *output_size) whose pixels are the sums of what the columns x (N, C · kh · kw, L) hold for them.

    It is the transpose of `unfold`, for x with or without a batch.

    Raises: ShapeError, DTypeError.
    """
    name, x = "fold", _expect("fold", input)
    shape, size = x.array.shape, spaces(name, "output_size", output_size, 2, 1)
    axes = _axes(name, size, kernel_size, dilation, padding, stride)
    kernel, counts = tuple([a.kernel for a in axes]), tuple([a.count for a in axes])
    if len(shape) not in (2, 3) or shape[-2] % math.prod(kernel) or shape[-1] != math.prod(counts):
        raise ShapeError(
            f"{name}: expected an input (N, C · {math.prod(kernel)}, {math.prod(counts)}), or without N, for an output "
            f"of {size} and a kernel of {kernel}, got shape {x.shape}"
        )
    channels = shape[-2] // math.prod(kernel)
    check_room(name, (*shape[:-2], channels, *size), x.array.dtype)
    columns = reshaped(x, (math.prod(shape[:-2]), channels, *kernel, *counts))
    return reshaped(col2im(columns, axes), (*shape[:-2], channels, *size))


def _expect(name, x):
    """x itself, a tensor of floats or booleans."""
    return x if expect_tensor(name, x).array.dtype.kind == "b" else expect_floating(name, x)


def _axes(name, size, kernel_size, dilation, padding, stride):
    """The Axis of height, and that of width. Raises ShapeError where no window fits."""
    kernel, dilation = spaces(name, "kernel_size", kernel_size, 2, 1), spaces(name, "dilation", dilation, 2, 1)
    padding, stride = spaces(name, "padding", padding, 2, 0), spaces(name, "stride", stride, 2, 1)
    counts = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in zip(size, padding, dilation, kernel, stride)]
    if min(counts) < 1:
        raise ShapeError(f"{name}: expected an image that a kernel {kernel} fits in, got {size} with padding {padding}")
    return tuple([Axis(*fields) for fields in zip(size, counts, kernel, stride, padding, dilation)])
