"""The Laplace distribution."""

import math
from types import MappingProxyType

import numpy as np

from ..ops.random import rand
from . import constraints
from .distribution import Distribution, parameters


class Laplace(Distribution):
    """p(x) = exp(−|x − loc| / scale) / (2 scale).

    Raises: ArgumentValueError unless scale > 0.
    """

    arg_constraints = MappingProxyType({"loc": constraints.real, "scale": constraints.positive})
    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = parameters("Laplace", loc=loc, scale=scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    mean = mode = property(lambda self: self.loc)
    variance = property(lambda self: 2 * self.scale**2)
    stddev = property(lambda self: math.sqrt(2) * self.scale)

    def rsample(self, sample_shape=()):
        """loc − scale sgn(u) log(1 − |u|), where u is uniform on (−1, 1)."""
        u = 2 * rand(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device) - 1
        u = u.clamp(min=float(np.finfo(u.dtype).eps) - 1)
        return self.loc - self.scale * u.sign() * (-u.abs()).log1p()

    def log_prob(self, value):
        self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value):
        self._validate_sample(value)
        z = value - self.loc
        return 0.5 - 0.5 * z.sign() * (-z.abs() / self.scale).expm1()

    def icdf(self, value):
        centred = value - 0.5
        return self.loc - self.scale * centred.sign() * (-2 * centred.abs()).log1p()

    def entropy(self):
        return 1 + (2 * self.scale).log()
