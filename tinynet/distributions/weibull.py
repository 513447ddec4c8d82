"""The Weibull distribution."""

from types import MappingProxyType

from ..ops.random import rand
from . import constraints
from .distribution import EULER_GAMMA, Distribution, beyond_zero, parameters


class Weibull(Distribution):
    """p(x) = k/λ (x/λ)ᵏ⁻¹ exp(−(x/λ)ᵏ) for x > 0, k = concentration and λ = scale.

    Raises: ArgumentValueError unless scale > 0 and concentration > 0.
    """

    arg_constraints = MappingProxyType({"scale": constraints.positive, "concentration": constraints.positive})
    support = constraints.positive
    has_rsample = True

    def __init__(self, scale, concentration, validate_args=None):
        self.scale, self.concentration = parameters("Weibull", scale=scale, concentration=concentration)
        super().__init__(self.scale.shape, validate_args=validate_args)

    concentration_reciprocal = property(lambda self: 1 / self.concentration)
    mean = property(lambda self: self.scale * self._moment(1))
    variance = property(lambda self: self.scale**2 * (self._moment(2) - self._moment(1) ** 2))

    def _moment(self, n):
        """E (X/λ)ⁿ = Γ(1 + n/k)."""
        return (1 + n / self.concentration).lgamma().exp()

    @property
    def mode(self):
        k = self.concentration
        return self.scale * ((k - 1) / k) ** (1 / k)

    def rsample(self, sample_shape=()):
        """λ (−log(1 − u))^(1/k), where u is uniform on [0, 1)."""
        u = rand(self._extended_shape(sample_shape), dtype=self.scale.dtype, device=self.scale.device)
        return self.icdf(beyond_zero(u))

    def log_prob(self, value):
        self._validate_sample(value)
        k, log_ratio = self.concentration, (value / self.scale).log()
        return (k / self.scale).log() + (k - 1) * log_ratio - (k * log_ratio).exp()

    def cdf(self, value):
        self._validate_sample(value)
        return -(-((value / self.scale) ** self.concentration)).expm1()

    def icdf(self, value):
        return self.scale * (-(-value).log1p()) ** (1 / self.concentration)

    def entropy(self):
        return EULER_GAMMA * (1 - 1 / self.concentration) + (self.scale / self.concentration).log() + 1
