"""The categorical distribution over one-hot vectors."""

from types import MappingProxyType

from ..ops.creation import eye
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class OneHotCategorical(Distribution):
    """A vector with a 1 at the place that `Categorical` draws, and 0 elsewhere."""

    arg_constraints = MappingProxyType({"probs": constraints.simplex, "logits": constraints.real_vector})
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs=None, logits=None, validate_args=None):
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self.param_shape[-1:], validate_args)

    probs = property(lambda self: self._categorical.probs)
    logits = property(lambda self: self._categorical.logits)
    param_shape = property(lambda self: self._categorical.param_shape)
    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))

    @property
    def mode(self):
        return self._one_hot(self.probs.argmax(-1))

    def _one_hot(self, places):
        p = self._categorical._given()
        return eye(p.shape[-1], dtype=p.dtype, device=p.device)[places]

    def sample(self, sample_shape=()):
        return self._one_hot(self._categorical.sample(sample_shape))

    def log_prob(self, value):
        self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self):
        return self._categorical.entropy()

    def enumerate_support(self, expand=True):
        return self._one_hot(self._categorical.enumerate_support(expand))


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` whose samples have the gradient of its probabilities: Bengio et al. (2013)."""

    has_rsample = True

    def rsample(self, sample_shape=()):
        """The sample; the gradient by it is taken for that by `probs`."""
        return self.sample(sample_shape) + (self.probs - self.probs.detach())
