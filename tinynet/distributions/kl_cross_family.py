"""KL(p ‖ q) for p and q of two families: −H(p) − E log q(X), where log q is linear in a few moments of X from p.

Where p has values outside the support of q, the divergence is ∞.
"""

import math

from ..ops.choosing import where
from ..ops.creation import full
from ..ops.exponential import xlogy
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .distribution import EULER_GAMMA, HALF_LOG_2PI, betaln
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform

# Moments of X from p beyond its mean and variance


def _mean_log(p):
    """E log X."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Gamma):
        return p.concentration.digamma() - p.rate.log()
    if isinstance(p, Exponential):
        return -EULER_GAMMA - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + 1 / p.alpha
    return _uniform_mean_log(p.low, p.high)


def _uniform_mean_log(low, high):
    return (xlogy(high, high) - xlogy(low, low)) / (high - low) - 1


def _mean_exp(p, t):
    """E e^(t X) for t < 0."""
    if isinstance(p, Gamma):
        return (1 - t / p.rate) ** -p.concentration
    if isinstance(p, Exponential):
        return p.rate / (p.rate - t)
    if isinstance(p, Normal):
        return (p.loc * t + 0.5 * (p.scale * t) ** 2).exp()
    return ((p.high * t).exp() - (p.low * t).exp()) / ((p.high - p.low) * t)


# −E log q(X), for each family of q


def _to_normal(p, q):
    return q.scale.log() + HALF_LOG_2PI + 0.5 * (p.variance + (p.mean - q.loc) ** 2) / q.scale**2


def _to_exponential(p, q):
    return q.rate * p.mean - q.rate.log()


def _to_gamma(p, q):
    a = q.concentration
    return a.lgamma() - a * q.rate.log() - (a - 1) * _mean_log(p) + q.rate * p.mean


def _to_gumbel(p, q):
    return q.scale.log() + (p.mean - q.loc) / q.scale + (q.loc / q.scale).exp() * _mean_exp(p, -1 / q.scale)


def _to_pareto(p, q):
    return (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log()


def _to_uniform(p, q):
    return (q.high - q.low).log()


def _to_beta(p, q):
    """Of a uniform p."""
    a, b = q.concentration1, q.concentration0
    return betaln(a, b) - (a - 1) * _mean_log(p) - (b - 1) * _uniform_mean_log(1 - p.high, 1 - p.low)


def _to_continuous_bernoulli(p, q):
    return -p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()


def _to_poisson(p, q):
    """Of a Bernoulli p, since log 0! = log 1! = 0."""
    return q.rate - p.probs * q.rate.log()


def _to_laplace(p, q):
    """Of a normal p, by E |X − loc|."""
    d = p.loc - q.loc
    distance = math.sqrt(2 / math.pi) * p.scale * (-0.5 * (d / p.scale) ** 2).exp()
    return (2 * q.scale).log() + (distance + d * (math.sqrt(0.5) * d / p.scale).erf()) / q.scale


# Where the support of p is not inside that of q


def _outside(p, q):
    """Whether p has values outside the support of q; None if never."""
    low, high = (p.low, p.high) if isinstance(p, Uniform) else (0.0, 1.0)  # others are only asked on [0, 1]
    if isinstance(q, Uniform):
        return (q.low > low) | (q.high < high)
    if isinstance(p, Uniform) and isinstance(q, Beta | ContinuousBernoulli):
        return (low < 0) | (high > 1)
    if isinstance(p, Uniform) and isinstance(q, Exponential | Gamma):
        return low < 0
    return low < q.scale if isinstance(q, Pareto) else None


def _register(cross_entropy, kind_q, *kinds_p):
    """KL = cross entropy − entropy for p of these kinds, or ∞."""

    def divergence(p, q):
        finite, outside = cross_entropy(p, q) - p.entropy(), _outside(p, q)
        return finite if outside is None else where(outside, math.inf, finite)

    for kind_p in kinds_p:
        register_kl(kind_p, kind_q)(divergence)


_register(_to_normal, Normal, Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform)
_register(_to_exponential, Exponential, Beta, ContinuousBernoulli, Gamma, Pareto, Uniform)
_register(_to_gamma, Gamma, Beta, Exponential, Pareto, Uniform)
_register(_to_gumbel, Gumbel, Exponential, Gamma, Normal, Uniform)
_register(_to_uniform, Uniform, Beta, ContinuousBernoulli)
_register(_to_pareto, Pareto, Uniform)
_register(_to_beta, Beta, Uniform)
_register(_to_continuous_bernoulli, ContinuousBernoulli, Beta, Uniform)
_register(_to_poisson, Poisson, Bernoulli)
_register(_to_laplace, Laplace, Normal)


def _infinite(p, q):
    shape = (p.mean + q.mean).shape
    return full(shape, math.inf, dtype=p.mean.dtype, device=p.mean.device)


for _kinds_p, _kinds_q in (
    ((Exponential, Gamma), (Beta, ContinuousBernoulli, Pareto, Uniform)),
    ((Gumbel, Laplace, Normal), (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    ((Pareto,), (Beta, ContinuousBernoulli, Uniform)),
    ((Beta, ContinuousBernoulli), (Pareto,)),
    ((Poisson,), (Bernoulli, Binomial)),
):
    for _p in _kinds_p:
        for _q in _kinds_q:
            register_kl(_p, _q)(_infinite)
