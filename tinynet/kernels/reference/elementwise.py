"""Elementwise kernels: each is a formula of `formulas.py`, applied to one element after another."""

import math
from types import FunctionType

import numpy as np

from ... import formulas
from ..kernel import Declared, In, Out, Scalar, kernel

# NumPy's functions where `math` would raise: log(0) is −∞ here, as on every device.
_MATHEMATICS = {
    name: getattr(np, name)
    for name in "ceil cos exp floor fmod isfinite isinf isnan log log1p sin sqrt tanh".split()
}  # fmt: skip


class Pointwise(Declared):
    """The kernel out[i] ← formula(x[i], ...) for all i, where numbers and arrays broadcast to the shape of `out`."""

    def __init__(self, name, formula):
        parameters = formula.__code__.co_varnames[: formula.__code__.co_argcount]
        element = _evaluated(formula)

        def reference(out, *inputs):
            inputs = [np.broadcast_to(x, out.shape) for x in inputs]
            for i in np.ndindex(out.shape):
                out[i] = element(*[x[i] for x in inputs])

        text = f"out ← {name}({', '.join(parameters)}). {formula.__doc__ or ''}".rstrip()
        super().__init__(name, reference, {"out": Out, **dict.fromkeys(parameters, In)}, text)
        self.formula = formula


def _evaluated(formula):
    """The same code, with NumPy's mathematics."""
    names = dict(formula.__globals__)
    for name, value in formula.__globals__.items():
        if getattr(math, name, None) is value and name in _MATHEMATICS:
            names[name] = _MATHEMATICS[name]
        elif isinstance(value, FunctionType) and value.__module__ == formula.__module__:
            names[name] = FunctionType(value.__code__, names, name)
    return FunctionType(formula.__code__, names, formula.__name__)


add, sub = Pointwise("add", formulas.add), Pointwise("sub", formulas.sub)
mul, div = Pointwise("mul", formulas.mul), Pointwise("div", formulas.div)
neg, abs = Pointwise("neg", formulas.neg), Pointwise("abs", formulas.magnitude)
sign = Pointwise("sign", formulas.signum)
floor, ceil = Pointwise("floor", formulas.rounded_down), Pointwise("ceil", formulas.rounded_up)
sqrt, exp = Pointwise("sqrt", formulas.square_root), Pointwise("exp", formulas.exponential)
log, log1p = Pointwise("log", formulas.logarithm), Pointwise("log1p", formulas.logarithm_1p)
sin, cos = Pointwise("sin", formulas.sine), Pointwise("cos", formulas.cosine)
maximum, minimum = Pointwise("maximum", formulas.larger), Pointwise("minimum", formulas.smaller)

eq, ne = Pointwise("eq", formulas.equal), Pointwise("ne", formulas.not_equal)
lt, le = Pointwise("lt", formulas.less), Pointwise("le", formulas.less_equal)
gt, ge = Pointwise("gt", formulas.greater), Pointwise("ge", formulas.greater_equal)
logical_and, logical_or = Pointwise("logical_and", formulas.both), Pointwise("logical_or", formulas.either)
logical_xor, logical_not = Pointwise("logical_xor", formulas.one_of_two), Pointwise("logical_not", formulas.neither)
bitwise_and = Pointwise("bitwise_and", formulas.bits_of_both)
bitwise_or = Pointwise("bitwise_or", formulas.bits_of_either)
bitwise_xor = Pointwise("bitwise_xor", formulas.bits_of_one)
bitwise_not = Pointwise("bitwise_not", formulas.bits_of_neither)
bitwise_left_shift = Pointwise("bitwise_left_shift", formulas.shifted_left)
bitwise_right_shift = Pointwise("bitwise_right_shift", formulas.shifted_right)
isnan, isinf = Pointwise("isnan", formulas.is_nan), Pointwise("isinf", formulas.is_infinite)
isfinite = Pointwise("isfinite", formulas.is_finite)

tanh, tanh_grad = Pointwise("tanh", formulas.hyperbolic_tangent), Pointwise("tanh_grad", formulas.tanh_grad)
sigmoid, sigmoid_grad = Pointwise("sigmoid", formulas.sigmoid), Pointwise("sigmoid_grad", formulas.sigmoid_grad)
relu, relu_grad = Pointwise("relu", formulas.relu), Pointwise("relu_grad", formulas.relu_grad)
gelu, gelu_grad = Pointwise("gelu", formulas.gelu), Pointwise("gelu_grad", formulas.gelu_grad)
bce_with_logits = Pointwise("bce_with_logits", formulas.bce_with_logits)
bce_with_logits_grad = Pointwise("bce_with_logits_grad", formulas.bce_with_logits_grad)

where = Pointwise("where", formulas.chosen)
copy = Pointwise("copy", formulas.same)  # out ← x, broadcast


@kernel
def cast(out: Out, x: In):
    """out ← x, converted to the dtype of `out`; NaN becomes some integer, without a warning."""
    np.copyto(out, x, casting="unsafe")


@kernel
def fill(out: Out, value: Scalar):
    """out ← value everywhere."""
    out[...] = value


@kernel
def clamp(out: Out, x: In, low: Scalar, high: Scalar):
    """out ← min(max(x, low), high); a bound may be None."""
    out[...] = x
    if low is not None:
        np.maximum(out, low, out=out)
    if high is not None:
        np.minimum(out, high, out=out)


@kernel
def pow(out: Out, x: In, y: In):
    """out ← x to the power of y."""
    np.power(x, y, out=out)


@kernel
def remainder(out: Out, x: In, y: In):
    """out ← x − y ⌊x / y⌋."""
    np.remainder(x, y, out=out)


@kernel
def floor_divide(out: Out, x: In, y: In):
    """out ← ⌊x / y⌋."""
    np.floor_divide(x, y, out=out)
