"""Transforms of vectors and matrices: onto simplices and Cholesky factors."""

import math

import numpy as np

from ...errors import ShapeError
from ...nn.functional import logsigmoid, pad, softplus
from ...ops.creation import arange, eye
from ...ops.linear_algebra import cholesky
from .. import constraints
from .base import Transform
from .elementwise import clipped_sigmoid


def _checked(name, shape, dims):
    if len(shape) < dims:
        raise ShapeError(f"{name}: expected at least {dims} dimensions, got shape {tuple(shape)}")
    return tuple(shape)


class SoftmaxTransform(Transform):
    """y = softmax(x) along the last dimension; of the x with that y the inverse gives log y. Not bijective."""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x):
        return x.softmax(-1)

    def _inverse(self, y):
        return y.log()

    def forward_shape(self, shape):
        return _checked("SoftmaxTransform", shape, 1)

    inverse_shape = forward_shape


class StickBreakingTransform(Transform):
    """n numbers to a point of the simplex in n + 1 dimensions, breaking a stick of length 1.

    zᵢ = σ(xᵢ − log(n − i)) of what is left is broken off, i = 0 ... n − 1, so that x = 0 gives equal pieces.
    """

    domain, codomain = constraints.real_vector, constraints.simplex
    bijective = True

    @staticmethod
    def _offset(x, n):
        return arange(n, 0, -1, dtype=x.dtype, device=x.device).log()

    def _call(self, x):
        z = clipped_sigmoid(x - self._offset(x, x.shape[-1]))
        return pad(z, (0, 1), value=1.0) * pad((1 - z).cumprod(-1), (1, 0), value=1.0)

    def _inverse(self, y):
        first = y[..., :-1]
        left = (1 - first.cumsum(-1)).clamp(min=float(np.finfo(y.dtype).tiny))
        return first.log() - left.log() + self._offset(y, first.shape[-1])

    def log_abs_det_jacobian(self, x, y):
        x = x - self._offset(x, x.shape[-1])
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape):
        *lead, n = _checked("StickBreakingTransform", shape, 1)
        return (*lead, n + 1)

    def inverse_shape(self, shape):
        *lead, n = _checked("StickBreakingTransform", shape, 1)
        return (*lead, n - 1)


class LowerCholeskyTransform(Transform):
    """The lower triangle of a matrix, with the exponential of its diagonal."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x):
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y):
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """L Lᵀ, where L is what LowerCholeskyTransform makes of a matrix."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x):
        L = LowerCholeskyTransform()(x)
        return L @ L.mT

    def _inverse(self, y):
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """n (n − 1) / 2 numbers to the Cholesky factor of an n × n correlation matrix.

    Row by row tanh xᵢ, squared, is the share of what is left of the length 1 of the row.
    """

    domain, codomain = constraints.real_vector, constraints.corr_cholesky
    bijective = True

    def _call(self, x):
        eps, n = float(np.finfo(x.dtype).eps), self.forward_shape(x.shape)[-1]
        r = _below_diagonal(x.tanh().clamp(-1 + eps, 1 - eps), n)
        left = (1 - r * r).sqrt().cumprod(-1)
        return (r + eye(n, dtype=x.dtype, device=x.device)) * pad(left[..., :-1], (1, 0), value=1.0)

    def _inverse(self, y):
        left = pad((1 - (y * y).cumsum(-1))[..., :-1], (1, 0), value=1.0)
        return (_elements(y, -1) / _elements(left, -1).sqrt()).atanh()

    def log_abs_det_jacobian(self, x, y):
        left = 1 - (y * y).cumsum(-1)
        breaking = 0.5 * _elements(left, -2).log().sum(-1)
        return breaking - 2 * (x + softplus(-2 * x) - math.log(2)).sum(-1)

    def forward_shape(self, shape):
        *lead, elements = _checked("CorrCholeskyTransform", shape, 1)
        n = round((0.25 + 2 * elements) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != elements:
            raise ShapeError(f"CorrCholeskyTransform: expected n (n − 1) / 2 elements, got {elements}")
        return (*lead, n, n)

    def inverse_shape(self, shape):
        *lead, rows, n = _checked("CorrCholeskyTransform", shape, 2)
        if rows != n:
            raise ShapeError(f"CorrCholeskyTransform: expected square matrices, got shape {tuple(shape)}")
        return (*lead, n * (n - 1) // 2)


def _elements(matrix, diagonal):
    """The elements of matrices on and below a diagonal, row by row, as vectors."""
    rows, columns = np.tril_indices(matrix.shape[-1], diagonal)
    return matrix.flatten(-2)[..., (rows * matrix.shape[-1] + columns).tolist()]


def _below_diagonal(vector, n):
    """Matrices n × n with these elements below the diagonal, row by row, and zeros elsewhere."""
    order = np.full((n, n), vector.shape[-1])
    order[np.tril_indices(n, -1)] = np.arange(vector.shape[-1])
    return pad(vector, (0, 1))[..., order.ravel().tolist()].reshape((*vector.shape[:-1], n, n))
