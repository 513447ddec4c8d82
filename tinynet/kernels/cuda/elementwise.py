"""Elementwise kernels, each lifted from its formula."""

from ... import formulas
from .lift import Elementwise

__all__ = [
    "abs", "add", "bce_with_logits", "bce_with_logits_grad", "bitwise_and", "bitwise_left_shift", "bitwise_not",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "cast", "ceil", "clamp", "copy", "cos", "div", "eq", "exp",
    "fill", "floor", "floor_divide", "ge", "gelu", "gelu_grad", "gt", "isfinite", "isinf", "isnan", "le", "log",
    "log1p", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "maximum", "minimum", "mul", "ne", "neg",
    "pow", "relu", "relu_grad", "remainder", "sigmoid", "sigmoid_grad", "sign", "sin", "sqrt", "sub", "tanh",
    "tanh_grad", "where",
]  # fmt: skip

add, sub = Elementwise(formulas.add), Elementwise(formulas.sub)
mul, div = Elementwise(formulas.mul), Elementwise(formulas.div)
neg, abs, sign = Elementwise(formulas.neg), Elementwise(formulas.magnitude), Elementwise(formulas.signum)
floor, ceil = Elementwise(formulas.rounded_down), Elementwise(formulas.rounded_up)
sqrt, exp = Elementwise(formulas.square_root), Elementwise(formulas.exponential)
log, log1p = Elementwise(formulas.logarithm), Elementwise(formulas.logarithm_1p)
sin, cos = Elementwise(formulas.sine), Elementwise(formulas.cosine)
tanh, tanh_grad = Elementwise(formulas.hyperbolic_tangent), Elementwise(formulas.tanh_grad)
maximum, minimum = Elementwise(formulas.larger), Elementwise(formulas.smaller)

eq, ne = Elementwise(formulas.equal), Elementwise(formulas.not_equal)
lt, le = Elementwise(formulas.less), Elementwise(formulas.less_equal)
gt, ge = Elementwise(formulas.greater), Elementwise(formulas.greater_equal)
logical_and, logical_or = Elementwise(formulas.both), Elementwise(formulas.either)
logical_xor, logical_not = Elementwise(formulas.one_of_two), Elementwise(formulas.neither)
bitwise_and, bitwise_or = Elementwise(formulas.bits_of_both), Elementwise(formulas.bits_of_either)
bitwise_xor, bitwise_not = Elementwise(formulas.bits_of_one), Elementwise(formulas.bits_of_neither)
bitwise_left_shift = Elementwise(formulas.shifted_left)
bitwise_right_shift = Elementwise(formulas.shifted_right)
isnan, isinf = Elementwise(formulas.is_nan), Elementwise(formulas.is_infinite)
isfinite = Elementwise(formulas.is_finite)

sigmoid, sigmoid_grad = Elementwise(formulas.sigmoid), Elementwise(formulas.sigmoid_grad)
relu, relu_grad = Elementwise(formulas.relu), Elementwise(formulas.relu_grad)
gelu, gelu_grad = Elementwise(formulas.gelu), Elementwise(formulas.gelu_grad)
bce_with_logits = Elementwise(formulas.bce_with_logits)
bce_with_logits_grad = Elementwise(formulas.bce_with_logits_grad)

where = Elementwise(formulas.chosen)
copy = cast = fill = Elementwise(formulas.same)

_remainder, _whole_remainder = Elementwise(formulas.remainder), Elementwise(formulas.whole_remainder)
_quotient, _whole_quotient = Elementwise(formulas.floor_quotient), Elementwise(formulas.whole_quotient)
_raised = Elementwise(formulas.raised)


def remainder(out, x, y):
    """out ← x − y ⌊x / y⌋."""
    (_remainder if out.dtype.kind == "f" else _whole_remainder)(out, x, y)


def floor_divide(out, x, y):
    """out ← ⌊x / y⌋."""
    (_quotient if out.dtype.kind == "f" else _whole_quotient)(out, x, y)


def pow(out, x, y):
    """out ← x to the power of y. A product where y is the number 2, for which the GPU's general power is slow."""
    if getattr(y, "ndim", 1) == 0 and getattr(y, "device", "cpu") == "cpu" and y == 2:
        mul(out, x, x)
    else:
        _raised(out, x, y)


def clamp(out, x, low, high):
    """out ← min(max(x, low), high); a bound may be None."""
    if low is not None:
        maximum(out, x, low)
        x = out
    if high is not None:
        minimum(out, x, high)
