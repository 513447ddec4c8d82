"""Activations as modules."""

from ..ops import activation, loss
from . import functional
from .module import Module


class ReLU(Module):
    """max(x, 0), with `inplace=True` written over x."""

    def __init__(self, inplace=False):
        self.inplace = inplace

    def forward(self, x):
        return functional.relu(x, self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """x Φ(x), or its approximation by tanh."""

    def __init__(self, approximate="none"):
        self.approximate = approximate

    def forward(self, x):
        return activation.gelu(x, approximate=self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class Tanh(Module):
    """tanh x."""

    def forward(self, x):
        return activation.tanh(x)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ)."""

    def forward(self, x):
        return activation.sigmoid(x)


class Softmax(Module):
    """eˣ / Σ eˣ along `dim`."""

    def __init__(self, dim):
        self.dim = dim

    def forward(self, x):
        return loss.softmax(x, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """x − log Σ eˣ along `dim`."""

    def forward(self, x):
        return loss.log_softmax(x, self.dim)
