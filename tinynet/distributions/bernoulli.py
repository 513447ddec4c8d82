"""The distributions of a coin: Bernoulli, and how often it has to be thrown, Geometric."""

import math
from types import MappingProxyType

from ..nn.functional import binary_cross_entropy_with_logits
from ..ops.choosing import where
from ..ops.creation import arange, zeros_like
from ..ops.random import bernoulli, rand
from . import constraints
from .distribution import Distribution, lazy_property, logits_of, one_of_two, parameters


class Coin(Distribution):
    """The base of families with one probability, given as such or by its logit log(p / (1 − p))."""

    def __init__(self, probs=None, logits=None, validate_args=None, **others):
        name = type(self).__name__
        one_of_two(name, probs, logits)
        given = {"logits": logits} if probs is None else {"probs": probs}
        self.__dict__.update(zip([*given, *others], parameters(name, **given, **others), strict=True))
        super().__init__(self._given().shape, validate_args=validate_args)

    def _given(self):
        return self.__dict__["probs"] if "probs" in self.__dict__ else self.__dict__["logits"]

    param_shape = property(lambda self: self._given().shape)

    @lazy_property
    def probs(self):
        """p."""
        return self.logits.sigmoid()

    @lazy_property
    def logits(self):
        """log p − log(1 − p)."""
        return logits_of(self.probs)


class Bernoulli(Coin):
    """P(X = 1) = p, P(X = 0) = 1 − p.

    Raises: ArgumentValueError unless one of probs, in [0, 1], and logits is given.
    """

    arg_constraints = MappingProxyType({"probs": constraints.unit_interval, "logits": constraints.real})
    support = constraints.boolean
    has_enumerate_support = True

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))

    @property
    def mode(self):
        """1 where p > 1/2, 0 where p < 1/2, and NaN where both are as likely."""
        p = self.probs
        return where(p == 0.5, math.nan, (p >= 0.5).to(p.dtype))

    def sample(self, sample_shape=()):
        return bernoulli(*self._expanded(sample_shape, self.probs.detach()))

    def log_prob(self, value):
        self._validate_sample(value)
        value, logits = parameters("Bernoulli", value=value, logits=self.logits)
        return -binary_cross_entropy_with_logits(logits, value.to(logits.dtype), reduction="none")

    def entropy(self):
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand=True):
        p = self._given()
        values = arange(2, dtype=p.dtype, device=p.device).reshape((2, *[1] * len(self.batch_shape)))
        return values.expand((2, *self.batch_shape)) if expand else values


class Geometric(Coin):
    """P(X = k) = (1 − p)ᵏ p: the number of failures before the first success.

    Raises: ArgumentValueError unless one of probs, in (0, 1], and logits is given.
    """

    arg_constraints = MappingProxyType({"probs": constraints.unit_interval, "logits": constraints.real})
    support = constraints.nonnegative_integer

    def _check_parameters(self):
        super()._check_parameters()
        if "probs" in self.__dict__:
            self._expect("probs", self.probs, constraints.positive)

    mean = property(lambda self: 1 / self.probs - 1)
    mode = property(lambda self: zeros_like(self.probs))
    variance = property(lambda self: (1 / self.probs - 1) / self.probs)

    def sample(self, sample_shape=()):
        (p,) = self._expanded(sample_shape, self.probs.detach())
        u = rand(p.shape, dtype=p.dtype, device=p.device)
        return ((-u).log1p() / (-p).log1p()).floor()

    def log_prob(self, value):
        self._validate_sample(value)
        p = self.probs
        return value * (-where((p == 1) & (value == 0), 0.0, p)).log1p() + p.log()

    def entropy(self):
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
