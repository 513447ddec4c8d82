"""The binomial distribution, and the negative one."""

import math
from types import MappingProxyType

from ..nn.functional import logsigmoid, softplus
from ..ops.choosing import where
from ..ops.creation import arange
from ..ops.draws import binomial, poisson
from ..ops.incomplete_gamma import standard_gamma
from . import constraints
from .bernoulli import Coin


class Binomial(Coin):
    """P(X = k) = n! / (k! (n − k)!) pᵏ (1 − p)ⁿ⁻ᵏ: the successes in n = total_count trials.

    Raises: ArgumentValueError unless total_count is a whole number ≥ 0, and one of probs, in [0, 1], and logits given.
    """

    arg_constraints = MappingProxyType(
        {
            "total_count": constraints.nonnegative_integer,
            "probs": constraints.unit_interval,
            "logits": constraints.real,
        }
    )
    has_enumerate_support = True

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        super().__init__(probs, logits, validate_args, total_count=total_count)

    @constraints.dependent_property(is_discrete=True)
    def support(self):
        return constraints.integer_interval(0, self.total_count)

    mean = property(lambda self: self.total_count * self.probs)
    variance = property(lambda self: self.mean * (1 - self.probs))

    @property
    def mode(self):
        above = ((self.total_count + 1) * self.probs).floor()
        return where(above > self.total_count, self.total_count, above)

    def sample(self, sample_shape=()):
        return binomial(*self._expanded(sample_shape, self.total_count.detach(), self.probs.detach()))

    def log_prob(self, value):
        """log of the coefficient + k logit − n log(1 + e^logit)."""
        self._validate_sample(value)
        n = self.total_count
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        return ways + value * self.logits - n * softplus(self.logits, threshold=math.inf)

    def entropy(self):
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand=True):
        n = int(self.total_count.max())
        if not (self.total_count == n).all():
            raise NotImplementedError("Binomial: values of different total counts together are not enumerated")
        values = arange(n + 1, dtype=self._given().dtype, device=self._given().device)
        values = values.reshape((-1, *[1] * len(self.batch_shape)))
        return values.expand((-1, *self.batch_shape)) if expand else values


class NegativeBinomial(Coin):
    """P(X = k) = Γ(r + k) / (k! Γ(r)) (1 − p)ʳ pᵏ: the successes before r = total_count failures.

    Raises: ArgumentValueError unless total_count ≥ 0, and one of probs, in [0, 1), and logits is given.
    """

    arg_constraints = MappingProxyType(
        {
            "total_count": constraints.greater_than_eq(0),
            "probs": constraints.half_open_interval(0.0, 1.0),
            "logits": constraints.real,
        }
    )
    support = constraints.nonnegative_integer

    def __init__(self, total_count, probs=None, logits=None, validate_args=None):
        super().__init__(probs, logits, validate_args, total_count=total_count)

    mean = property(lambda self: self.total_count * self.logits.exp())
    mode = property(lambda self: ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0))
    variance = property(lambda self: self.mean / (-self.logits).sigmoid())

    def sample(self, sample_shape=()):
        """Poisson counts whose mean is p / (1 − p) times a standard gamma draw of concentration r."""
        r, logits = self._expanded(sample_shape, self.total_count.detach(), self.logits.detach())
        return poisson(standard_gamma(r) * logits.exp())

    def log_prob(self, value):
        self._validate_sample(value)
        r = self.total_count
        ways = (r + value).lgamma() - (value + 1).lgamma() - r.lgamma()
        return where(r + value == 0, 0.0, ways) + r * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
