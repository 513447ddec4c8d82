"""The continuous Bernoulli distribution."""

from types import MappingProxyType

from ..nn.functional import binary_cross_entropy_with_logits
from ..ops.choosing import where
from ..ops.random import rand
from . import constraints
from .bernoulli import Coin
from .distribution import clamp_probs, lazy_property, parameters


class ContinuousBernoulli(Coin):
    """p(x) = C(p) pˣ (1 − p)¹⁻ˣ on [0, 1], C(p) = 2 artanh(1 − 2p) / (1 − 2p): Loaiza-Ganem & Cunningham (2019).

    Between the limits `lims` around p = 1/2, where that is 0/0, Taylor series are used.
    Raises: ArgumentValueError unless one of probs, in [0, 1], and logits is given.
    """

    arg_constraints = MappingProxyType({"probs": constraints.unit_interval, "logits": constraints.real})
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        self._lims = lims
        super().__init__(probs, logits, validate_args)
        if probs is not None:
            self.probs = clamp_probs(self.probs)

    @lazy_property
    def probs(self):
        """p."""
        return clamp_probs(self.logits.sigmoid())

    def _stable(self):
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut_probs(self):
        """p, or a limit where the closed form is not used."""
        return where(self._stable(), self.probs, self._lims[0])

    def _cont_bern_log_norm(self):
        """log C(p)."""
        p = self._cut_probs()
        closed = ((-p).log1p() - p.log()).abs().log() - (1 - 2 * p).abs().log()
        x = (self.probs - 0.5) ** 2
        return where(self._stable(), closed, 0.6931471805599453 + (4 / 3 + 104 / 45 * x) * x)

    @property
    def mean(self):
        p, x = self._cut_probs(), self.probs - 0.5
        closed = p / (2 * p - 1) + 1 / ((-p).log1p() - p.log())
        return where(self._stable(), closed, 0.5 + (1 / 3 + 16 / 45 * x**2) * x)

    @property
    def variance(self):
        p, x = self._cut_probs(), (self.probs - 0.5) ** 2
        closed = p * (p - 1) / (1 - 2 * p) ** 2 + 1 / ((-p).log1p() - p.log()) ** 2
        return where(self._stable(), closed, 1 / 12 - (1 / 15 - 128 / 945 * x) * x)

    def rsample(self, sample_shape=()):
        p = self.probs
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=p.dtype, device=p.device))

    def log_prob(self, value):
        self._validate_sample(value)
        value, logits = parameters("ContinuousBernoulli", value=value, logits=self.logits)
        return self._cont_bern_log_norm() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value):
        self._validate_sample(value)
        p = self._cut_probs()
        closed = (p**value * (1 - p) ** (1 - value) + p - 1) / (2 * p - 1)
        return where(self._stable(), closed, value).clamp(0, 1)

    def icdf(self, value):
        p = self._cut_probs()
        closed = ((-p + value * (2 * p - 1)).log1p() - (-p).log1p()) / (p.log() - (-p).log1p())
        return where(self._stable(), closed, value)

    def entropy(self):
        p = self.probs
        return self.mean * ((-p).log1p() - p.log()) - self._cont_bern_log_norm() - (-p).log1p()
