"""Activations that are linear piece by piece, or on one side of 0; each may be written over its input."""

from ..arguments import boolean, number
from ..autograd.graph import write_in_place
from ..errors import ArgumentValueError, ShapeError
from ..kernels import reference as kernels
from ..tensor_arguments import expect_floating, expect_tensor
from .activation import Activation, activate
from .arithmetic import abs, clone
from .choosing import clamp, masked_fill, where
from .comparison import ge, gt, le, logical_or
from .exponential import expm1
from .random import rand_like
from .shape import reshape

FUNCTIONS = "hardshrink prelu"
METHODS = "hardshrink prelu"
FUNCTIONAL = """celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu prelu relu6 rrelu selu softshrink
    threshold"""

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def placed(name, input, inplace, function, of_integers=None):
    """`function` of a floating tensor; with `inplace` written over it, of a copy, which its rules may capture.

    `of_integers` is what takes its place for integers, where these are allowed.
    """
    if of_integers is not None and expect_tensor(name, input).array.dtype.kind in "iu":
        x, function = input, of_integers
    else:
        x = expect_floating(name, input)
    if not boolean(name, "inplace", inplace):
        return function(x)
    return write_in_place(f"{name}_", x, lambda before: function(clone(before) if before._edge else before))


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where x > 0, else slope · x: Maas, Hannun & Ng (2013)."""
    slope = float(number("leaky_relu", "negative_slope", negative_slope))
    return placed("leaky_relu", input, inplace, lambda x: activate(x, _leaky(slope)))


def _leaky(slope):
    equation = lambda x: where(gt(x, 0), x, x * slope)
    return Activation("leaky_relu", kernels.leaky_relu, kernels.leaky_relu_grad, equation, (slope,), (slope,))


def prelu(input, weight):
    """x where x > 0, else weight · x, with one weight (1,) for all, or (C,) for x (N, C, ...): He et al. (2015).

    Raises: ShapeError where there is another number of weights.
    """
    x, w = expect_floating("prelu", input), expect_tensor("prelu", weight, "weight")
    channels = x.array.shape[1] if x.array.ndim > 1 else 1
    if w.array.ndim > 1 or w.array.size not in (1, channels):
        raise ShapeError(f"prelu: expected a weight of shape (1,) or ({channels},) for {x.shape}, got {w.shape}")
    if w.array.size == channels and x.array.ndim != 1:
        w = reshape(w, -1, *[1] * (x.array.ndim - 2)) if x.array.ndim else reshape(w, ())
    return where(gt(x, 0), x, x * w)


def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    """x where x > 0, else slope · x, the slope from U(lower, upper), or without `training` its mean: Xu et al. (2015).

    Raises: ArgumentValueError for lower > upper.
    """
    upper = number("rrelu", "upper", upper)
    lower = number("rrelu", "lower", lower, high=upper)
    if not boolean("rrelu", "training", training):
        return placed("rrelu", input, inplace, lambda x: activate(x, _leaky((lower + upper) / 2)))
    return placed("rrelu", input, inplace, lambda x: where(gt(x, 0), x, x * (rand_like(x) * (upper - lower) + lower)))


def _exponential(name, alpha, scale=1.0, rate=1.0):
    """scale · x where x > 0, else scale · α (exp(rate · x) − 1), where no exponential overflows."""
    alpha, scale, rate = float(alpha), float(scale), float(rate)
    equation = lambda x: where(gt(x, 0), x * scale, expm1(clamp(x, None, 0) * rate) * (alpha * scale))
    numbers = (scale, scale * alpha, rate), (scale, scale * alpha * rate, rate)
    return Activation(name, kernels.elu, kernels.elu_grad, equation, *numbers)


SELU = _exponential("selu", SELU_ALPHA, SELU_SCALE)


def elu(input, alpha=1.0, inplace=False):
    """x where x > 0, else α (eˣ − 1): Clevert, Unterthiner & Hochreiter (2016)."""
    alpha = number("elu", "alpha", alpha)
    return placed("elu", input, inplace, lambda x: activate(x, _exponential("elu", alpha)))


def selu(input, inplace=False):
    """λ elu(x, α) with the λ and α that keep mean 0 and variance 1: Klambauer et al. (2017)."""
    return placed("selu", input, inplace, lambda x: activate(x, SELU))


def celu(input, alpha=1.0, inplace=False):
    """x where x > 0, else α (exp(x / α) − 1): Barron (2017).

    Raises: ZeroDivisionError for α = 0.
    """
    alpha = number("celu", "alpha", alpha)
    if alpha == 0:
        raise ZeroDivisionError("celu: expected alpha to be other than 0")
    return placed("celu", input, inplace, lambda x: activate(x, _exponential("celu", alpha, rate=1 / alpha)))


def threshold(input, threshold, value, inplace=False):
    """x where x > threshold, else `value`; of integers, with both rounded towards 0."""
    least, value = number("threshold", "threshold", threshold), number("threshold", "value", value)
    of_integers = lambda x: masked_fill(x, le(x, int(least)), int(value))
    return placed("threshold", input, inplace, lambda x: masked_fill(x, le(x, least), value), of_integers)


def _between(x, low, high):
    """x in [low, high], with gradient 0 from the bounds on."""
    return where(logical_or(le(x, low), ge(x, high)), clamp(x.detach(), low, high), x)


def _bounded(name, low, high):
    numbers = float(low), float(high)
    equation = lambda x: _between(x, low, high)
    return Activation(name, kernels.hardtanh, kernels.hardtanh_grad, equation, numbers, numbers)


RELU6 = _bounded("relu6", 0, 6)
HARDSIGMOID = Activation(
    "hardsigmoid", kernels.hardsigmoid, kernels.hardsigmoid_grad, lambda x: _between(x + 3.0, 0, 6) / 6.0
)
HARDSWISH = Activation(
    "hardswish", kernels.hardswish, kernels.hardswish_grad, lambda x: x * _between(x + 3.0, 0, 6) / 6.0
)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x, not below `min_val` nor above `max_val`; its gradient at and beyond the bounds is 0.

    For integers the bounds are rounded towards 0.

    Raises: ArgumentValueError for min_val > max_val, and for a bound below 0 of unsigned integers.
    """
    high = number("hardtanh", "max_val", max_val)
    low = number("hardtanh", "min_val", min_val, high=high)

    def of_integers(x):
        if x.array.dtype.kind == "u" and low <= -1:
            raise ArgumentValueError(f"hardtanh: expected min_val > -1 for {x.dtype}, got {low}")
        return clamp(x, int(low), int(high))

    return placed("hardtanh", input, inplace, lambda x: activate(x, _bounded("hardtanh", low, high)), of_integers)


def relu6(input, inplace=False):
    """min(max(x, 0), 6): Krizhevsky (2010)."""
    return placed("relu6", input, inplace, lambda x: activate(x, RELU6), lambda x: clamp(x, 0, 6))


def hardsigmoid(input, inplace=False):
    """relu6(x + 3) / 6."""
    return placed("hardsigmoid", input, inplace, lambda x: activate(x, HARDSIGMOID))


def hardswish(input, inplace=False):
    """x · relu6(x + 3) / 6: Howard et al. (2019)."""
    return placed("hardswish", input, inplace, lambda x: activate(x, HARDSWISH))


def hardshrink(input, lambd=0.5):
    """x where |x| > λ, else 0."""
    x, lambd = expect_floating("hardshrink", input), number("hardshrink", "lambd", lambd)
    return masked_fill(x, le(abs(x.detach()), lambd), 0.0)


def softshrink(input, lambd=0.5):
    """x − λ where x > λ, x + λ where x < −λ, else 0.

    Raises: ArgumentValueError for λ < 0.
    """
    x, lambd = expect_floating("softshrink", input), number("softshrink", "lambd", lambd, 0)
    return x - clamp(x, -lambd, lambd)
