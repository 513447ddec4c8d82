"""Functions of `nn.functional` that PyTorch has at its top too, where they take other parameters or another order."""

from ..arguments import boolean, integer
from . import channel_dropout, norm, pool, random, rectifiers
from . import embedding as rows
from . import group_norm as groups

FUNCTIONS = """dropout alpha_dropout feature_alpha_dropout batch_norm layer_norm group_norm instance_norm embedding
    max_pool1d max_pool2d max_pool3d celu selu threshold"""


def dropout(input, p, train):
    """`nn.functional.dropout`."""
    return random.dropout(input, p, boolean("dropout", "train", train))


def alpha_dropout(input, p, train):
    """`nn.functional.alpha_dropout`."""
    return channel_dropout.alpha_dropout(input, p, boolean("alpha_dropout", "train", train))


def feature_alpha_dropout(input, p, train):
    """`nn.functional.feature_alpha_dropout`."""
    return channel_dropout.feature_alpha_dropout(input, p, boolean("feature_alpha_dropout", "train", train))


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled):
    """`nn.functional.batch_norm`. `cudnn_enabled` is accepted: there is one implementation."""
    return norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled):
    """`nn.functional.instance_norm`. `cudnn_enabled` is accepted: there is one implementation."""
    return groups.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05, cudnn_enable=True):
    """`nn.functional.layer_norm`. `cudnn_enable` is accepted: there is one implementation."""
    return norm.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05, cudnn_enabled=True):
    """`nn.functional.group_norm`. `cudnn_enabled` is accepted: there is one implementation."""
    return groups.group_norm(input, num_groups, weight, bias, eps)


def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """`nn.functional.embedding`, the table first; a negative `padding_idx` is none."""
    padding = integer("embedding", "padding_idx", padding_idx)
    padding = padding if padding >= 0 else None
    return rows.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool1d`, without the indices."""
    return pool.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool2d`, without the indices."""
    return pool.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool3d`, without the indices."""
    return pool.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


def celu(input, alpha=1.0):
    """`nn.functional.celu`."""
    return rectifiers.celu(input, alpha)


def selu(input):
    """`nn.functional.selu`."""
    return rectifiers.selu(input)


def threshold(input, threshold, value):
    """`nn.functional.threshold`."""
    return rectifiers.threshold(input, threshold, value)
