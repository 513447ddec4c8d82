"""A convolution or a Linear and the batch norm after it, in evaluation, made one layer."""

import copy

from ...errors import ArgumentValueError, ShapeError
from ...ops.arithmetic import rsqrt
from ...ops.creation import ones_like, zeros_like
from ...ops.shape import reshape
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def fuse_conv_bn_eval(conv, bn, transpose=False):
    """A copy of a convolution that gives what it and then a batch norm give in evaluation.

    `transpose` for a transposed convolution. Raises: ArgumentValueError for modules in training, or without statistics.
    """
    return _fused("fuse_conv_bn_eval", conv, bn, lambda *tensors: fuse_conv_bn_weights(*tensors, transpose))


def fuse_linear_bn_eval(linear, bn):
    """A copy of a Linear that gives what it and then a batch norm give in evaluation.

    Raises: ArgumentValueError for modules in training, or without statistics; ShapeError for other sizes.
    """
    if bn.num_features not in (1, linear.out_features):
        raise ShapeError(f"fuse_linear_bn_eval: expected a norm of {linear.out_features} or 1, got {bn.num_features}")
    return _fused("fuse_linear_bn_eval", linear, bn, fuse_linear_bn_weights)


def _fused(where, layer, bn, fuse):
    if layer.training or bn.training:
        raise ArgumentValueError(f"{where}: expected modules in evaluation; call eval() first")
    if bn.running_mean is None or bn.running_var is None:
        raise ArgumentValueError(f"{where}: expected a norm with running statistics")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, transpose=False):
    """Weight and bias w γ/σ, (b − μ) γ/σ + β, as Parameters, of a convolution and the batch norm after it."""
    shape = [1, -1] if transpose else [-1, 1]
    return _scaled(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, shape + [1] * (conv_w.ndim - 2))


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b):
    """Weight and bias w γ/σ, (b − μ) γ/σ + β, as Parameters, of a Linear and the batch norm after it."""
    return _scaled(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, [-1, 1])


def _scaled(w, b, mean, var, eps, gamma, beta, shape):
    trained = w.requires_grad, w.requires_grad if b is None else b.requires_grad
    b = zeros_like(mean) if b is None else b
    gamma = ones_like(mean) if gamma is None else gamma
    beta = zeros_like(mean) if beta is None else beta
    scale = (gamma * rsqrt(var + eps)).detach()
    weight = w.detach() * reshape(scale, *shape)
    bias = (b.detach() - mean) * scale + beta.detach()
    return Parameter(weight.to(w.dtype), trained[0]), Parameter(bias.to(b.dtype), trained[1])
