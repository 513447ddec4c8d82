"""Special functions: the normal integral, Γ and its relatives, Bessel's I."""

import math

from ..arguments import integer
from ..autograd.graph import record
from ..kernels import reference as kernels
from .arithmetic import exp, log, log1p, sign, square
from .choosing import where
from .exponential import xlogy
from .operands import binary, floating, unary
from .registry import op

FUNCTIONS = "erf erfc erfinv lgamma digamma polygamma mvlgamma i0"
METHODS = "erf erfc erfinv lgamma digamma mvlgamma i0"
IN_PLACE = METHODS


@op
def erf(input):
    """2/√π ∫₀ˣ e^(−t²) dt."""
    x = floating("erf", input)
    return record("erf", unary(kernels.erf, x), (x,), lambda g: g * _bell(x, 2 / math.sqrt(math.pi)))


@op
def erfc(input):
    """1 − erf x, with all its digits where erf x is nearly 1."""
    x = floating("erfc", input)
    return record("erfc", unary(kernels.erfc, x), (x,), lambda g: g * _bell(x, -2 / math.sqrt(math.pi)))


@op
def erfcx(input):
    """e^(x²) erfc x, with all its digits far above 0."""
    x = floating("erfcx", input)
    rule = lambda g, y: g * (2 * x * y - 2 / math.sqrt(math.pi))
    return record("erfcx", unary(kernels.erfcx, x), (x,), rule, saves_output=True)


def _bell(x, height):
    return exp(-square(x)) * height


@op
def erfinv(input):
    """x with erf x = y; ±∞ for y = ±1, NaN beyond."""
    x = floating("erfinv", input)
    half = math.sqrt(math.pi) / 2
    return record("erfinv", unary(kernels.erfinv, x), (x,), lambda g, y: g * (exp(square(y)) * half), saves_output=True)


@op
def ndtr(input):
    """Φ(x), the distribution function of the standard normal distribution."""
    x = floating("ndtr", input)
    return record("ndtr", unary(kernels.ndtr, x), (x,), lambda g: g * _density(x))


def _density(x):
    return exp(square(x) * -0.5) * (1 / math.sqrt(2 * math.pi))


@op
def ndtri(input):
    """x with Φ(x) = p; ∓∞ for p = 0 and 1, NaN outside."""
    x = floating("ndtri", input)
    root = math.sqrt(2 * math.pi)
    rule = lambda g, y: g * (exp(square(y) * 0.5) * root)
    return record("ndtri", unary(kernels.ndtri, x), (x,), rule, saves_output=True)


@op
def log_ndtr(input):
    """log Φ(x), with all its digits far below 0."""
    x = floating("log_ndtr", input)
    slope = lambda: math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5))  # φ(x) / Φ(x)
    return record("log_ndtr", unary(kernels.log_ndtr, x), (x,), lambda g: g * slope())


@op
def lgamma(input):
    """log |Γ(x)|."""
    x = floating("lgamma", input)
    return record("lgamma", unary(kernels.lgamma, x), (x,), lambda g: g * digamma(x))


@op
def digamma(input):
    """ψ(x), the derivative of log Γ."""
    x = floating("digamma", input)
    return record("digamma", unary(kernels.digamma, x), (x,), lambda g: g * polygamma(1, x))


def polygamma(n, input):
    """The n-th derivative of ψ: (−1)ⁿ⁺¹ n! ζ(n + 1, x) for n ≥ 1."""
    n = integer("polygamma", "n", n, 0, 170)  # 171! is too large for a float64
    if n == 0:
        return digamma(input)
    return zeta(n + 1.0, floating("polygamma", input)) * ((-1.0) ** (n + 1) * math.factorial(n))


@op
def zeta(input, other):
    """Hurwitz's ζ(s, q) = Σ (q + k)^(−s) over k = 0, 1, ...; differentiable by q alone."""
    s, q, out = binary("zeta", kernels.zeta, input, other)
    return record("zeta", out, (q,), lambda g: -g * s * zeta(s + 1, q))


def mvlgamma(input, p):
    """log Γₚ(x) = p (p − 1) / 4 · log π + Σ log Γ(x − i / 2) over i = 0 ... p − 1."""
    x, p = floating("mvlgamma", input), integer("mvlgamma", "p", p, 1)
    total = lgamma(x)
    for i in range(1, p):
        total = total + lgamma(x - i / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


@op
def i0(input):
    """I₀(x), Bessel's modified function of the first kind of order 0."""
    x = floating("i0", input)
    return record("i0", unary(kernels.i0, x), (x,), lambda g: g * i1(x))


@op
def i1(input):
    """I₁(x), of order 1."""
    x = floating("i1", input)
    return record("i1", unary(kernels.i1, x), (x,), lambda g, y: g * (i0(x) - _over(y, x)), saves_output=True)


@op
def i0e(input):
    """e^(−|x|) I₀(x)."""
    x = floating("i0e", input)
    return record("i0e", unary(kernels.i0e, x), (x,), lambda g, y: g * (i1e(x) - sign(x) * y), saves_output=True)


@op
def i1e(input):
    """e^(−|x|) I₁(x)."""
    x = floating("i1e", input)
    rule = lambda g, y: g * (i0e(x) - (sign(x) * y + _over(y, x)))
    return record("i1e", unary(kernels.i1e, x), (x,), rule, saves_output=True)


def _over(y, x):
    """I₁(x) / x, which is a half at 0."""
    at_0 = x == 0
    return where(at_0, 0.5, y / where(at_0, 1.0, x))


@op
def xlog1py(input, other):
    """x log(1 + y), which is 0 for x = 0."""
    x, y, out = binary("xlog1py", kernels.xlog1py, input, other)

    def gx(g):
        return where((x == 0) & (y <= -1), 0.0, g * log1p(y))

    return record("xlog1py", out, (x, y), gx, lambda g: g * (x / (y + 1)))


@op
def entr(input):
    """−x log x: 0 at 0, −∞ below."""
    x = floating("entr", input)
    out = where(x < 0, -math.inf, -xlogy(x.detach(), x.detach()))
    return record("entr", out.array, (x,), lambda g: g * (-1 - log(x)))
