"""Losses of numbers: distances of a prediction from its target, and likelihoods."""

import math
import warnings

from ..arguments import boolean, number
from ..autograd.backward import grad
from ..autograd.equation import record_equation
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import all_values, empty_like
from ..kernels.launch import launch
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor, optional_tensor
from .activation import Activation
from .arithmetic import abs, exp, log, neg, square
from .choosing import clamp, where
from .comparison import isinf, lt
from .creation import full_like
from .loss import reduced, reduction_of
from .operands import broadcast_shape, operands
from .reduction import sum
from .registry import op
from .shape import expand, unsqueeze

FUNCTIONAL = "gaussian_nll_loss huber_loss l1_loss mse_loss poisson_nll_loss smooth_l1_loss"


def broadcast_pair(name, input, target, weight=None):
    """Input and target in one shape; to broadcast them is hardly ever meant, and gets a warning to the user.

    Raises: ShapeError for shapes that do not broadcast, and for a weight that has not the input's.
    """
    x, y = expect_tensor(name, input), expect_tensor(name, target, "target")
    if optional_tensor(name, "weight", weight) is not None and weight.shape != x.shape:
        raise ShapeError(f"{name}: expected a weight of the input's shape {x.shape}, got {weight.shape}")
    if x.array.shape == y.array.shape:
        return x, y
    shape = broadcast_shape(name, x, y)
    warnings.warn(
        f"{name}: a target of shape {y.shape} is broadcast with an input of shape {x.shape}; make the shapes the same, "
        "unless this is meant",
        stacklevel=3,
    )
    return expand(x, shape), expand(y, shape)


def _expect_a_floating(name, x, y):
    if x.array.dtype.kind != "f" and y.array.dtype.kind != "f":
        raise DTypeError(f"{name}: expected a floating input or target, got {x.dtype} and {y.dtype}")


@op
def pair_loss(x, y, function):
    """A function of x − y for each element, with kernels for itself and its gradient."""
    x, y, like = operands(function.name, x, y)
    out = empty_like(like)
    launch(function.kernel, out, x.array, y.array, *function.numbers)
    gx = lambda g: pair_loss_grad(g, x, y, function)
    return record(function.name, out, (x, y), gx, lambda g: neg(gx(g)))


@op
def pair_loss_grad(g, x, y, function):
    """g times the derivative by x."""
    out = empty_like(operands(function.name, x, y)[2])
    launch(function.kernel_grad, out, g.array, x.array, y.array, *function.numbers_grad)
    equation = lambda g, x, y: grad(function.equation(x, y), x, g, create_graph=True)[0]
    return record_equation(f"{function.name}_grad", out, (g, x, y), equation)


SQUARED_ERROR = Activation(
    "squared_error", kernels.squared_error, kernels.squared_error_grad, lambda x, y: square(x - y)
)


def huber(bound, inside, outside):
    """inside · d² where d = |x − y| < bound, else outside · (d − bound / 2)."""
    numbers = float(bound), float(inside), float(outside)

    def equation(x, y):
        d = abs(x - y)
        return where(lt(d, bound), _square_inside(d) * inside, (d - 0.5 * bound) * outside)

    return Activation("huber", kernels.huber, kernels.huber_grad, equation, numbers, numbers)


ABSOLUTE_ERROR = huber(0.0, 0.0, 1.0)


def weighted(loss, weight, reduction):
    """The reduced loss; with a weight its sum, or its mean Σ w loss / Σ w."""
    if weight is None:
        return reduced(loss, reduction)
    loss = loss * weight
    return sum(loss) / sum(weight) if reduction == "mean" else reduced(loss, reduction)


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(x − target)², averaged; with a `weight` w of the shape of x, w (x − target)², whose mean is Σ / Σ w.

    Targets of another shape broadcast, with a warning: this is hardly ever meant.

    Raises: ShapeError where the shapes do not broadcast, DTypeError where nothing is floating.
    """
    reduction = reduction_of("mse_loss", size_average, reduce, reduction)
    x, y = broadcast_pair("mse_loss", input, target, weight)
    if weight is None:
        _expect_a_floating("mse_loss", x, y)
        return reduced(pair_loss(x, y, SQUARED_ERROR), reduction)
    return weighted(square(x - y), weight, reduction)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|x − target|, averaged; with a `weight` w of the shape of x, w |x − target|, whose mean is Σ / Σ w.

    Raises: ShapeError where the shapes do not broadcast, DTypeError where nothing is floating.
    """
    reduction = reduction_of("l1_loss", size_average, reduce, reduction)
    x, y = broadcast_pair("l1_loss", input, target, weight)
    _expect_a_floating("l1_loss", x, y)
    return weighted(pair_loss(x, y, ABSOLUTE_ERROR), weight, reduction)


def _square_inside(d):
    """d², but 0 for ∞, where the gradient of the branch that is not taken would be 0 · ∞."""
    return square(where(isinf(d), 0.0, d))


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """d² / (2β) where d = |x − target| < β, else d − β/2, averaged: Girshick (2015).

    Raises: ArgumentValueError for β < 0, ShapeError, DTypeError.
    """
    reduction = reduction_of("smooth_l1_loss", size_average, reduce, reduction)
    beta = number("smooth_l1_loss", "beta", beta, 0)
    x, y = broadcast_pair("smooth_l1_loss", input, target)
    _expect_a_floating("smooth_l1_loss", x, y)
    return reduced(pair_loss(x, y, huber(beta, 0.5 / beta if beta else 0.0, 1.0)), reduction)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """d² / 2 where d = |x − target| < δ, else δ (d − δ/2), averaged: Huber (1964). A `weight` is as in `l1_loss`.

    Raises: ArgumentValueError for δ ≤ 0, ShapeError, DTypeError.
    """
    reduction = reduction_of("huber_loss", None, None, reduction)
    if number("huber_loss", "delta", delta) <= 0:
        raise ArgumentValueError(f"huber_loss: expected delta > 0, got {delta}")
    x, y = broadcast_pair("huber_loss", input, target, weight)
    _expect_a_floating("huber_loss", x, y)
    return weighted(pair_loss(x, y, huber(delta, 0.5, delta)), weight, reduction)


def poisson_nll_loss(
    input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"
):
    """eˣ − t x, averaged, for the logarithm x of a rate; with log_input=False the rate itself: x − t log(x + ε).

    With `full` also Stirling's t log t − t + log(2πt)/2 where t > 1.
    """
    reduction = reduction_of("poisson_nll_loss", size_average, reduce, reduction)
    x, t = expect_tensor("poisson_nll_loss", input), expect_tensor("poisson_nll_loss", target, "target")
    eps = number("poisson_nll_loss", "eps", eps)
    log_input = boolean("poisson_nll_loss", "log_input", log_input)
    loss = exp(x) - t * x if log_input else x - t * log(x + eps)
    if boolean("poisson_nll_loss", "full", full):
        large = where(lt(t, 1), 1.0, t)
        stirling = t * log(large) - t + log(large * (2 * math.pi)) * 0.5
        loss = loss + where(t > 1, stirling, 0.0)
    return reduced(loss, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log v + (x − t)² / v) / 2, averaged, for v = max(var, ε): Nix & Weigend (1994). With `full` + log(2π)/2.

    `var` is a number, or has the shape of x, without its last dimension or with one of size 1. No gradient is lost to
    the bound ε.

    Raises: ShapeError, ValueError for a negative variance.
    """
    name = "gaussian_nll_loss"
    reduction = reduction_of(name, None, None, reduction)
    x, t = expect_tensor(name, input), expect_tensor(name, target, "target")
    v = var if isinstance(var, Tensor) else full_like(x, number(name, "var", var))
    if v.shape != x.shape:
        if v.shape == x.shape[:-1]:
            v = unsqueeze(v, -1)
        elif v.shape[:-1] != x.shape[:-1] or v.shape[-1] != 1:
            raise ShapeError(f"{name}: expected a var that fits an input of shape {x.shape}, got {v.shape}")
    if not (all_values(v.array) >= 0).all():
        raise ValueError(f"{name}: expected variances ≥ 0")
    eps = number(name, "eps", eps)
    v = v + (clamp(v.detach(), eps) - v.detach())
    loss = (log(v) + square(x - t) / v) * 0.5
    return reduced(loss + 0.5 * math.log(2 * math.pi) if boolean(name, "full", full) else loss, reduction)
