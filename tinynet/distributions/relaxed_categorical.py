"""One-hot vectors relaxed to points of the simplex: Maddison, Mnih & Teh (2017), Jang, Gu & Poole (2017)."""

import math
from types import MappingProxyType

from ..ops.random import rand
from . import constraints
from .categorical import Categorical
from .distribution import Distribution, clamp_probs, parameters
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform


class ExpRelaxedCategorical(Distribution):
    """log softmax((logits + g) / temperature) for Gumbel noise g, the logarithm of `RelaxedOneHotCategorical`.

    Raises: ArgumentValueError as `Categorical`.
    """

    arg_constraints = MappingProxyType({"probs": constraints.simplex, "logits": constraints.real_vector})
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        (self.temperature,) = parameters("ExpRelaxedCategorical", temperature=temperature)
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args)

    def expand(self, batch_shape, _instance=None):
        out = super().expand(batch_shape)
        out.temperature = self.temperature
        return out

    param_shape = property(lambda self: self._categorical.param_shape)
    logits = property(lambda self: self._categorical.logits)
    probs = property(lambda self: self._categorical.probs)

    def rsample(self, sample_shape=()):
        logits = self.logits
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=logits.dtype, device=logits.device))
        return ((logits - (-u.log()).log()) / self.temperature).log_softmax(-1)

    def log_prob(self, value):
        """log (n − 1)! + (n − 1) log t + Σ log softmax(logits − t x)."""
        self._validate_sample(value)
        n = self.param_shape[-1]
        scale = math.lgamma(n) + (n - 1) * self.temperature.log()
        return (self.logits - value * self.temperature).log_softmax(-1).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """softmax((logits + g) / temperature) for Gumbel noise g; a one-hot vector as the temperature goes to 0.

    Raises: ArgumentValueError as `Categorical`.
    """

    arg_constraints = MappingProxyType({"probs": constraints.simplex, "logits": constraints.real_vector})
    support = constraints.simplex

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    temperature = property(lambda self: self.base_dist.temperature)
    logits = property(lambda self: self.base_dist.logits)
    probs = property(lambda self: self.base_dist.probs)
