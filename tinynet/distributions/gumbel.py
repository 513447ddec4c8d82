"""The Gumbel distribution."""

import math
from types import MappingProxyType

import numpy as np

from ..ops.random import rand
from . import constraints
from .distribution import EULER_GAMMA, Distribution, parameters


class Gumbel(Distribution):
    """p(x) = exp(−z − e⁻ᶻ) / scale for z = (x − loc) / scale.

    Raises: ArgumentValueError unless scale > 0.
    """

    arg_constraints = MappingProxyType({"loc": constraints.real, "scale": constraints.positive})
    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = parameters("Gumbel", loc=loc, scale=scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    mean = property(lambda self: self.loc + self.scale * EULER_GAMMA)
    mode = property(lambda self: self.loc)
    stddev = property(lambda self: math.pi / math.sqrt(6) * self.scale)
    variance = property(lambda self: self.stddev**2)

    def rsample(self, sample_shape=()):
        """loc − scale log(−log u), where u is uniform on (0, 1)."""
        u = rand(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device)
        info = np.finfo(u.dtype)
        return self.icdf(u.clamp(float(info.tiny), 1 - float(info.eps)))

    def log_prob(self, value):
        self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return -z - (-z).exp() - self.scale.log()

    def cdf(self, value):
        self._validate_sample(value)
        return (-(-(value - self.loc) / self.scale).exp()).exp()

    def icdf(self, value):
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self):
        return self.scale.log() + (1 + EULER_GAMMA)
