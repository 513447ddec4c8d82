"""The gamma distribution, and χ², which is one."""

from types import MappingProxyType

from ..ops.exponential import xlogy
from ..ops.incomplete_gamma import igamma, standard_gamma
from . import constraints
from .distribution import Distribution, beyond_zero, parameters


class Gamma(Distribution):
    """p(x) = rateᵃ xᵃ⁻¹ exp(−rate x) / Γ(a), where a is the concentration.

    Raises: ArgumentValueError unless concentration > 0 and rate > 0.
    """

    arg_constraints = MappingProxyType({"concentration": constraints.positive, "rate": constraints.positive})
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration, rate, validate_args=None):
        self.concentration, self.rate = parameters(type(self).__name__, concentration=concentration, rate=rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    mean = property(lambda self: self.concentration / self.rate)
    mode = property(lambda self: ((self.concentration - 1) / self.rate).clamp(min=0))
    variance = property(lambda self: self.concentration / self.rate**2)

    def rsample(self, sample_shape=()):
        """x / rate, where x is a standard gamma draw with the gradient of its quantile."""
        a, rate = self._expanded(sample_shape, self.concentration, self.rate)
        return beyond_zero(standard_gamma(a) / rate)

    def log_prob(self, value):
        self._validate_sample(value)
        a, rate = self.concentration, self.rate
        return xlogy(a, rate) + xlogy(a - 1, value) - rate * value - a.lgamma()

    def cdf(self, value):
        self._validate_sample(value)
        return igamma(self.concentration, self.rate * value)

    def entropy(self):
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1 - a) * a.digamma()


class Chi2(Gamma):
    """The sum of the squares of df standard normal variables: Gamma(df / 2, 1/2).

    Raises: ArgumentValueError unless df > 0.
    """

    arg_constraints = MappingProxyType({"df": constraints.positive})

    def __init__(self, df, validate_args=None):
        (self.df,) = parameters("Chi2", df=df)
        super().__init__(0.5 * self.df, 0.5, validate_args)
