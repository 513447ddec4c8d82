"""The multivariate normal distribution with a covariance of low rank and a diagonal."""

from types import MappingProxyType

import numpy as np

from ..errors import ShapeError
from ..ops.creation import eye
from ..ops.linear_algebra import cholesky, inverse
from ..ops.random import randn
from ..tensor_arguments import expect_floating
from . import constraints
from .distribution import lazy_property
from .multivariate_normal import Gaussian


class LowRankMultivariateNormal(Gaussian):
    """The normal distribution with covariance Σ = W Wᵀ + diag(d), W = cov_factor (..., n, r) and d = cov_diag (..., n).

    Σ⁻¹ = D⁻¹ − D⁻¹ W C⁻¹ Wᵀ D⁻¹ with the capacitance C = 1 + Wᵀ D⁻¹ W (..., r, r): Woodbury's identity.
    Raises: ShapeError for shapes that do not fit, ArgumentValueError unless cov_diag > 0.
    """

    arg_constraints = MappingProxyType(
        {
            "loc": constraints.real_vector,
            "cov_factor": constraints.independent(constraints.real, 2),
            "cov_diag": constraints.independent(constraints.positive, 1),
        }
    )

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        name = "LowRankMultivariateNormal"
        loc, cov_factor = expect_floating(name, loc, "loc"), expect_floating(name, cov_factor, "cov_factor")
        cov_diag = expect_floating(name, cov_diag, "cov_diag")
        shapes = loc.shape, cov_factor.shape, cov_diag.shape
        if not loc.shape[-1:] == cov_factor.shape[-2:-1] == cov_diag.shape[-1:] or loc.ndim == 0:
            raise ShapeError(f"{name}: expected loc (..., n), cov_factor (..., n, r), cov_diag (..., n), got {shapes}")
        try:
            batch = np.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except ValueError:
            raise ShapeError(f"{name}: expected batches that broadcast, got shapes {shapes}") from None
        self.loc, self.cov_diag = loc.expand((*batch, loc.shape[-1])), cov_diag.expand((*batch, loc.shape[-1]))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        super().__init__(batch, loc.shape[-1:], validate_args)

    @lazy_property
    def _weighted(self):
        """Wᵀ D⁻¹."""
        return self.cov_factor.mT / self.cov_diag.unsqueeze(-2)

    @lazy_property
    def _capacitance_tril(self):
        """The Cholesky factor of C."""
        r = self.cov_factor.shape[-1]
        return cholesky(self._weighted @ self.cov_factor + eye(r, dtype=self.loc.dtype, device=self.loc.device))

    variance = property(lambda self: (self.cov_factor**2).sum(-1) + self.cov_diag)

    @lazy_property
    def covariance_matrix(self):
        """Σ."""
        return self.cov_factor @ self.cov_factor.mT + self.cov_diag.diag_embed()

    @lazy_property
    def precision_matrix(self):
        """Σ⁻¹."""
        root = inverse(self._capacitance_tril) @ self._weighted
        return (1 / self.cov_diag).diag_embed() - root.mT @ root

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of Σ."""
        return cholesky(self.covariance_matrix)

    def rsample(self, sample_shape=()):
        """loc + W ε + √d δ, where ε and δ are standard normal."""
        shape, options = self._extended_shape(sample_shape), {"dtype": self.loc.dtype, "device": self.loc.device}
        low_rank = randn((*shape[:-1], self.cov_factor.shape[-1]), **options).unsqueeze(-1)
        return self.loc + (self.cov_factor @ low_rank).squeeze(-1) + self.cov_diag.sqrt() * randn(shape, **options)

    def _mahalanobis(self, difference):
        inner = inverse(self._capacitance_tril) @ (self._weighted @ difference.unsqueeze(-1))
        return (difference**2 / self.cov_diag).sum(-1) - (inner.squeeze(-1) ** 2).sum(-1)

    def _log_det(self):
        return self.cov_diag.log().sum(-1) + 2 * self._capacitance_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)
