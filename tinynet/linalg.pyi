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
def cholesky(A, *, upper: _bool = False) -> Tensor:
    """L, lower triangular, with A = L Lᵀ, for symmetric positive definite A (..., n, n); with `upper`, Lᵀ."""
def cross(input: Tensor, other: Operand, *, dim: _int | Sequence[_int] = -1) -> Tensor:
    """`cross` along the last dimension unless another is named."""
def det(input: Tensor) -> Tensor:
    """The determinant of each matrix (..., n, n); its gradient needs the inverse."""
def diagonal(A, *, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Tensor:
    """`diagonal` of the matrices in the last two dimensions unless others are named."""
def inv(A) -> Tensor:
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and ArgumentValueError if singular."""
def matmul(input: Tensor, other: Operand) -> Tensor:
    """x @ y: out[..., i, j] = Σₖ x[..., i, k] y[..., k, j], where leading dimensions broadcast."""
def matrix_norm(A, ord: _str = 'fro', dim: Any = ..., keepdim: _bool = False, *, dtype = None) -> Tensor:
    """The norm of matrices: "fro", or the largest (−1, −∞: smallest) sum of |x| of a column (±1) or a row (±∞)."""
def multi_dot(tensors) -> Tensor:
    """The product of several matrices, in the order of the fewest multiplications; the ends may be vectors."""
def norm(A, ord = None, dim = None, keepdim: _bool = False, *, dtype = None) -> Tensor:
    """`vector_norm` over all, over one dimension, or without `ord`; `matrix_norm` with `ord` over two."""
def solve(A, B, *, left: _bool = True) -> Tensor:
    """X with A X = B, for matrices A (..., n, n), and B (..., n, k) or vectors (..., n); with left=False, X A = B."""
def solve_triangular(A, B, *, upper, left: _bool = True, unitriangular: _bool = False) -> Tensor:
    """X with A X = B (left=False: X A = B), where of A only the upper or the lower triangle is read."""
def vecdot(x, y, *, dim: _int | Sequence[_int] = -1) -> Tensor:
    """Σ xᵢ yᵢ along a dimension; the others broadcast."""
def vector_norm(x, ord: Any = 2, dim = None, keepdim: _bool = False, *, dtype = None) -> Tensor:
    """(Σ |x|ᵖ)^(1/p) for p = ord over `dim`, a number or several, or over all; max |x| for ∞, min |x| for −∞, and for
    0 the number of elements that are not 0."""
