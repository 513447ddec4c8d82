"""Transforms of numbers, each a function of one element."""

import math

import numpy as np

from ...nn.functional import logsigmoid, softplus
from ...ops.creation import full_like, zeros_like
from ...tensor import Tensor
from .. import constraints
from ..distribution import sum_rightmost
from .base import Transform


class ExpTransform(Transform):
    """y = eˣ."""

    domain, codomain = constraints.real, constraints.positive
    bijective, sign = True, 1

    def _call(self, x):
        return x.exp()

    def _inverse(self, y):
        return y.log()

    def log_abs_det_jacobian(self, x, y):
        return x


class PowerTransform(Transform):
    """y = x^exponent for x > 0."""

    domain = codomain = constraints.positive
    bijective = True

    def __init__(self, exponent, cache_size=0):
        super().__init__(cache_size)
        self.exponent = exponent

    def _again(self, cache_size):
        return PowerTransform(self.exponent, cache_size)

    sign = property(lambda self: _sign(self.exponent))

    def __eq__(self, other):
        return isinstance(other, PowerTransform) and _same(self.exponent, other.exponent)

    __hash__ = Transform.__hash__

    def _call(self, x):
        return x**self.exponent

    def _inverse(self, y):
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x, y):
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape):
        return _broadcast(shape, self.exponent)

    inverse_shape = forward_shape


class SigmoidTransform(Transform):
    """y = 1 / (1 + e⁻ˣ), kept inside (0, 1)."""

    domain, codomain = constraints.real, constraints.unit_interval
    bijective, sign = True, 1

    def _call(self, x):
        return clipped_sigmoid(x)

    def _inverse(self, y):
        y = _inside(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x, y):
        return logsigmoid(x) + logsigmoid(-x)


def clipped_sigmoid(x):
    """The sigmoid moved away from 0 and 1, so that its inverse is finite."""
    return _inside(x.sigmoid())


def _inside(y):
    """y moved away from 0 and 1."""
    info = np.finfo(y.dtype)
    return y.clamp(float(info.tiny), 1 - float(info.eps))


class SoftplusTransform(Transform):
    """y = log(1 + eˣ)."""

    domain, codomain = constraints.real, constraints.positive
    bijective, sign = True, 1

    def _call(self, x):
        return softplus(x)

    def _inverse(self, y):
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x, y):
        return logsigmoid(x)


class TanhTransform(Transform):
    """y = tanh x."""

    domain, codomain = constraints.real, constraints.interval(-1.0, 1.0)
    bijective, sign = True, 1

    def _call(self, x):
        return x.tanh()

    def _inverse(self, y):
        return y.atanh()

    def log_abs_det_jacobian(self, x, y):
        """log(1 − tanh² x), without its rounding where |x| is large."""
        return 2 * (math.log(2) - x - softplus(-2 * x))


class AbsTransform(Transform):
    """y = |x|; its inverse gives the x ≥ 0."""

    domain, codomain = constraints.real, constraints.positive

    def _call(self, x):
        return x.abs()

    def _inverse(self, y):
        return y


class AffineTransform(Transform):
    """y = loc + scale x."""

    bijective = True

    def __init__(self, loc, scale, event_dim=0, cache_size=0):
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    def _again(self, cache_size):
        return AffineTransform(self.loc, self.scale, self._event_dim, cache_size)

    event_dim = property(lambda self: self._event_dim)
    sign = property(lambda self: _sign(self.scale))

    @property
    def domain(self):
        return constraints.independent(constraints.real, self._event_dim) if self._event_dim else constraints.real

    codomain = domain

    def __eq__(self, other):
        return isinstance(other, AffineTransform) and _same(self.loc, other.loc) and _same(self.scale, other.scale)

    __hash__ = Transform.__hash__

    def _call(self, x):
        return self.loc + self.scale * x

    def _inverse(self, y):
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x, y):
        if isinstance(self.scale, Tensor):
            slope = self.scale.abs().log() + zeros_like(x)
        else:
            slope = full_like(x, math.log(abs(self.scale)))
        return sum_rightmost(slope, self._event_dim)

    def forward_shape(self, shape):
        return _broadcast(shape, self.loc, self.scale)

    inverse_shape = forward_shape


class CumulativeDistributionTransform(Transform):
    """y = cdf(x) of a distribution of numbers."""

    codomain = constraints.unit_interval
    bijective, sign = True, 1

    def __init__(self, distribution, cache_size=0):
        super().__init__(cache_size)
        self.distribution = distribution

    def _again(self, cache_size):
        return CumulativeDistributionTransform(self.distribution, cache_size)

    domain = property(lambda self: self.distribution.support)

    def _call(self, x):
        return self.distribution.cdf(x)

    def _inverse(self, y):
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x, y):
        return self.distribution.log_prob(x)


def _sign(x):
    return x.sign() if isinstance(x, Tensor) else (x > 0) - (x < 0)


def _same(a, b):
    equal = a == b
    return bool(equal.all()) if isinstance(equal, Tensor) else equal


def _broadcast(shape, *parameters):
    return np.broadcast_shapes(shape, *[tuple(getattr(p, "shape", ())) for p in parameters])
