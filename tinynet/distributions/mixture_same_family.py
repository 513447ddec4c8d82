"""Mixtures of distributions of one family."""

from types import MappingProxyType

import numpy as np

from ..autograd.mode import no_grad
from ..errors import ArgumentTypeError, ShapeError
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """p(x) = Σᵢ πᵢ pᵢ(x): a categorical distribution of the component, and a batch of these, its last dimension.

    Raises: ArgumentTypeError for others; ShapeError where their batches do not fit.
    """

    arg_constraints = MappingProxyType({})

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        for name, given, kind in (
            ("mixture_distribution", mixture_distribution, Categorical),
            ("component_distribution", component_distribution, Distribution),
        ):
            if not isinstance(given, kind):
                raise ArgumentTypeError(f"MixtureSameFamily: expected {name} to be a {kind.__name__}, got {given!r}")
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        weights, components = mixture_distribution.param_shape, component_distribution.batch_shape
        try:
            fits = np.broadcast_shapes(weights, components) and weights[-1] == components[-1]
        except (ValueError, IndexError):
            fits = False
        if not fits:
            raise ShapeError(f"MixtureSameFamily: expected weights {weights} that fit components {components}")
        super().__init__(components[:-1], component_distribution.event_shape, validate_args)

    mixture_distribution = property(lambda self: self._mixture_distribution)
    component_distribution = property(lambda self: self._component_distribution)

    @constraints.dependent_property
    def support(self):
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def _over_components(self, x):
        """A number for each component beside whole events of them."""
        return x.reshape((*x.shape, *[1] * len(self.event_shape)))

    def _expectation(self, x):
        """Σ πᵢ xᵢ."""
        weights = self._over_components(self._mixture_distribution.probs)
        return (weights * x).sum(-1 - len(self.event_shape))

    def _beside_components(self, x):
        return x.unsqueeze(-1 - len(self.event_shape))

    @property
    def mean(self):
        return self._expectation(self._component_distribution.mean)

    @property
    def variance(self):
        """E var + var E."""
        components = self._component_distribution
        distance = components.mean - self._beside_components(self.mean)
        return self._expectation(components.variance + distance**2)

    def cdf(self, x):
        inside = self._component_distribution.cdf(self._beside_components(x))
        return (inside * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, x):
        self._validate_sample(x)
        each = self._component_distribution.log_prob(self._beside_components(x))
        return (each + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape=()):
        with no_grad():
            drawn = self._component_distribution.sample(sample_shape)
            batch = drawn.shape[: drawn.ndim - 1 - len(self.event_shape)]
            shape = self._sample_shape(sample_shape)
            chosen = self._mixture_distribution.expand(batch[len(shape) :]).sample(shape)
            index = self._over_components(chosen.unsqueeze(-1))
            return drawn.gather(len(batch), index.expand((*batch, 1, *self.event_shape))).squeeze(len(batch))

    def __repr__(self):
        return f"MixtureSameFamily({self._mixture_distribution}, {self._component_distribution})"
