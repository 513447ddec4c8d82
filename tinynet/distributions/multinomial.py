"""The multinomial distribution."""

from types import MappingProxyType

from ..arguments import integer
from ..nn.functional import one_hot
from ..ops.choosing import where
from . import constraints
from .binomial import Binomial
from .categorical import Categorical
from .distribution import Distribution


class Multinomial(Distribution):
    """P(X = k) = n! Π pᵢ^kᵢ / kᵢ!: how often each category comes in n = total_count draws.

    Raises: ArgumentTypeError unless total_count is an integer; ArgumentValueError as `Categorical`.
    """

    arg_constraints = MappingProxyType({"probs": constraints.simplex, "logits": constraints.real_vector})

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        self.total_count = integer("Multinomial", "total_count", total_count, 0)
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args)

    probs = property(lambda self: self._categorical.probs)
    logits = property(lambda self: self._categorical.logits)
    param_shape = property(lambda self: self._categorical.param_shape)
    mean = property(lambda self: self.probs * self.total_count)
    variance = property(lambda self: self.total_count * self.probs * (1 - self.probs))

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self):
        return constraints.multinomial(self.total_count)

    def sample(self, sample_shape=()):
        drawn = self._categorical.sample((self.total_count, *self._sample_shape(sample_shape)))
        return one_hot(drawn, self.param_shape[-1]).sum(0).to(self.probs.dtype)

    def log_prob(self, value):
        self._validate_sample(value)
        logits = where((value == 0) & self.logits.isinf(), 0.0, self.logits)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        return ways + (logits * value).sum(-1)

    def entropy(self):
        """n H(p) − log n! + Σᵢ E log kᵢ!, where kᵢ is binomial."""
        count = Binomial(self.total_count, self.probs, validate_args=False)
        k = count.enumerate_support(False)
        expected = (count.log_prob(k).exp() * (k + 1).lgamma()).sum((0, -1))
        return self.total_count * self._categorical.entropy() - (k.max() + 1).lgamma() + expected
