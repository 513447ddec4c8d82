"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor
def expit(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 / (1 + e⁻ˣ)."""
def sinc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """sin πx / πx, and 1 at 0."""
def round(input: Tensor, *, decimals: Any = 0, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The nearest whole number, or number with so many `decimals`; halfway between two, the one that is even."""
def exp2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """2ˣ."""
def expm1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """eˣ − 1, accurate for small x."""
def log1p(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log(1 + x), accurate for small x."""
def logsumexp(input: Tensor, dim, keepdim: _bool = False, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log Σ eˣ over `dim`, a number or several, where no exponential overflows."""
def logit(input: Tensor, eps = None, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log(x / (1 − x)), the inverse of the sigmoid; with `eps`, of x clamped to [eps, 1 − eps]."""
def xlogy(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x log y, which is 0 for x = 0 also where the logarithm is −∞ or NaN."""
def xlog1py(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x log(1 + y), which is 0 for x = 0."""
def entr(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """−x log x: 0 at 0, −∞ below."""
def erf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """2/√π ∫₀ˣ e^(−t²) dt."""
def erfc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """1 − erf x, with all its digits where erf x is nearly 1."""
def erfcx(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """e^(x²) erfc x, with all its digits far above 0."""
def erfinv(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x with erf x = y; ±∞ for y = ±1, NaN beyond."""
def ndtr(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Φ(x), the distribution function of the standard normal distribution."""
def ndtri(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """x with Φ(x) = p; ∓∞ for p = 0 and 1, NaN outside."""
def log_ndtr(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log Φ(x), with all its digits far below 0."""
def gammaln(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log |Γ(x)|."""
def multigammaln(input: Tensor, p, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """log Γₚ(x) = p (p − 1) / 4 · log π + Σ log Γ(x − i / 2) over i = 0 ... p − 1."""
def zeta(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Hurwitz's ζ(s, q) = Σ (q + k)^(−s) over k = 0, 1, ...; differentiable by q alone."""
def digamma(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ψ(x), the derivative of log Γ."""
def psi(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """ψ(x), the derivative of log Γ."""
def polygamma(n, input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The n-th derivative of ψ: (−1)ⁿ⁺¹ n! ζ(n + 1, x) for n ≥ 1."""
def i0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """I₀(x), Bessel's modified function of the first kind of order 0."""
def i0e(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """e^(−|x|) I₀(x)."""
def i1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """I₁(x), of order 1."""
def i1e(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """e^(−|x|) I₁(x)."""
def gammainc(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt."""
def gammaincc(input: Tensor, other: Operand, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Q(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹ e⁻ᵗ dt = 1 − P(a, x)."""
