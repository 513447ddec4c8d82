"""Inverses, determinants and linear systems, by NumPy's LU on the host; their gradients are products of these."""

import numpy as np

from ..arguments import boolean
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, GraphError, ShapeError
from ..kernels.arrays import host, put
from ..tensor import expect_tensor
from .arithmetic import lt, mul, neg, where
from .matmul import matmul
from .registry import op
from .shape import mT, squeeze, unsqueeze

FUNCTIONS = "inverse det logdet"
METHODS = FUNCTIONS


def _square(name, A):
    """A stack of square matrices. Raises ShapeError, DTypeError for others, and for float16."""
    if expect_tensor(name, A, "A").array.ndim < 2 or A.array.shape[-1] != A.array.shape[-2]:
        raise ShapeError(f"{name}: expected square matrices (..., n, n), got shape {A.shape}")
    if A.array.dtype.kind != "f" or A.array.dtype.itemsize < 4:
        raise DTypeError(f"{name}: expected float32 or float64, got {A.dtype}")
    return A


def _computed(name, function, *tensors):
    """What a function of NumPy's makes of tensors, where the first lies. Raises ArgumentValueError if singular."""
    try:
        found = function(*[host(x.array) for x in tensors])
    except np.linalg.LinAlgError:
        raise ArgumentValueError(f"{name}: expected matrices that have an inverse, got a singular one") from None
    return put(np.asarray(found, order="C"), tensors[0].array)


def inv(A):
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and ArgumentValueError if singular."""
    return inverse(A)


@op
def inverse(input):
    """The inverse of each matrix (..., n, n). Raises ShapeError, DTypeError, and ArgumentValueError if singular."""
    A = _square("inverse", input)
    out = _computed("inverse", np.linalg.inv, A)
    gradient = lambda g, y: neg(matmul(matmul(mT(y), g), mT(y)))
    return record("inverse", out, (A,), gradient, saves_output=True)


@op
def det(input):
    """The determinant of each matrix (..., n, n); its gradient needs the inverse.

    Raises: ShapeError, DTypeError; GraphError for the gradient of a singular matrix.
    """
    A = _square("det", input)

    def gradient(g, y):
        if not host(y.array).all():
            raise GraphError("det: the gradient of the determinant of a singular matrix is not supported")
        return mul(unsqueeze(unsqueeze(mul(g, y), -1), -1), mT(inverse(A)))

    return record("det", _computed("det", np.linalg.det, A), (A,), gradient, saves_output=True)


@op
def log_abs_det(A):
    """log |det A| of each matrix, −∞ of a singular one."""
    out = _computed("logdet", lambda a: np.linalg.slogdet(a)[1], A)
    return record("logdet", out, (A,), lambda g: mul(unsqueeze(unsqueeze(g, -1), -1), mT(inverse(A))))


def logdet(input):
    """log det A of each matrix (..., n, n), NaN for a negative determinant. Raises ShapeError, DTypeError."""
    A = _square("logdet", input)
    return where(lt(det(A.detach()), 0), np.nan, log_abs_det(A))


def solve(A, B, *, left=True):
    """X with A X = B, for matrices A (..., n, n), and B (..., n, k) or vectors (..., n); with left=False, X A = B.

    Raises: ShapeError, DTypeError for what does not fit, ArgumentValueError if A is singular.
    """
    A, B = _square("solve", A), expect_tensor("solve", B, "B")
    if A.array.dtype != B.array.dtype:
        raise DTypeError(f"solve: expected one dtype, got {A.dtype} and {B.dtype}")
    vectors = B.array.ndim == 1 or B.array.shape == A.array.shape[:-1]
    if not boolean("solve", "left", left):
        return mT(solve(mT(A), mT(B)))
    B = unsqueeze(B, -1) if vectors else B
    if B.array.ndim < 2 or B.array.shape[-2] != A.array.shape[-1]:
        raise ShapeError(f"solve: expected {A.array.shape[-1]} rows in B, got shape {B.shape}")
    out = solution(A, B)
    return squeeze(out, -1) if vectors else out


@op
def solution(A, B):
    """A⁻¹ B: gB = A⁻ᵀ g, gA = −gB Xᵀ."""
    gB = lambda g, x: solution(mT(A), g)
    gA = lambda g, x: neg(matmul(gB(g, x), mT(x)))
    return record("solve", _computed("solve", np.linalg.solve, A, B), (A, B), gA, gB, saves_output=True)
