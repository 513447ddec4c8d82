"""Activations: elementwise functions with a formula of their own, forward and backward."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ..arguments import one_of
from ..autograd.backward import grad
from ..autograd.equation import record_equation
from ..autograd.graph import record, without_tensors, zero_gradient
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.launch import launch
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import exp
from .operands import floating, unary
from .registry import op

FUNCTIONS = "relu sigmoid tanh"
METHODS = FUNCTIONS
IN_PLACE = FUNCTIONS
FUNCTIONAL = "gelu sigmoid tanh"


def _like(x, kernel, *inputs):
    array = x.array
    out = empty_like(array)
    launch(kernel, out, *inputs)
    return out


@without_tensors
class Activation(NamedTuple):
    """A function of each element with a kernel for itself and one for its gradient, and the numbers these take.

    The equation says the same in operations on tensors, for gradients of the gradient.
    """

    name: str
    kernel: Any
    kernel_grad: Any
    equation: Callable
    numbers: tuple = ()
    numbers_grad: tuple = ()


@op
def activate(x, function):
    """The activation of x."""
    out = _like(x, function.kernel, x.array, *function.numbers)
    return record(function.name, out, (x,), lambda g: activate_grad(g, x, function))


@op
def activate_grad(g, x, function):
    """g f'(x)."""
    out = _like(x, function.kernel_grad, g.array, x.array, *function.numbers_grad)
    equation = lambda g, x: grad(function.equation(x), x, g, create_graph=True)[0]
    return record_equation(f"{function.name}_grad", out, (g, x), equation)


@op
def relu(input):
    """max(x, 0), with gradient 0 at 0."""
    x = expect_tensor("relu", input)
    return record("relu", unary(kernels.relu, x), (x,), relu_grad, saves_output=True)


@op
def relu_grad(g, y):
    """g where y > 0, else 0."""
    out = _like(y, kernels.relu_grad, g.array, y.array)
    return record("relu_grad", out, (g, y), lambda h: relu_grad(h, y), zero_gradient)


@op
def sigmoid(input):
    """1 / (1 + e⁻ˣ)."""
    x = floating("sigmoid", input)
    return record("sigmoid", unary(kernels.sigmoid, x), (x,), sigmoid_grad, saves_output=True)


@op
def sigmoid_grad(g, y):
    """g y (1 − y)."""
    out = _like(y, kernels.sigmoid_grad, g.array, y.array)
    return record("sigmoid_grad", out, (g, y), lambda h: sigmoid_grad(h, y), lambda h: h * g * (1.0 - y * 2.0))


@op
def tanh(input):
    """tanh x."""
    x = floating("tanh", input)
    return record("tanh", unary(kernels.tanh, x), (x,), tanh_grad, saves_output=True)


@op
def tanh_grad(g, y):
    """g (1 − y²)."""
    out = _like(y, kernels.tanh_grad, g.array, y.array)
    return record("tanh_grad", out, (g, y), lambda h: tanh_grad(h, y), lambda h: h * g * (y * -2.0))


def _gelu_tanh(x):
    return x * 0.5 * (tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) + 1.0)


GELU_TANH = Activation("gelu", kernels.gelu_tanh, kernels.gelu_tanh_grad, _gelu_tanh)


@op
def gelu(input, *, approximate="none"):
    """x Φ(x), or with approximate="tanh" x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))): Hendrycks & Gimpel (2016)."""
    x = expect_floating("gelu", input)
    if one_of("gelu", "approximate", approximate, ("none", "tanh")) == "tanh":
        return activate(x, GELU_TANH)
    return record("gelu", unary(kernels.gelu, x), (x,), lambda g: gelu_grad(g, x))


@op
def gelu_grad(g, x):
    """g (Φ(x) + x φ(x))."""
    out = _like(x, kernels.gelu_grad, g.array, x.array)

    def gx(h):  # the derivative of Φ(x) + x φ(x) is φ(x) (2 − x²)
        density = exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
        return h * g * (density * (2.0 - x * x))

    return record("gelu_grad", out, (g, x), lambda h: gelu_grad(h, x), gx)


@op
def bce_with_logits(x, target):
    """−[t log σ(x) + (1−t) log(1−σ(x))] for each element, for logits x and targets t of one shape."""
    out = _like(x, kernels.bce_with_logits, x.array, target.array)
    return record("bce_with_logits", out, (x, target), lambda g: bce_with_logits_grad(g, x, target), lambda g: -g * x)


@op
def bce_with_logits_grad(g, x, target):
    """g (σ(x) − t)."""
    out = _like(x, kernels.bce_with_logits_grad, g.array, x.array, target.array)

    gg = lambda h: bce_with_logits_grad(h, x, target)
    gx = lambda h: h * sigmoid_grad(g, sigmoid(x))
    return record("bce_with_logits_grad", out, (g, x, target), gg, gx, lambda h: -h * g)
