"""Constraints: the sets in which parameters and samples lie; `check(x)` says of each event whether it does."""

import functools
import operator
from dataclasses import dataclass

import numpy as np

from ..kernels.arrays import host
from ..tensor import Tensor, wrap


class Constraint:
    """A set. An element has `event_dim` dimensions; `is_discrete` says whether the elements can be counted."""

    is_discrete, event_dim = False, 0

    def check(self, value):
        """A bool tensor: for each event, whether it is in the set."""
        raise NotImplementedError(f"{type(self).__name__} has no check")

    def __repr__(self):
        return type(self).__name__.removeprefix("_").lower()


def is_dependent(constraint):
    """Whether the set depends on other parameters, so that only an instance of the distribution knows it."""
    return isinstance(constraint, _Dependent)


@dataclass(frozen=True, repr=False)
class _Dependent(Constraint):
    is_discrete: bool = False
    event_dim: int = 0


@dataclass(frozen=True)
class _Set(Constraint):
    """A set that a predicate describes."""

    name: str
    holds: object
    is_discrete: bool = False
    event_dim: int = 0

    def check(self, value):
        return self.holds(value)

    def __repr__(self):
        return self.name


class interval(Constraint):
    """Numbers x with low ≤ x ≤ high; the bounds may be tensors."""

    def __init__(self, lower_bound, upper_bound):
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def check(self, value):
        return (value >= self.lower_bound) & (value <= self.upper_bound)

    def __repr__(self):
        return f"{type(self).__name__}({_shown(self.lower_bound)}, {_shown(self.upper_bound)})"


class half_open_interval(interval):
    """Numbers x with low ≤ x < high."""

    def check(self, value):
        return (value >= self.lower_bound) & (value < self.upper_bound)


class integer_interval(interval):
    """Whole numbers from low to high, both included."""

    is_discrete = True

    def check(self, value):
        return super().check(value) & (value % 1 == 0)


class _Bounded(Constraint):
    compare = None

    def __init__(self, bound):
        self.bound = bound

    def check(self, value):
        return type(self).compare(value, self.bound)

    def __repr__(self):
        return f"{type(self).__name__}({_shown(self.bound)})"


class greater_than(_Bounded):
    """Numbers above a bound."""

    compare = operator.gt


class greater_than_eq(_Bounded):
    """Numbers from a bound upwards."""

    compare = operator.ge


class less_than(_Bounded):
    """Numbers below a bound."""

    compare = operator.lt


class independent(Constraint):
    """Arrays all of whose elements are in a set: the last dimensions are those of one event."""

    def __init__(self, base_constraint, reinterpreted_batch_ndims):
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims

    @property
    def is_discrete(self):
        return self.base_constraint.is_discrete

    @property
    def event_dim(self):
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def check(self, value):
        inside = self.base_constraint.check(value)
        return inside.flatten(inside.ndim - self.reinterpreted_batch_ndims).all(-1)

    def __repr__(self):
        return f"independent({self.base_constraint}, {self.reinterpreted_batch_ndims})"


def _shown(bound):
    return f"a tensor of shape {bound.shape}" if isinstance(bound, Tensor) and bound.ndim else f"{float(bound):g}"


def _is_simplex(x):
    return (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6)


def _is_one_hot(x):
    return ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1)


def _is_lower_cholesky(x):
    below = (x.tril() == x).flatten(-2).all(-1)
    return below & functools.reduce(operator.and_, [x[..., i, i] > 0 for i in range(x.shape[-1])])


def _is_positive_definite(x):
    values = host(x.detach().array).astype(np.float64)
    symmetric = np.isclose(values, values.swapaxes(-1, -2), atol=1e-6).all((-2, -1))
    positive = np.linalg.eigvalsh(values).min(-1, initial=np.inf) > 0
    return wrap(np.asarray(symmetric & positive))


dependent = _Dependent()
real = _Set("real", lambda x: x == x)
real_vector = independent(real, 1)
boolean = _Set("boolean", lambda x: (x == 0) | (x == 1), is_discrete=True)
nonnegative_integer = _Set("nonnegative_integer", lambda x: (x % 1 == 0) & (x >= 0), is_discrete=True)
positive_integer = _Set("positive_integer", lambda x: (x % 1 == 0) & (x >= 1), is_discrete=True)
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
simplex = _Set("simplex", _is_simplex, event_dim=1)
one_hot = _Set("one_hot", _is_one_hot, is_discrete=True, event_dim=1)
lower_cholesky = _Set("lower_cholesky", _is_lower_cholesky, event_dim=2)
positive_definite = _Set("positive_definite", _is_positive_definite, event_dim=2)
