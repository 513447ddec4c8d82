"""The uniform distribution on an interval."""

import math
from types import MappingProxyType

from ..errors import ArgumentValueError
from ..ops.random import rand
from . import constraints
from .distribution import Distribution, parameters


class Uniform(Distribution):
    """p(x) = 1 / (high − low) for low ≤ x < high, else 0.

    Raises: ArgumentValueError unless low < high.
    """

    arg_constraints = MappingProxyType(
        {
            "low": constraints.dependent,
            "high": constraints.dependent,
        }
    )
    has_rsample = True

    def __init__(self, low, high, validate_args=None):
        self.low, self.high = parameters("Uniform", low=low, high=high)
        super().__init__(self.low.shape, validate_args=validate_args)

    def _check_parameters(self):
        if not (self.low < self.high).all():
            raise ArgumentValueError("Uniform: expected low < high everywhere")

    support = property(lambda self: constraints.interval(self.low, self.high))
    mean = property(lambda self: (self.high + self.low) / 2)
    mode = property(lambda self: self.high * math.nan)  # all values are as likely
    variance = property(lambda self: (self.high - self.low) ** 2 / 12)

    def rsample(self, sample_shape=()):
        """low + (high − low) u, where u is uniform on [0, 1)."""
        u = rand(self._extended_shape(sample_shape), dtype=self.low.dtype, device=self.low.device)
        return self.low + (self.high - self.low) * u

    def log_prob(self, value):
        self._validate_sample(value)
        inside = (value >= self.low) & (value < self.high)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def cdf(self, value):
        self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value):
        return self.low + (self.high - self.low) * value

    def entropy(self):
        return (self.high - self.low).log()
