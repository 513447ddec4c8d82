"""The LKJ distribution of correlation matrices, by their Cholesky factors."""

import math
from types import MappingProxyType

import numpy as np

from ..arguments import integer
from ..autograd.mode import no_grad
from ..ops.creation import arange, as_tensor, zeros_like
from ..ops.joining import cat
from ..ops.random import randn
from ..ops.special import mvlgamma
from . import constraints
from .beta import Beta
from .distribution import Distribution


class LKJCholesky(Distribution):
    """p(L) ∝ |L Lᵀ|^(η − 1) for the correlation matrices L Lᵀ of `dim` variables, with η = concentration.

    Values are the factors L, lower triangular with rows of length 1: Lewandowski, Kurowicka & Joe (2009). η = 1 is the
    uniform distribution.
    Raises: ArgumentValueError for dim < 2 or η ≤ 0.
    """

    arg_constraints = MappingProxyType({"concentration": constraints.positive})
    support = constraints.corr_cholesky

    def __init__(self, dim, concentration=1.0, validate_args=None):
        self.dim = integer("LKJCholesky", "dim", dim, 2)
        eta = self.concentration = as_tensor(concentration) * 1.0
        super().__init__(eta.shape, (self.dim, self.dim), validate_args)
        steps = arange(self.dim - 1, dtype=eta.dtype, device=eta.device)
        shorter = cat([zeros_like(steps[:1]), steps])  # of the sphere on which the beginning of each row lies
        self._beta = Beta(shorter + 0.5, (eta + 0.5 * (self.dim - 2)).unsqueeze(-1) - 0.5 * shorter)

    def sample(self, sample_shape=()):
        """Row by row, each a point on a sphere, whose distance from the last axis is a beta draw: the onion method."""
        with no_grad():
            length = self._beta.sample(self._sample_shape(sample_shape)).unsqueeze(-1)
            direction = randn(self._extended_shape(sample_shape), dtype=length.dtype, device=length.device).tril(-1)
            norm = direction.norm(dim=-1, keepdim=True)
            tiny = float(np.finfo(length.dtype).tiny)
            row = length.sqrt() * direction / norm.clamp(min=tiny)
            last = (1 - (row**2).sum(-1)).clamp(min=tiny).sqrt()
            return row + last.diag_embed()

    def log_prob(self, value):
        self._validate_sample(value)
        eta, n = self.concentration, self.dim
        order = 2 * (eta - 1).unsqueeze(-1) + n - arange(2, n + 1, dtype=eta.dtype, device=eta.device)
        density = (order * value.diagonal(dim1=-2, dim2=-1)[..., 1:].log()).sum(-1)
        alpha = eta + 0.5 * (n - 1)
        volume = 0.5 * (n - 1) * math.log(math.pi) + mvlgamma(alpha - 0.5, n - 1) - (n - 1) * alpha.lgamma()
        return density - volume
