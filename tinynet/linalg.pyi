"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor
def cholesky(A, *, upper: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """L, lower triangular, with A = L Lᵀ, for symmetric positive definite A (..., n, n); with `upper`, Lᵀ."""
def cholesky_ex(A, *, upper: _bool = False, check_errors: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(L, info): see `linalg.cholesky`; info is the order of the first leading minor that is not positive."""
def cond(A, p = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """‖A‖ ‖A⁻¹‖ in a norm of `matrix_norm`; by default, and for p = 2, the largest singular value by the smallest."""
def cross(input: Tensor, other: Operand, *, dim: _int | Sequence[_int] = -1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`cross` along the last dimension unless another is named."""
def det(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The determinant of each matrix (..., n, n); its gradient needs the inverse."""
def diagonal(A, *, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Tensor:
    """`diagonal` of the matrices in the last two dimensions unless others are named."""
def eigh(A, UPLO: _str = 'L', *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(eigenvalues, eigenvectors): A = V diag(w) Vᵀ for symmetric A (..., n, n), the eigenvalues w in ascending order."""
def eigvalsh(A, UPLO: _str = 'L', *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The eigenvalues of symmetric matrices in ascending order: see `eigh`."""
def householder_product(A, tau, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The first n columns of H₁ ... Hₖ, for A (..., m, n) with the vectors of the reflections, and tau (..., k)."""
def inv(A, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and LinAlgError if singular."""
def inv_ex(A, *, check_errors: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(inverse, info): see `linalg.inv`; info is the first pivot of elimination that is 0."""
def ldl_factor(A, *, hermitian: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(LD, pivots): L, without its ones, and D in one lower triangle, for A = L D Lᵀ; only that of A is read."""
def ldl_factor_ex(A, *, hermitian: _bool = False, check_errors: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(LD, pivots, info): see `linalg.ldl_factor`; info is the first row of D, from 1 on, that is 0, or 0."""
def ldl_solve(LD, pivots, B, *, hermitian: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with A X = B for B (..., n, k), where A (..., n, n) is what `ldl_factor` has factored; stacks broadcast."""
def lstsq(A, B, rcond = None, *, driver = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(solution, residuals, rank, singular_values): X with the least ‖A X − B‖, of all such the smallest."""
def lu(A, *, pivot: _bool = True, out: Tensor | Sequence[Tensor] | None = None) -> tuple[Tensor, ...]:
    """(P, L, U): A = P L U with a permutation P (m, m), a lower triangle L (m, k) with ones, an upper one U (k, n)."""
def lu_factor(A, *, pivot: _bool = True, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(LU, pivots): L, without its ones, below U in one matrix, and the row, from 1 on, with which each changed places."""
def lu_factor_ex(A, *, pivot: _bool = True, check_errors: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(LU, pivots, info): see `linalg.lu_factor`; info is the first 0 on the diagonal of U."""
def lu_solve(LU, pivots, B, *, left: _bool = True, adjoint: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with A X = B for B (..., n, k), where A (..., n, n) is what `lu_factor` has factored."""
def matmul(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x @ y: out[..., i, j] = Σₖ x[..., i, k] y[..., k, j], where leading dimensions broadcast."""
def matrix_exp(input: Tensor) -> Tensor:
    """e^A = Σ Aᵏ / k! for each matrix (..., n, n)."""
def matrix_norm(A, ord: _str = 'fro', dim: Any = ..., keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The norm of matrices: "fro", or the largest (−1, −∞: smallest) sum of |x| of a column (±1) or a row (±∞)."""
def matrix_power(input: Tensor, n, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Aⁿ = A A ... A for each matrix (..., k, k), by repeated squaring; of the inverse for n < 0."""
def matrix_rank(A, tol = None, *, atol = None, rtol = None, hermitian: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """How many singular values of each matrix are larger than max(atol, rtol · the largest): see `linalg.pinv`."""
def multi_dot(tensors, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of several matrices, in the order of the fewest multiplications; the ends may be vectors."""
def norm(A, ord = None, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """`vector_norm` over all, over one dimension, or without `ord`; `matrix_norm` with `ord` over two."""
def pinv(A, *, atol = None, rtol = None, hermitian: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """A⁺, for which A A⁺ A = A: of each matrix (..., m, n) the Moore-Penrose pseudoinverse (..., n, m)."""
def qr(A, mode: _str = 'reduced', *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.qr:
    """(Q, R): A = Q R with orthonormal columns Q and an upper triangle R."""
def slogdet(A, *, out: Tensor | Sequence[Tensor] | None = None) -> return_types.slogdet:
    """(sign, logabsdet) of the determinant of each matrix (..., n, n): 0 and −∞ of a singular one."""
def solve(A, B, *, left: _bool = True, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with A X = B, for matrices A (..., n, n), and B (..., n, k) or vectors (..., n); with left=False, X A = B."""
def solve_ex(A, B, *, left: _bool = True, check_errors: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(result, info): see `linalg.solve`; info is the first pivot of the elimination of A that is 0."""
def solve_triangular(A, B, *, upper, left: _bool = True, unitriangular: _bool = False, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with A X = B (left=False: X A = B), where of A only the upper or the lower triangle is read."""
def svd(A, full_matrices: _bool = True, *, driver = None, out: Tensor | Sequence[Tensor] | None = None) -> return_types.svd:
    """(U, S, Vh): A = U diag(S) Vh with orthonormal columns U and rows Vh, the singular values S in descending order."""
def svdvals(A, *, driver = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The singular values of matrices in descending order. Raises ShapeError, DTypeError."""
def tensorinv(A, ind: Any = 2, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The inverse of A as a map from its dimensions from `ind` on to those before. Raises ShapeError."""
def tensorsolve(A, B, dims = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """X with tensordot(A, X, X.ndim) = B, after the dimensions `dims` of A have been moved to its end."""
def vander(x, *, N = None) -> Tensor:
    """The powers x⁰, x¹, ... xᴺ⁻¹ of each element, in a new last dimension; N is by default the size of the last."""
def vecdot(x, y, *, dim: _int | Sequence[_int] = -1, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Σ xᵢ yᵢ along a dimension; the others broadcast."""
def vector_norm(x, ord: Any = 2, dim = None, keepdim: _bool = False, *, dtype = None, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """(Σ |x|ᵖ)^(1/p) for p = ord over `dim`, a number or several, or over all; max |x| for ∞, min |x| for −∞, and for
    0 the number of elements that are not 0."""
