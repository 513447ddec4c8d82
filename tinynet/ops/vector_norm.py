"""Norms of vectors and matrices, and distances."""

import math

from ..arguments import axes, axis_of, boolean, number, one_of, wrong_value
from ..autograd.graph import record
from ..errors import ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.filled import zeros
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import abs, pow, sign
from .choosing import where
from .factorizations import svdvals
from .operands import to
from .out import write_to
from .rearrange import movedim
from .reduction import amax, amin, reduced, reduced_shapes, sum
from .registry import op
from .shape import reshape, squeeze

FUNCTIONS = "norm dist renorm"
METHODS = FUNCTIONS
IN_PLACE = "renorm"


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """(Σ |x|ᵖ)^(1/p) over `dim`, a number or several, or over all; "fro" is p = 2, and p may be ±∞ or 0.

    With p = "nuc" the sum of the singular values of matrices. It is written to `out` if that is given.
    """
    if out is not None:
        return write_to(out, norm, input, p, dim, keepdim, dtype=dtype)
    if isinstance(p, str):
        if one_of("norm", "p", p, ("fro", "nuc")) == "nuc":
            return matrix_norm(input, "nuc", dim, keepdim, dtype=dtype)
        p = 2.0
    p = 2.0 if p is None else p
    return vector_norm(input, p, dim, keepdim, dtype=dtype)


def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """(Σ |x|ᵖ)^(1/p) for p = ord over `dim`, a number or several, or over all; max |x| for ∞, min |x| for −∞, and for
    0 the number of elements that are not 0."""
    x = expect_floating("vector_norm", x if dtype is None else to(expect_tensor("vector_norm", x, "x"), dtype), "x")
    p, keepdim = number("vector_norm", "ord", ord), boolean("vector_norm", "keepdim", keepdim)
    over = axes("vector_norm", dim, x.array.ndim)
    if p == math.inf and x.array.size:
        return amax(abs(x), over, keepdim)
    if p == -math.inf:
        return amin(abs(x), over, keepdim)
    if p == 1:
        return sum(abs(x), over, keepdim)
    return power_norm(x, float(p), over, keepdim)


@op
def power_norm(x, p, over, keepdim):
    """(Σ |x|ᵖ)^(1/p), or for p = 0 the number of x ≠ 0.

    Its gradient where it is 0, and has none, is taken as 0, and so is that by an x = 0 for p < 1.
    """
    kept, _, _ = reduced_shapes(x.array.shape, over)
    if p == 0:
        y = to(sum(x.detach() != 0, over, keepdim), x.array.dtype).array
    elif p == 2:
        squares = empty_like(x.array)
        launch(kernels.mul, squares, x.array, x.array)
        y, _ = reduced(kernels.sum, wrap(squares), over, keepdim)
        launch(kernels.sqrt, y, y)
    else:
        y = pow(sum(pow(abs(x.detach()), p), over, keepdim), 1 / p).array

    def gx(g, y):
        if p == 0:
            return wrap(zeros(x.array.shape, g.array.dtype, g.array))
        g, y = reshape(g, kept), reshape(y, kept)
        if p == 2:
            return x * where(y == 0, 0.0, g / y)
        ratio = where(x == 0, 0.0, sign(x) * pow(abs(x), p - 1))
        return ratio * where(y == 0, 0.0, g / pow(y, p - 1))

    return record("norm", y, (x,), gx, saves_output=True)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """The norm of matrices: "fro", or the largest (−1, −∞: smallest) sum of |x| of a column (±1) or a row (±∞).

    Of the singular values 2 is the largest, −2 the smallest, and "nuc" the sum.

    Raises: ShapeError unless there are two dimensions.
    """
    A = expect_floating("matrix_norm", A if dtype is None else to(expect_tensor("matrix_norm", A, "A"), dtype), "A")
    dims = axes("matrix_norm", dim, A.array.ndim)
    if A.array.ndim < 2 or len(dims) != 2:
        raise ShapeError(f"matrix_norm: expected 2 dimensions for the matrices, got dim={dim} of shape {A.shape}")
    keepdim = boolean("matrix_norm", "keepdim", keepdim)
    if isinstance(ord, str) and ord == "fro":
        return vector_norm(A, 2, dims, keepdim)
    if isinstance(ord, str | int | float) and ord in ("nuc", 2, -2):
        return _by_singular_values(A, ord, dims, keepdim)
    if isinstance(ord, str) or number("matrix_norm", "ord", ord) not in (1, -1, math.inf, -math.inf):
        raise wrong_value("matrix_norm", "ord to be 'fro', 'nuc', ±1, ±2 or ±inf", ord)
    summed, compared = dims if ord in (1, -1) else dims[::-1]
    sums = sum(abs(A), summed, True)
    found = _extreme(sums, ord, compared)
    return found if keepdim else squeeze(found, dims)


def _by_singular_values(A, ord, dims, keepdim):
    """The sum ("nuc"), the largest (2) or the smallest (−2) of the singular values of matrices."""
    values = svdvals(movedim(A, dims, (-2, -1)))
    found = sum(values, -1) if ord == "nuc" else squeeze(_extreme(values, ord, -1), -1)
    kept = [1 if i in dims else n for i, n in enumerate(A.array.shape)]
    return reshape(found, kept) if keepdim else found


def _extreme(values, ord, axis):
    """The largest of values ≥ 0, which is 0 of none; the smallest for negative orders. The axis is kept."""
    if ord < 0:
        return amin(values, axis, True)
    return amax(values, axis, True) if values.array.shape[axis] else sum(values, axis, True)


def linalg_norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """`vector_norm` over all, over one dimension, or without `ord`; `matrix_norm` with `ord` over two."""
    A = expect_tensor("norm", A, "A")
    if ord is not None and (A.array.ndim == 2 if dim is None else isinstance(dim, tuple | list) and len(dim) == 2):
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def dist(input, other, p=2):
    """The p-norm of x − y."""
    return vector_norm(expect_tensor("dist", input) - expect_tensor("dist", other, "other"), p)


def renorm(input, p, dim, maxnorm):
    """x with each slice along `dim` whose p-norm is larger than `maxnorm` scaled down to it.

    Raises: ArgumentValueError unless p > 0 and maxnorm ≥ 0, ShapeError for fewer than 2 dimensions.
    """
    x = expect_floating("renorm", input)
    p, limit = number("renorm", "p", p), number("renorm", "maxnorm", maxnorm, 0)
    if p <= 0:
        raise wrong_value("renorm", "p > 0", p)
    if x.array.ndim < 2:
        raise ShapeError(f"renorm: expected at least 2 dimensions, got shape {x.shape}")
    axis = axis_of("renorm", dim, x.array.ndim)
    norms = vector_norm(x, p, [i for i in range(x.array.ndim) if i != axis], True)
    return x * where(norms > limit, limit / (norms + 1e-7), 1.0)
