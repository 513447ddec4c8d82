"""Dropout."""

from .functional import dropout
from .module import Module


class Dropout(Module):
    """In training, zeros each element with probability p and scales the others by 1/(1−p): Srivastava et al. (2014)."""

    def __init__(self, p=0.5, inplace=False):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"Dropout: expected a probability in [0, 1], got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, x):
        return dropout(x, self.p, self.training, self.inplace)

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"
