"""The exponential distribution."""

from types import MappingProxyType

from ..ops.creation import zeros_like
from ..ops.random import rand
from . import constraints
from .distribution import Distribution, parameters


class Exponential(Distribution):
    """p(x) = rate exp(−rate x) for x ≥ 0.

    Raises: ArgumentValueError unless rate > 0.
    """

    arg_constraints = MappingProxyType({"rate": constraints.positive})
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate, validate_args=None):
        (self.rate,) = parameters("Exponential", rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    mean = stddev = property(lambda self: 1 / self.rate)
    mode = property(lambda self: zeros_like(self.rate))
    variance = property(lambda self: self.rate**-2)

    def rsample(self, sample_shape=()):
        """−log(1 − u) / rate, where u is uniform on [0, 1)."""
        u = rand(self._extended_shape(sample_shape), dtype=self.rate.dtype, device=self.rate.device)
        return -(-u).log1p() / self.rate

    def log_prob(self, value):
        self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value):
        self._validate_sample(value)
        return 1 - (-self.rate * value).exp()

    def icdf(self, value):
        return -(-value).log1p() / self.rate

    def entropy(self):
        return 1 - self.rate.log()
