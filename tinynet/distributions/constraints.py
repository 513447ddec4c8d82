"""Constraints: the sets in which parameters and samples lie; `check(x)` says of each event whether it does."""

import re

import numpy as np

from ..arguments import integer
from ..errors import ShapeError
from ..kernels.arrays import host
from ..ops.joining import cat as concatenated
from ..ops.joining import stack as stacked
from ..tensor import Tensor, wrap


class Constraint:
    """A set. An element has `event_dim` dimensions; `is_discrete` says whether the elements can be counted."""

    is_discrete, event_dim = False, 0

    def check(self, value):
        """A bool tensor: for each event, whether it is in the set."""
        raise NotImplementedError(f"{type(self).__name__} has no check")

    def __repr__(self):
        bounds = ", ".join(_shown(x) for x in vars(self).values())
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__.removeprefix("_")).lower()
        return name + (f"({bounds})" if bounds else "")


def _shown(bound):
    if isinstance(bound, Tensor) and bound.ndim:
        return f"a tensor of shape {bound.shape}"
    return f"{float(bound):g}" if isinstance(bound, Tensor | float) else str(bound)


# Sets that only an instance of a distribution knows


class _Dependent(Constraint):
    def __init__(self, *, is_discrete=False, event_dim=0):
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, *, is_discrete=None, event_dim=None):
        """The same with these properties."""
        return type(self)(
            is_discrete=self.is_discrete if is_discrete is None else is_discrete,
            event_dim=self.event_dim if event_dim is None else event_dim,
        )

    def __repr__(self):
        return "dependent"


class _DependentProperty(property, _Dependent):
    """A property of an instance that is a dependent constraint of the class."""

    def __init__(self, fn=None, *, is_discrete=False, event_dim=0):
        property.__init__(self, fn)
        _Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn):
        return type(self)(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


def is_dependent(constraint):
    """Whether the set depends on other parameters, so that only an instance of the distribution knows it."""
    return isinstance(constraint, _Dependent)


# Sets of numbers


class _Real(Constraint):
    """Numbers, that is, not NaN."""

    def check(self, value):
        return value == value


class _Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value):
        return (value == 0) | (value == 1)


class greater_than(Constraint):
    """Numbers x > lower_bound; bounds may be tensors."""

    def __init__(self, lower_bound):
        self.lower_bound = lower_bound

    def check(self, value):
        return value > self.lower_bound


class greater_than_eq(Constraint):
    """Numbers x ≥ lower_bound."""

    def __init__(self, lower_bound):
        self.lower_bound = lower_bound

    def check(self, value):
        return value >= self.lower_bound


class less_than(Constraint):
    """Numbers x < upper_bound."""

    def __init__(self, upper_bound):
        self.upper_bound = upper_bound

    def check(self, value):
        return value < self.upper_bound


class interval(Constraint):
    """Numbers x with lower_bound ≤ x ≤ upper_bound."""

    def __init__(self, lower_bound, upper_bound):
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def check(self, value):
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class half_open_interval(interval):
    """Numbers x with lower_bound ≤ x < upper_bound."""

    def check(self, value):
        return (value >= self.lower_bound) & (value < self.upper_bound)


class integer_interval(interval):
    """Whole numbers from lower_bound to upper_bound, both included."""

    is_discrete = True

    def check(self, value):
        return super().check(value) & (value % 1 == 0)


class _IntegerGreaterThanEq(greater_than_eq):
    """Whole numbers from lower_bound upwards."""

    is_discrete = True

    def check(self, value):
        return super().check(value) & (value % 1 == 0)


# Sets of vectors and matrices


class _Simplex(Constraint):
    """Vectors of numbers ≥ 0 with sum 1."""

    event_dim = 1

    def check(self, value):
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class _OneHot(Constraint):
    """Vectors with one 1 and zeros."""

    is_discrete, event_dim = True, 1

    def check(self, value):
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class multinomial(Constraint):
    """Vectors of counts whose sum is at most upper_bound."""

    is_discrete, event_dim = True, 1

    def __init__(self, upper_bound):
        self.upper_bound = upper_bound

    def check(self, value):
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


class _LowerTriangular(Constraint):
    """Matrices with zeros above the diagonal."""

    event_dim = 2

    def check(self, value):
        return (value.tril() == value).flatten(-2).all(-1)


class _LowerCholesky(_LowerTriangular):
    """Lower triangular matrices with a positive diagonal."""

    def check(self, value):
        return super().check(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    """Cholesky factors of correlation matrices: their rows have length 1."""

    def check(self, value):
        tolerance = 10 * value.shape[-1] * float(np.finfo(value.dtype).eps)
        return super().check(value) & (((value * value).sum(-1).sqrt() - 1).abs() <= tolerance).all(-1)


class _OfMatrices(Constraint):
    """Square matrices for which a predicate over NumPy's arrays (..., n, n) holds."""

    event_dim = 2

    def check(self, value):
        values = host(value.detach().array).astype(np.float64)
        if values.shape[-1] != values.shape[-2]:
            return wrap(np.zeros(values.shape[:-2], bool))
        return wrap(np.asarray(self._holds(values)))

    @staticmethod
    def _holds(values):
        return np.ones(values.shape[:-2], bool)


class _Square(_OfMatrices):
    """Square matrices."""


class _Symmetric(_OfMatrices):
    """Symmetric matrices."""

    @staticmethod
    def _holds(values):
        return np.isclose(values, values.swapaxes(-1, -2), atol=1e-6).all((-2, -1))


class _PositiveSemidefinite(_OfMatrices):
    """Symmetric matrices without a negative eigenvalue."""

    @staticmethod
    def _holds(values):
        return _Symmetric._holds(values) & (np.linalg.eigvalsh(values) >= 0).all(-1)


class _PositiveDefinite(_OfMatrices):
    """Symmetric matrices with positive eigenvalues."""

    @staticmethod
    def _holds(values):
        return _Symmetric._holds(values) & (np.linalg.eigvalsh(values) > 0).all(-1)


# Sets made of sets


class independent(Constraint):
    """Arrays all of whose elements are in a set: the last dimensions are those of one event."""

    def __init__(self, base_constraint, reinterpreted_batch_ndims):
        n = integer("independent", "reinterpreted_batch_ndims", reinterpreted_batch_ndims, 0)
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, n

    @property
    def is_discrete(self):
        return self.base_constraint.is_discrete

    @property
    def event_dim(self):
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def check(self, value):
        inside, n = self.base_constraint.check(value), self.reinterpreted_batch_ndims
        if inside.ndim < n:
            raise ShapeError(
                f"independent: expected a value of at least {self.event_dim} dimensions, got {value.shape}"
            )
        return inside.flatten(inside.ndim - n).all(-1) if n else inside


class MixtureSameFamilyConstraint(Constraint):
    """Values in the set of each component, whose dimension comes before those of an event."""

    def __init__(self, base_constraint):
        self.base_constraint = base_constraint

    is_discrete = property(lambda self: self.base_constraint.is_discrete)
    event_dim = property(lambda self: self.base_constraint.event_dim)

    def check(self, value):
        return self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)).all(-1)


class _Parts(Constraint):
    """Slices along a dimension, each in a set of its own."""

    is_discrete = property(lambda self: any(c.is_discrete for c in self.cseq))
    event_dim = property(lambda self: max(c.event_dim for c in self.cseq))


class cat(_Parts):
    """Slices along `dim`, of given lengths (1 each), in the sets `cseq`."""

    def __init__(self, cseq, dim=0, lengths=None):
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)

    def check(self, value):
        slices = value.split(self.lengths, self.dim)
        return concatenated([c.check(v) for c, v in zip(self.cseq, slices, strict=True)], self.dim)


class stack(_Parts):
    """Indices along `dim`, in the sets `cseq`."""

    def __init__(self, cseq, dim=0):
        self.cseq, self.dim = list(cseq), dim

    def check(self, value):
        return stacked([c.check(v) for c, v in zip(self.cseq, value.unbind(self.dim), strict=True)], self.dim)


dependent, dependent_property = _Dependent(), _DependentProperty
real, boolean = _Real(), _Boolean()
real_vector = independent(real, 1)
nonnegative_integer, positive_integer = _IntegerGreaterThanEq(0), _IntegerGreaterThanEq(1)
positive, nonnegative = greater_than(0.0), greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
simplex, one_hot = _Simplex(), _OneHot()
lower_triangular, lower_cholesky, corr_cholesky = _LowerTriangular(), _LowerCholesky(), _CorrCholesky()
square, symmetric = _Square(), _Symmetric()
positive_semidefinite, positive_definite = _PositiveSemidefinite(), _PositiveDefinite()
