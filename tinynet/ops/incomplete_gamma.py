"""The incomplete Γ functions, and draws from the gamma distribution, whose gradient is theirs.

All is computed in float64, since weights such as xᵃ lose digits, and rounded to the dtype of the operands.
"""

import numpy as np

from ..autograd.graph import record
from ..errors import ArgumentValueError, GraphError
from ..kernels import reference as kernels
from ..kernels.arrays import host, put
from ..tensor import wrap
from ..tensor_arguments import expect_floating
from .arithmetic import exp, log, mul, neg, sub
from .draws import host_stream
from .operands import binary, operands, to
from .registry import op
from .special import lgamma

FUNCTIONS = METHODS = "igamma igammac"
IN_PLACE = METHODS


def igamma(input, other):
    """P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt."""
    return _in_float64("igamma", lower, input, other)


def igammac(input, other):
    """Q(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹ e⁻ᵗ dt = 1 − P(a, x)."""
    return _in_float64("igammac", upper, input, other)


def _in_float64(name, function, input, other):
    a, x, _ = operands(name, input, other)
    expect_floating(name, a)
    return to(function(a, x), a.dtype)


def _wide(name, kernel, a, x):
    """(a, x, array): two tensors in float64, and what a kernel makes of them."""
    return binary(name, kernel, to(a, np.float64), to(x, np.float64))


@op
def lower(input, other):
    """P(a, x) in float64."""
    a, x, out = _wide("igamma", kernels.igamma, input, other)
    return record("igamma", out, (a, x), lambda g: neg(mul(g, _fall(a, x))), lambda g: mul(g, _density(a, x)))


@op
def upper(input, other):
    """Q(a, x) in float64."""
    a, x, out = _wide("igammac", kernels.igammac, input, other)
    return record("igammac", out, (a, x), lambda g: mul(g, _fall(a, x)), lambda g: neg(mul(g, _density(a, x))))


def _density(a, x):
    """∂P/∂x = xᵃ⁻¹ e⁻ˣ / Γ(a)."""
    return exp(sub(sub(mul(sub(a, 1), log(x)), x), lgamma(a)))


def _fall(a, x):
    """−∂P/∂a: how the quantile moves with a, times how P moves with the quantile."""
    y = log(x)
    return mul(quantile_slope(a, y), exp(sub(sub(mul(a, y), x), lgamma(a))))


@op
def quantile_slope(a, y):
    """∂y/∂a in float64, where y is the logarithm of a quantile of the gamma distribution; it has no gradient itself.

    Raises: GraphError where that is asked for.
    """
    a, y, out = _wide("quantile_slope", kernels.gamma_quantile_slope, a, y)

    def gradient(g):
        raise GraphError("second gradients by the concentration of a gamma distribution are not supported")

    return record("quantile_slope", out, (a, y), gradient, gradient)


# Draws


def _drawn(name, concentration, generator):
    """(concentration, log of a draw for each element), float64 NumPy arrays.

    A draw for a < 1 is one for a + 1 times u^(1/a), whose logarithm does not underflow for small a.
    """
    a = host(expect_floating(name, concentration, "concentration").array).astype(np.float64)
    if not (a >= 0).all():
        raise ArgumentValueError(f"{name}: expected concentrations ≥ 0, got {a.min()}")
    stream, small = host_stream(name, generator), a < 1
    with np.errstate(divide="ignore"):
        return np.log(stream.standard_gamma(a + small)) - np.where(small, stream.standard_exponential(a.shape) / a, 0)


def standard_gamma(concentration, generator=None):
    """Numbers x > 0 from the gamma distributions of these concentrations a and rate 1; differentiable by a.

    The draw x is that quantile whose level P(a, x) does not depend on a, so that ∂x/∂a = −(∂P/∂a) / (∂P/∂x): implicit
    reparametrisation, Figurnov, Mohamed & Mnih (2018). Raises: ArgumentValueError for a < 0.
    """
    return _recorded("standard_gamma", concentration, generator, logarithm=False)


def log_standard_gamma(concentration, generator=None):
    """Logarithms of numbers from the gamma distributions of these concentrations; see `standard_gamma`.

    Raises: ArgumentValueError for concentrations < 0.
    """
    return _recorded("log_standard_gamma", concentration, generator, logarithm=True)


def _recorded(name, a, generator, logarithm):
    logs = _drawn(name, a, generator)
    tiny = np.finfo(a.dtype).tiny
    drawn = logs if logarithm else np.maximum(np.exp(logs), tiny)
    place = lambda values, dtype: put(np.asarray(values, dtype), a.array)

    def gradient(g):
        slope = to(quantile_slope(a, wrap(place(logs, np.float64))), a.dtype)
        return mul(g, slope if logarithm else mul(slope, wrap(place(drawn, a.dtype))))

    return record(name, place(drawn, a.dtype), (a,), gradient)
