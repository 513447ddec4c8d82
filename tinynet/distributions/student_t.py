"""Student's t-distribution."""

import math
from types import MappingProxyType

from ..ops.choosing import where
from ..ops.incomplete_gamma import standard_gamma
from ..ops.random import randn
from . import constraints
from .distribution import Distribution, betaln, parameters


class StudentT(Distribution):
    """loc + scale T, p(t) = (1 + t²/df)^(−(df + 1)/2) / (√df B(½, df/2)).

    Raises: ArgumentValueError unless df > 0 and scale > 0.
    """

    arg_constraints = MappingProxyType(
        {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    )
    support = constraints.real
    has_rsample = True

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        self.df, self.loc, self.scale = parameters("StudentT", df=df, loc=loc, scale=scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    mean = property(lambda self: where(self.df <= 1, math.nan, self.loc))
    mode = property(lambda self: self.loc)

    @property
    def variance(self):
        """scale² df / (df − 2); ∞ for df ≤ 2, NaN for df ≤ 1."""
        df = where(self.df > 2, self.df, 3.0)
        finite = self.scale**2 * df / (df - 2)
        return where(self.df <= 1, math.nan, where(self.df <= 2, math.inf, finite))

    def rsample(self, sample_shape=()):
        """loc + scale z / √(c / df) for a standard normal z and c from Chi2(df)."""
        (df,) = self._expanded(sample_shape, self.df)
        z = randn(df.shape, dtype=df.dtype, device=df.device)
        return self.loc + self.scale * z * (2 * standard_gamma(df / 2) / df).rsqrt()

    def _log_beta(self):
        return betaln(self.df / 2, self.df * 0 + 0.5)

    def log_prob(self, value):
        self._validate_sample(value)
        t = (value - self.loc) / self.scale
        normalizer = self.scale.log() + 0.5 * self.df.log() + self._log_beta()
        return -0.5 * (self.df + 1) * (t**2 / self.df).log1p() - normalizer

    def entropy(self):
        half, above = self.df / 2, (self.df + 1) / 2
        return self.scale.log() + above * (above.digamma() - half.digamma()) + 0.5 * self.df.log() + self._log_beta()
