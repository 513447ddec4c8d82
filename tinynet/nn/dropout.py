"""Dropout."""

from ..arguments import boolean, number
from .functional import dropout
from .module import Module


class Dropout(Module):
    """In training, zeros each element with probability p and scales the others by 1/(1−p): Srivastava et al. (2014)."""

    def __init__(self, p=0.5, inplace=False):
        self.p, self.inplace = number("Dropout", "p", p, 0, 1), boolean("Dropout", "inplace", inplace)

    def forward(self, input):
        return dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"
