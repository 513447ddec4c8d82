"""Products of Householder reflections H = 1 − τ v vᵀ, in LAPACK's form: v below the diagonal, under a 1 on it.

H₁ ... Hₖ = 1 − V T Vᵀ, where V has the columns v, and T = (1 + diag(τ) triu(VᵀV, 1))⁻¹ diag(τ) is an upper triangle.
"""

import numpy as np

from .. import return_types
from ..arguments import boolean
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..tensor_arguments import expect_tensor
from .arithmetic import add, mul, sub
from .creation import eye
from .diagonals import diag_embed
from .indexing import getitem
from .lapack import by_lapack, expect_matrices, refusing
from .linear_algebra import solve_triangular
from .matmul import matmul
from .pieces import tril, triu
from .shape import mT, unsqueeze

FUNCTIONS = METHODS = "geqrf ormqr orgqr"


def geqrf(input):
    """(a, tau): R on and above the diagonal of a, and below it, with τ, the reflections whose product is Q: A = Q R.

    Raises: ShapeError, DTypeError; GraphError for gradients, which `linalg.qr` has.
    """
    A = expect_matrices("geqrf", input)

    def compute(a):
        h, tau = np.linalg.qr(a, "raw")
        return h.swapaxes(-1, -2), tau

    refuse = refusing("geqrf: has no gradient; use linalg.qr")
    return return_types.geqrf(*[record("geqrf", part, (A,), refuse) for part in by_lapack("geqrf", compute, A)])


def householder_product(A, tau):
    """The first n columns of H₁ ... Hₖ, for A (..., m, n) with the vectors of the reflections, and tau (..., k).

    Raises: ShapeError unless m ≥ n ≥ k, DTypeError for two dtypes.
    """
    V, T = _reflections("householder_product", A, tau)
    m, n = A.array.shape[-2:]
    if m < n:
        raise ShapeError(f"householder_product: expected at least as many rows as columns, got shape {A.shape}")
    top = getitem(V, (..., slice(n), slice(None)))
    return sub(_ones(m, n, A), matmul(V, matmul(T, mT(top))))


def orgqr(input, input2):
    """The first n columns of H₁ ... Hₖ, for tau = `input2`: see `linalg.householder_product`."""
    return householder_product(input, input2)


def ormqr(input, input2, input3, left=True, transpose=False):
    """Q C for Q = H₁ ... Hₖ, tau = `input2`, C = `input3`; with left=False C Q, with `transpose` Qᵀ in place of Q.

    Raises: ShapeError for shapes that do not fit, DTypeError for several dtypes.
    """
    (V, T), C = _reflections("ormqr", input, input2), expect_matrices("ormqr", input3)
    if C.array.dtype != V.array.dtype:
        raise DTypeError(f"ormqr: expected one dtype, got {V.dtype} and {C.dtype}")
    left, (*stack, m, k) = boolean("ormqr", "left", left), V.array.shape
    if [*C.array.shape[:-2], C.array.shape[-2 if left else -1]] != [*stack, m]:
        expected = ", ".join([*map(str, stack), *([str(m), "n"] if left else ["n", str(m)])])
        raise ShapeError(f"ormqr: expected input3 of shape ({expected}), got {C.shape}")
    if k != min(m, input.array.shape[-1]):
        raise ShapeError(f"ormqr: expected tau (..., {min(m, input.array.shape[-1])}), got shape {input2.shape}")
    if boolean("ormqr", "transpose", transpose):
        T = mT(T)
    if left:
        return sub(C, matmul(V, matmul(T, matmul(mT(V), C))))
    return sub(C, matmul(matmul(matmul(C, V), T), mT(V)))


def _reflections(name, A, tau):
    """(V, T), checked."""
    A, tau = expect_matrices(name, A), expect_tensor(name, tau, "tau")
    (*stack, m, n), k = A.array.shape, tau.array.shape[-1] if tau.array.ndim else -1
    if [*tau.array.shape] != [*stack, k] or not 0 <= k <= min(m, n):
        expected = ", ".join([*map(str, stack), "k"])
        raise ShapeError(f"{name}: expected tau ({expected}) with k ≤ {min(m, n)}, got shape {tau.shape}")
    if A.array.dtype != tau.array.dtype:
        raise DTypeError(f"{name}: expected one dtype, got {A.dtype} and {tau.dtype}")
    V = add(tril(getitem(A, (..., slice(k))), -1), _ones(m, k, A))
    inner = mul(unsqueeze(tau, -1), triu(matmul(mT(V), V), 1))
    return V, solve_triangular(inner, diag_embed(tau), upper=True, unitriangular=True)


def _ones(rows, columns, like):
    return eye(rows, columns, dtype=like.dtype, device=like.device)
