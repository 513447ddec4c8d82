"""Layers of affine maps."""

import math

from .. import dtypes
from ..arguments import boolean, integer
from ..ops.creation import empty
from ..ops.matmul import linear
from ..ops.shape import flatten
from . import init
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """y = x Wᵀ + b, for x (*, in_features) and y (*, out_features).

    weight W: (out_features, in_features), bias b: (out_features,), both from U(−1/√in_features, 1/√in_features).
    """

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        self.in_features = in_features = integer("Linear", "in_features", in_features, 0)
        self.out_features = out_features = integer("Linear", "out_features", out_features, 0)
        bias = boolean("Linear", "bias", bias)
        dtype = dtypes.default if dtype is None else dtype
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        return linear(input, self.weight, self.bias)

    def extra_repr(self):
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """y = x; arguments are accepted and ignored."""

    def __init__(self, *args, **kwargs):
        pass

    def forward(self, input):
        return input


class Flatten(Module):
    """x (N, ...) as (N, features): the dimensions from `start_dim` to `end_dim` made one."""

    def __init__(self, start_dim=1, end_dim=-1):
        self.start_dim = integer("Flatten", "start_dim", start_dim)
        self.end_dim = integer("Flatten", "end_dim", end_dim)

    def forward(self, input):
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self):
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
