"""The divergence of Kullback and Leibler, KL(p ‖ q) = E log p(X) − log q(X) for X from p, in closed form by pairs."""

import math

from ..ops.arithmetic import where
from .bernoulli import Bernoulli, Geometric
from .categorical import Categorical
from .cauchy import Cauchy
from .distribution import Distribution, sum_rightmost
from .exponential import Exponential
from .independent import Independent
from .laplace import Laplace
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .poisson import Poisson
from .uniform import Uniform

_FORMULAS = {}  # (the class of p, the class of q): a function of both


def register_kl(type_p, type_q):
    """The decorator for a function (p, q) that gives KL(p ‖ q) for distributions of these classes.

    Raises: TypeError for what is no class of distributions.
    """
    for given in (type_p, type_q):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: expected classes of distributions, got {given!r}")

    def register(function):
        _FORMULAS[type_p, type_q] = function
        return function

    return register


def kl_divergence(p, q):
    """KL(p ‖ q), of the shape of the batch; by the formula for the classes, or the nearest ones above them.

    Raises: NotImplementedError where no formula is registered.
    """
    for kind_p in type(p).__mro__:
        for kind_q in type(q).__mro__:
            if (kind_p, kind_q) in _FORMULAS:
                return _FORMULAS[kind_p, kind_q](p, q)
    raise NotImplementedError(f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}")


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
