"""The Kumaraswamy distribution."""

import math
from types import MappingProxyType

from ..ops.choosing import where
from ..ops.random import rand
from . import constraints
from .distribution import EULER_GAMMA, Distribution, betaln, clamp_probs, parameters


class Kumaraswamy(Distribution):
    """p(x) = a b xᵃ⁻¹ (1 − xᵃ)ᵇ⁻¹ on [0, 1], for a = concentration1, b = concentration0.

    Raises: ArgumentValueError unless both concentrations are > 0.
    """

    arg_constraints = MappingProxyType({"concentration1": constraints.positive, "concentration0": constraints.positive})
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1, concentration0, validate_args=None):
        self.concentration1, self.concentration0 = parameters(
            "Kumaraswamy", concentration1=concentration1, concentration0=concentration0
        )
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    mean = property(lambda self: self._moment(1))
    variance = property(lambda self: self._moment(2) - self._moment(1) ** 2)

    def _moment(self, n):
        """E Xⁿ = b B(1 + n/a, b)."""
        return self.concentration0 * betaln(1 + n / self.concentration1, self.concentration0).exp()

    @property
    def mode(self):
        """((a − 1) / (a b − 1))^(1/a) for a, b ≥ 1, else NaN."""
        a, b = self.concentration1, self.concentration0
        return where((a < 1) | (b < 1), math.nan, ((a - 1) / (a * b - 1)) ** (1 / a))

    def rsample(self, sample_shape=()):
        """(1 − (1 − u)^(1/b))^(1/a), where u is uniform on (0, 1)."""
        a = self.concentration1
        u = rand(self._extended_shape(sample_shape), dtype=a.dtype, device=a.device)
        return clamp_probs(self.icdf(clamp_probs(u)))

    def log_prob(self, value):
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return a.log() + b.log() + (a - 1) * value.log() + (b - 1) * (-(value**a)).log1p()

    def cdf(self, value):
        self._validate_sample(value)
        return -(self.concentration0 * (-(value**self.concentration1)).log1p()).expm1()

    def icdf(self, value):
        return (-((-value).log1p() / self.concentration0).expm1()) ** (1 / self.concentration1)

    def entropy(self):
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + EULER_GAMMA
        return (1 - 1 / b) + (1 - 1 / a) * harmonic - a.log() - b.log()
