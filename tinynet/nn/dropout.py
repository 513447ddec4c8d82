"""Dropout, of elements and of channels."""

from ..arguments import boolean, number
from ..ops import channel_dropout
from .functional import dropout
from .module import Module


class _Dropout(Module):
    def __init__(self, p=0.5, inplace=False):
        name = type(self).__name__
        self.p, self.inplace = number(name, "p", p, 0, 1), boolean(name, "inplace", inplace)

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, zeros each element with probability p and scales the others by 1/(1−p): Srivastava et al. (2014)."""

    def forward(self, input):
        return dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """In training, zeros each channel of x (N, C, L) or (C, L) with probability p and scales the others by 1/(1−p)."""

    def forward(self, input):
        return channel_dropout.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """In training, zeros each channel of x (N, C, H, W) with probability p and scales the others by 1/(1−p)."""

    def forward(self, input):
        return channel_dropout.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """In training, zeros each channel of x (N, C, D, H, W) with probability p and scales the others by 1/(1−p)."""

    def forward(self, input):
        return channel_dropout.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout for SELU networks, which keeps mean 0 and variance 1: Klambauer et al. (2017)."""

    def forward(self, input):
        return channel_dropout.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of x (N, C, ...)."""

    def forward(self, input):
        return channel_dropout.feature_alpha_dropout(input, self.p, self.training)
