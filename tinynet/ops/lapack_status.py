"""Factorizations and solutions that do not raise for a matrix without one: LAPACK's `info` says where each ended.

info is 0 for a matrix that has a result, and else the number, from 1 on, of the pivot or leading minor that has none.
Where it is not 0 the result is NaN, but of `lu_factor_ex`, which always has one.
"""

import numpy as np

from .. import dtypes, return_types
from ..arguments import boolean, only
from ..errors import LinAlgError
from ..kernels.arrays import host, put
from ..kernels.filled import zeros
from ..tensor import wrap
from .choosing import where
from .comparison import eq
from .creation import eye
from .lapack import by_lapack
from .linear_algebra import cholesky, inv, solve
from .lu import eliminated, factored
from .shape import unsqueeze


def cholesky_ex(A, *, upper=False, check_errors=False):
    """(L, info): see `linalg.cholesky`; info is the order of the first leading minor that is not positive.

    Raises: ShapeError, DTypeError, and with `check_errors` LinAlgError where info is not 0.
    """
    found = _attempted("cholesky_ex", lambda A: cholesky(A, upper=upper), A, check_errors, _first_minor)
    return return_types.linalg_cholesky_ex(*found)


def inv_ex(A, *, check_errors=False):
    """(inverse, info): see `linalg.inv`; info is the first pivot of elimination that is 0.

    Raises: ShapeError, DTypeError, and with `check_errors` LinAlgError where info is not 0.
    """
    return return_types.linalg_inv_ex(*_attempted("inv_ex", inv, A, check_errors, _first_zero))


def solve_ex(A, B, *, left=True, check_errors=False):
    """(result, info): see `linalg.solve`; info is the first pivot of the elimination of A that is 0.

    Raises: ShapeError, DTypeError, and with `check_errors` LinAlgError where info is not 0.
    """
    vectors = lambda: B.array.ndim == 1 or B.array.shape == A.array.shape[:-1]
    found = _attempted("solve_ex", lambda A: solve(A, B, left=left), A, check_errors, _first_zero, vectors)
    return return_types.linalg_solve_ex(*found)


def lu_factor_ex(A, *, pivot=True, check_errors=False):
    """(LU, pivots, info): see `linalg.lu_factor`; info is the first 0 on the diagonal of U.

    Raises: ShapeError, DTypeError; ArgumentValueError for pivot=False, with `check_errors` LinAlgError for info ≠ 0.
    """
    only("lu_factor_ex", "pivot", pivot, True)
    packed, pivots, _ = factored("lu_factor_ex", A)
    info = zero_on_diagonal(host(packed.array))
    if boolean("lu_factor_ex", "check_errors", check_errors) and info.any():
        raise LinAlgError(f"lu_factor_ex: expected U without a 0 on its diagonal, got one in row {info.max()}")
    return return_types.linalg_lu_factor_ex(packed, pivots, wrap(put(info, packed.array)))


def _attempted(name, function, A, check_errors, where_ended, vectors=bool):
    """(function(A), info), where matrices for which it raises an error are replaced by the identity on the way."""
    check_errors = boolean(name, "check_errors", check_errors)
    try:
        return function(A), wrap(zeros(A.array.shape[:-2], dtypes.int32, A.array))
    except LinAlgError:
        if check_errors:
            raise
    info = wrap(by_lapack(name, lambda a: _info(a, where_ended), A))
    as_matrix = lambda mask: unsqueeze(unsqueeze(mask, -1), -1)
    good = eq(info, 0)
    found = function(where(as_matrix(good), A, eye(A.shape[-1], dtype=A.dtype, device=A.device)))
    return where(unsqueeze(good, -1) if vectors() else as_matrix(good), found, np.nan), info


def _info(a, where_ended):
    return np.array([where_ended(one) for one in a.reshape(-1, *a.shape[-2:])], dtypes.int32).reshape(a.shape[:-2])


def _first_minor(a):
    """The order of the first leading minor that has no Cholesky factor; 0 if all have."""
    low, high = 0, len(a) + 1  # those up to the order `low` have one, that of `high` has none
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _succeeds(np.linalg.cholesky, a[:middle, :middle]) else (low, middle)
    return 0 if high > len(a) else high


def _first_zero(a):
    """The first pivot of elimination that is 0; the last, where LAPACK rounds to 0 what is not."""
    if _succeeds(np.linalg.inv, a):
        return 0
    return int(zero_on_diagonal(eliminated(a)[0])) or len(a)


def _succeeds(function, a):
    try:
        function(a)
    except np.linalg.LinAlgError:
        return False
    return True


def zero_on_diagonal(a):
    """The row, from 1 on, of the first 0 on the diagonal of each matrix; 0 if there is none."""
    zero = a.diagonal(axis1=-2, axis2=-1) == 0
    return np.where(zero.any(-1), zero.argmax(-1) + 1 if zero.shape[-1] else 0, 0).astype(dtypes.int32)
