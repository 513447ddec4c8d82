"""Products: of matrices, batched and broadcast, and the affine map of a linear layer."""

from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import in_shape
from ..kernels.launch import launch
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .operands import common_shape
from .reduction import sum
from .registry import op
from .shape import reshape, squeeze, transposed, unsqueeze

FUNCTIONS = "matmul"
METHODS = FUNCTIONS
FUNCTIONAL = "linear"


@op
def matmul(input, other):
    """x @ y: out[..., i, j] = Σₖ x[..., i, k] y[..., k, j], where leading dimensions broadcast.

    A 1-d x is a row, a 1-d y a column, and that dimension is missing in the result. Both need the same dtype.
    Raises: ShapeError where the inner sizes differ, DTypeError for two dtypes and for masks.
    """
    x, y = input, other
    if not (isinstance(x, Tensor) and isinstance(y, Tensor)):
        expect_tensor("matmul", x), expect_tensor("matmul", y, "other")
    if x.array.ndim == 0 or y.array.ndim == 0:
        raise ShapeError(f"matmul: expected tensors with at least 1 dimension, got shapes {x.shape} and {y.shape}")
    if x.array.dtype != y.array.dtype:
        raise DTypeError(f"matmul: expected tensors of the same dtype, got {x.dtype} and {y.dtype}")
    if x.array.dtype.kind == "b":
        raise DTypeError("matmul: expected numbers, got two bool tensors")
    if x.array.ndim == 1 or y.array.ndim == 1:
        return _with_vector(x, y)
    a, b = x.array.shape, y.array.shape
    if a[-1] != b[-2]:
        raise ShapeError(f"matmul: expected x.shape[-1] == y.shape[-2], got {a} @ {b}")
    try:
        batch = a[:-2] if a[:-2] == b[:-2] else common_shape(a[:-2], b[:-2])
    except ValueError:
        raise ShapeError(f"matmul: expected leading dimensions that broadcast together, got {a} @ {b}") from None
    out = empty((*batch, a[-2], b[-1]), x.array.dtype, x.array)
    launch(kernels.matmul, out, x.array, y.array)
    return record("matmul", out, (x, y), lambda g: matmul(g, _mT(y)), lambda g: matmul(_mT(x), g))


def _with_vector(x, y):
    """x @ y where one of them, or both, is a vector."""
    a, b = x.array.shape, y.array.shape
    if len(a) > 2 or len(b) > 2:
        return squeeze(matmul(unsqueeze(x, 0), y), -2) if len(a) == 1 else squeeze(matmul(x, unsqueeze(y, 1)), -1)
    if a[-1] != b[0]:
        raise ShapeError(f"matmul: expected x.shape[-1] == y.shape[{'-2' if len(b) > 1 else '0'}], got {a} @ {b}")
    out = empty((*a[:-1], *b[1:]), x.array.dtype, x.array)
    row, column = (1, *a)[-2:], (*b, 1)[:2]
    launch(kernels.matmul, out.reshape(row[0], column[1]), x.array.reshape(row), y.array.reshape(column))
    if len(a) == len(b):
        return record("matmul", out, (x, y), lambda g: g * y, lambda g: g * x)
    if len(a) == 1:
        return record("matmul", out, (x, y), lambda g: matmul(y, g), lambda g: unsqueeze(x, 1) * g)
    return record("matmul", out, (x, y), lambda g: unsqueeze(g, 1) * y, lambda g: matmul(g, x))


@op
def linear(input, weight, bias=None):
    """x Wᵀ + b, for x (*, in), weight W (out, in), bias b (out,); the result is (*, out).

    Raises: ShapeError, DTypeError, ArgumentTypeError.
    """
    x = input
    if not (isinstance(x, Tensor) and isinstance(weight, Tensor)):
        expect_tensor("linear", x), expect_tensor("linear", weight, "weight")
    if weight.array.ndim != 2:
        raise ShapeError(f"linear: expected a weight (out, in), got shape {weight.shape}")
    shape, (n_out, n_in) = x.array.shape, weight.array.shape
    if not shape or shape[-1] != n_in:
        raise ShapeError(f"expected (*, {n_in}), got {shape}")
    if x.array.dtype != weight.array.dtype:
        raise DTypeError(f"linear: expected an input of the weight's dtype {weight.dtype}, got {x.dtype}")
    if x.array.dtype.kind == "b":
        raise DTypeError("linear: expected numbers, got two bool tensors")
    if bias is not None and (
        not isinstance(bias, Tensor) or bias.array.shape != (n_out,) or bias.array.dtype is not weight.array.dtype
    ):
        _check_bias(weight, bias)
    rows = x.array if len(shape) == 2 else in_shape(x.array, -1, n_in)
    out = empty((rows.shape[0], n_out), rows.dtype, rows)
    launch(kernels.linear, out, rows, weight.array, None if bias is None else bias.array, False)
    if len(shape) != 2:
        out = out.reshape(*shape[:-1], n_out)

    def gw(g, *, out=None):
        if out is None:
            return matmul(_mT(_rows(g)), _rows(x))
        launch(kernels.matmul, out, _rows(g).array.T, _rows(x).array)

    gx = lambda g: matmul(g, weight)
    if bias is None:
        return record("linear", out, (x, weight), gx, gw)
    return record("linear", out, (x, weight, bias), gx, gw, _gradient_by_bias)


def _gradient_by_bias(g, *, out=None):
    if out is None:
        return sum(_rows(g), 0)
    launch(kernels.sum, out.reshape(1, -1), _rows(g).array, (0,))


def _check_bias(weight, bias):
    if expect_tensor("linear", bias, "bias").shape != weight.shape[:1]:
        raise ShapeError(f"linear: expected a bias of shape {weight.shape[:1]}, got {bias.shape}")
    if bias.dtype != weight.dtype:
        raise DTypeError(f"linear: expected a bias of the weight's dtype {weight.dtype}, got {bias.dtype}")


def _mT(x):
    return transposed(x, x.array.ndim - 2, x.array.ndim - 1)


def _rows(x):
    return x if x.array.ndim == 2 else reshape(x, -1, x.array.shape[-1])
