"""Unpooling: the largest numbers back where they were, and zeros around them."""

import math

from ..arguments import sizes
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels.filled import zeros
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .scatter import scatter
from .shape import reshape, reshaped
from .windows import AXES, spaces, strides

FUNCTIONAL = "max_unpool1d max_unpool2d max_unpool3d"


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """x (N, C, L) or (C, L) where `max_pool1d` found it: see `max_unpool2d`."""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """An image with the elements of x (N, C, H, W) or (C, H, W) at `indices`, those that `max_pool2d` returns; else 0.

    Its size is (H − 1) stride − 2 padding + kernel_size, or `output_size`, which differs by less than a stride.

    Raises: ShapeError, DTypeError, ArgumentValueError for sizes that do not fit, TargetError for indices outside.
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """x (N, C, D, H, W) or (C, D, H, W) where `max_pool3d` found it: see `max_unpool2d`."""
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(name, n, x, indices, kernel_size, stride, padding, output_size):
    shape, axes = expect_tensor(name, x).array.shape, AXES[n]
    if len(shape) not in (n + 1, n + 2):
        raise ShapeError(f"{name}: expected an input (N, C, {axes}) or (C, {axes}), got shape {x.shape}")
    if expect_tensor(name, indices, "indices").array.dtype.name != "int64":
        raise DTypeError(f"{name}: expected indices of int64, got {indices.dtype}")
    if indices.array.shape != shape:
        raise ShapeError(f"{name}: expected indices of shape {shape}, got {indices.shape}")
    kernel = spaces(name, "kernel_size", kernel_size, n, 1)
    stride = strides(name, stride, kernel, n)
    padding = spaces(name, "padding", padding, n, 0)
    size = [(s - 1) * t - 2 * p + k for s, t, p, k in zip(shape[-n:], stride, padding, kernel)]
    if output_size is not None:
        size = _given(name, n, size, stride, sizes(name, "output_size", (output_size,)))
    if any(s < 1 for s in size):
        raise ShapeError(f"{name}: expected an output of at least one element, got {tuple(size)}")
    rows = *shape[:-n], math.prod(size)
    blank = wrap(zeros(rows, x.array.dtype, x.array))
    flat = (*shape[:-n], math.prod(shape[-n:]))
    out = scatter(blank, -1, reshape(indices, flat), reshaped(x, flat))
    return reshaped(out, (*shape[:-n], *size))


def _given(name, n, size, stride, wanted):
    """The output size that was asked for, of which only the last n numbers count."""
    if len(wanted) not in (n, n + 2):
        raise ArgumentValueError(f"{name}: expected an output_size of {n} or {n + 2} numbers, got {wanted}")
    wanted = list(wanted[-n:])
    if any(not s - t < w < s + t for w, s, t in zip(wanted, size, stride)):
        raise ArgumentValueError(f"{name}: expected an output_size within a stride {stride} of {size}, got {wanted}")
    return wanted
