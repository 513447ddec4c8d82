"""Matrices as products: QR, eigenvectors, singular values, LU; by LAPACK on the host.

Several results of one factorization have their gradients in common. Each operation here therefore returns them stacked
in one tensor, whose gradient is one equation, and the public functions cut it.
"""

import numpy as np

from .. import return_types
from ..arguments import boolean, one_of, wrong_value
from ..autograd.graph import record
from ..kernels.arrays import put
from ..tensor import wrap
from .arithmetic import add, div, mul, sub
from .choosing import where
from .comparison import eq, logical_or
from .diagonals import diag_embed
from .indexing import getitem
from .joining import cat
from .lapack import by_lapack, expect_matrices, refusing
from .linear_algebra import solution
from .matmul import matmul
from .pieces import tril
from .registry import op
from .shape import copied, mT, unsqueeze

FUNCTIONS = "qr svd"
METHODS = FUNCTIONS


def _rows(stacked, start, stop):
    """Rows start to stop of a stack of results, as a tensor of its own."""
    return copied(getitem(stacked, (..., slice(start, stop), slice(None))))


def _column(v, x):
    """The values of a vector (..., n) times the columns of matrices (..., m, n)."""
    return mul(x, unsqueeze(v, -2))


# QR


def linalg_qr(A, mode="reduced"):
    """(Q, R): A = Q R with orthonormal columns Q and an upper triangle R.

    For A (m, n) and k = min(m, n) Q is (m, k) and R (k, n); with mode="complete" (m, m) and (m, n). With "r" there is
    no Q.

    Raises: ShapeError, DTypeError; GraphError for gradients of what is not unique: "r", and "complete" for m > n.
    """
    A, mode = expect_matrices("qr", A), one_of("qr", "mode", mode, ("reduced", "complete", "r"))
    m, n = A.array.shape[-2:]
    if mode == "r" or (mode == "complete" and m > n):
        return return_types.linalg_qr(*_qr_without_gradient(A, mode))
    square = A if m >= n else getitem(A, (..., slice(m)))
    stacked = orthonormal(square)
    Q, R = _rows(stacked, 0, m), _rows(stacked, m, None)
    if m < n:  # the columns that are left have the coordinates Qᵀ a
        R = cat([R, matmul(mT(Q), getitem(A, (..., slice(m, None))))], -1)
    return return_types.linalg_qr(Q, R)


def _qr_without_gradient(A, mode):
    refuse = refusing(f"qr: mode={mode!r} has no gradient for a matrix of shape {A.shape}; use mode='reduced'")
    if mode == "r":
        Q, R = put(np.zeros(0, A.array.dtype), A.array), by_lapack("qr", lambda a: np.linalg.qr(a, "r"), A)
        return wrap(Q), record("qr", R, (A,), refuse)
    parts = by_lapack("qr", lambda a: tuple(np.linalg.qr(a, "complete")), A)
    return tuple([record("qr", part, (A,), refuse) for part in parts])


@op
def orthonormal(A):
    """Q above R, for A (..., m, n) with m ≥ n.

    gA = (gQ + Q Φ(R gRᵀ − gQᵀ Q)) R⁻ᵀ, where Φ makes a matrix symmetric by copying its lower triangle.
    """
    m = A.array.shape[-2]

    def gradient(g, y):
        (gQ, gR), (Q, R) = ((_rows(t, 0, m), _rows(t, m, None)) for t in (g, y))
        M = sub(matmul(R, mT(gR)), matmul(mT(gQ), Q))
        symmetric = add(tril(M), mT(tril(M, -1)))
        return mT(solution(R, mT(add(gQ, matmul(Q, symmetric)))))

    out = by_lapack("qr", lambda a: np.concatenate(np.linalg.qr(a), -2), A)
    return record("qr", out, (A,), gradient, saves_output=True)


def qr(input, some=True):
    """(Q, R): see `linalg.qr`, whose mode is "reduced" with `some`, else "complete"."""
    return return_types.qr(*linalg_qr(input, "reduced" if boolean("qr", "some", some) else "complete"))


# Eigenvalues of symmetric matrices


def eigh(A, UPLO="L"):
    """(eigenvalues, eigenvectors): A = V diag(w) Vᵀ for symmetric A (..., n, n), the eigenvalues w in ascending order.

    Only the lower triangle of A is read, or with UPLO="U" the upper one. The gradient by eigenvectors of equal
    eigenvalues is not finite.

    Raises: ShapeError, DTypeError; ArgumentValueError for another UPLO.
    """
    stacked = eigenvectors(expect_matrices("eigh", A, square=True), _triangle("eigh", UPLO))
    return return_types.linalg_eigh(copied(getitem(stacked, (..., 0, slice(None)))), _rows(stacked, 1, None))


def eigvalsh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices in ascending order: see `eigh`."""
    return eigenvalues(expect_matrices("eigvalsh", A, square=True), _triangle("eigvalsh", UPLO))


def _triangle(name, UPLO):
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise wrong_value(name, "UPLO to be 'L' or 'U'", UPLO)
    return UPLO.upper()


@op
def eigenvalues(A, triangle):
    """The eigenvalues alone: gA = V diag(g) Vᵀ."""

    def gradient(g):
        V = _rows(eigenvectors(A, triangle), 1, None)
        return matmul(_column(g, V), mT(V))

    return record("eigvalsh", by_lapack("eigvalsh", lambda a: np.linalg.eigvalsh(a, triangle), A), (A,), gradient)


@op
def eigenvectors(A, triangle):
    """The eigenvalues w above the eigenvectors V: gA = V (diag(gw) + Vᵀ gV / (wⱼ − wᵢ)) Vᵀ, its symmetric part."""

    def gradient(g, y):
        (gw, gV), (w, V) = ((getitem(t, (..., 0, slice(None))), _rows(t, 1, None)) for t in (g, y))
        inner = add(diag_embed(gw), _over_gaps(matmul(mT(V), gV), w))
        return matmul(matmul(V, mul(add(inner, mT(inner)), 0.5)), mT(V))

    def compute(a):
        w, V = np.linalg.eigh(a, triangle)
        return np.concatenate([w[..., None, :], V], -2)

    return record("eigh", by_lapack("eigh", compute, A), (A,), gradient, saves_output=True)


def _over_gaps(x, w):
    """xᵢⱼ / (wⱼ − wᵢ), 0 for i = j and where xᵢⱼ is 0."""
    none = logical_or(eq(x, 0), wrap(put(np.eye(w.array.shape[-1], dtype=bool), w.array)))
    gaps = sub(unsqueeze(w, -2), unsqueeze(w, -1))
    return where(none, 0.0, div(x, where(none, 1.0, gaps)))


# Singular values


def linalg_svd(A, full_matrices=True, *, driver=None):
    """(U, S, Vh): A = U diag(S) Vh with orthonormal columns U and rows Vh, the singular values S in descending order.

    For A (m, n) and k = min(m, n) U is (m, k) and Vh (k, n), or with `full_matrices` (m, m) and (n, n). The gradient by
    singular vectors of equal singular values is not finite, and those beyond the first k have none. `driver` is
    accepted: there is one.

    Raises: ShapeError, DTypeError.
    """
    A, full = expect_matrices("svd", A), boolean("svd", "full_matrices", full_matrices)
    _expect_driver("svd", driver)
    U, S, V = svd_parts(A)
    if full:
        U, V = _completed(U), _completed(V)
    return return_types.linalg_svd(U, S, mT(V))


def _expect_driver(name, driver):
    if driver not in (None, "gesvd", "gesvdj", "gesvda"):
        raise wrong_value(name, "driver to be None, or the name of one of LAPACK's", driver)


def svd_parts(A):
    """(U, S, V): A = U diag(S) Vᵀ, with min(m, n) columns in U and V."""
    m = A.array.shape[-2]
    stacked = singular_vectors(A)
    return _rows(stacked, 0, m), copied(getitem(stacked, (..., m, slice(None)))), _rows(stacked, m + 1, None)


def _completed(U):
    """Orthonormal columns, and those that complete them to a basis."""
    m, k = U.array.shape[-2:]
    if m == k:
        return U
    basis = by_lapack("svd", lambda u: np.linalg.qr(u, "complete")[0][..., k:], U)
    return cat([U, wrap(basis)], -1)


def svdvals(A, *, driver=None):
    """The singular values of matrices in descending order. Raises ShapeError, DTypeError."""
    _expect_driver("svdvals", driver)
    return singular_values(expect_matrices("svdvals", A))


@op
def singular_values(A):
    """The singular values alone: gA = U diag(g) Vᵀ."""

    def gradient(g):
        U, _, V = svd_parts(A)
        return matmul(_column(g, U), mT(V))

    return record("svdvals", by_lapack("svdvals", lambda a: np.linalg.svd(a, compute_uv=False), A), (A,), gradient)


@op
def singular_vectors(A):
    """U above S above V.

    gA = U ((E ∘ skew(Uᵀ gU)) S + S (E ∘ skew(Vᵀ gV)) + diag(gS)) Vᵀ + (1 − U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (1 − V Vᵀ),
    where skew(X) = X − Xᵀ and Eᵢⱼ = 1 / (Sⱼ² − Sᵢ²), 0 for i = j.
    """
    m = A.array.shape[-2]

    def gradient(g, y):
        (gU, gS, gV), (U, S, V) = (
            (_rows(t, 0, m), getitem(t, (..., m, slice(None))), _rows(t, m + 1, None)) for t in (g, y)
        )
        UgU, VgV = matmul(mT(U), gU), matmul(mT(V), gV)
        left, right = (_over_gaps(sub(x, mT(x)), mul(S, S)) for x in (UgU, VgV))
        inner = add(add(_column(S, left), mul(right, unsqueeze(S, -1))), diag_embed(gS))
        out = matmul(matmul(U, inner), mT(V))
        inverse = div(1.0, S)
        if m > U.array.shape[-1]:
            out = add(out, matmul(_column(inverse, sub(gU, matmul(U, UgU))), mT(V)))
        if V.array.shape[-2] > V.array.shape[-1]:
            out = add(out, matmul(_column(inverse, U), mT(sub(gV, matmul(V, VgV)))))
        return out

    def compute(a):
        U, S, Vh = np.linalg.svd(a, full_matrices=False)
        return np.concatenate([U, S[..., None, :], Vh.swapaxes(-1, -2)], -2)

    return record("svd", by_lapack("svd", compute, A), (A,), gradient, saves_output=True)


def svd(input, some=True, compute_uv=True):
    """(U, S, V): A = U diag(S) Vᵀ, with `some` the first min(m, n) columns of U and V; U = V = 0 without `compute_uv`.

    Raises: ShapeError, DTypeError.
    """
    A, some = expect_matrices("svd", input), boolean("svd", "some", some)
    U, S, V = svd_parts(A)
    if not boolean("svd", "compute_uv", compute_uv):
        m, n = A.array.shape[-2:]
        lead = A.array.shape[:-2]
        zeros = [put(np.zeros((*lead, size, size), A.array.dtype), A.array) for size in (m, n)]
        return return_types.svd(wrap(zeros[0]), S, wrap(zeros[1]))
    return return_types.svd(*((U, S, V) if some else (_completed(U), S, _completed(V))))
