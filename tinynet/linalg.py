"""`tinynet.linalg`: norms of vectors and matrices, products, inverses and determinants."""

from .ops.diagonals import linalg_diagonal as diagonal
from .ops.linear_algebra import cholesky, det, inv, solve, solve_triangular
from .ops.matmul import matmul
from .ops.products import linalg_cross as cross
from .ops.products import multi_dot, vecdot
from .ops.vector_norm import linalg_norm as norm
from .ops.vector_norm import matrix_norm, vector_norm

__all__ = [
    "cholesky", "cross", "det", "diagonal", "inv", "matmul", "matrix_norm", "multi_dot", "norm", "solve",
    "solve_triangular", "vecdot", "vector_norm",
]  # fmt: skip
