"""`tinynet.linalg`: norms of vectors and matrices."""

from .ops.vector_norm import linalg_norm as norm
from .ops.vector_norm import matrix_norm, vector_norm

__all__ = ["matrix_norm", "norm", "vector_norm"]
