"""The Wishart distribution of positive definite matrices."""

import math
import warnings
from types import MappingProxyType

import numpy as np

from ..errors import ArgumentValueError, ShapeError
from ..kernels.arrays import host
from ..ops.arithmetic import exp
from ..ops.choosing import where
from ..ops.creation import arange, full
from ..ops.incomplete_gamma import log_standard_gamma
from ..ops.linear_algebra import cholesky, cholesky_inverse, inverse
from ..ops.random import randn
from ..ops.special import mvlgamma
from ..tensor import Tensor
from ..tensor_arguments import expect_floating
from . import constraints
from .distribution import Distribution, lazy_property
from .multivariate_normal import given_matrix


class Wishart(Distribution):
    """p(X) = |X|^((ν − n − 1)/2) exp(−½ tr V⁻¹X) / (2^(ν n/2) |V|^(ν/2) Γₙ(ν/2)) for matrices X, with ν = df.

    It is that of the sum of ν products x xᵀ of vectors x with covariance V. One of covariance_matrix V,
    precision_matrix V⁻¹ and scale_tril L, with V = L Lᵀ, all (..., n, n), is given.
    Raises: ArgumentValueError unless it is one and positive definite, and df > n − 1; ShapeError for other shapes.
    """

    arg_constraints = MappingProxyType(
        {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(0),
        }
    )
    support = constraints.positive_definite
    has_rsample = True

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        name, matrix = given_matrix("Wishart", covariance_matrix, precision_matrix, scale_tril)
        matrix = expect_floating("Wishart", matrix, name)
        if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
            raise ShapeError(f"Wishart: expected {name} (..., n, n), got shape {matrix.shape}")
        df = df if isinstance(df, Tensor) else full((), df, dtype=matrix.dtype, device=matrix.device)
        n, batch = matrix.shape[-1], np.broadcast_shapes(matrix.shape[:-2], df.shape)
        if not (host(df.detach().array) > n - 1).all():
            raise ArgumentValueError(f"Wishart: expected df > n − 1 = {n - 1}, got {df.min().item()} among its values")
        if (host(df.detach().array) < n).any():
            warnings.warn("Wishart: samples are nearly singular where df < n", stacklevel=2)
        self.df = df.expand(batch)
        self.__dict__[name] = matrix.expand((*batch, n, n))
        super().__init__(batch, (n, n), validate_args)

    @lazy_property
    def scale_tril(self):
        """L, lower triangular, with V = L Lᵀ."""
        return cholesky(self.covariance_matrix)

    @lazy_property
    def covariance_matrix(self):
        """V."""
        if "precision_matrix" in self.__dict__:
            return inverse(self.precision_matrix)
        return self.scale_tril @ self.scale_tril.mT

    @lazy_property
    def precision_matrix(self):
        """V⁻¹."""
        return cholesky_inverse(self.scale_tril)

    @property
    def _degrees(self):
        return self.df.unsqueeze(-1).unsqueeze(-1)

    mean = property(lambda self: self._degrees * self.covariance_matrix)

    @property
    def mode(self):
        factor = self.df - self._event_shape[-1] - 1
        factor = where(factor > 0, factor, math.nan)
        return factor.unsqueeze(-1).unsqueeze(-1) * self.covariance_matrix

    @property
    def variance(self):
        V = self.covariance_matrix
        diagonal = V.diagonal(dim1=-2, dim2=-1)
        return self._degrees * (V**2 + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def rsample(self, sample_shape=(), max_try_correction=None):
        """L A Aᵀ Lᵀ with A lower triangular: √χ²(ν − i) on its diagonal, normal below: Bartlett (1933).

        `max_try_correction` changes nothing: no draw is made again.
        """
        shape, n = self._extended_shape(sample_shape), self._event_shape[-1]
        below = randn(shape, dtype=self.scale_tril.dtype, device=self.scale_tril.device).tril(-1)
        halves = 0.5 * (self.df.unsqueeze(-1) - self._steps())
        root = exp(0.5 * (log_standard_gamma(halves.expand(shape[:-1])) + math.log(2)))
        factor = self.scale_tril @ (below + root.diag_embed())
        return factor @ factor.mT if n else below

    def _steps(self):
        """0, 1, ... n − 1."""
        return arange(self._event_shape[-1], dtype=self.df.dtype, device=self.df.device)

    def _half_log_det(self):
        return self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value):
        self._validate_sample(value)
        df, n = self.df, self._event_shape[-1]
        log_det = 2 * cholesky(value).diagonal(dim1=-2, dim2=-1).log().sum(-1)
        trace = (self.precision_matrix * value.mT).sum((-2, -1))
        normalizer = df * (0.5 * n * math.log(2) + self._half_log_det()) + mvlgamma(df / 2, n)
        return 0.5 * ((df - n - 1) * log_det - trace) - normalizer

    def entropy(self):
        df, n = self.df, self._event_shape[-1]
        digammas = (0.5 * (df.unsqueeze(-1) - self._steps())).digamma().sum(-1)
        spread = (n + 1) * (0.5 * n * math.log(2) + self._half_log_det())
        return spread + mvlgamma(df / 2, n) - 0.5 * (df - n - 1) * digammas + 0.5 * df * n
