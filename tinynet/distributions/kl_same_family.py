"""KL(p ‖ q) for p and q of one family."""

import math

from ..ops.choosing import where
from .bernoulli import Bernoulli, Geometric
from .beta import Beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .dirichlet import Dirichlet
from .distribution import EULER_GAMMA, betaln, sum_rightmost
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .half import HalfNormal
from .independent import Independent
from .kl import kl_divergence, register_kl
from .laplace import Laplace
from .multivariate_normal import Gaussian
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .pareto import Pareto
from .poisson import Poisson
from .transformed_distribution import TransformedDistribution
from .uniform import Uniform


@register_kl(Normal, Normal)
def _normal(p, q):
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p, q):
    """Where p is 0 or 1, its part with the logarithm of 0 is 0; where q excludes what p allows, ∞."""
    yes = p.probs * _log_ratio(p.probs, q.probs)
    no = (1 - p.probs) * _log_ratio(1 - p.probs, 1 - q.probs)
    return yes + no


def _log_ratio(p, q):
    """log(p / q), which is multiplied by p: 0 where p = 0, ∞ where q = 0 alone."""
    return where(p == 0, 0.0, where((q == 0) & (p != 0), math.inf, p.log() - q.log()))


@register_kl(Categorical, Categorical)
def _categorical(p, q):
    difference = where(q.probs == 0, math.inf, p.logits - q.logits)
    return where(p.probs == 0, 0.0, p.probs * difference).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_categorical(p, q):
    return _categorical(p._categorical, q._categorical)


@register_kl(Exponential, Exponential)
def _exponential(p, q):
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@register_kl(Laplace, Laplace)
def _laplace(p, q):
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Uniform, Uniform)
def _uniform(p, q):
    inside = (q.low <= p.low) & (q.high >= p.high)
    return where(inside, ((q.high - q.low) / (p.high - p.low)).log(), math.inf)


@register_kl(Geometric, Geometric)
def _geometric(p, q):
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p, q):
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Cauchy, Cauchy)
def _cauchy(p, q):
    """Chyzak & Nielsen (2019)."""
    return (((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log()) - (4 * p.scale * q.scale).log()


@register_kl(Independent, Independent)
def _independent(p, q):
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: Independent distributions of different numbers of dimensions")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(Beta, Beta)
def _beta(p, q):
    a, b, total = p.concentration1, p.concentration0, p.concentration1 + p.concentration0
    c, d = q.concentration1, q.concentration0
    shift = (c - a + d - b) * total.digamma()
    return betaln(c, d) - betaln(a, b) + (a - c) * a.digamma() + (b - d) * b.digamma() + shift


@register_kl(Binomial, Binomial)
def _binomial(p, q):
    """∞ where p may have more successes than q has trials; unknown where it may only have fewer."""
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("kl_divergence: binomial distributions, the first with fewer trials")
    same = p.total_count * _bernoulli(p, q)
    return where(p.total_count > q.total_count, math.inf, same)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p, q):
    normalizers = p._cont_bern_log_norm() + (-p.probs).log1p() - q._cont_bern_log_norm() - (-q.probs).log1p()
    return p.mean * (p.logits - q.logits) + normalizers


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p, q):
    a, b = p.concentration, q.concentration
    normalizers = a.sum(-1).lgamma() - b.sum(-1).lgamma() + (b.lgamma() - a.lgamma()).sum(-1)
    return normalizers + ((a - b) * (a.digamma() - a.sum(-1, True).digamma())).sum(-1)


@register_kl(Gamma, Gamma)
def _gamma(p, q):
    a, b, ratio = p.concentration, q.concentration, q.rate / p.rate
    return -b * ratio.log() + b.lgamma() - a.lgamma() + (a - b) * a.digamma() + (ratio - 1) * a


@register_kl(Gumbel, Gumbel)
def _gumbel(p, q):
    ratio, distance = p.scale / q.scale, (p.loc - q.loc) / q.scale
    expected = ((1 + ratio).lgamma() - distance).exp()  # E e^(−z) of q
    return -ratio.log() + distance + ratio * EULER_GAMMA + expected - (1 + EULER_GAMMA)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p, q):
    return _normal(p.base_dist, q.base_dist)


@register_kl(Pareto, Pareto)
def _pareto(p, q):
    ratio = q.alpha / p.alpha
    finite = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return where(p.scale < q.scale, math.inf, finite)


@register_kl(Gaussian, Gaussian)
def _gaussian(p, q):
    """½ (log |Σq| − log |Σp| + tr Σq⁻¹ Σp + dᵀ Σq⁻¹ d − n) for d = the difference of the means."""
    if p.event_shape != q.event_shape:
        raise ValueError(f"kl_divergence: expected vectors of one length, got {p.event_shape} and {q.event_shape}")
    trace = (q.precision_matrix * p.covariance_matrix).sum((-2, -1))
    return 0.5 * (q._log_det() - p._log_det() + trace + q._mahalanobis(q.loc - p.loc) - p.event_shape[0])


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p, q):
    """That of what is transformed, which a bijection does not change."""
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("kl_divergence: distributions of different transforms")
    return kl_divergence(p.base_dist, q.base_dist)
