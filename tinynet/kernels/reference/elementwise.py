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


def pointwise(name, formula):
    """The kernel out[i] ← formula(x[i], ...) for all i, where numbers and arrays broadcast to the shape of `out`."""
    parameters = formula.__code__.co_varnames[: formula.__code__.co_argcount]
    element = _evaluated(formula)

    def reference(out, *inputs):
        inputs = [np.broadcast_to(x, out.shape) for x in inputs]
        for i in np.ndindex(out.shape):
            out[i] = element(*[x[i] for x in inputs])

    text = f"out ← {name}({', '.join(parameters)}). {formula.__doc__ or ''}".rstrip()
    found = Declared(name, reference, {"out": Out, **dict.fromkeys(parameters, In)}, text)
    found.formula = formula
    return found


def _evaluated(formula):
    """The same code, with NumPy's mathematics."""
    names = dict(formula.__globals__)
    for name, value in formula.__globals__.items():
        if getattr(math, name, None) is value and name in _MATHEMATICS:
            names[name] = _MATHEMATICS[name]
        elif isinstance(value, FunctionType) and value.__module__ == formula.__module__:
            names[name] = FunctionType(value.__code__, names, name)
    return FunctionType(formula.__code__, names, formula.__name__)


add, sub = pointwise("add", formulas.add), pointwise("sub", formulas.sub)
mul, div = pointwise("mul", formulas.mul), pointwise("div", formulas.div)
neg, abs = pointwise("neg", formulas.neg), pointwise("abs", formulas.magnitude)
sign = pointwise("sign", formulas.signum)
floor, ceil = pointwise("floor", formulas.rounded_down), pointwise("ceil", formulas.rounded_up)
sqrt, exp = pointwise("sqrt", formulas.square_root), pointwise("exp", formulas.exponential)
log, log1p = pointwise("log", formulas.logarithm), pointwise("log1p", formulas.logarithm_1p)
sin, cos = pointwise("sin", formulas.sine), pointwise("cos", formulas.cosine)
maximum, minimum = pointwise("maximum", formulas.larger), pointwise("minimum", formulas.smaller)

eq, ne = pointwise("eq", formulas.equal), pointwise("ne", formulas.not_equal)
lt, le = pointwise("lt", formulas.less), pointwise("le", formulas.less_equal)
gt, ge = pointwise("gt", formulas.greater), pointwise("ge", formulas.greater_equal)
logical_and, logical_or = pointwise("logical_and", formulas.both), pointwise("logical_or", formulas.either)
logical_xor, logical_not = pointwise("logical_xor", formulas.one_of_two), pointwise("logical_not", formulas.neither)
bitwise_and = pointwise("bitwise_and", formulas.bits_of_both)
bitwise_or = pointwise("bitwise_or", formulas.bits_of_either)
bitwise_xor = pointwise("bitwise_xor", formulas.bits_of_one)
bitwise_not = pointwise("bitwise_not", formulas.bits_of_neither)
bitwise_left_shift = pointwise("bitwise_left_shift", formulas.shifted_left)
bitwise_right_shift = pointwise("bitwise_right_shift", formulas.shifted_right)
isnan, isinf = pointwise("isnan", formulas.is_nan), pointwise("isinf", formulas.is_infinite)
isfinite = pointwise("isfinite", formulas.is_finite)

tanh, tanh_grad = pointwise("tanh", formulas.hyperbolic_tangent), pointwise("tanh_grad", formulas.tanh_grad)
sigmoid, sigmoid_grad = pointwise("sigmoid", formulas.sigmoid), pointwise("sigmoid_grad", formulas.sigmoid_grad)
relu, relu_grad = pointwise("relu", formulas.relu), pointwise("relu_grad", formulas.relu_grad)
gelu, gelu_grad = pointwise("gelu", formulas.gelu), pointwise("gelu_grad", formulas.gelu_grad)
bce_with_logits = pointwise("bce_with_logits", formulas.bce_with_logits)
bce_with_logits_grad = pointwise("bce_with_logits_grad", formulas.bce_with_logits_grad)

where = pointwise("where", formulas.chosen)
copy = pointwise("copy", formulas.same)  # out ← x, broadcast


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
