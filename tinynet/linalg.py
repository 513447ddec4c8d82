"""`tinynet.linalg`: norms, products, inverses, determinants, factorizations, and functions of matrices."""

from .errors import LinAlgError
from .ops.diagonals import linalg_diagonal as diagonal
from .ops.factorizations import eigh, eigvalsh, svdvals
from .ops.factorizations import linalg_qr as qr
from .ops.factorizations import linalg_svd as svd
from .ops.householder import householder_product
from .ops.lapack_status import cholesky_ex, inv_ex, lu_factor_ex, solve_ex
from .ops.ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.linear_algebra import cholesky, det, inv, solve, solve_triangular
from .ops.lu import linalg_lu as lu
from .ops.lu import lu_factor, lu_solve
from .ops.matmul import matmul
from .ops.matrix_functions import cond, lstsq, matrix_exp, matrix_power, matrix_rank, tensorinv, tensorsolve
from .ops.matrix_functions import linalg_pinv as pinv
from .ops.matrix_functions import linalg_slogdet as slogdet
from .ops.matrix_functions import linalg_vander as vander
from .ops.out import LINALG, taking_out
from .ops.products import linalg_cross as cross
from .ops.products import multi_dot, vecdot
from .ops.vector_norm import linalg_norm as norm
from .ops.vector_norm import matrix_norm, vector_norm

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh",
    "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor",
    "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv",
    "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip

globals().update(taking_out(globals(), LINALG))
