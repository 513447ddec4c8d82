"""The beta distribution."""

from types import MappingProxyType

from ..ops.exponential import xlogy
from ..ops.incomplete_gamma import log_standard_gamma
from ..ops.joining import stack
from ..ops.special import xlog1py
from . import constraints
from .dirichlet import simplex_mode
from .distribution import Distribution, betaln, parameters
from .transforms.elementwise import clipped_sigmoid


class Beta(Distribution):
    """p(x) = xᵃ⁻¹ (1 − x)ᵇ⁻¹ / B(a, b) for a = concentration1, b = concentration0.

    Raises: ArgumentValueError unless both concentrations are > 0.
    """

    arg_constraints = MappingProxyType({"concentration1": constraints.positive, "concentration0": constraints.positive})
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1, concentration0, validate_args=None):
        self.concentration1, self.concentration0 = parameters(
            "Beta", concentration1=concentration1, concentration0=concentration0
        )
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    _total = property(lambda self: self.concentration1 + self.concentration0)
    mean = property(lambda self: self.concentration1 / self._total)

    @property
    def mode(self):
        """That of `Dirichlet`: (a − 1) / (a + b − 2) where a, b ≥ 1."""
        return simplex_mode(stack([self.concentration1, self.concentration0], -1))[..., 0]

    @property
    def variance(self):
        total = self._total
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def rsample(self, sample_shape=()):
        """x / (x + y) for standard gamma draws x and y, by their logarithms: no quotient of what underflows."""
        a, b = self._expanded(sample_shape, self.concentration1, self.concentration0)
        return clipped_sigmoid(log_standard_gamma(a) - log_standard_gamma(b))

    def log_prob(self, value):
        self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return xlogy(a - 1, value) + xlog1py(b - 1, -value) - betaln(a, b)

    def entropy(self):
        a, b, total = self.concentration1, self.concentration0, self._total
        rest = (total - 2) * total.digamma()
        return betaln(a, b) - (a - 1) * a.digamma() - (b - 1) * b.digamma() + rest
