"""Softmax and the losses."""

import warnings

import numpy as np

from .. import dtypes
from ..arguments import axis_of, boolean, integer, number, one_of
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import full
from ..kernels.launch import launch
from ..tensor import wrap
from ..tensor_arguments import expect_floating, expect_tensor, optional_tensor
from .activation import bce_with_logits
from .arithmetic import exp
from .choosing import where
from .comparison import ne
from .indexing import check_range, gather
from .operands import to
from .reduction import mean, sum
from .registry import op
from .shape import reshape, transposed, unsqueeze

FUNCTIONS = "softmax log_softmax"
METHODS = FUNCTIONS
FUNCTIONAL = "binary_cross_entropy_with_logits cross_entropy nll_loss"


def _along(kernel, axis, *inputs):
    """The kernel for the last axis, applied along `axis` of arrays of one shape."""
    arrays = [x.array for x in inputs]
    if axis == arrays[0].ndim - 1:
        out = empty(arrays[0].shape, arrays[0].dtype, arrays[0])
        launch(kernel, out, *arrays)
        return out
    arrays = [a.swapaxes(axis, -1) for a in arrays]
    out = empty(arrays[0].shape, arrays[0].dtype, arrays[0])
    launch(kernel, out, *arrays)
    return out.swapaxes(axis, -1)


def _float_axis(name, x, dim):
    return axis_of(name, dim, max(expect_floating(name, x).array.ndim, 1))


@op
def softmax(input, dim, dtype=None):
    """eˣ / Σ eˣ along `dim`; of x converted to `dtype` first, if one is given.

    Raises: DTypeError where x is not floating, DimensionError.
    """
    x = input if dtype is None else to(expect_tensor("softmax", input), dtype)
    axis = _float_axis("softmax", x, dim)
    if x.array.ndim == 0:
        return reshape(softmax(reshape(x, 1), 0), ())

    gx = lambda g, y: softmax_grad(g, y, axis)
    return record("softmax", _along(kernels.softmax, axis, x), (x,), gx, saves_output=True)


@op
def softmax_grad(g, y, axis):
    """y (g − Σ g y) along `axis`, for y = softmax(x)."""

    def gy(h):
        return h * (g - sum(g * y, axis, True)) - g * sum(h * y, axis, True)

    out = _along(kernels.softmax_grad, axis, g, y)
    return record("softmax_grad", out, (g, y), lambda h: softmax_grad(h, y, axis), gy)


@op
def log_softmax(input, dim, dtype=None):
    """x − log Σ eˣ along `dim`; of x converted to `dtype` first, if one is given.

    Raises: DTypeError where x is not floating, DimensionError.
    """
    x = input if dtype is None else to(expect_tensor("log_softmax", input), dtype)
    axis = _float_axis("log_softmax", x, dim)
    if x.array.ndim == 0:
        return reshape(log_softmax(reshape(x, 1), 0), ())

    gx = lambda g, y: log_softmax_grad(g, y, axis)
    return record("log_softmax", _along(kernels.log_softmax, axis, x), (x,), gx, saves_output=True)


@op
def log_softmax_grad(g, y, axis):
    """g − eʸ Σ g along `axis`, for y = log_softmax(x)."""
    out = _along(kernels.log_softmax_grad, axis, g, y)
    gg = lambda h: h - sum(h * exp(y), axis, True)
    gy = lambda h: -h * exp(y) * sum(g, axis, True)
    return record("log_softmax_grad", out, (g, y), gg, gy)


def reduction_of(name, size_average, reduce, reduction):
    """'mean', 'sum' or 'none': `reduction`, or where one of its two predecessors in PyTorch is given, what these say.

    reduce=False is 'none'; else size_average=False is 'sum'. These are deprecated: a warning to the caller's caller.
    """
    if size_average is None and reduce is None:
        return one_of(name, "reduction", reduction, ("mean", "sum", "none"))
    mean = size_average is None or boolean(name, "size_average", size_average)
    none = reduce is not None and not boolean(name, "reduce", reduce)
    reduction = "none" if none else "mean" if mean else "sum"
    warnings.warn(f"{name}: size_average and reduce are deprecated; use reduction={reduction!r} instead", stacklevel=3)
    return reduction


def reduced(loss, reduction):
    return mean(loss) if reduction == "mean" else sum(loss) if reduction == "sum" else loss


@op
def cross_entropy(
    input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0
):
    """−log softmax(x)[target], averaged over the rows.

    x: logits (N, C), (C,) or (N, C, d₁, ...). target: classes in [0, C) of dtype int64, of the shape of x
    without its class dimension; or probabilities of the shape of x. `weight` (C,) weighs the classes, rows of class
    `ignore_index` do not count, and `label_smoothing` ε mixes the target with the uniform distribution:
    (1 − ε) target + ε / C.

    Raises: TargetError for a label outside [0, C), ShapeError, DTypeError.
    """
    reduction = reduction_of("cross_entropy", size_average, reduce, reduction)
    x, ignore_index = expect_floating("cross_entropy", input), integer("cross_entropy", "ignore_index", ignore_index)
    label_smoothing = number("cross_entropy", "label_smoothing", label_smoothing, 0, 1)
    if x.array.ndim == 0:
        raise ShapeError("cross_entropy: expected logits (C,), (N, C) or (N, C, ...), got a 0-d tensor")
    class_dim = 0 if x.array.ndim == 1 else 1
    if expect_tensor("cross_entropy", target, "target").array.dtype.kind == "f":
        return _cross_entropy_of_probabilities(x, target, class_dim, weight, reduction, label_smoothing)
    _check_labels("cross_entropy", x.array.shape, target, class_dim, ignore_index)
    if x.array.ndim != 2:  # the classes last, and one row for each prediction
        shape, (x, target) = target.array.shape, _as_rows(x, target, class_dim)
        loss = cross_entropy(x, target, weight, None, ignore_index, None, reduction, label_smoothing)
        return reshape(loss, shape) if reduction == "none" else loss
    if weight is None and label_smoothing == 0.0:
        return _plain_cross_entropy(x, target, ignore_index, reduction)
    return _weighted("cross_entropy", log_softmax(x, 1), target, weight, ignore_index, reduction, label_smoothing)


def _as_rows(x, target, class_dim):
    """Logits with the classes last, and one row for each label, (rows, C) and (rows,)."""
    if x.array.ndim == 2:
        return x, target
    classes = x.array.shape[class_dim]
    for d in range(class_dim, x.array.ndim - 1):
        x = transposed(x, d, d + 1)
    return reshape(x, target.array.size, classes), reshape(target, -1)


def _check_labels(name, shape, target, class_dim, ignore_index):
    classes, labels = shape[class_dim], expect_tensor(name, target, "target").array
    if labels.dtype != np.int64:
        raise DTypeError(f"{name}: expected labels of dtype int64, got {target.dtype}; convert with long()")
    expected = shape[:class_dim] + shape[class_dim + 1 :]
    if labels.shape != expected:
        raise ShapeError(f"{name}: expected labels of shape {expected} for an input of {shape}, got {labels.shape}")
    check_range(f"{name}: expected labels", labels, classes, ignore_index)


def _plain_cross_entropy(x, target, ignore_index, reduction):
    """The usual case: the loss and its gradient by x in one visit to each row."""
    loss = empty(x.array.shape[:1] if reduction == "none" else (), x.array.dtype, x.array)
    slope = empty(x.array.shape, x.array.dtype, x.array)
    launch(kernels.cross_entropy, loss, slope, x.array, target.array, ignore_index, reduction == "mean")
    slope, mean = wrap(slope), reduction == "mean"
    return record("cross_entropy", loss, (x,), lambda g: cross_entropy_grad(g, x, target, slope, ignore_index, mean))


@op
def cross_entropy_grad(g, x, target, slope, ignore_index, mean):
    """g · slope, where slope is softmax(x) − onehot(target), computed with the loss, and its mean over the rows."""
    per_row = g if g.array.ndim == 0 else unsqueeze(g, 1)
    out = empty(slope.array.shape, slope.array.dtype, slope.array)
    launch(kernels.mul, out, slope.array, per_row.array)

    def slope_grad(h):  # the slope depends on x as softmax does, in the rows that count
        weight = to(unsqueeze(ne(target, ignore_index), 1), x.dtype)
        if mean:
            weight = weight / sum(weight)
        return weight * softmax_grad(h, softmax(x, 1), 1)

    def gg(h):
        product = h * record("cross_entropy_slope", slope.array, (x,), slope_grad)
        return sum(product, 1) if per_row is not g else sum(product)

    return record("cross_entropy_grad", out, (g, x), gg, lambda h: slope_grad(h * per_row))


def _weighted(name, logp, target, weight, ignore_index, reduction, label_smoothing):
    """The loss of log-probabilities (N, C), where each row counts as much as the weight of its class.

    What is of no row that counts is taken out last: so its gradient is 0, be the loss a mean of nothing, and NaN.
    """
    classes = logp.array.shape[1]
    w = _class_weights(name, weight, classes, logp)
    in_kernel = w._edge is None and logp.array.dtype.kind == "f"
    if in_kernel and label_smoothing == 0:
        return _nll(logp, target, w, ignore_index, reduction)
    counted = ne(target, ignore_index)
    safe = where(counted, target, 0)
    row_weight = where(counted, gather(w, 0, safe), 0.0)

    def reduced_rows(loss):
        loss = where(counted, loss, 0.0)
        return sum(loss) / sum(row_weight) if reduction == "mean" else reduced(loss, reduction)

    if in_kernel:
        loss = _nll(logp, target, w, ignore_index, reduction)
    else:
        loss = reduced_rows(-reshape(gather(logp, 1, unsqueeze(safe, 1)), target.shape) * row_weight)
    if label_smoothing > 0:
        smooth = reduced_rows(-sum(logp * w, 1))
        loss = loss * (1 - label_smoothing) + smooth * (label_smoothing / classes)
    return loss


def _nll(logp, target, weight, ignore_index, reduction):
    """−weight[target] logp[target], reduced; its gradient comes with it, and is the same for every logp."""
    loss = empty(logp.array.shape[:1] if reduction == "none" else (), logp.array.dtype, logp.array)
    slope = empty(logp.array.shape, logp.array.dtype, logp.array)
    launch(kernels.nll, loss, slope, logp.array, target.array, weight.array, ignore_index, reduction == "mean")
    slope = wrap(slope)
    return record("nll", loss, (logp,), lambda g: slope * (g if g.array.ndim == 0 else unsqueeze(g, 1)))


def _class_weights(name, weight, classes, x):
    if weight is None:
        return wrap(full((classes,), 1, x.array.dtype, x.array))
    if expect_tensor(name, weight, "weight").shape != (classes,):
        raise ShapeError(f"{name}: expected a weight of shape ({classes},), got {weight.shape}")
    if weight.dtype != x.dtype:
        raise DTypeError(f"{name}: expected a weight of the input's dtype {x.dtype}, got {weight.dtype}")
    return weight


def _cross_entropy_of_probabilities(x, target, class_dim, weight, reduction, label_smoothing):
    if target.shape != x.shape:
        expected = f"labels of dtype int64, or probabilities of shape {x.shape}"
        raise ShapeError(f"cross_entropy: expected {expected}, got {target.dtype} of shape {target.shape}")
    classes = x.array.shape[class_dim]
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    w = reshape(
        _class_weights("cross_entropy", weight, classes, x),
        [classes if d == class_dim else 1 for d in range(x.array.ndim)],
    )
    loss = -sum(target * log_softmax(x, class_dim) * w, class_dim)
    if reduction == "mean":
        return sum(loss) / float(loss.array.size if classes else 0)
    return reduced(loss, reduction)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """−x[target] for log-probabilities x (N, C), (C,) or (N, C, d₁, ...); the rest is as in `cross_entropy`.

    Raises: ShapeError, DTypeError, TargetError for a label outside [0, C).
    """
    reduction, x = reduction_of("nll_loss", size_average, reduce, reduction), expect_tensor("nll_loss", input)
    ignore_index = integer("nll_loss", "ignore_index", ignore_index)
    if x.array.ndim == 0:
        raise ShapeError("nll_loss: expected log-probabilities (C,), (N, C) or (N, C, ...), got a 0-d tensor")
    class_dim = 0 if x.array.ndim == 1 else 1
    _check_labels("nll_loss", x.array.shape, target, class_dim, ignore_index)
    shape, (x, target) = target.array.shape, _as_rows(x, target, class_dim)
    loss = _weighted("nll_loss", x, target, weight, ignore_index, reduction, 0.0)
    return reshape(loss, shape) if reduction == "none" else loss


def _check_alike(name, x, target):
    if expect_tensor(name, x).shape != expect_tensor(name, target, "target").shape:
        raise ShapeError(f"{name}: expected a target of the input's shape {x.shape}, got {target.shape}")
    if target.array.dtype.kind != "f" or x.array.dtype.kind != "f":
        raise DTypeError(f"{name}: expected floating input and target, got {x.dtype} and {target.dtype}")


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """−w [p t log σ(x) + (1−t) log(1−σ(x))], averaged, for logits x and targets t in [0, 1] of one shape.

    `weight` w and `pos_weight` p broadcast to x. Computed from the logits, so that no large x overflows. The loss has
    the dtype of the target, as in PyTorch.

    Raises: ShapeError where the shapes differ, DTypeError where they are not floating.
    """
    name = "binary_cross_entropy_with_logits"
    x, reduction = input, reduction_of(name, size_average, reduce, reduction)
    optional_tensor(name, "weight", weight)
    optional_tensor(name, "pos_weight", pos_weight)
    _check_alike(name, x, target)
    result, dtype = target.dtype, dtypes.wider(x.dtype, target.dtype)
    x, target = to(x, dtype), to(target, dtype)
    if pos_weight is None:
        loss = bce_with_logits(x, target)
    else:  # log σ(x) = −loss for target 1, log(1 − σ(x)) = −loss for target 0
        ones, zeros = (wrap(full(x.shape, value, x.dtype, x.array)) for value in (1, 0))
        positive, negative = bce_with_logits(x, ones), bce_with_logits(x, zeros)
        loss = target * positive * pos_weight + (1.0 - target) * negative
    return reduced(to(loss if weight is None else loss * weight, result), reduction)
