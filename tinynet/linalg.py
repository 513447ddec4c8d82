"""`tinynet.linalg`: norms of vectors and matrices, and products."""

from .ops.diagonals import linalg_diagonal as diagonal
from .ops.matmul import matmul
from .ops.products import linalg_cross as cross
from .ops.products import multi_dot, vecdot
from .ops.vector_norm import linalg_norm as norm
from .ops.vector_norm import matrix_norm, vector_norm

__all__ = ["cross", "diagonal", "matmul", "matrix_norm", "multi_dot", "norm", "vecdot", "vector_norm"]
