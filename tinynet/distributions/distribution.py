"""The base of all distributions: shapes, expansion, checks of parameters and of values."""

import math
from types import MappingProxyType

import numpy as np

from .. import dtypes
from ..arguments import boolean, number, sizes, wrong_kind
from ..autograd.mode import enable_grad, no_grad
from ..errors import ArgumentValueError, ShapeError
from ..kernels.arrays import all_values, host
from ..ops.creation import full
from ..tensor import Tensor
from . import constraints


class Distribution:
    """Independent random variables, one for each index of `batch_shape`; a value of each has shape `event_shape`.

    A family states `arg_constraints`, the set in which each parameter lies, and `support`, that of the values. Its
    parameters are attributes of the names in `arg_constraints`, and all begin with the dimensions of `batch_shape`.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__
    arg_constraints = MappingProxyType({})

    def __init__(self, batch_shape=(), event_shape=(), validate_args=None):
        self._batch_shape, self._event_shape = tuple(batch_shape), tuple(event_shape)
        if validate_args is not None:
            self._validate_args = boolean(type(self).__name__, "validate_args", validate_args)
        if self._validate_args:
            self._check_parameters()

    @staticmethod
    def set_default_validate_args(value):
        """Whether parameters and values are checked where `validate_args` is not given."""
        Distribution._validate_args = boolean("set_default_validate_args", "value", value)

    def _check_parameters(self):
        for name, constraint in self.arg_constraints.items():
            if name in self.__dict__ and not constraints.is_dependent(constraint):
                self._expect(name, self.__dict__[name], constraint)

    def _expect(self, what, value, constraint):
        """Raise ArgumentValueError unless all of a tensor lies in a set."""
        with no_grad():
            inside = constraint.check(value)
        if not all_values(inside.array).all():
            outside = host(value.detach().array)[~host(inside.array)]
            raise ArgumentValueError(
                f"{type(self).__name__}: expected {what} to satisfy {constraint}, got {np.ravel(outside)[:4].tolist()} "
                "among its values"
            )

    @property
    def batch_shape(self):
        """The shape over which parameters are batched."""
        return self._batch_shape

    @property
    def event_shape(self):
        """The shape of one value."""
        return self._event_shape

    @property
    def support(self):
        """The constraint that all values satisfy."""
        raise self._missing("support")

    def expand(self, batch_shape, _instance=None):
        """The same distribution with its batch expanded to `batch_shape`; parameters are views.

        All tensors and distributions among the attributes begin with the dimensions of the batch.
        """
        batch_shape, old = sizes("expand", "batch_shape", (batch_shape,)), len(self._batch_shape)
        out = type(self).__new__(type(self))
        out.__dict__.update(self.__dict__)
        for name, value in self.__dict__.items():
            if isinstance(value, Tensor):
                out.__dict__[name] = value.expand(batch_shape + value.shape[old:])
            elif isinstance(value, Distribution):
                out.__dict__[name] = value.expand(batch_shape + value.batch_shape[old:])
        out._batch_shape = batch_shape
        return out

    def sample(self, sample_shape=()):
        """Values of shape `sample_shape` + `batch_shape` + `event_shape`, outside the graph."""
        with no_grad():
            return self.rsample(sample_shape).detach()

    def rsample(self, sample_shape=()):
        """Values that are differentiable functions of the parameters and of noise that does not depend on them."""
        raise self._missing("rsample")

    def sample_n(self, n):
        """n values for each index of the batch."""
        return self.sample((n,))

    def log_prob(self, value):
        """The logarithm of the density or probability at `value`."""
        raise self._missing("log_prob")

    def cdf(self, value):
        """P(X ≤ value)."""
        raise self._missing("cdf")

    def icdf(self, value):
        """The x with cdf(x) = value."""
        raise self._missing("icdf")

    def entropy(self):
        """−E log p(X)."""
        raise self._missing("entropy")

    def perplexity(self):
        """exp(entropy)."""
        return self.entropy().exp()

    def enumerate_support(self, expand=True):
        """All values, along a new first dimension."""
        raise self._missing("enumerate_support")

    @property
    def mean(self):
        raise self._missing("mean")

    @property
    def mode(self):
        raise self._missing("mode")

    @property
    def variance(self):
        raise self._missing("variance")

    @property
    def stddev(self):
        return self.variance.sqrt()

    def _missing(self, what):
        return NotImplementedError(f"{type(self).__name__} has no {what}")

    @staticmethod
    def _sample_shape(sample_shape):
        return sizes("sample", "sample_shape", (sample_shape,))

    def _extended_shape(self, sample_shape=()):
        return self._sample_shape(sample_shape) + self._batch_shape + self._event_shape

    def _expanded(self, sample_shape, *parameters):
        """Parameters without event dimensions, in the shape of a sample."""
        shape = self._extended_shape(sample_shape)
        return [p.expand(shape) for p in parameters]

    def _validate_sample(self, value):
        """Raise unless a value fits the shapes and lies in the support; without `validate_args` nothing is checked."""
        if not self._validate_args:
            return
        name = type(self).__name__
        if not isinstance(value, Tensor):
            raise wrong_kind(name, "value", "a Tensor", value)
        events, expected = len(self._event_shape), self._batch_shape + self._event_shape
        if value.shape[value.ndim - events :] != self._event_shape or not _broadcast(value.shape, expected):
            raise ShapeError(f"{name}: expected a value whose shape broadcasts with {expected}, got {value.shape}")
        try:
            support = self.support
        except NotImplementedError:
            return
        self._expect("value", value, support)

    def __repr__(self):
        shown = [(n, self.__dict__[n]) for n in self.arg_constraints if isinstance(self.__dict__.get(n), Tensor)]
        texts = [f"{n}: {x.item() if x.numel() == 1 else tuple(x.shape)}" for n, x in shown]
        return f"{type(self).__name__}({', '.join(texts)})"


class lazy_property:
    """An attribute computed once, when it is first asked for; under `no_grad()` too with its place in the graph."""

    def __init__(self, compute):
        self.compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        with enable_grad():
            value = instance.__dict__[self.name] = self.compute(instance)
        return value


def _broadcast(*shapes):
    try:
        return np.broadcast_shapes(*shapes), True
    except ValueError:
        return None


def parameters(where, **values):
    """Numbers and tensors as tensors of one shape, of the dtype of the first floating one; numbers go to its device.

    Raises: ArgumentTypeError, ShapeError where the shapes do not broadcast.
    """
    model = next((x for x in values.values() if isinstance(x, Tensor) and x.is_floating_point()), None)
    found = {}
    for name, x in values.items():
        if not isinstance(x, Tensor):
            x = number(where, name, x)
            like = {} if model is None else {"dtype": model.dtype, "device": model.device}
            x = full((), x, **{"dtype": dtypes.default, **like})
        elif model is not None and not x.is_floating_point():
            x = x.to(model.dtype)
        found[name] = x
    if not _broadcast(*[x.shape for x in found.values()]):
        shapes = ", ".join(f"{name} {x.shape}" for name, x in found.items())
        raise ShapeError(f"{where}: expected parameters whose shapes broadcast, got {shapes}")
    shape = np.broadcast_shapes(*[x.shape for x in found.values()])
    return [x if x.shape == shape else x.expand(shape) for x in found.values()]


def sum_rightmost(x, n):
    """x summed over its last n dimensions."""
    return x.sum(tuple(range(-n, 0))) if n else x


# Probabilities and their logits


def one_of_two(where, probs, logits):
    """Raise ArgumentValueError unless exactly one of `probs` and `logits` is given."""
    if (probs is None) == (logits is None):
        raise ArgumentValueError(f"{where}: expected either probs or logits, got {'none' if probs is None else 'both'}")


def clamp_probs(probs):
    """Probabilities moved away from 0 and 1, so that their logarithms are finite."""
    eps = float(np.finfo(probs.dtype).eps)
    return probs.clamp(eps, 1 - eps)


def logits_of(probs):
    """log p − log(1 − p)."""
    p = clamp_probs(probs)
    return p.log() - (-p).log1p()


def betaln(a, b):
    """log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b)."""
    return a.lgamma() + b.lgamma() - (a + b).lgamma()


def beyond_zero(x):
    """Draws moved away from 0, where their density may be infinite."""
    return x.clamp(min=float(np.finfo(x.dtype).tiny))


EULER_GAMMA = 0.5772156649015329
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
