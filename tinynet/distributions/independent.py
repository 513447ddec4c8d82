"""Independent: dimensions of a batch taken as dimensions of one event."""

from ..arguments import integer
from . import constraints
from .distribution import Distribution, sum_rightmost


class Independent(Distribution):
    """The distribution of the last dimensions of a batch together: log p(x) = Σ log pᵢ(xᵢ).

    Raises: ArgumentValueError for more dimensions than the batch has.
    """

    def __init__(self, base_distribution, reinterpreted_batch_ndims, validate_args=None):
        shape, events = base_distribution.batch_shape, len(base_distribution.event_shape)
        n = integer("Independent", "reinterpreted_batch_ndims", reinterpreted_batch_ndims, 0, len(shape))
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, n
        whole = shape + base_distribution.event_shape
        super().__init__(shape[: len(shape) - n], whole[len(whole) - events - n :], validate_args)

    has_rsample = property(lambda self: self.base_dist.has_rsample)
    mean = property(lambda self: self.base_dist.mean)
    mode = property(lambda self: self.base_dist.mode)
    variance = property(lambda self: self.base_dist.variance)

    @property
    def has_enumerate_support(self):
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self):
        base = self.base_dist.support
        return constraints.independent(base, self.reinterpreted_batch_ndims) if self.reinterpreted_batch_ndims else base

    def sample(self, sample_shape=()):
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape=()):
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value):
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self):
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand=True):
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Independent: the values of several dimensions together are not enumerated")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self):
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
