"""The inverse gamma distribution."""

import math
from types import MappingProxyType

from ..ops.choosing import where
from . import constraints
from .gamma import Gamma
from .transformed_distribution import TransformedDistribution
from .transforms import PowerTransform


class InverseGamma(TransformedDistribution):
    """1 / X for X from Gamma(concentration, rate).

    Raises: ArgumentValueError unless concentration > 0 and rate > 0.
    """

    arg_constraints = MappingProxyType({"concentration": constraints.positive, "rate": constraints.positive})
    support = constraints.positive

    def __init__(self, concentration, rate, validate_args=None):
        super().__init__(Gamma(concentration, rate, validate_args), PowerTransform(-1.0), validate_args)

    concentration = property(lambda self: self.base_dist.concentration)
    rate = property(lambda self: self.base_dist.rate)
    mode = property(lambda self: self.rate / (self.concentration + 1))

    @property
    def mean(self):
        """rate / (a − 1), ∞ for a ≤ 1."""
        a = where(self.concentration > 1, self.concentration, 2.0)
        return where(self.concentration > 1, self.rate / (a - 1), math.inf)

    @property
    def variance(self):
        """rate² / ((a − 1)² (a − 2)), ∞ for a ≤ 2."""
        a = where(self.concentration > 2, self.concentration, 3.0)
        return where(self.concentration > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), math.inf)

    def entropy(self):
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
