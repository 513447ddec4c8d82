"""Orthogonal matrices as a parametrization: smooth maps from all matrices onto those with orthonormal columns."""

import numpy as np

from ... import dtypes
from ...arguments import boolean, one_of
from ...autograd.mode import no_grad
from ...errors import ArgumentValueError, ShapeError
from ...kernels.arrays import host, put
from ...ops.creation import eye, zeros
from ...ops.diagonals import diagonal
from ...ops.joining import cat
from ...ops.linear_algebra import solve
from ...ops.matmul import matmul
from ...ops.matrix_functions import matrix_exp
from ...ops.pieces import tril
from ...ops.random import randn
from ...ops.reduction import sum
from ...ops.shape import mT, unsqueeze
from ...tensor import Tensor, wrap
from ..module import Module
from .parametrize import register_parametrization

MAPS = "matrix_exp", "cayley", "householder"


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    """Let a matrix, or each of a stack, have orthonormal rows or columns, whichever are fewer. Returns the module.

    Of the original X, or its transpose if it is wide, L is the lower triangle, as a square matrix, and A = L − Lᵀ:

        matrix_exp     Q = eᴬ
        cayley         Q = (I − A/2)⁻¹ (I + A/2)
        householder    Q = H₁ H₂ ... Hₖ, with Hᵢ = I − 2 vvᵀ / vᵀv for v = eᵢ + the column i of X below its diagonal

    By default the first for square matrices, else the last. With `use_trivialization` the weight is B Q, for a fixed
    orthogonal B (the buffer `base`) that is chosen whenever the weight is assigned, so that any can be.

    Raises: ArgumentValueError for a name of no tensor, ShapeError for one of fewer than 2 dimensions.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ArgumentValueError(f"orthogonal: expected the name of a tensor of the module, got {name!r}")
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal: expected a weight of at least 2 dimensions, got shape {weight.shape}")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    one_of("orthogonal", "orthogonal_map", orthogonal_map, MAPS)
    trivial = boolean("orthogonal", "use_trivialization", use_trivialization)
    return register_parametrization(module, name, _Orthogonal(weight.shape, orthogonal_map, trivial), unsafe=True)


class _Orthogonal(Module):
    def __init__(self, shape, orthogonal_map, use_trivialization):
        self.shape, self.orthogonal_map, self.trivial = shape, orthogonal_map, use_trivialization
        self.wide = shape[-2] < shape[-1]
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x):
        x = mT(x) if self.wide else x
        q = _reflections(x) if self.orthogonal_map == "householder" else self._of_skew(x)
        q = matmul(self.base, q) if self.trivial else q
        return mT(q) if self.wide else q

    def _of_skew(self, x):
        *batch, n, k = x.shape
        lower = tril(x)
        if n != k:
            lower = cat([lower, zeros(*batch, n, n - k, dtype=x.dtype, device=x.device)], -1)
        a = lower - mT(lower)
        if self.orthogonal_map == "matrix_exp":
            q = matrix_exp(a)
        else:
            one = eye(n, dtype=x.dtype, device=x.device)
            q = solve(one - a / 2, one + a / 2)
        return q[..., :k]

    @no_grad()
    def right_inverse(self, weight):
        if weight.shape != self.shape:
            raise ShapeError(f"orthogonal: expected a matrix of shape {self.shape}, got {weight.shape}")
        if not self.trivial and self.orthogonal_map != "householder":
            raise NotImplementedError(f"{self.orthogonal_map} has no inverse to assign by without use_trivialization")
        q = np.asarray(host(weight.array), np.float64)
        q = np.swapaxes(q, -1, -2) if self.wide else q
        if not self.trivial:
            x = _reflectors(q)
            return self._like(np.swapaxes(x, -1, -2) if self.wide else x, weight)
        self.base = self._like(_completed(q), weight)
        first = np.zeros(weight.shape)
        np.einsum("...ii->...i", first[..., : min(self.shape[-2:]), : min(self.shape[-2:])])[...] = -1
        return self._like(first, weight)

    @staticmethod
    def _like(values, weight):
        return wrap(put(np.ascontiguousarray(values, weight.dtype), weight.array))


def _reflections(x):
    """H₁ ... Hₖ [:, :k] times the signs on the diagonal of x (..., n, k)."""
    n, k = x.shape[-2:]
    below = tril(x, -1)
    scale = 2.0 / (1.0 + sum(below * below, -2))
    one = eye(n, k, dtype=x.dtype, device=x.device)
    q = one.expand(x.shape)
    for i in reversed(range(k)):
        v = unsqueeze(below[..., i] + one[:, i], -1)
        q = q - v * (matmul(mT(v), q) * scale[..., i : i + 1].unsqueeze(-1))
    return q * unsqueeze(diagonal(x.detach(), 0, -2, -1).trunc(), -2)


def _reflectors(q):
    """Reflections below the diagonal and signs on it, of which `_reflections` makes q (..., n, k)."""
    raw, tau = np.linalg.qr(q, mode="raw")
    x = np.swapaxes(raw, -1, -2).copy()
    signs = np.einsum("...ii->...i", x[..., : x.shape[-1], :])
    signs[...] = np.where(tau == 0, -np.sign(signs), np.sign(signs))
    return x


def _completed(q):
    """A square orthogonal matrix whose first columns are those of q (..., n, k), made orthonormal."""
    n, k = q.shape[-2:]
    if n == k and np.allclose(np.swapaxes(q, -1, -2) @ q, np.eye(n), atol=1e-6 * n):
        return q
    if n != k:
        others = randn(*q.shape[:-1], n - k, dtype=dtypes.float64)
        q = np.concatenate([q, host(others.array)], -1)
    found, r = np.linalg.qr(q)
    return found * np.where(np.einsum("...ii->...i", r) < 0, -1.0, 1.0)[..., None, :]
