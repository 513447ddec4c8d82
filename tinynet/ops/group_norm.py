"""Norms of parts of each sample: of groups of channels, and of each channel. Composed of layer norm and batch norm."""

import math

from ..arguments import boolean, integer, number
from ..autograd.mode import no_grad
from ..errors import ArgumentValueError, ShapeError
from ..tensor_arguments import expect_floating
from .norm import batch_norm, check_parameters, layer_norm
from .reduction import mean, var
from .shape import reshape

FUNCTIONAL = "group_norm instance_norm"


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """(x − E[x]) / √(Var[x] + ε) · weight + bias, over each of `num_groups` groups of channels: Wu & He (2018).

    x (N, C, ...), weight and bias (C,) or None; mean and variance are those of a group of one sample.

    Raises: ShapeError, DTypeError where the tensors do not fit; ArgumentValueError where the groups do not divide C.
    """
    name, x = "group_norm", expect_floating("group_norm", input)
    groups, eps = integer(name, "num_groups", num_groups, 1), number(name, "eps", eps)
    if x.array.ndim < 2:
        raise ShapeError(f"{name}: expected an input (N, C, ...), got shape {x.shape}")
    if x.array.shape[1] % groups:
        raise ArgumentValueError(f"{name}: expected a number of channels that {groups} divides, got {x.array.shape[1]}")
    check_parameters(name, x, x.array.shape[1:2], weight=weight, bias=bias)
    rows = reshape(x, x.array.shape[0] * groups, math.prod(x.array.shape[1:]) // groups)
    y = reshape(layer_norm(rows, rows.array.shape[1:], eps=eps), x.array.shape)
    over_channels = x.array.shape[1:2] + (1,) * (x.array.ndim - 2)
    y = y if weight is None else y * reshape(weight, over_channels)
    return y if bias is None else y + reshape(bias, over_channels)


def instance_norm(
    input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    """(x − E[x]) / √(Var[x] + ε) · weight + bias, over each channel of each sample: Ulyanov et al. (2016).

    x (N, C, ...), all others (C,) or None. Mean and variance are those of one channel of one sample, and
    running ← (1 − momentum) running + momentum · their means over the samples, with the unbiased variance; without
    `use_input_stats` they are running_mean and running_var.

    Raises: ShapeError, DTypeError where the tensors do not fit; ArgumentValueError for a channel of one value, or
    without statistics.
    """
    name, x = "instance_norm", expect_floating("instance_norm", input)
    momentum = number(name, "momentum", momentum)
    if x.array.ndim < 3:
        raise ShapeError(f"{name}: expected an input (N, C, ...) with at least 3 dimensions, got shape {x.shape}")
    if not boolean(name, "use_input_stats", use_input_stats):
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    check_parameters(name, x, x.array.shape[1:2], running_mean=running_mean, running_var=running_var)
    if x.array.size == x.array.shape[0] * x.array.shape[1]:
        raise ArgumentValueError(f"{name}: expected more than 1 value per channel when training, got shape {x.shape}")
    y = group_norm(x, x.array.shape[1], weight, bias, eps)
    if running_mean is not None:
        inner = tuple(range(2, x.array.ndim))
        with no_grad():
            running_mean.mul_(1 - momentum).add_(mean(mean(x, inner), 0) * momentum)
            running_var.mul_(1 - momentum).add_(mean(var(x, inner), 0) * momentum)
    return y
