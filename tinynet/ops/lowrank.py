"""The largest singular values of a matrix, by products with a few random vectors.

Halko, Martinsson & Tropp (2011), "Finding structure with randomness".
"""

from ..arguments import boolean, integer
from ..tensor_arguments import optional_tensor
from .arithmetic import sub
from .factorizations import linalg_qr, svd_parts
from .lapack import expect_matrices
from .matmul import matmul
from .random import randn
from .reduction import mean
from .shape import broadcast_to, mT

FUNCTIONS = "svd_lowrank pca_lowrank"


def svd_lowrank(A, q=6, niter=2, M=None):
    """(U, S, V): the q largest singular values of A − M (..., m, n), about, and their vectors, A − M ≈ U diag(S) Vᵀ.

    The matrix is multiplied by q random vectors, whose span is then brought nearer to that of the largest singular
    vectors by `niter` products with A − M and its transpose.

    Raises: ShapeError, DTypeError; ArgumentValueError for niter < 0.
    """
    name, A = "svd_lowrank", expect_matrices("svd_lowrank", A)
    q, niter = 6 if q is None else integer(name, "q", q, 0), 2 if niter is None else integer(name, "niter", niter, 0)
    if optional_tensor(name, "M", M) is not None:
        A = sub(A, broadcast_to(M, A.shape))
    if A.shape[-2] < A.shape[-1]:
        U, S, V = _largest(mT(A), q, niter)
        return V, S, U
    return _largest(A, q, niter)


def _largest(A, q, niter):
    """(U, S, V) of a matrix that is as high as wide, or higher."""
    Q = _basis(A, q, niter)
    U, S, V = svd_parts(matmul(mT(Q), A))
    return matmul(Q, U), S, V


def _basis(A, q, niter):
    """Orthonormal columns, of which A x is nearly a combination: their algorithm 4.4."""
    Q = linalg_qr(matmul(A, randn(*A.shape[:-2], A.shape[-1], q, dtype=A.dtype, device=A.device))).Q
    for _ in range(niter):
        Q = linalg_qr(matmul(mT(A), Q)).Q
        Q = linalg_qr(matmul(A, Q)).Q
    return Q


def pca_lowrank(A, q=None, center=True, niter=2):
    """(U, S, V): `svd_lowrank` of rows of data (..., m, n), from which with `center` their mean is subtracted.

    The columns of V are the principal directions; q is min(6, m, n) by default.

    Raises: ShapeError, DTypeError; ArgumentValueError for q outside [0, min(m, n)], or niter < 0.
    """
    A = expect_matrices("pca_lowrank", A)
    smallest = min(A.shape[-2:])
    q = min(6, smallest) if q is None else integer("pca_lowrank", "q", q, 0, smallest)
    if boolean("pca_lowrank", "center", center):
        A = sub(A, mean(A, -2, True))
    return svd_lowrank(A, q, niter)
