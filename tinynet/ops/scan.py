"""Scans: sums, products and extremes of all elements up to each along a dimension."""

from .. import dtypes, return_types
from ..arguments import axis_of
from ..autograd.graph import record
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import full
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import exp
from .indexing import narrow, scatter_along
from .joining import cat
from .operands import to
from .registry import op
from .shape import reshape

FUNCTIONS = "cumsum cumprod cummax cummin logcumsumexp"
METHODS = FUNCTIONS
IN_PLACE = "cumsum cumprod"


def _numbers(name, input, dim, dtype=None):
    """x in the dtype of a sum of its elements, and the axis."""
    x = expect_tensor(name, input)
    axis = axis_of(name, dim, max(x.array.ndim, 1))
    if dtype is not None:
        x = to(x, dtype)
    elif x.array.dtype.kind != "f":
        x = to(x, dtypes.int64)
    return x, axis


def _scanned(kernel, x, axis, reverse):
    array = x.array
    out = empty(array.shape, array.dtype, array)
    if array.ndim == 0:
        launch(kernels.copy, out, array)
    else:
        launch(kernel, out, array, axis, reverse)
    return out


def cumsum(input, dim, *, dtype=None):
    """out[k] = x[0] + ... + x[k] along `dim`; of integers and booleans as int64."""
    return cumulative_sum(*_numbers("cumsum", input, dim, dtype))


@op
def cumulative_sum(x, axis, reverse=False):
    """`cumsum`, or with `reverse`, x[k] + ... + x[n − 1]."""
    out = _scanned(kernels.cumsum, x, axis, reverse)
    return record("cumsum", out, (x,), lambda g: cumulative_sum(g, axis, not reverse))


def cumprod(input, dim, *, dtype=None):
    """out[k] = x[0] · ... · x[k] along `dim`; of integers and booleans as int64."""
    return cumulative_product(*_numbers("cumprod", input, dim, dtype))


@op
def cumulative_product(x, axis, reverse=False):
    """`cumprod`, or with `reverse`, x[k] · ... · x[n − 1].

    The gradient by x[k] is, without a division, Π_{j<k} x[j] · r[k], where r[k] = Σ_{i≥k} g[i] Π_{k<j≤i} x[j] is the
    recurrence r[k] = x[k+1] r[k+1] + g[k].
    """
    out = _scanned(kernels.cumprod, x, axis, reverse)

    def gx(g):
        if x.array.size == 0 or x.array.ndim == 0:
            return g
        before = cumulative_product(shifted(x, axis, 1, reverse), axis, reverse)
        return before * recurrence(shifted(x, axis, 1, not reverse), g, axis, not reverse)

    return record("cumprod", out, (x,), gx)


def shifted(x, axis, first, reverse):
    """x[k − 1] at place k, and `first` at place 0; with `reverse`, x[k + 1] and `first` in the last place."""
    shape, n = x.array.shape, x.array.shape[axis]
    edge = wrap(full((*shape[:axis], 1, *shape[axis + 1 :]), first, x.array.dtype, x.array))
    return cat([narrow(x, axis, 1, n - 1), edge] if reverse else [edge, narrow(x, axis, 0, n - 1)], axis)


@op
def recurrence(a, b, axis, reverse=False):
    """s[k] = a[k] s[k − 1] + b[k] from s[0] = b[0], for a and b of one shape; with `reverse`, from the last element.

    Its transpose is the recurrence r[k] = a[k+1] r[k+1] + g[k] in the other direction: gb = r, ga[k] = r[k] s[k − 1].
    """
    out = empty(b.array.shape, b.array.dtype, b.array)
    launch(kernels.recurrence, out, a.array, b.array, axis, reverse)

    def gb(g, s):
        return recurrence(shifted(a, axis, 0, not reverse), g, axis, not reverse)

    return record(
        "recurrence", out, (a, b), lambda g, s: gb(g, s) * shifted(s, axis, 0, reverse), gb, saves_output=True
    )


@op
def logcumsumexp(input, dim):
    """out[k] = log(exp x[0] + ... + exp x[k]) along `dim`."""
    x = expect_floating("logcumsumexp", input)
    axis = axis_of("logcumsumexp", dim, max(x.array.ndim, 1))
    out = _scanned(kernels.logcumsumexp, x, axis, False)

    def gx(g, y):  # Σ_{i≥k} g[i] exp(x[k] − y[i]), by factors exp(y[k] − y[k+1]) ≤ 1
        if x.array.size == 0 or x.array.ndim == 0:
            return g
        decay = exp(y - shifted(y, axis, 0, True))
        return recurrence(decay, g, axis, True) * exp(x - y)

    return record("logcumsumexp", out, (x,), gx, saves_output=True)


def _cumulative_extreme(name, kernel, input, dim):
    x = expect_tensor(name, input)
    axis = axis_of(name, dim, max(x.array.ndim, 1))
    array = x.array if x.array.ndim else x.array.reshape(1)
    shape = array.shape
    values, indices = empty(shape, array.dtype, array), empty(shape, dtypes.int64, array)
    if array.size:
        launch(kernel, values, indices, array, axis)
    indices = wrap(indices)
    flat = x if x.array.ndim else reshape(x, 1)
    values = record(name, values, (flat,), scatter_along(shape, axis, indices))
    if x.array.ndim == 0:
        values, indices = reshape(values, ()), reshape(indices, ())
    return getattr(return_types, name)(values, indices)


@op
def cummax(input, dim):
    """(values, indices): the largest of x[0] ... x[k] along `dim`, and where it is, the last place of several."""
    return _cumulative_extreme("cummax", kernels.cummax, input, dim)


@op
def cummin(input, dim):
    """(values, indices): the smallest of x[0] ... x[k] along `dim`, and where it is, the last place of several."""
    return _cumulative_extreme("cummin", kernels.cummin, input, dim)
