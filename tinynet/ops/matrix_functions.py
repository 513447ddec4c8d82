"""Functions of matrices: powers, the exponential, pseudoinverse, rank, condition number, least squares."""

import math

import numpy as np

from .. import dtypes, return_types
from ..arguments import boolean, integer, number, one_of, sizes
from ..autograd.graph import record, zero_gradient
from ..errors import DTypeError, ShapeError
from ..kernels.arrays import host, put
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .arithmetic import add, div, mul, neg, square, sub
from .choosing import where
from .comparison import eq
from .creation import eye, zeros_like
from .factorizations import svdvals
from .indexing import getitem
from .joining import cat
from .lapack import by_lapack, expect_matrices
from .linear_algebra import inverse, sign_and_log_abs_det, solution
from .matmul import matmul
from .operands import to
from .rearrange import flip, movedim
from .reduction import sum
from .registry import op
from .scan import cumprod
from .shape import expand, mT, reshape, squeeze, unsqueeze
from .vector_norm import matrix_norm

FUNCTIONS = "slogdet matrix_power matrix_exp pinverse vander"
METHODS = "slogdet matrix_power matrix_exp pinverse"


def linalg_slogdet(A):
    """(sign, logabsdet) of the determinant of each matrix (..., n, n): 0 and −∞ of a singular one.

    Raises: ShapeError, DTypeError.
    """
    A = expect_matrices("slogdet", A, square=True)
    return return_types.linalg_slogdet(*sign_and_log_abs_det("slogdet", A))


def slogdet(input):
    """(sign, logabsdet) of the determinant of each matrix (..., n, n). Raises ShapeError, DTypeError."""
    return return_types.slogdet(*linalg_slogdet(input))


def matrix_power(input, n):
    """Aⁿ = A A ... A for each matrix (..., k, k), by repeated squaring; of the inverse for n < 0.

    Raises: ShapeError, DTypeError, and LinAlgError for n < 0 if A is singular.
    """
    A, n = expect_matrices("matrix_power", input, square=True), integer("matrix_power", "n", n)
    if n < 0:
        A, n = inverse(A), -n
    power, out = A, None
    while n:
        if n & 1:
            out = power if out is None else matmul(out, power)
        n >>= 1
        power = matmul(power, power) if n else power
    if out is None:
        one = np.broadcast_to(np.eye(A.array.shape[-1], dtype=A.array.dtype), A.array.shape)
        return record("matrix_power", put(one.copy(), A.array), (A,), zero_gradient)
    return out if out is not A else mul(A, 1)


@op
def matrix_exp(input):
    """e^A = Σ Aᵏ / k! for each matrix (..., n, n).

    Its gradient gA is a block of another exponential: e^[[Aᵀ, g], [0, Aᵀ]] = [[e^Aᵀ, gA], [0, e^Aᵀ]].

    Raises: ShapeError, DTypeError.
    """
    A = expect_matrices("matrix_exp", input, square=True)
    n = A.array.shape[-1]

    def gradient(g):
        At = mT(A)
        block = cat([cat([At, g], -1), cat([zeros_like(g), At], -1)], -2)
        return getitem(matrix_exp(block), (..., slice(n), slice(n, None)))

    return record("matrix_exp", by_lapack("matrix_exp", _exponential, A), (A,), gradient)


def _exponential(a):
    """e^a = (e^(a / 2ˢ))^(2ˢ), with s so large for each matrix that a few terms of the series are exact."""
    one, wide = np.eye(a.shape[-1]), a.astype(np.float64)
    out = np.broadcast_to(one, a.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.abs(wide).sum(-1, keepdims=True).max(-2, keepdims=True, initial=0)
        s = np.where(np.isfinite(norms), np.maximum(np.frexp(norms)[1] + 1, 0), 0)
        scaled = np.ldexp(wide, -s)
        for k in range(14, 0, -1):  # ‖scaled‖ ≤ ½, and ½¹⁵ / 15! is less than a rounding
            out = one + scaled @ out / k
        for squared in range(s.max(initial=0)):
            out = np.where(squared < s, out @ out, out)
        return out.astype(a.dtype)


# The pseudoinverse and what is made of it


def _tolerance(name, largest, shape, atol, rtol):
    """The value (..., 1) up to which singular values count as 0, by the largest (..., 1) of each matrix."""
    atol, rtol = _bound(name, "atol", atol), _bound(name, "rtol", rtol)
    atol = np.zeros(()) if atol is None else atol
    if rtol is None:
        rtol = np.where(atol > 0, 0.0, max(shape[-2:]) * np.finfo(largest.dtype).eps)
    return np.maximum(atol, rtol * largest)


def _bound(name, text, bound):
    """A number, or one for each matrix, as an array; None for none."""
    if isinstance(bound, Tensor):
        return host(bound.array)[..., None]
    return None if bound is None else np.asarray(number(name, text, bound))


def linalg_pinv(A, *, atol=None, rtol=None, hermitian=False):
    """A⁺, for which A A⁺ A = A: of each matrix (..., m, n) the Moore-Penrose pseudoinverse (..., n, m).

    Singular values up to max(atol, rtol · the largest) count as 0; rtol is by default max(m, n) ε, or 0 where atol > 0.
    With `hermitian` A is taken for symmetric, and only its lower triangle is read.

    Raises: ShapeError, DTypeError.
    """
    A, symmetric = expect_matrices("pinv", A), boolean("pinv", "hermitian", hermitian)
    if symmetric and A.array.shape[-1] != A.array.shape[-2]:
        raise ShapeError(f"pinv: expected square matrices for hermitian=True, got shape {A.shape}")
    return pseudoinverse(A, atol, rtol, symmetric)


def pinverse(input, rcond=1e-15):
    """A⁺: see `linalg.pinv`, with rtol = rcond."""
    return linalg_pinv(input, rtol=rcond)


@op
def pseudoinverse(A, atol=None, rtol=None, symmetric=False):
    """A⁺: gA = −A⁺ᵀ g A⁺ᵀ + (1 − A A⁺) gᵀ A⁺ A⁺ᵀ + A⁺ᵀ A⁺ gᵀ (1 − A⁺ A)."""

    def compute(a):
        if symmetric:
            values, V = np.linalg.eigh(a)
            size, U, Vt = np.abs(values), V, V.swapaxes(-1, -2)
        else:
            U, values, Vt = np.linalg.svd(a, full_matrices=False)
            size = values
        if not a.size:
            return a.swapaxes(-1, -2)
        small = size <= _tolerance("pinv", size.max(-1, keepdims=True), a.shape, atol, rtol)
        inverted = np.where(small, 0, 1 / np.where(small, 1, values)).astype(a.dtype)
        return (Vt.swapaxes(-1, -2) * inverted[..., None, :]) @ U.swapaxes(-1, -2)

    def gradient(g, P):
        Pt, gt = mT(P), mT(g)
        out = neg(matmul(Pt, matmul(g, Pt)))
        side = matmul(gt, matmul(P, Pt))
        out = add(out, sub(side, matmul(A, matmul(P, side))))
        side = matmul(matmul(Pt, P), gt)
        return add(out, sub(side, matmul(matmul(side, P), A)))

    return record("pinv", by_lapack("pinv", compute, A), (A,), gradient, saves_output=True)


def matrix_rank(A, tol=None, *, atol=None, rtol=None, hermitian=False):
    """How many singular values of each matrix are larger than max(atol, rtol · the largest): see `linalg.pinv`.

    Raises: ShapeError, DTypeError.
    """
    A, symmetric = expect_matrices("matrix_rank", A), boolean("matrix_rank", "hermitian", hermitian)
    atol, rtol = (atol, rtol) if tol is None else (tol, 0.0)

    def compute(a):
        values = np.abs(np.linalg.eigvalsh(a)) if symmetric else np.linalg.svd(a, compute_uv=False)
        if not values.shape[-1]:
            return np.zeros(values.shape[:-1], np.int64)
        bound = _tolerance("matrix_rank", values.max(-1, keepdims=True), a.shape, atol, rtol)
        return np.asarray((values > bound).sum(-1), np.int64)

    return wrap(by_lapack("matrix_rank", compute, A))


def lstsq(A, B, rcond=None, *, driver=None):
    """(solution, residuals, rank, singular_values): X with the least ‖A X − B‖, of all such the smallest.

    A is (..., m, n) and B (..., m, k). The residuals ‖A X − B‖² of the columns are there where m > n and the rank is n,
    but for the default driver, "gelsy"; the rank but for "gels"; the singular values for "gelsd" and "gelss".

    Raises: ShapeError, DTypeError for what does not fit.
    """
    A, B = expect_matrices("lstsq", A), expect_tensor("lstsq", B, "B")
    driver = one_of("lstsq", "driver", "gelsy" if driver is None else driver, ("gels", "gelsy", "gelsd", "gelss"))
    if A.array.dtype != B.array.dtype:
        raise DTypeError(f"lstsq: expected one dtype, got {A.dtype} and {B.dtype}")
    vectors = A.array.ndim - 1 == B.array.ndim and B.array.shape == A.array.shape[:-1]
    columns = unsqueeze(B, -1) if vectors else B
    m, n = A.array.shape[-2:]
    if columns.array.ndim < 2 or columns.array.shape[-2] != m:
        raise ShapeError(f"lstsq: expected {m} rows in B, got shape {B.shape}")
    X = matmul(pseudoinverse(A, rtol=rcond), columns)
    ranks = matrix_rank(A.detach(), rtol=rcond)
    empty = lambda dtype: wrap(put(np.zeros(0, dtype), A.array))
    residuals = getitem(reshape(X, -1), slice(0, 0))
    if m > n and driver != "gelsy" and bool((host(ranks.array) == n).all()):
        residuals = sum(square(sub(matmul(A, X), columns)), -2)
    values = svdvals(A.detach()) if driver in ("gelsd", "gelss") else empty(A.array.dtype)
    return return_types.linalg_lstsq(
        squeeze(X, -1) if vectors else X, residuals, empty(dtypes.int64) if driver == "gels" else ranks, values
    )


def cond(A, p=None):
    """‖A‖ ‖A⁻¹‖ in a norm of `matrix_norm`; by default, and for p = 2, the largest singular value by the smallest.

    It is ∞ for a singular matrix, and 0 for an empty one.

    Raises: ShapeError, DTypeError; ArgumentValueError for another norm.
    """
    A = expect_matrices("cond", A)
    if A.array.size == 0:
        return sum(A, (-2, -1))
    if p is None or p in (2, -2):
        values = svdvals(A)
        largest, smallest = (getitem(values, (..., i)) for i in (0, -1))
        return div(smallest, largest) if p == -2 else div(largest, smallest)
    singular = eq(sign_and_log_abs_det("cond", expect_matrices("cond", A.detach(), square=True))[0], 0)
    one = eye(A.shape[-1], dtype=A.dtype, device=A.device)
    inverted = inverse(where(unsqueeze(unsqueeze(singular, -1), -1), one, A))
    return where(singular, math.inf, mul(matrix_norm(A, p), matrix_norm(inverted, p)))


def tensorinv(A, ind=2):
    """The inverse of A as a map from its dimensions from `ind` on to those before. Raises ShapeError."""
    A, ind = expect_tensor("tensorinv", A, "A"), integer("tensorinv", "ind", ind, 1)
    rows, columns = A.array.shape[:ind], A.array.shape[ind:]
    n = math.prod(rows)
    if n != math.prod(columns):
        raise ShapeError(f"tensorinv: expected as many elements before dimension {ind} as from it on, got {A.shape}")
    return reshape(inverse(reshape(A, n, n)), (*columns, *rows))


def tensorsolve(A, B, dims=None):
    """X with tensordot(A, X, X.ndim) = B, after the dimensions `dims` of A have been moved to its end.

    Raises: ShapeError for what does not fit.
    """
    A, B = expect_tensor("tensorsolve", A, "A"), expect_tensor("tensorsolve", B, "B")
    if dims is not None:
        dims = sizes("tensorsolve", "dims", (dims,), -A.array.ndim)
        A = movedim(A, dims, tuple(range(-len(dims), 0)))
    columns = A.array.shape[B.array.ndim :]
    n = B.array.size
    if math.prod(columns) != n or A.array.size != n * n:
        raise ShapeError(f"tensorsolve: expected A of shape (*{B.shape}, ...) with {n}² elements, got {A.shape}")
    return reshape(solution(reshape(A, n, n), reshape(B, n, 1)), columns)


def linalg_vander(x, *, N=None):
    """The powers x⁰, x¹, ... xᴺ⁻¹ of each element, in a new last dimension; N is by default the size of the last."""
    x = expect_tensor("vander", x, "x")
    x = x if x.array.ndim else reshape(x, 1)
    n = x.array.shape[-1] if N is None else integer("vander", "N", N, 0)
    x = x if x.array.dtype.kind == "f" else to(x, dtypes.int64)
    factors = expand(unsqueeze(x, -1), (*x.array.shape, max(n - 1, 0)))
    ones = wrap(put(np.ones((*x.array.shape, min(n, 1)), x.array.dtype), x.array))
    return cat([ones, cumprod(factors, -1)], -1)


def vander(x, N=None, increasing=False):
    """`linalg.vander` of a vector, the highest power first unless `increasing`. Raises ShapeError for no vector."""
    if expect_tensor("vander", x, "x").array.ndim != 1:
        raise ShapeError(f"vander: expected a vector, got shape {x.shape}")
    powers = linalg_vander(x, N=N)
    return powers if boolean("vander", "increasing", increasing) else flip(powers, -1)
