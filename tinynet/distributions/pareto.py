"""The Pareto distribution."""

from types import MappingProxyType

from ..ops.choosing import where
from ..ops.random import rand
from . import constraints
from .distribution import Distribution, parameters


class Pareto(Distribution):
    """p(x) = α scaleᵅ / xᵅ⁺¹ for x ≥ scale.

    Raises: ArgumentValueError unless scale > 0 and alpha > 0.
    """

    arg_constraints = MappingProxyType({"alpha": constraints.positive, "scale": constraints.positive})
    has_rsample = True

    def __init__(self, scale, alpha, validate_args=None):
        self.scale, self.alpha = parameters("Pareto", scale=scale, alpha=alpha)
        super().__init__(self.scale.shape, validate_args=validate_args)

    mode = property(lambda self: self.scale)

    @constraints.dependent_property
    def support(self):
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self):
        """∞ for α ≤ 1."""
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def variance(self):
        """∞ for α ≤ 2."""
        a = self.alpha.clamp(min=2)
        return self.scale**2 * a / ((a - 1) ** 2 * (a - 2))

    def rsample(self, sample_shape=()):
        """scale (1 − u)^(−1/α), where u is uniform on [0, 1)."""
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.scale.dtype, device=self.scale.device))

    def log_prob(self, value):
        self._validate_sample(value)
        return self.alpha.log() + self.alpha * self.scale.log() - (self.alpha + 1) * value.log()

    def cdf(self, value):
        self._validate_sample(value)
        return where(value < self.scale, 0.0, -(self.alpha * (self.scale / value).log()).expm1())

    def icdf(self, value):
        return self.scale * (-(-value).log1p() / self.alpha).exp()

    def entropy(self):
        return (self.scale / self.alpha).log() + 1 + 1 / self.alpha
