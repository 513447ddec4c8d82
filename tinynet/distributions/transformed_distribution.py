"""Distributions of transformed variables."""

import math

from ..arguments import sizes
from ..autograd.mode import no_grad
from ..errors import ShapeError
from . import constraints
from .distribution import Distribution, sum_rightmost
from .independent import Independent
from .transforms import ComposeTransform, Transform


class TransformedDistribution(Distribution):
    """Y = t(X) for X from a base distribution: log p(y) = log p(x) − log |det ∂y/∂x|.

    `transforms` is a transform or a list of them, the first applied first.
    Raises: ArgumentTypeError for others; ShapeError for a base with fewer dimensions than they need.
    """

    def __init__(self, base_distribution, transforms, validate_args=None):
        given = [transforms] if isinstance(transforms, Transform) else transforms
        whole = ComposeTransform(given)
        self.transforms, base, events = list(given), base_distribution, len(base_distribution.event_shape)
        shape, domain, codomain = base.batch_shape + base.event_shape, whole.domain.event_dim, whole.codomain.event_dim
        if len(shape) < domain:
            raise ShapeError(f"TransformedDistribution: expected a base of at least {domain} dimensions, got {shape}")
        forward = tuple(whole.forward_shape(shape))
        needed = tuple(whole.inverse_shape(forward))
        if needed != shape:
            base = base.expand(needed[: len(needed) - events])
        self.base_dist = Independent(base, domain - events) if domain > events else base
        cut = len(forward) - max(codomain, events + codomain - domain)
        super().__init__(forward[:cut], forward[cut:], validate_args)

    def expand(self, batch_shape, _instance=None):
        out = type(self).__new__(type(self))
        out.__dict__.update(self.__dict__)
        out._batch_shape = sizes("expand", "batch_shape", (batch_shape,))
        shape = out._batch_shape + self._event_shape
        for t in reversed(self.transforms):
            shape = tuple(t.inverse_shape(shape))
        out.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return out

    has_rsample = property(lambda self: self.base_dist.has_rsample)

    @constraints.dependent_property
    def support(self):
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self.event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def _forward(self, x):
        for t in self.transforms:
            x = t(x)
        return x

    def sample(self, sample_shape=()):
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape=()):
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value):
        self._validate_sample(value)
        events, total, y = len(self.event_shape), 0.0, value
        for t in reversed(self.transforms):
            x = t.inv(y)
            events += t.domain.event_dim - t.codomain.event_dim
            total = total - sum_rightmost(t.log_abs_det_jacobian(x, y), events - t.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), events - len(self.base_dist.event_shape))

    def _monotone(self, probability):
        """1 − p instead of p where the transforms together decrease."""
        sign = math.prod([t.sign for t in self.transforms])
        return probability if isinstance(sign, int) and sign == 1 else sign * (probability - 0.5) + 0.5

    def cdf(self, value):
        for t in reversed(self.transforms):
            value = t.inv(value)
        return self._monotone(self.base_dist.cdf(value))

    def icdf(self, value):
        return self._forward(self.base_dist.icdf(self._monotone(value)))
