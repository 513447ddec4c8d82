"""Bernoulli variables relaxed to numbers in (0, 1): Maddison, Mnih & Teh (2017), Jang, Gu & Poole (2017)."""

from types import MappingProxyType

from ..nn.functional import softplus
from ..ops.random import rand
from . import constraints
from .bernoulli import Coin
from .distribution import clamp_probs, parameters
from .transformed_distribution import TransformedDistribution
from .transforms import SigmoidTransform


class LogitRelaxedBernoulli(Coin):
    """(logit p + logit u) / temperature for a uniform u, the logit of a `RelaxedBernoulli` variable.

    Raises: ArgumentValueError unless one of probs, in [0, 1], and logits is given.
    """

    arg_constraints = MappingProxyType({"probs": constraints.unit_interval, "logits": constraints.real})
    support = constraints.real
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        (self.temperature,) = parameters("LogitRelaxedBernoulli", temperature=temperature)
        super().__init__(probs, logits, validate_args)

    def expand(self, batch_shape, _instance=None):
        out = super().expand(batch_shape)
        out.temperature = self.temperature
        return out

    def rsample(self, sample_shape=()):
        p = clamp_probs(self.probs)
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=p.dtype, device=p.device))
        return (u.log() - (-u).log1p() + p.log() - (-p).log1p()) / self.temperature

    def log_prob(self, value):
        """log t + d − 2 log(1 + eᵈ) for d = logit − t x."""
        self._validate_sample(value)
        d = self.logits - value * self.temperature
        return self.temperature.log() + d - 2 * softplus(d)


class RelaxedBernoulli(TransformedDistribution):
    """σ((logit p + logit u) / temperature) for a uniform u; a Bernoulli variable as the temperature goes to 0.

    Raises: ArgumentValueError unless one of probs, in [0, 1], and logits is given.
    """

    arg_constraints = MappingProxyType({"probs": constraints.unit_interval, "logits": constraints.real})
    support = constraints.unit_interval

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)

    temperature = property(lambda self: self.base_dist.temperature)
    logits = property(lambda self: self.base_dist.logits)
    probs = property(lambda self: self.base_dist.probs)
