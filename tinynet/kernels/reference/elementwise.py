"""Elementwise kernels: each is a formula of `formulas.py` or its like, applied to one element after another."""

import math
import weakref
from types import FunctionType

import numpy as np

from ... import activations, formulas, loss_formulas, special_functions
from ...source.bytecode import globals_in
from ..kernel import Declared, In, Out, Scalar, kernel


def _gamma(x):
    """Γ(x), where Python's raises an error as C has it."""
    try:
        return math.gamma(x)
    except OverflowError:
        return math.copysign(math.inf, x)
    except ValueError:
        return math.copysign(math.inf, x) if x == 0 else math.nan


def _lgamma(x):
    """log |Γ(x)|, and +∞ where Python's raises an error: at the poles, and where it is too large."""
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


# NumPy's functions where `math` would raise: log(0) is −∞ here, as on every device.
MATHEMATICS = {
    name: getattr(np, name)
    for name in """acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh exp exp2 expm1 floor fmod hypot
        isfinite isinf isnan log log1p log2 log10 sin sinh sqrt tan tanh""".split()
} | {"gamma": _gamma, "lgamma": _lgamma, "pow": np.power}


class Pointwise(Declared):
    """The kernel out[i] ← formula(x[i], ...) for all i, where numbers and arrays broadcast to the shape of `out`.

    The last parameters of the formula, as many as `scalars` says, are numbers always.
    """

    def __init__(self, name, formula, scalars=0):
        parameters = formula.__code__.co_varnames[: formula.__code__.co_argcount]
        element = _evaluated(formula)

        def reference(out, *inputs):
            inputs = [np.broadcast_to(x, out.shape) for x in inputs]
            for i in np.ndindex(out.shape):
                out[i] = element(*[x[i] for x in inputs])

        text = f"out ← {name}({', '.join(parameters)}). {formula.__doc__ or ''}".rstrip()
        arrays, numbers = parameters[: len(parameters) - scalars], parameters[len(parameters) - scalars :]
        roles = {"out": Out, **dict.fromkeys(arrays, In), **dict.fromkeys(numbers, Scalar)}
        super().__init__(name, reference, roles, text)
        self.formula, self.scalars = formula, numbers


_evaluated_as = weakref.WeakKeyDictionary()  # function: the same code, with NumPy's mathematics


def _evaluated(function):
    """The same code, with NumPy's mathematics, and so what it calls."""
    if function not in _evaluated_as:
        names = {"__name__": function.__module__}
        made = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
        _evaluated_as[function] = made
        for name in globals_in(function.__code__):
            value = function.__globals__.get(name)
            if name in MATHEMATICS and getattr(math, name, None) is value:
                names[name] = MATHEMATICS[name]
            elif name in function.__globals__:
                names[name] = _evaluated(value) if isinstance(value, FunctionType) else value
    return _evaluated_as[function]


add, sub = Pointwise("add", formulas.add), Pointwise("sub", formulas.sub)
mul, div = Pointwise("mul", formulas.mul), Pointwise("div", formulas.div)
neg, abs = Pointwise("neg", formulas.neg), Pointwise("abs", formulas.magnitude)
sign = Pointwise("sign", formulas.signum)
floor, ceil = Pointwise("floor", formulas.rounded_down), Pointwise("ceil", formulas.rounded_up)
sqrt, exp = Pointwise("sqrt", formulas.square_root), Pointwise("exp", formulas.exponential)
log, log1p = Pointwise("log", formulas.logarithm), Pointwise("log1p", formulas.logarithm_1p)
sin, cos = Pointwise("sin", formulas.sine), Pointwise("cos", formulas.cosine)
maximum, minimum = Pointwise("maximum", formulas.larger), Pointwise("minimum", formulas.smaller)

round, trunc = Pointwise("round", formulas.rounded), Pointwise("trunc", formulas.rounded_to_0)
tan, atan = Pointwise("tan", formulas.tangent), Pointwise("atan", formulas.arc_tangent)
asin, acos = Pointwise("asin", formulas.arc_sine), Pointwise("acos", formulas.arc_cosine)
sinh, cosh = Pointwise("sinh", formulas.hyperbolic_sine), Pointwise("cosh", formulas.hyperbolic_cosine)
asinh, acosh = Pointwise("asinh", formulas.area_sine), Pointwise("acosh", formulas.area_cosine)
atanh = Pointwise("atanh", formulas.area_tangent)
atan2, hypot = Pointwise("atan2", formulas.angle), Pointwise("hypot", formulas.hypotenuse)
exp2, expm1 = Pointwise("exp2", formulas.exponential_2), Pointwise("expm1", formulas.exponential_m1)
log2, log10 = Pointwise("log2", formulas.logarithm_2), Pointwise("log10", formulas.logarithm_10)
logaddexp = Pointwise("logaddexp", formulas.log_add_exp)
logaddexp2 = Pointwise("logaddexp2", formulas.log_add_exp_2)
xlogy, xlog1py = Pointwise("xlogy", formulas.x_log_y), Pointwise("xlog1py", formulas.x_log_1p_y)
gcd = Pointwise("gcd", formulas.common_divisor)

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
isfinite, signbit = Pointwise("isfinite", formulas.is_finite), Pointwise("signbit", formulas.sign_bit)

tanh, tanh_grad = Pointwise("tanh", formulas.hyperbolic_tangent), Pointwise("tanh_grad", activations.tanh_grad)
sigmoid, sigmoid_grad = Pointwise("sigmoid", activations.sigmoid), Pointwise("sigmoid_grad", activations.sigmoid_grad)
relu, relu_grad = Pointwise("relu", activations.relu), Pointwise("relu_grad", activations.relu_grad)
gelu, gelu_grad = Pointwise("gelu", activations.gelu), Pointwise("gelu_grad", activations.gelu_grad)
gelu_tanh, gelu_tanh_grad = (
    Pointwise("gelu_tanh", activations.gelu_tanh),
    Pointwise("gelu_tanh_grad", activations.gelu_tanh_grad),
)
leaky_relu = Pointwise("leaky_relu", activations.leaky_relu, 1)
leaky_relu_grad = Pointwise("leaky_relu_grad", activations.leaky_relu_grad, 1)
elu, elu_grad = Pointwise("elu", activations.elu, 3), Pointwise("elu_grad", activations.elu_grad, 3)
silu, silu_grad = Pointwise("silu", activations.silu), Pointwise("silu_grad", activations.silu_grad)
mish, mish_grad = Pointwise("mish", activations.mish), Pointwise("mish_grad", activations.mish_grad)
softplus = Pointwise("softplus", activations.softplus, 2)
softplus_grad = Pointwise("softplus_grad", activations.softplus_grad, 2)
log_sigmoid = Pointwise("log_sigmoid", activations.log_sigmoid)
log_sigmoid_grad = Pointwise("log_sigmoid_grad", activations.log_sigmoid_grad)
hardtanh = Pointwise("hardtanh", activations.hardtanh, 2)
hardtanh_grad = Pointwise("hardtanh_grad", activations.hardtanh_grad, 2)
hardsigmoid = Pointwise("hardsigmoid", activations.hardsigmoid)
hardsigmoid_grad = Pointwise("hardsigmoid_grad", activations.hardsigmoid_grad)
hardswish = Pointwise("hardswish", activations.hardswish)
hardswish_grad = Pointwise("hardswish_grad", activations.hardswish_grad)
bce_with_logits = Pointwise("bce_with_logits", activations.bce_with_logits)
bce_with_logits_grad = Pointwise("bce_with_logits_grad", activations.bce_with_logits_grad)
squared_error = Pointwise("squared_error", loss_formulas.squared_error)
squared_error_grad = Pointwise("squared_error_grad", loss_formulas.squared_error_grad)
huber, huber_grad = Pointwise("huber", loss_formulas.huber, 3), Pointwise("huber_grad", loss_formulas.huber_grad, 3)
binary_cross_entropy = Pointwise("binary_cross_entropy", loss_formulas.binary_cross_entropy)
binary_cross_entropy_grad = Pointwise("binary_cross_entropy_grad", loss_formulas.binary_cross_entropy_grad)

erf, erfc = Pointwise("erf", special_functions.error), Pointwise("erfc", special_functions.error_complement)
erfcx = Pointwise("erfcx", special_functions.scaled_error_complement)
erfinv, ndtri = Pointwise("erfinv", special_functions.error_inverse), Pointwise("ndtri", special_functions.quantile)
ndtr, log_ndtr = Pointwise("ndtr", formulas.normal_cdf), Pointwise("log_ndtr", special_functions.log_normal_cdf)
lgamma = Pointwise("lgamma", special_functions.log_gamma)
digamma, zeta = Pointwise("digamma", special_functions.digamma), Pointwise("zeta", special_functions.zeta)
i0, i1 = Pointwise("i0", special_functions.bessel_i0), Pointwise("i1", special_functions.bessel_i1)
i0e, i1e = Pointwise("i0e", special_functions.bessel_i0e), Pointwise("i1e", special_functions.bessel_i1e)
igamma, igammac = (
    Pointwise("igamma", special_functions.lower_gamma),
    Pointwise("igammac", special_functions.upper_gamma),
)
gamma_quantile_slope = Pointwise("gamma_quantile_slope", special_functions.gamma_quantile_slope)

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
def fmod(out: Out, x: In, y: In):
    """out ← x − y · trunc(x / y)."""
    np.fmod(x, y, out=out)


@kernel
def floor_divide(out: Out, x: In, y: In):
    """out ← ⌊x / y⌋."""
    np.floor_divide(x, y, out=out)
