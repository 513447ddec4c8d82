"""Losses of probabilities: binary cross entropy, and the divergence of Kullback and Leibler."""

from ..arguments import boolean, one_of
from ..autograd.equation import record_equation
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError, TargetError
from ..kernels import reference as kernels
from ..kernels.arrays import all_values, empty_like
from ..kernels.launch import launch
from ..tensor_arguments import expect_floating, expect_tensor, optional_tensor
from .arithmetic import exp, log, log1p
from .choosing import clamp
from .exponential import xlogy
from .loss import reduced, reduction_of
from .reduction import sum
from .registry import op

FUNCTIONAL = "binary_cross_entropy kl_div"


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """−w [t log x + (1−t) log(1−x)], averaged, for probabilities x and targets t in [0, 1] of one shape.

    Logarithms are taken as −100 where they are smaller. `weight` w broadcasts to x.

    Raises: ShapeError where the shapes differ, DTypeError, TargetError for x outside [0, 1].
    """
    name = "binary_cross_entropy"
    x, reduction = expect_floating(name, input), reduction_of(name, size_average, reduce, reduction)
    t = expect_tensor(name, target, "target")
    if t.shape != x.shape:
        raise ShapeError(f"{name}: expected a target of the input's shape {x.shape}, got {t.shape}")
    if t.dtype != x.dtype:
        raise DTypeError(f"{name}: expected a target of the input's dtype {x.dtype}, got {t.dtype}")
    values = all_values(x.array)
    if values.size and not (values.min() >= 0 and values.max() <= 1) and ((values < 0) | (values > 1)).any():
        raise TargetError(f"{name}: expected an input in [0, 1], got {values.min()} to {values.max()}")
    optional_tensor(name, "weight", weight)
    loss = cross_entropy_of_probabilities(x, t)
    return reduced(loss if weight is None else loss * weight, reduction)


@op
def cross_entropy_of_probabilities(x, t):
    """−[t log x + (1−t) log(1−x)] for each element, with logarithms from −100 on, and a gradient that is finite."""
    out = empty_like(x.array)
    launch(kernels.binary_cross_entropy, out, x.array, t.array)
    gt = lambda g: g * (clamp(log1p(-x), -100) - clamp(log(x), -100))
    return record("binary_cross_entropy", out, (x, t), lambda g: binary_cross_entropy_grad(g, x, t), gt)


@op
def binary_cross_entropy_grad(g, x, t):
    """g (x − t) / (x (1 − x))."""
    out = empty_like(x.array)
    launch(kernels.binary_cross_entropy_grad, out, g.array, x.array, t.array)
    equation = lambda g, x, t: g * (x - t) / clamp(x * (1.0 - x), 1e-12)
    return record_equation("binary_cross_entropy_grad", out, (g, x, t), equation)


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """t (log t − x), for a logarithm x of probabilities; with `log_target` eᵗ (t − x). See `KLDivLoss`.

    "mean" is over all elements, "batchmean" the sum over the number of rows, which is the divergence.
    """
    if reduction == "batchmean" and size_average is None and reduce is None:
        reduction = one_of("kl_div", "reduction", reduction, ("mean", "sum", "none", "batchmean"))
    else:
        reduction = reduction_of("kl_div", size_average, reduce, reduction)
    x, t = expect_floating("kl_div", input), expect_floating("kl_div", target, "target")
    loss = exp(t) * (t - x) if boolean("kl_div", "log_target", log_target) else xlogy(t, t) - t * x
    if reduction == "batchmean":
        return sum(loss) / x.shape[0] if x.array.ndim else sum(loss)
    return reduced(loss, reduction)
