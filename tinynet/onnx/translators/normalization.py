"""Normalisation: layer norm, RMS norm, and batch norm by its running statistics."""

import numpy as np

from ...ops import norm
from .table import translates


@translates(norm.layer_norm)
def layer_norm(g, out, input, normalized_shape, weight, bias, eps):
    shape = _listed(normalized_shape)
    scale = g.constant(np.ones(shape, out.dtype)) if weight is None else weight
    return g.op("LayerNormalization", input, scale, bias, axis=-len(shape), epsilon=eps)


@translates(norm.rms_norm)
def rms_norm(g, out, input, normalized_shape, weight, eps):
    eps = float(np.finfo(out.dtype).eps) if eps is None else eps
    axes = range(-len(_listed(normalized_shape)), 0)
    mean = g.reduce("ReduceMean", g.op("Mul", input, input), axes, True)
    y = g.op("Div", input, g.op("Sqrt", g.op("Add", mean, g.constant(eps, out.dtype))))
    return y if weight is None else g.op("Mul", y, weight)


def _listed(shape):
    return list(shape) if isinstance(shape, tuple | list) else [shape]


@translates(norm.batch_norm)
def batch_norm(g, out, input, running_mean, running_var, weight, bias, training, eps):
    channels = input.shape[1]
    scale = g.constant(np.ones(channels, out.dtype)) if weight is None else weight
    shift = g.constant(np.zeros(channels, out.dtype)) if bias is None else bias
    if not training:
        return g.op("BatchNormalization", input, scale, shift, running_mean, running_var, epsilon=eps)
    if running_mean is not None or running_var is not None:
        raise g.error("batch_norm with training=True updates its running statistics, which a graph cannot")
    axes = [axis for axis in range(input.ndim) if axis != 1]
    centered = g.op("Sub", input, g.reduce("ReduceMean", input, axes, True))
    variance = g.reduce("ReduceMean", g.op("Mul", centered, centered), axes, True)
    y = g.op("Div", centered, g.op("Sqrt", g.op("Add", variance, g.constant(eps, out.dtype))))
    over = [channels, *[1] * (input.ndim - 2)]
    return g.op("Add", g.op("Mul", y, g.reshape(scale, over)), g.reshape(shift, over))
