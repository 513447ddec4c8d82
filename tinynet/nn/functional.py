"""The functions behind the modules."""

from ..autograd.graph import write_in_place
from ..ops import activation, random
from ..ops.activation import gelu, sigmoid, tanh
from ..ops.attention import scaled_dot_product_attention
from ..ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from ..ops.embedding import embedding, one_hot
from ..ops.loss import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    log_softmax,
    mse_loss,
    nll_loss,
    softmax,
)
from ..ops.matmul import linear
from ..ops.norm import batch_norm, layer_norm, rms_norm
from ..ops.pool import adaptive_avg_pool1d, adaptive_avg_pool2d, avg_pool1d, avg_pool2d, max_pool1d, max_pool2d

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "embedding",
    "gelu",
    "layer_norm",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "rms_norm",
    "scaled_dot_product_attention",
    "sigmoid",
    "softmax",
    "tanh",
]


def relu(x, inplace=False):
    """max(x, 0), with gradient 0 at 0; with `inplace=True` written over x."""
    return write_in_place("relu_", x, activation.relu) if inplace else activation.relu(x)


def dropout(x, p=0.5, training=True, inplace=False):
    """Zero each element with probability p and scale the others by 1 / (1 − p): Srivastava et al. (2014)."""
    if inplace:
        return write_in_place("dropout_", x, lambda before: random.dropout(before, p, training))
    return random.dropout(x, p, training)
