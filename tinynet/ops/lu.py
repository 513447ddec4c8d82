"""A = P L U: Gaussian elimination with the largest pivot of each column, on the host; and systems solved by it."""

import math

import numpy as np

from .. import dtypes, return_types
from ..arguments import boolean, only
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, LinAlgError, ShapeError
from ..kernels.arrays import all_values, host, put
from ..tensor import wrap
from ..tensor_arguments import expect_tensor
from .arithmetic import add, sub
from .creation import eye
from .indexing import getitem
from .joining import cat
from .lapack import by_lapack, expect_matrices
from .linear_algebra import solution
from .matmul import matmul
from .pieces import tril, triu
from .registry import op
from .shape import mT


def linalg_lu(A, *, pivot=True):
    """(P, L, U): A = P L U with a permutation P (m, m), a lower triangle L (m, k) with ones, an upper one U (k, n).

    k is min(m, n). Raises: ShapeError, DTypeError; ArgumentValueError for pivot=False.
    """
    only("lu", "pivot", pivot, True)
    packed, _, P = factored("lu", A)
    return return_types.linalg_lu(P, *triangles(packed))


def lu_factor(A, *, pivot=True):
    """(LU, pivots): L, without its ones, below U in one matrix, and the row, from 1 on, with which each changed places.

    Raises: ShapeError, DTypeError; ArgumentValueError for pivot=False, LinAlgError where U has a 0 on its diagonal.
    """
    only("lu_factor", "pivot", pivot, True)
    packed, pivots, _ = factored("lu_factor", A)
    if not all_values(packed.array).diagonal(axis1=-2, axis2=-1).all():
        raise LinAlgError("lu_factor: expected matrices to solve systems by, got one with a 0 among U's pivots")
    return return_types.linalg_lu_factor(packed, pivots)


def lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """X with A X = B for B (..., n, k), where A (..., n, n) is what `lu_factor` has factored.

    With left=False X A = B, and with `adjoint` Aᵀ in the place of A.

    Raises: ShapeError, DTypeError for what does not fit, LinAlgError if A is singular.
    """
    LU, B = expect_matrices("lu_solve", LU, square=True), expect_matrices("lu_solve", B)
    if LU.array.dtype != B.array.dtype:
        raise DTypeError(f"lu_solve: expected one dtype, got {LU.dtype} and {B.dtype}")
    if not boolean("lu_solve", "left", left):
        return mT(lu_solve(LU, pivots, mT(B), adjoint=not boolean("lu_solve", "adjoint", adjoint)))
    n = LU.array.shape[-1]
    if B.array.shape[-2] != n:
        raise ShapeError(f"lu_solve: expected {n} rows in B, got shape {B.shape}")
    P, (L, U) = permutation("lu_solve", LU, pivots), triangles(LU)
    if boolean("lu_solve", "adjoint", adjoint):
        return matmul(P, solution(mT(L), solution(mT(U), B)))
    return solution(U, solution(L, matmul(mT(P), B)))


def factored(name, A):
    """(L and U in one matrix, pivots, P), the first with a gradient."""
    A = expect_matrices(name, A)
    packed, pivots = by_lapack(name, eliminated, A)
    rows = _rows_in_order(host(pivots), A.array.shape[-2])
    P = _permutation(rows, A)
    return lu_packed(A, packed, P), wrap(pivots), P


@op
def lu_packed(A, packed, P):
    """L and U in one matrix: with B = Pᵀ A and Φ = tril(Lᵀ gL, −1) + triu(gU Uᵀ), gB = L⁻ᵀ Φ U⁻ᵀ, for a square A.

    Of a higher A the rows below are B₂ = L₂ U, so gB₂ = gL₂ U⁻ᵀ, and gU loses L₂ᵀ gB₂. Of a wider one the columns to
    the right are B₂ = L U₂, so gB₂ = L⁻ᵀ gU₂, and gL loses gB₂ U₂ᵀ.
    """
    m, n = A.array.shape[-2:]
    k = min(m, n)
    top, left = (..., slice(k), slice(None)), (..., slice(None), slice(k))
    below, right = (..., slice(k, None), slice(None)), (..., slice(None), slice(k, None))

    def gradient(g, y):
        L, U = triangles(y)
        gL, gU = getitem(tril(g, -1), left), getitem(triu(g), top)
        L1, gL1, U1, gU1 = getitem(L, top), getitem(gL, top), getitem(U, left), getitem(gU, left)
        if m > n:
            rest = mT(solution(U1, mT(getitem(gL, below))))
            gU1 = sub(gU1, matmul(mT(getitem(L, below)), rest))
        if m < n:
            rest = solution(mT(L1), getitem(gU, right))
            gL1 = sub(gL1, matmul(rest, mT(getitem(U, right))))
        inner = add(tril(matmul(mT(L1), gL1), -1), triu(matmul(gU1, mT(U1))))
        gB = solution(mT(L1), mT(solution(U1, mT(inner))))
        if m != n:
            gB = cat([gB, rest], -2 if m > n else -1)
        return matmul(P, gB)

    return record("lu", packed, (A,), gradient, saves_output=True)


def triangles(packed):
    """L and U out of one matrix."""
    m, n = packed.array.shape[-2:]
    k = min(m, n)
    below = tril(getitem(packed, (..., slice(None), slice(k))), -1)
    ones = eye(m, k, dtype=packed.dtype, device=packed.device)
    return add(below, ones), triu(getitem(packed, (..., slice(k), slice(None))))


def eliminated(a):
    """(L and U in one matrix, pivots) of matrices on the host, column after column of all of them."""
    stack, (m, n) = a.shape[:-2], a.shape[-2:]
    a, k = a.reshape(math.prod(stack), m, n).copy(), min(m, n)
    pivots, every = np.empty((len(a), k), dtypes.int32), np.arange(len(a))
    for j in range(k):
        row = j + np.abs(a[:, j:, j]).argmax(1)
        pivots[:, j] = row + 1
        upper = a[every, row]
        a[every, row] = a[:, j]
        a[:, j] = upper
        pivot = upper[:, j, None]
        a[:, j + 1 :, j] /= np.where(pivot == 0, 1, pivot)  # a column of zeros is left as it is
        a[:, j + 1 :, j + 1 :] -= a[:, j + 1 :, j, None] * upper[:, None, j + 1 :]
    return a.reshape(*stack, m, n), pivots.reshape(*stack, k)


def permutation(name, LU, pivots):
    """P of the pivots of `lu_factor`. Raises: ShapeError, DTypeError, ArgumentValueError for others."""
    pivots, (*stack, m, n) = expect_tensor(name, pivots, "pivots"), LU.array.shape
    if pivots.array.shape != (*stack, min(m, n)):
        raise ShapeError(f"{name}: expected pivots of shape {(*stack, min(m, n))}, got {pivots.shape}")
    if pivots.array.dtype != dtypes.int32:
        raise DTypeError(f"{name}: expected pivots of int32, got {pivots.dtype}")
    pivots = host(pivots.array)
    if pivots.size and not (pivots.min() >= 1 and pivots.max() <= m):
        raise ArgumentValueError(f"{name}: expected pivots from 1 to {m}")
    return _permutation(_rows_in_order(pivots, m), LU)


def _rows_in_order(pivots, m):
    """Which row of A comes first, second, ... after all exchanges."""
    stack, k = pivots.shape[:-1], pivots.shape[-1]
    pivots = pivots.reshape(math.prod(stack), k)
    rows, every = np.tile(np.arange(m), (len(pivots), 1)), np.arange(len(pivots))
    for j in range(k):
        row = pivots[:, j] - 1
        rows[every, row], rows[:, j] = rows[:, j].copy(), rows[every, row]
    return rows.reshape(*stack, m)


def _permutation(rows, like):
    """P, for which (Pᵀ A)ᵢ is row rowsᵢ of A, in the dtype and on the device of a tensor."""
    m = rows.shape[-1]
    P = np.swapaxes(np.eye(m, dtype=like.array.dtype)[rows], -1, -2)
    return wrap(put(np.ascontiguousarray(P), like.array))
