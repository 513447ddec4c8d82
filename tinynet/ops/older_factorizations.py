"""Factorizations and solutions by the names that they had before `linalg`, which take other parameters."""

from .. import return_types
from ..arguments import boolean
from ..kernels.filled import zeros
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from . import lapack_status, linear_algebra
from . import lu as factors
from .lapack import expect_matrices
from .shape import mT

FUNCTIONS = "cholesky lu lu_solve lu_unpack triangular_solve"
METHODS = "cholesky lu lu_solve triangular_solve"


def cholesky(input, upper=False):
    """L, lower triangular, with x = L Lᵀ, or with `upper` Lᵀ: see `linalg.cholesky`.

    Raises: ShapeError, DTypeError, and LinAlgError where x is not positive definite.
    """
    return linear_algebra.cholesky(input, upper=upper)


def lu(A, pivot=True, get_infos=False):
    """(LU, pivots), or with `get_infos` (LU, pivots, info): see `linalg.lu_factor_ex`.

    Raises: ShapeError, DTypeError; ArgumentValueError for pivot=False; LinAlgError for a 0 on the diagonal of U, unless
    `get_infos` asks for it.
    """
    get_infos = boolean("lu", "get_infos", get_infos)
    found = lapack_status.lu_factor_ex(A, pivot=pivot, check_errors=not get_infos)
    return found if get_infos else (found.LU, found.pivots)


def lu_solve(input, LU_data, LU_pivots):
    """X with A X = B, for B (..., n, k) and what `lu` has made of A: see `linalg.lu_solve`.

    Raises: ShapeError, DTypeError for what does not fit, LinAlgError if A is singular.
    """
    return factors.lu_solve(LU_data, LU_pivots, input)


def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """(P, L, U) of what `lu` has made of a matrix P L U; without `unpack_data` or `unpack_pivots`, empty ones.

    Raises: ShapeError, DTypeError for pivots that do not fit.
    """
    LU, none = expect_matrices("lu_unpack", LU_data), wrap(zeros((0,), LU_data.array.dtype, LU_data.array))
    P, (L, U) = none, (none, none)
    if boolean("lu_unpack", "unpack_pivots", unpack_pivots):
        P = factors.permutation("lu_unpack", LU, LU_pivots)
    if boolean("lu_unpack", "unpack_data", unpack_data):
        L, U = factors.triangles(LU)
    return return_types.lu_unpack(P, L, U)


def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False):
    """(X, a copy of A), with A X = B for B (..., n, k) and triangular A: see `linalg.solve_triangular`.

    With `transpose`, Aᵀ X = B.

    Raises: ShapeError, DTypeError for what does not fit, LinAlgError if A is singular.
    """
    name, B = "triangular_solve", expect_tensor("triangular_solve", input)
    matrices, upper = expect_matrices(name, A, square=True), boolean(name, "upper", upper)
    if boolean(name, "transpose", transpose):
        matrices, upper = mT(matrices), not upper
    X = linear_algebra.solve_triangular(matrices, B, upper=upper, unitriangular=unitriangular)
    return return_types.triangular_solve(X, A.clone())
