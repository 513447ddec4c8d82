"""Activations as modules."""

from ..arguments import boolean, integer, one_of
from ..ops import activation
from . import functional
from .module import Module


class ReLU(Module):
    """max(x, 0), with `inplace=True` written over x."""

    def __init__(self, inplace=False):
        self.inplace = boolean("ReLU", "inplace", inplace)

    def forward(self, input):
        return functional.relu(input, self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """x Φ(x), or its approximation by tanh."""

    def __init__(self, approximate="none"):
        self.approximate = one_of("GELU", "approximate", approximate, ("none", "tanh"))

    def forward(self, input):
        return activation.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class Tanh(Module):
    """tanh x."""

    def forward(self, input):
        return activation.tanh(input)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ)."""

    def forward(self, input):
        return activation.sigmoid(input)


class Softmax(Module):
    """eˣ / Σ eˣ along `dim`."""

    def __init__(self, dim=None):
        self.dim = None if dim is None else integer(type(self).__name__, "dim", dim)

    def forward(self, input):
        return functional.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self):
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """x − log Σ eˣ along `dim`."""

    def forward(self, input):
        return functional.log_softmax(input, self.dim, _stacklevel=5)
