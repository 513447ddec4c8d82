"""Distributions of |X| for X with a density that is symmetric about 0: half-normal and half-Cauchy."""

import math
from types import MappingProxyType

from ..ops.choosing import where
from ..ops.creation import full_like, zeros_like
from . import constraints
from .cauchy import Cauchy
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform


class Half(TransformedDistribution):
    """|X| for X from a base distribution: p(x) = 2 p_base(x) for x ≥ 0, else 0."""

    arg_constraints = MappingProxyType({"scale": constraints.positive})
    support = constraints.nonnegative
    base = None

    def __init__(self, scale, validate_args=None):
        base = self.base(0.0, scale, validate_args)
        super().__init__(base, AbsTransform(), validate_args)

    scale = property(lambda self: self.base_dist.scale)
    mode = property(lambda self: zeros_like(self.scale))

    def log_prob(self, value):
        self._validate_sample(value)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value):
        self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value):
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self):
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(Half):
    """p(x) = √(2/π) / scale · exp(−x² / 2 scale²) for x ≥ 0.

    Raises: ArgumentValueError unless scale > 0.
    """

    base = Normal

    def __init__(self, scale, validate_args=None):
        super().__init__(scale, validate_args)

    mean = property(lambda self: self.scale * math.sqrt(2 / math.pi))
    variance = property(lambda self: self.scale**2 * (1 - 2 / math.pi))


class HalfCauchy(Half):
    """p(x) = 2 / (π scale (1 + (x / scale)²)) for x ≥ 0.

    Raises: ArgumentValueError unless scale > 0.
    """

    base = Cauchy

    def __init__(self, scale, validate_args=None):
        super().__init__(scale, validate_args)

    mean = property(lambda self: full_like(self.scale, math.inf))
    variance = property(lambda self: self.base_dist.variance)
