"""The Poisson distribution."""

from types import MappingProxyType

from ..ops.draws import poisson
from ..ops.exponential import xlogy
from ..ops.special import lgamma
from . import constraints
from .distribution import Distribution, parameters


class Poisson(Distribution):
    """P(X = k) = rateᵏ exp(−rate) / k!.

    Raises: ArgumentValueError unless rate ≥ 0.
    """

    arg_constraints = MappingProxyType({"rate": constraints.nonnegative})
    support = constraints.nonnegative_integer

    def __init__(self, rate, validate_args=None):
        (self.rate,) = parameters("Poisson", rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    mean = variance = property(lambda self: self.rate)
    mode = property(lambda self: self.rate.floor())

    def sample(self, sample_shape=()):
        return poisson(*self._expanded(sample_shape, self.rate.detach()))

    def log_prob(self, value):
        self._validate_sample(value)
        return xlogy(value, self.rate) - self.rate - lgamma(value + 1)
