"""Inverses, determinants, linear systems and Cholesky factors by NumPy on the host; gradients are products of them."""

import numpy as np

from ..arguments import boolean
from ..autograd.graph import record, zero_gradient
from ..errors import DTypeError, GraphError, ShapeError
from ..kernels.arrays import all_values
from ..tensor_arguments import expect_tensor
from .arithmetic import add, mul, neg
from .choosing import where
from .comparison import lt
from .creation import eye
from .lapack import by_lapack, expect_matrices
from .matmul import matmul
from .pieces import tril, triu
from .registry import op
from .shape import mT, squeeze, unsqueeze

FUNCTIONS = "inverse det logdet cholesky_inverse cholesky_solve"
METHODS = FUNCTIONS


def inv(A):
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and LinAlgError if singular."""
    return inverse(A)


@op
def inverse(input):
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and LinAlgError if singular."""
    A = expect_matrices("inverse", input, square=True)
    out = by_lapack("inverse", np.linalg.inv, A)
    gradient = lambda g, y: neg(matmul(matmul(mT(y), g), mT(y)))
    return record("inverse", out, (A,), gradient, saves_output=True)


@op
def det(input):
    """The determinant of each matrix (..., n, n); its gradient needs the inverse.

    Raises: ShapeError, DTypeError; GraphError for the gradient of a singular matrix.
    """
    A = expect_matrices("det", input, square=True)

    def gradient(g, y):
        if not all_values(y.array).all():
            raise GraphError("det: the gradient of the determinant of a singular matrix is not supported")
        return mul(unsqueeze(unsqueeze(mul(g, y), -1), -1), mT(inverse(A)))

    return record("det", by_lapack("det", np.linalg.det, A), (A,), gradient, saves_output=True)


@op
def sign_and_log_abs_det(name, A):
    """The sign of det A and log |det A| of each matrix, 0 and −∞ of a singular one, by one factorization."""
    sign, log = by_lapack(name, np.linalg.slogdet, A)
    gradient = lambda g: mul(unsqueeze(unsqueeze(g, -1), -1), mT(inverse(A)))
    return record(name, sign, (A,), lambda g: zero_gradient(A)), record(name, log, (A,), gradient)


def logdet(input):
    """log det A of each matrix (..., n, n), NaN for a negative determinant. Raises ShapeError, DTypeError."""
    sign, log = sign_and_log_abs_det("logdet", expect_matrices("logdet", input, square=True))
    return where(lt(sign.detach(), 0), np.nan, log)


def solve(A, B, *, left=True):
    """X with A X = B, for matrices A (..., n, n), and B (..., n, k) or vectors (..., n); with left=False, X A = B.

    Raises: ShapeError, DTypeError for what does not fit, LinAlgError if A is singular.
    """
    A, B = expect_matrices("solve", A, square=True), expect_tensor("solve", B, "B")
    vectors = B.array.ndim == 1 or B.array.shape == A.array.shape[:-1]
    if not boolean("solve", "left", left):
        return mT(solve(mT(A), mT(B)))
    out = _matrix_solution("solve", A, unsqueeze(B, -1) if vectors else B)
    return squeeze(out, -1) if vectors else out


def _matrix_solution(name, A, B):
    if A.array.dtype != B.array.dtype:
        raise DTypeError(f"{name}: expected one dtype, got {A.dtype} and {B.dtype}")
    if B.array.ndim < 2 or B.array.shape[-2] != A.array.shape[-1]:
        raise ShapeError(f"{name}: expected {A.array.shape[-1]} rows in B, got shape {B.shape}")
    return solution(A, B)


@op
def solution(A, B):
    """A⁻¹ B: gB = A⁻ᵀ g, gA = −gB Xᵀ."""
    gB = lambda g, x: solution(mT(A), g)
    gA = lambda g, x: neg(matmul(gB(g, x), mT(x)))
    return record("solve", by_lapack("solve", np.linalg.solve, A, B), (A, B), gA, gB, saves_output=True)


def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X with A X = B (left=False: X A = B), where of A only the upper or the lower triangle is read.

    With `unitriangular` the diagonal of A counts as ones. Raises: ShapeError, DTypeError for what does not fit,
    LinAlgError if A is singular.
    """
    name = "solve_triangular"
    A, unit = expect_matrices(name, A, square=True), boolean(name, "unitriangular", unitriangular)
    A = triu(A, int(unit)) if boolean(name, "upper", upper) else tril(A, -int(unit))
    if expect_tensor(name, B, "B").array.ndim < 2:
        raise ShapeError(f"{name}: expected B as matrices (..., n, k), got shape {B.shape}")
    A = add(A, eye(A.shape[-1], dtype=A.dtype, device=A.device)) if unit else A
    if boolean(name, "left", left):
        return _matrix_solution(name, A, B)
    return mT(_matrix_solution(name, mT(A), mT(B)))


def cholesky(A, *, upper=False):
    """L, lower triangular, with A = L Lᵀ, for symmetric positive definite A (..., n, n); with `upper`, Lᵀ.

    Only the lower triangle of A is read, or with `upper` the upper one.

    Raises: ShapeError, DTypeError, and LinAlgError where A is not positive definite.
    """
    A = expect_matrices("cholesky", A, square=True)
    return mT(cholesky_factor(mT(A))) if boolean("cholesky", "upper", upper) else cholesky_factor(A)


@op
def cholesky_factor(A):
    """L: gA = L⁻ᵀ Φ(Lᵀ gL) L⁻¹, its symmetric part, where Φ takes the lower triangle and half the diagonal.

    Murray (2016), "Differentiation of the Cholesky decomposition".
    """

    def gradient(g, L):
        product = matmul(mT(L), g)
        phi = mul(add(tril(product), tril(product, -1)), 0.5)
        inner = solution(mT(L), mT(solution(mT(L), mT(phi))))
        return mul(add(inner, mT(inner)), 0.5)

    return record("cholesky", by_lapack("cholesky", np.linalg.cholesky, A), (A,), gradient, saves_output=True)


def cholesky_solve(input, input2, upper=False):
    """X with A X = B, where `input2` is the Cholesky factor of A. Raises ShapeError, DTypeError, LinAlgError."""
    L = _lower("cholesky_solve", input2, upper)
    half = _matrix_solution("cholesky_solve", L, expect_tensor("cholesky_solve", input))
    return solution(mT(L), half)


def cholesky_inverse(input, upper=False):
    """A⁻¹, where L is the Cholesky factor of A. Raises ShapeError, DTypeError, LinAlgError if it is singular."""
    root = inverse(_lower("cholesky_inverse", input, upper))
    return matmul(mT(root), root)


def _lower(name, factor, upper):
    """The lower triangle of a Cholesky factor, which with `upper` is given transposed."""
    factor = expect_matrices(name, factor, square=True)
    return mT(triu(factor)) if boolean(name, "upper", upper) else tril(factor)
