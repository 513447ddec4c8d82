"""The categorical distribution, over the numbers 0 ... n−1."""

import math
from types import MappingProxyType

import numpy as np

from ..errors import ArgumentTypeError, ShapeError
from ..kernels.filled import full
from ..ops.creation import arange
from ..ops.random import multinomial
from ..tensor import Tensor, wrap
from . import constraints
from .distribution import Distribution, clamp_probs, lazy_property, one_of_two


class Categorical(Distribution):
    """P(X = i) = probs[..., i] / Σ probs, or softmax(logits)[..., i]; along the last dimension.

    Raises: ArgumentValueError unless one of probs and logits is given and fits; ShapeError for one without dimensions.
    """

    arg_constraints = MappingProxyType({"probs": constraints.simplex, "logits": constraints.real_vector})
    has_enumerate_support = True

    def __init__(self, probs=None, logits=None, validate_args=None):
        one_of_two("Categorical", probs, logits)
        given, name = (logits, "logits") if probs is None else (probs, "probs")
        if not isinstance(given, Tensor):
            raise ArgumentTypeError(f"Categorical: expected {name} to be a Tensor, got {type(given).__name__}")
        if given.ndim == 0:
            raise ShapeError(f"Categorical: expected {name} with at least one dimension, got a 0-d tensor")
        if probs is None:
            self.logits = logits - logits.logsumexp(-1, keepdim=True)
        else:
            self.probs = probs / probs.sum(-1, keepdim=True)
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @lazy_property
    def logits(self):
        """log p, with Σ p = 1."""
        return clamp_probs(self.probs).log()

    @lazy_property
    def probs(self):
        """p, with Σ p = 1."""
        return self.logits.softmax(-1)

    @property
    def param_shape(self):
        return self._given().shape

    def _given(self):
        return self.__dict__["probs"] if "probs" in self.__dict__ else self.__dict__["logits"]

    @property
    def _num_events(self):
        return self.param_shape[-1]

    @property
    def support(self):
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self):
        """NaN: the numbers of categories have no mean."""
        p = self._given()
        return wrap(full(self.batch_shape, math.nan, p.dtype, p.array))

    variance = mean

    @property
    def mode(self):
        return self.probs.argmax(-1)

    def sample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        n = math.prod(shape[: len(shape) - len(self.batch_shape)])
        if 0 in shape:
            return arange(0).reshape(shape)
        rows = multinomial(self.probs.detach().reshape(-1, self._num_events), n, True)
        return rows.t().reshape(shape)

    def log_prob(self, value):
        self._validate_sample(value)
        index, logits = value.long().unsqueeze(-1), self.logits
        shape = np.broadcast_shapes(index.shape[:-1], self.batch_shape)
        return logits.expand((*shape, self._num_events)).gather(-1, index.expand((*shape, 1))).squeeze(-1)

    def entropy(self):
        logits = self.logits.clamp(min=float(np.finfo(self.logits.dtype).min))  # 0 log 0 = 0
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand=True):
        values = arange(self._num_events, device=self._given().device)
        values = values.reshape((-1, *[1] * len(self.batch_shape)))
        return values.expand((-1, *self.batch_shape)) if expand else values
