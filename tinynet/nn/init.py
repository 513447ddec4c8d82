"""Initialisers, each in place and named as in PyTorch."""

import math

from ..arguments import number, one_of
from ..autograd.mode import no_grad
from ..errors import ShapeError
from ..ops import inplace, random
from ..tensor import expect_tensor


@no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Numbers from U(a, b)."""
    return random.uniform_(tensor, a, b, generator=generator)


@no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Numbers from N(mean, std²)."""
    return random.normal_(tensor, mean, std, generator=generator)


@no_grad()
def constant_(tensor, val):
    """`val` everywhere."""
    return inplace.fill_(expect_tensor("constant_", tensor, "tensor"), val)


def zeros_(tensor):
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor):
    """1 everywhere."""
    return constant_(tensor, 1.0)


def fans(tensor):
    """(fan_in, fan_out) of a weight (out, in, *receptive field)."""
    if expect_tensor("init", tensor, "tensor").ndim < 2:
        raise ShapeError(f"expected a weight with at least 2 dimensions, got shape {tensor.shape}")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def calculate_gain(nonlinearity, param=None):
    """The factor that keeps the variance through a nonlinearity."""
    gains = {
        "linear": 1.0,
        "conv1d": 1.0,
        "conv2d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "selu": 0.75,
    }
    if one_of("calculate_gain", "nonlinearity", nonlinearity, ("leaky_relu", *gains)) == "leaky_relu":
        slope = 0.01 if param is None else float(number("calculate_gain", "param", param))
        return math.sqrt(2 / (1 + slope**2))
    return gains[nonlinearity]


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """U(−a, a) with a = gain √(6 / (fan_in + fan_out)): Glorot & Bengio (2010)."""
    a = number("xavier_uniform_", "gain", gain) * math.sqrt(6 / max(sum(fans(tensor)), 1))
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """N(0, σ²) with σ = gain √(2 / (fan_in + fan_out)): Glorot & Bengio (2010)."""
    std = number("xavier_normal_", "gain", gain) * math.sqrt(2 / max(sum(fans(tensor)), 1))
    return normal_(tensor, 0.0, std, generator)


def _kaiming_std(tensor, a, mode, nonlinearity):
    one_of("kaiming", "mode", mode, ("fan_in", "fan_out"))
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fans(tensor)[mode == "fan_out"], 1))


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """U(−b, b) with b = gain √(3 / fan): He et al. (2015)."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """N(0, σ²) with σ = gain / √fan: He et al. (2015)."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)
