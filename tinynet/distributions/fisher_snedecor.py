"""The Fisher-Snedecor distribution, F."""

import math
from types import MappingProxyType

from ..ops.choosing import where
from ..ops.incomplete_gamma import log_standard_gamma
from . import constraints
from .distribution import Distribution, betaln, beyond_zero, parameters


class FisherSnedecor(Distribution):
    """(X / df1) / (Y / df2) for X from Chi2(df1) and Y from Chi2(df2).

    Raises: ArgumentValueError unless df1 > 0 and df2 > 0.
    """

    arg_constraints = MappingProxyType({"df1": constraints.positive, "df2": constraints.positive})
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1, df2, validate_args=None):
        self.df1, self.df2 = parameters("FisherSnedecor", df1=df1, df2=df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    @property
    def mean(self):
        """df2 / (df2 − 2); NaN for df2 ≤ 2."""
        d2 = where(self.df2 > 2, self.df2, 3.0)
        return where(self.df2 <= 2, math.nan, d2 / (d2 - 2))

    @property
    def mode(self):
        """NaN for df1 ≤ 2."""
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return where(self.df1 <= 2, math.nan, mode)

    @property
    def variance(self):
        """NaN for df2 ≤ 4."""
        d1, d2 = self.df1, where(self.df2 > 4, self.df2, 5.0)
        return where(self.df2 <= 4, math.nan, 2 * d2**2 * (d1 + d2 - 2) / (d1 * (d2 - 2) ** 2 * (d2 - 4)))

    def rsample(self, sample_shape=()):
        d1, d2 = self._expanded(sample_shape, self.df1, self.df2)
        return beyond_zero((log_standard_gamma(d1 / 2) - log_standard_gamma(d2 / 2)).exp() * d2 / d1)

    def log_prob(self, value):
        self._validate_sample(value)
        a, b, ratio = self.df1 / 2, self.df2 / 2, self.df1 / self.df2
        return a * ratio.log() + (a - 1) * value.log() - (a + b) * (ratio * value).log1p() - betaln(a, b)
