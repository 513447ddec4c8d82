"""Normalisation: of each row (layer norm, RMS norm), or of each channel over the batch (batch norm)."""

import math

import numpy as np

from ..arguments import boolean, number, sizes
from ..autograd.equation import record_equation
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import contiguous, full, in_shape
from ..kernels.launch import launch
from ..tensor import check_writable, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import rsqrt, square
from .reduction import mean, sum
from .registry import op
from .shape import reshape

FUNCTIONAL = "batch_norm layer_norm rms_norm"


def check_parameters(name, x, shape, **parameters):
    """Each of weight, bias, ... is None or has this shape and the dtype of x.

    Raises: ShapeError, DTypeError where one is not.
    """
    for key, p in parameters.items():
        if p is None:
            continue
        if expect_tensor(name, p, key).array.shape != shape:
            raise ShapeError(f"{name}: expected {key} of shape {shape}, got {p.shape}")
        if p.array.dtype != x.array.dtype:
            raise DTypeError(f"{name}: expected {key} of the input's dtype {x.dtype}, got {p.dtype}")


def _flat(parameter, n, default, x):
    """The values of a parameter, or where it is None as many of its default, of the dtype and device of x."""
    return full((n,), default, x.array.dtype, x.array) if parameter is None else contiguous(parameter.array).reshape(-1)


# Over the last dimensions


def _row_shape(name, x, normalized_shape):
    """`normalized_shape` as a tuple, with which the shape of x must end."""
    expect_floating(name, x)
    shape = sizes(name, "normalized_shape", (normalized_shape,))
    if not shape or x.array.shape[-len(shape) :] != shape:
        raise ShapeError(f"{name}: expected an input of shape (*, {', '.join(map(str, shape))}), got {x.shape}")
    return shape


def _last(shape):
    return tuple(range(-len(shape), 0))


@op
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(x − E[x]) / √(Var[x] + ε) · weight + bias over the last dimensions: Ba, Kiros & Hinton (2016).

    x (*, *normalized_shape), weight and bias of `normalized_shape`; the variance is the biased one.

    Raises: ShapeError, DTypeError where the tensors do not fit.
    """
    x, shape = input, _row_shape("layer_norm", input, normalized_shape)
    check_parameters("layer_norm", x, shape, weight=weight, bias=bias)
    eps = number("layer_norm", "eps", eps)
    n, dtype = math.prod(shape), x.array.dtype
    rows = math.prod(x.array.shape[: x.array.ndim - len(shape)])
    out, center, rstd = empty((rows, n), dtype, x.array), empty((rows,), dtype, x.array), empty((rows,), dtype, x.array)
    w, b = _flat(weight, n, 1, x), _flat(bias, n, 0, x)
    launch(kernels.layer_norm, out, center, rstd, in_shape(x.array, rows, n), w, b, eps)
    gradients = lambda g: layer_norm_grad(g, x, weight, shape, eps, center, rstd)
    return record("layer_norm", out.reshape(x.array.shape), (x, weight, bias), joint=gradients)


@op
def layer_norm_grad(g, x, weight, shape, eps, center, rstd):
    """The gradients of `layer_norm` by x, weight and bias. With ĝ = g · weight and means over the last dimensions:

    gx = rstd (ĝ − E[ĝ] − x̂ E[ĝ x̂]),  gw = Σ g x̂,  gb = Σ g.
    """
    rows, n, dtype, dims = rstd.size, math.prod(shape), x.array.dtype, _last(shape)
    gx, gw, gb = empty((rows, n), dtype, x.array), empty((n,), dtype, x.array), empty((n,), dtype, x.array)
    arrays = in_shape(g.array, rows, n), in_shape(x.array, rows, n), _flat(weight, n, 1, x)
    launch(kernels.layer_norm_grad, gx, gw, gb, *arrays, center, rstd)

    def by_x(g, x, weight):
        centered = x - mean(x, dims, True)
        scale = rsqrt(mean(square(centered), dims, True) + eps)
        x_hat, g_hat = centered * scale, g if weight is None else g * weight
        return scale * (g_hat - mean(g_hat, dims, True) - x_hat * mean(g_hat * x_hat, dims, True))

    def by_weight(g, x):
        centered = x - mean(x, dims, True)
        return (g * centered * rsqrt(mean(square(centered), dims, True) + eps)).sum_to_size(shape)

    return (
        record_equation("layer_norm_grad", gx.reshape(x.array.shape), (g, x, weight), by_x),
        record_equation("layer_norm_grad", gw.reshape(shape), (g, x), by_weight),
        record_equation("layer_norm_grad", gb.reshape(shape), (g,), lambda g: g.sum_to_size(shape)),
    )


@op
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """x / √(E[x²] + ε) · weight over the last dimensions: Zhang & Sennrich (2019).

    x (*, *normalized_shape), weight of `normalized_shape`; ε is by default the machine precision of the dtype.

    Raises: ShapeError, DTypeError where the tensors do not fit.
    """
    x, shape = input, _row_shape("rms_norm", input, normalized_shape)
    check_parameters("rms_norm", x, shape, weight=weight)
    n, dtype = math.prod(shape), x.array.dtype
    eps = float(np.finfo(dtype).eps) if eps is None else number("rms_norm", "eps", eps)
    rows = math.prod(x.array.shape[: x.array.ndim - len(shape)])
    out, rstd = empty((rows, n), dtype, x.array), empty((rows,), dtype, x.array)
    launch(kernels.rms_norm, out, rstd, in_shape(x.array, rows, n), _flat(weight, n, 1, x), eps)
    gradients = lambda g: rms_norm_grad(g, x, weight, shape, eps, rstd)
    return record("rms_norm", out.reshape(x.array.shape), (x, weight), joint=gradients)


@op
def rms_norm_grad(g, x, weight, shape, eps, rstd):
    """The gradients of `rms_norm` by x and weight, with x̂ = x rstd and ĝ = g · weight:

    gx = rstd (ĝ − x̂ E[ĝ x̂]),  gw = Σ g x̂.
    """
    rows, n, dtype, dims = rstd.size, math.prod(shape), x.array.dtype, _last(shape)
    gx, gw = empty((rows, n), dtype, x.array), empty((n,), dtype, x.array)
    arrays = in_shape(g.array, rows, n), in_shape(x.array, rows, n), _flat(weight, n, 1, x)
    launch(kernels.rms_norm_grad, gx, gw, *arrays, rstd)

    def by_x(g, x, weight):
        scale = rsqrt(mean(square(x), dims, True) + eps)
        x_hat, g_hat = x * scale, g if weight is None else g * weight
        return scale * (g_hat - x_hat * mean(g_hat * x_hat, dims, True))

    def by_weight(g, x):
        return (g * x * rsqrt(mean(square(x), dims, True) + eps)).sum_to_size(shape)

    return (
        record_equation("rms_norm_grad", gx.reshape(x.array.shape), (g, x, weight), by_x),
        record_equation("rms_norm_grad", gw.reshape(shape), (g, x), by_weight),
    )


# Over the batch


def _pixels(array):
    """(N, C, ...) as (N, ..., C), the same memory."""
    return array.transpose(0, *range(2, array.ndim), 1)


def _unfolded(array, last):
    """The array as the kernels want it, rows (M, C) if the channels are last in memory, else planes (N, C, L)."""
    shape = array.shape
    if last:
        return contiguous(_pixels(array)).reshape(array.size // shape[1] if shape[1] else 0, shape[1])
    return contiguous(array).reshape(*shape[:2], math.prod(shape[2:]))


def _folded(array, shape, last):
    if not last:
        return array.reshape(shape)
    return array.reshape(shape[0], *shape[2:], shape[1]).transpose(0, -1, *range(1, len(shape) - 1))


@op
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """(x − E[x]) / √(Var[x] + ε) · weight + bias for each channel: Ioffe & Szegedy (2015).

    x (N, C, ...), all others (C,) or None. With `training` mean and variance are those of the batch, and
    running ← (1 − momentum) running + momentum · batch in place, with the unbiased variance; else they are
    running_mean and running_var. The result has the memory layout of x: fastest with the channels last.

    Raises: ShapeError, DTypeError where the tensors do not fit; ArgumentValueError for a batch of one value, or without
    statistics.
    """
    x, eps = expect_floating("batch_norm", input), number("batch_norm", "eps", eps)
    training, momentum = boolean("batch_norm", "training", training), number("batch_norm", "momentum", momentum)
    if x.array.ndim < 2:
        raise ShapeError(f"batch_norm: expected an input (N, C, ...), got shape {x.shape}")
    shape, dtype, channels = x.array.shape, x.array.dtype, x.array.shape[1]
    statistics = {"running_mean": running_mean, "running_var": running_var}
    check_parameters("batch_norm", x, (channels,), weight=weight, bias=bias, **statistics)
    if not training and (running_mean is None or running_var is None):
        raise ArgumentValueError("batch_norm: expected running_mean and running_var in evaluation, got None")
    if training and x.array.size == channels:
        raise ArgumentValueError(
            f"batch_norm: expected more than 1 value per channel when training, got shape {x.shape}"
        )
    for s in statistics.values() if training else ():
        if s is not None:
            check_writable("batch_norm", s)
    last = _pixels(x.array).flags.c_contiguous
    rows = _unfolded(x.array, last)
    out, center, rstd = empty(rows.shape, dtype, rows), empty((channels,), dtype, rows), empty((channels,), dtype, rows)
    running = [_flat(s, channels, 0, x) for s in statistics.values()]
    w, b = _flat(weight, channels, 1, x), _flat(bias, channels, 0, x)
    launch(kernels.batch_norm, out, center, rstd, *running, rows, w, b, eps, float(momentum), training)
    if training:
        _write_back(statistics.values(), running)
    gradients = lambda g: batch_norm_grad(g, x, weight, training, eps, center, rstd)
    return record("batch_norm", _folded(out, shape, last), (x, weight, bias), joint=gradients)


def _write_back(statistics, arrays):
    for s, array in zip(statistics, arrays):
        if s is not None:
            if not s.array.flags.c_contiguous:
                launch(kernels.copy, s.array, array)
            s.mark_written()


@op
def batch_norm_grad(g, x, weight, training, eps, center, rstd):
    """The gradients of `batch_norm` by x, weight and bias. With x̂ = (x − center) rstd, and means over the batch:

    gx = weight · rstd (g − E[g] − x̂ E[g x̂]), or weight · rstd · g in evaluation;  gw = Σ g x̂,  gb = Σ g.
    """
    shape, dtype, channels = x.array.shape, x.array.dtype, x.array.shape[1]
    last = _pixels(x.array).flags.c_contiguous
    rows = _unfolded(x.array, last)
    gx, gw, gb = empty(rows.shape, dtype, rows), empty((channels,), dtype, rows), empty((channels,), dtype, rows)
    w = _flat(weight, channels, 1, x)
    launch(kernels.batch_norm_grad, gx, gw, gb, _unfolded(g.array, last), rows, w, center, rstd, training)
    dims, by_channel = (0, *range(2, len(shape))), (1, channels, *[1] * (len(shape) - 2))

    def normalised(x):
        """x̂ and the factor that made it."""
        if not training:
            scale = reshape(wrap(rstd), by_channel)
            return (x - reshape(wrap(center), by_channel)) * scale, scale
        centered = x - mean(x, dims, True)
        scale = rsqrt(mean(square(centered), dims, True) + eps)
        return centered * scale, scale

    def by_x(g, x, weight):
        x_hat, scale = normalised(x)
        if weight is not None:
            scale = scale * reshape(weight, by_channel)
        if not training:
            return scale * g
        return scale * (g - mean(g, dims, True) - x_hat * mean(g * x_hat, dims, True))

    return (
        record_equation("batch_norm_grad", _folded(gx, shape, last), (g, x, weight), by_x),
        record_equation("batch_norm_grad", gw, (g, x), lambda g, x: sum(g * normalised(x)[0], dims)),
        record_equation("batch_norm_grad", gb, (g,), lambda g: sum(g, dims)),
    )
