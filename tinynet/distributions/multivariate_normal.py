"""The multivariate normal distribution, by its covariance, its inverse or a Cholesky factor."""

from types import MappingProxyType

import numpy as np

from ..errors import ArgumentValueError, ShapeError
from ..ops.linear_algebra import cholesky, cholesky_inverse, inverse
from ..ops.random import randn
from ..tensor_arguments import expect_floating
from . import constraints
from .distribution import HALF_LOG_2PI, Distribution, lazy_property


class Gaussian(Distribution):
    """What the normal distributions of vectors share: `loc` (..., n), and a covariance Σ = L Lᵀ of some form."""

    support = constraints.real_vector
    has_rsample = True

    mean = mode = property(lambda self: self.loc)

    def _mahalanobis(self, difference):
        """dᵀ Σ⁻¹ d."""
        raise NotImplementedError

    def _log_det(self):
        """log |Σ|."""
        raise NotImplementedError

    def log_prob(self, value):
        self._validate_sample(value)
        normalizer = self.loc.shape[-1] * HALF_LOG_2PI + 0.5 * self._log_det()
        return -0.5 * self._mahalanobis(value - self.loc) - normalizer

    def entropy(self):
        return self.loc.shape[-1] * (0.5 + HALF_LOG_2PI) + 0.5 * self._log_det()


def given_matrix(where, covariance_matrix, precision_matrix, scale_tril):
    """(name, matrix) of that of three which is given. Raises ArgumentValueError unless it is one."""
    forms = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
    given = {name: x for name, x in forms.items() if x is not None}
    if len(given) != 1:
        raise ArgumentValueError(f"{where}: expected one of {', '.join(forms)}, got {len(given)}")
    ((name, matrix),) = given.items()
    return name, matrix


class MultivariateNormal(Gaussian):
    """p(x) = exp(−½ (x − loc)ᵀ Σ⁻¹ (x − loc)) / √|2π Σ| for vectors x.

    One of covariance_matrix Σ, precision_matrix Σ⁻¹ and scale_tril L, with Σ = L Lᵀ, all (..., n, n), is given.
    Raises: ArgumentValueError unless it is one and positive definite; ShapeError where it does not fit loc (..., n).
    """

    arg_constraints = MappingProxyType(
        {
            "loc": constraints.real_vector,
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
        }
    )

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        where = "MultivariateNormal"
        name, matrix = given_matrix(where, covariance_matrix, precision_matrix, scale_tril)
        loc, matrix = expect_floating(where, loc, "loc"), expect_floating(where, matrix, name)
        expected = f"{where}: expected loc (..., n) and {name} (..., n, n), got shapes {loc.shape} and {matrix.shape}"
        if loc.ndim == 0 or matrix.ndim < 2:
            raise ShapeError(expected)
        try:
            batch = np.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
            n = np.broadcast_shapes(matrix.shape[-2:], (loc.shape[-1], loc.shape[-1]))[0]
        except ValueError:
            raise ShapeError(expected) from None
        self.loc = loc.expand((*batch, n))
        self.__dict__[name] = matrix.expand((*batch, n, n))
        super().__init__(batch, (n,), validate_args)

    @lazy_property
    def scale_tril(self):
        """L, lower triangular, with Σ = L Lᵀ; of a precision, U⁻ᵀ where Σ⁻¹ = U Uᵀ and U is upper triangular."""
        if "covariance_matrix" in self.__dict__:
            return cholesky(self.covariance_matrix)
        return inverse(cholesky(self.precision_matrix.flip((-2, -1))).flip((-2, -1))).mT

    @lazy_property
    def covariance_matrix(self):
        """Σ."""
        return self.scale_tril @ self.scale_tril.mT

    @lazy_property
    def precision_matrix(self):
        """Σ⁻¹."""
        return cholesky_inverse(self.scale_tril)

    @lazy_property
    def _whitening(self):
        """L⁻¹."""
        return inverse(self.scale_tril.tril())

    variance = property(lambda self: (self.scale_tril**2).sum(-1))

    def rsample(self, sample_shape=()):
        """loc + L ε, where ε is standard normal."""
        noise = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device)
        return self.loc + (self.scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def _mahalanobis(self, difference):
        return ((self._whitening @ difference.unsqueeze(-1)).squeeze(-1) ** 2).sum(-1)

    def _log_det(self):
        return 2 * self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)
