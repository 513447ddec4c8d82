"""The von Mises distribution, on the circle."""

import math
from types import MappingProxyType

import numpy as np

from ..kernels.arrays import host, put
from ..ops.draws import host_stream
from ..ops.special import i0e, i1e
from ..tensor import wrap
from . import constraints
from .distribution import Distribution, parameters


class VonMises(Distribution):
    """p(x) = exp(κ cos(x − loc)) / (2π I₀(κ)) for angles x, κ = concentration; mean and variance are the circular ones.

    Raises: ArgumentValueError unless concentration > 0.
    """

    arg_constraints = MappingProxyType({"loc": constraints.real, "concentration": constraints.positive})
    support = constraints.real

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = parameters("VonMises", loc=loc, concentration=concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    mean = mode = property(lambda self: self.loc)
    variance = property(lambda self: 1 - i1e(self.concentration) / i0e(self.concentration))

    def sample(self, sample_shape=()):
        """By rejection from a wrapped Cauchy distribution: Best & Fisher (1979); angles in [−π, π)."""
        shape, stream = self._extended_shape(sample_shape), host_stream("VonMises", None)
        kappa = np.broadcast_to(host(self.concentration.detach().array).astype(np.float64), shape)
        tau = 1 + np.sqrt(1 + 4 * kappa**2)
        rho = (tau - np.sqrt(2 * tau)) / (2 * kappa)
        r = np.where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))
        angle, left = np.zeros(shape), np.ones(shape, bool)
        while left.any():
            u1, u2, u3 = stream.random((3, *shape))
            z = np.cos(np.pi * u1)
            f = (1 + r * z) / (r + z)
            c = kappa * (r - f)
            with np.errstate(divide="ignore"):
                accepted = left & ((c * (2 - c) > u2) | (np.log(c / u2) + 1 - c >= 0))
            angle[accepted] = (np.sign(u3 - 0.5) * np.arccos(f.clip(-1, 1)))[accepted]
            left &= ~accepted
        drawn = (angle + host(self.loc.detach().array) + np.pi) % (2 * np.pi) - np.pi
        return wrap(put(np.asarray(drawn, self.loc.dtype), self.loc.array))

    def log_prob(self, value):
        """κ (cos(x − loc) − 1) − log 2π − log(e^(−κ) I₀(κ))."""
        self._validate_sample(value)
        kappa = self.concentration
        return kappa * ((value - self.loc).cos() - 1) - math.log(2 * math.pi) - i0e(kappa).log()
