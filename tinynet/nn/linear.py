"""Layers of affine maps."""

import math

from .. import dtypes
from ..arguments import boolean, integer, wrong_kind
from ..ops.creation import empty
from ..ops.matmul import linear
from ..ops.products import bilinear
from ..ops.rearrange import unflatten
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


class Bilinear(Module):
    """y[..., o] = b[o] + Σ x₁[..., i] W[o, i, j] x₂[..., j], for x₁ (*, in1_features) and x₂ (*, in2_features).

    weight W: (out_features, in1_features, in2_features), bias b: (out_features,), both from
    U(−1/√in1_features, 1/√in1_features).
    """

    def __init__(self, in1_features, in2_features, out_features, bias=True, device=None, dtype=None):
        self.in1_features = in1_features = integer("Bilinear", "in1_features", in1_features, 1)
        self.in2_features = in2_features = integer("Bilinear", "in2_features", in2_features, 0)
        self.out_features = out_features = integer("Bilinear", "out_features", out_features, 0)
        bias = boolean("Bilinear", "bias", bias)
        dtype = dtypes.default if dtype is None else dtype
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1, input2):
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self):
        sizes = ", ".join(f"{name}={getattr(self, name)}" for name in ("in1_features", "in2_features", "out_features"))
        return f"{sizes}, bias={self.bias is not None}"


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


class Unflatten(Module):
    """x with the dimension `dim` made several, of the sizes `unflattened_size`, one of which may be −1."""

    def __init__(self, dim, unflattened_size):
        self.dim = integer("Unflatten", "dim", dim)
        if not isinstance(unflattened_size, tuple | list):
            raise wrong_kind("Unflatten", "unflattened_size", "a tuple or list of integers", unflattened_size)
        self.unflattened_size = tuple(integer("Unflatten", "unflattened_size", n, -1) for n in unflattened_size)

    def forward(self, input):
        return unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self):
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
