"""Operations on each element: arithmetic, comparisons, activations, conversions."""

import math

import numpy as np

from ... import dtypes
from ...ops import (
    activation,
    arithmetic,
    choosing,
    comparison,
    device,
    exponential,
    operands,
    rectifiers,
    special,
    trigonometry,
)
from ...ops import rounding as rounds
from ...tensor import wrap
from .table import translates

BOOL = np.dtype(bool)


# Arithmetic


def both(g, out, x, y, dtype=None):
    """Two operands, Values or numbers, in the dtype of the result."""
    return g.cast(x, dtype or out.dtype), g.cast(y, dtype or out.dtype)


@translates(arithmetic.add, arithmetic.sub)
def add(g, out, input, other, alpha):
    x, y = both(g, out, input, other)
    if out.dtype == BOOL:
        return g.op("Or", x, y)
    y = y if alpha == 1 else g.op("Mul", y, g.cast(alpha, out.dtype))
    return g.op("Add" if g.call == "add" else "Sub", x, y)


@translates(arithmetic.mul)
def mul(g, out, input, other):
    return g.op("And" if out.dtype == BOOL else "Mul", *both(g, out, input, other))


@translates(arithmetic.div, inside=lambda rounding_mode: rounding_mode is not None)
def div(g, out, input, other):
    return g.op("Div", *both(g, out, input, other))


def _remainder(g, out, x, y):
    """x − y ⌊x / y⌋."""
    if out.dtype.kind != "f":
        return g.op("Mod", x, y)
    zero, rest = g.constant(0, out.dtype), g.op("Mod", x, y, fmod=1)
    other_sign = g.op("Xor", g.op("Less", rest, zero), g.op("Less", y, zero))
    wrong = g.op("And", other_sign, g.op("Not", g.op("Equal", rest, zero)))
    return g.op("Where", wrong, g.op("Add", rest, y), rest)


@translates(arithmetic.remainder)
def remainder(g, out, input, other):
    return _remainder(g, out, *both(g, out, input, other))


@translates(arithmetic.floor_divide)
def floor_divide(g, out, input, other):
    x, y = both(g, out, input, other)
    q = g.op("Div", g.op("Sub", x, _remainder(g, out, x, y)), y)
    return g.op("Round", q) if out.dtype.kind == "f" else q


@translates(arithmetic.fmod)
def fmod(g, out, input, other):
    return g.op("Mod", *both(g, out, input, other), fmod=1)


@translates(arithmetic.pow, inside=lambda input: getattr(input, "dtype", None) == BOOL)
def pow(g, out, input, exponent):
    return g.op("Pow", *both(g, out, input, exponent))


@translates(choosing.maximum, choosing.minimum)
def maximum(g, out, input, other):
    return g.op("Max" if g.call == "maximum" else "Min", *both(g, out, input, other))


@translates(choosing.clamp, inside=lambda min, max: hasattr(min, "array") or hasattr(max, "array"))
def clamp(g, out, input, min, max):
    low, high = (None if bound is None else g.cast(bound, out.dtype) for bound in (min, max))
    return g.op("Clip", g.cast(input, out.dtype), low, high)


@translates(choosing.where)
def where(g, out, condition, input, other):
    return g.op("Where", condition, *both(g, out, input, other))


# Of one argument

SIMPLE = {
    arithmetic.neg: "Neg", arithmetic.abs: "Abs", arithmetic.exp: "Exp", arithmetic.log: "Log",
    arithmetic.sqrt: "Sqrt", arithmetic.sin: "Sin", arithmetic.cos: "Cos",
    activation.relu: "Relu", activation.sigmoid: "Sigmoid", activation.tanh: "Tanh", special.erf: "Erf",
    trigonometry.tan: "Tan", trigonometry.asin: "Asin", trigonometry.acos: "Acos", trigonometry.atan: "Atan",
    trigonometry.sinh: "Sinh", trigonometry.cosh: "Cosh", trigonometry.asinh: "Asinh",
    trigonometry.acosh: "Acosh", trigonometry.atanh: "Atanh",
}  # fmt: skip
OF_NAME = {function.__name__: kind for function, kind in SIMPLE.items()}
JUMPS = {"sign": "Sign", "floor": "Floor", "ceil": "Ceil"}


@translates(*SIMPLE)
def simple(g, out, input):
    return g.op(OF_NAME[g.call], g.cast(input, out.dtype))


@translates(arithmetic.sign, arithmetic.floor, arithmetic.ceil)
def jump(g, out, input):
    return g.op("Identity" if out.dtype.kind != "f" and g.call != "sign" else JUMPS[g.call], input)


@translates(rounds.round)
def round(g, out, input, decimals):
    if out.dtype.kind != "f":
        return g.op("Identity", input)
    scale = g.constant(10.0 ** abs(decimals), out.dtype)
    apart, together = ("Mul", "Div") if decimals > 0 else ("Div", "Mul")
    return g.op(together, g.op("Round", g.op(apart, input, scale)), scale) if decimals else g.op("Round", input)


@translates(rounds.signbit)
def signbit(g, out, input):
    """x < 0, and of a 0 the sign of 1 / x."""
    zero, one = (g.constant(n, input.dtype) for n in (0, 1))
    if input.dtype.kind != "f":
        return g.op("Less", input, zero)
    return g.op("Less", g.op("Where", g.op("Equal", input, zero), g.op("Div", one, input), input), zero)


@translates(arithmetic.trunc)
def trunc(g, out, input):
    if out.dtype.kind != "f":
        return g.op("Identity", input)
    return g.op("Mul", g.op("Sign", input), g.op("Floor", g.op("Abs", input)))


@translates(exponential.exp2)
def exp2(g, out, input):
    return g.op("Pow", g.constant(2, out.dtype), g.cast(input, out.dtype))


@translates(exponential.log2, exponential.log10)
def logarithm(g, out, input):
    base = 2 if g.call == "log2" else 10
    return g.op("Mul", g.op("Log", g.cast(input, out.dtype)), g.constant(1 / math.log(base), out.dtype))


@translates(arithmetic.log1p)
def log1p(g, out, input):
    return _log1p(g, out, g.cast(input, out.dtype))


def _log1p(g, out, x):
    """log(1 + x) = x log u / (u − 1), where u = 1 + x is rounded: Kahan's way to keep all digits."""
    one = g.constant(1, out.dtype)
    u = g.op("Add", x, one)
    exact = g.op("Div", g.op("Mul", x, g.op("Log", u)), g.op("Sub", u, one))
    tiny, large = g.op("Equal", u, one), g.op("Greater", u, g.constant(1e15, out.dtype))
    return g.op("Where", tiny, x, g.op("Where", large, g.op("Log", u), exact))


@translates(exponential.expm1)
def expm1(g, out, input):
    """eˣ − 1 = 2 tanh(x/2) / (1 − tanh(x/2)) near 0, where the difference would lose digits."""
    x, one = g.cast(input, out.dtype), g.constant(1, out.dtype)
    t = g.op("Tanh", g.op("Mul", x, g.constant(0.5, out.dtype)))
    near = g.op("Less", g.op("Abs", x), one)
    exact = g.op("Div", g.op("Add", t, t), g.op("Sub", one, t))
    return g.op("Where", near, exact, g.op("Sub", g.op("Exp", x), one))


@translates(exponential.logaddexp, exponential.logaddexp2)
def logaddexp(g, out, input, other):
    """max(x, y) + log(1 + e^−|x − y|), to the base e or 2."""
    x, y = both(g, out, input, other)
    distance = g.op("Neg", g.op("Abs", g.op("Sub", x, y)))
    if g.call == "logaddexp":
        return g.op("Add", g.op("Max", x, y), g.op("Softplus", distance))
    base = g.constant(math.log(2), out.dtype)
    return g.op("Add", g.op("Max", x, y), g.op("Div", g.op("Softplus", g.op("Mul", distance, base)), base))


@translates(exponential.xlogy, special.xlog1py)
def xlogy(g, out, input, other):
    """x log y or x log(1 + y), and 0 for x = 0 unless y is NaN."""
    x, y = both(g, out, input, other)
    zero = g.constant(0, out.dtype)
    logarithm = g.op("Log", y) if g.call == "xlogy" else _log1p(g, out, y)
    nothing = g.op("And", g.op("Equal", x, zero), g.op("Not", g.op("IsNaN", y)))
    return g.op("Where", nothing, zero, g.op("Mul", x, logarithm))


@translates(special.erfc)
def erfc(g, out, input):
    return g.op("Sub", g.constant(1, out.dtype), g.op("Erf", g.cast(input, out.dtype)))


@translates(special.ndtr)
def ndtr(g, out, input):
    half = g.constant(0.5, out.dtype)
    scaled = g.op("Mul", g.cast(input, out.dtype), g.constant(math.sqrt(0.5), out.dtype))
    return g.op("Mul", half, g.op("Add", g.constant(1, out.dtype), g.op("Erf", scaled)))


@translates(trigonometry.hypot)
def hypot(g, out, input, other):
    squares = [g.op("Mul", x, x) for x in both(g, out, input, other)]
    return g.op("Sqrt", g.op("Add", *squares))


@translates(trigonometry.atan2)
def atan2(g, out, input, other):
    y, x = both(g, out, input, other)
    zero, pi = g.constant(0, out.dtype), g.constant(math.pi, out.dtype)
    below, left = g.op("Less", y, zero), g.op("Less", x, zero)
    angle = g.op("Atan", g.op("Div", y, x))
    turned = g.op("Add", angle, g.op("Where", below, g.op("Neg", pi), pi))
    half = g.op("Where", below, g.constant(-math.pi / 2, out.dtype), g.constant(math.pi / 2, out.dtype))
    on_axis = g.op("Where", g.op("Equal", y, zero), y, half)
    return g.op("Where", g.op("Equal", x, zero), on_axis, g.op("Where", left, turned, angle))


# The same in other clothes


@translates(arithmetic.clone)
def clone(g, out, input):
    return g.op("Identity", input)


@translates(operands.to, device.to_device)
def to(g, out, x):
    return g.cast_to(x, out.dtype)


# Comparisons

COMPARISONS = {"eq": "Equal", "lt": "Less", "le": "LessOrEqual", "gt": "Greater", "ge": "GreaterOrEqual"}
LOGIC = {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor"}
BITS = {"bitwise_and": "BitwiseAnd", "bitwise_or": "BitwiseOr", "bitwise_xor": "BitwiseXor"}


@translates(comparison.eq, comparison.logical_and)
def compare(g, out, input, other, name):
    if name in LOGIC:
        return g.op(LOGIC[name], *(truth(g, x) for x in (input, other)))
    dtype = promoted(input, other)
    if dtype == BOOL and name not in ("eq", "ne"):
        dtype = np.dtype(np.int32)
    x, y = both(g, out, input, other, dtype)
    return g.op("Not", g.op("Equal", x, y)) if name == "ne" else g.op(COMPARISONS[name], x, y)


def promoted(x, y):
    """The dtype in which two operands meet."""
    like = lambda v: wrap(np.empty((1,) * v.ndim, v.dtype)) if hasattr(v, "shape") else v
    number = lambda v: v if isinstance(v, bool | int | float) or hasattr(v, "array") else 1
    return np.dtype(dtypes.promote(*(number(like(v)) for v in (x, y))))


def truth(g, x):
    """A Value or a number as bool."""
    return g.cast(x, BOOL)


@translates(comparison.isnan)
def test(g, out, input, name):
    if name == "logical_not":
        return g.op("Not", truth(g, input))
    if input.dtype.kind != "f":
        input = g.cast(input, np.dtype(np.float32))
    if name == "isnan":
        return g.op("IsNaN", input)
    if name == "isinf":
        return g.op("IsInf", input)
    return g.op("Not", g.op("Or", g.op("IsNaN", input), g.op("IsInf", input)))


@translates(comparison.bitwise_and, inside=lambda shift: shift)
def bitwise(g, out, input, other, name):
    kind = LOGIC[name.replace("bitwise", "logical")] if out.dtype == BOOL else BITS[name]
    return g.op(kind, *both(g, out, input, other))


@translates(comparison.bitwise_not)
def bitwise_not(g, out, input):
    return g.op("Not" if out.dtype == BOOL else "BitwiseNot", input)


# Activations


@translates(activation.gelu)
def gelu(g, out, input, approximate):
    return _gelu(g, out, input, approximate)


def _gelu(g, out, x, approximate):
    number = lambda value: g.constant(value, out.dtype)
    if g.opset >= 20:
        return g.op("Gelu", x, approximate=approximate)
    if approximate == "tanh":
        cube = g.op("Mul", g.op("Mul", x, g.op("Mul", x, x)), number(0.044715))
        curve = g.op("Tanh", g.op("Mul", g.op("Add", x, cube), number(math.sqrt(2 / math.pi))))
    else:
        curve = g.op("Erf", g.op("Mul", x, number(math.sqrt(0.5))))
    return g.op("Mul", g.op("Mul", x, number(0.5)), g.op("Add", curve, number(1)))


@translates(activation.activate)
def activate(g, out, x, function):
    return ACTIVATIONS[function.name](g, out, x, *function.numbers)


def _exponential(g, out, x, scale, height, rate):
    """scale · x where x > 0, else height (exp(rate · x) − 1)."""
    number = lambda value: g.constant(value, out.dtype)
    below = g.op("Min", x, number(0))
    curve = g.op("Sub", g.op("Exp", below if rate == 1 else g.op("Mul", below, number(rate))), number(1))
    straight = x if scale == 1 else g.op("Mul", x, number(scale))
    return g.op("Where", g.op("Greater", x, number(0)), straight, g.op("Mul", curve, number(height)))


def _elu(g, out, x, scale, height, rate):
    return g.op("Elu", x, alpha=height) if out.dtype == np.float32 else _exponential(g, out, x, scale, height, rate)


def _selu(g, out, x, scale, height, rate):
    if out.dtype == np.float32:
        return g.op("Selu", x, alpha=height / scale, gamma=scale)
    return _exponential(g, out, x, scale, height, rate)


def _softplus(g, out, x, beta=1.0, threshold=20.0):
    number = lambda value: g.constant(value, out.dtype)
    scaled = x if beta == 1 else g.op("Mul", x, number(beta))
    y = g.op("Softplus", scaled)
    y = y if beta == 1 else g.op("Div", y, number(beta))
    if threshold >= 20 and out.dtype == np.float32:  # where it is x to the last digit
        return y
    return g.op("Where", g.op("Greater", scaled, number(threshold)), x, y)


def _hardsigmoid(g, out, x):
    if out.dtype == np.float32:
        return g.op("HardSigmoid", x, alpha=1 / 6, beta=0.5)
    sixth = g.op("Div", g.op("Add", x, g.constant(3, out.dtype)), g.constant(6, out.dtype))
    return g.op("Clip", sixth, g.constant(0, out.dtype), g.constant(1, out.dtype))


def _leaky_relu(g, out, x, slope):
    if out.dtype == np.float32:
        return g.op("LeakyRelu", x, alpha=slope)
    below = g.op("Mul", x, g.constant(slope, out.dtype))
    return g.op("Where", g.op("Greater", x, g.constant(0, out.dtype)), x, below)


# An attribute of a node is a float32: other dtypes take their numbers as constants.
ACTIVATIONS = {
    "leaky_relu": _leaky_relu,
    "elu": _elu, "selu": _selu, "celu": _exponential,
    "relu6": lambda g, out, x, low, high: g.op("Clip", x, g.number(low, x), g.number(high, x)),
    "hardtanh": lambda g, out, x, low, high: g.op("Clip", x, g.number(low, x), g.number(high, x)),
    "hardsigmoid": _hardsigmoid,
    "hardswish": lambda g, out, x: g.op("Mul", x, _hardsigmoid(g, out, x)),
    "gelu": lambda g, out, x: _gelu(g, out, x, "tanh"),
    "silu": lambda g, out, x: g.op("Mul", x, g.op("Sigmoid", x)),
    "mish": lambda g, out, x: g.op("Mul", x, g.op("Tanh", g.op("Softplus", x))),
    "logsigmoid": lambda g, out, x: g.op("Neg", g.op("Softplus", g.op("Neg", x))),
    "softplus": _softplus,
}  # fmt: skip


@translates(rectifiers.prelu)
def prelu(g, out, input, weight):
    slope = weight
    if weight.shape not in ((), (1,)) and input.ndim > 2:
        slope = g.reshape(weight, (-1, *[1] * (input.ndim - 2)))
    return g.op("PRelu", input, slope)


@translates(activation.bce_with_logits)
def bce_with_logits(g, out, x, target):
    return g.op("Sub", g.op("Softplus", x), g.op("Mul", x, target))
