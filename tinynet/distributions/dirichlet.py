"""The Dirichlet distribution."""

from types import MappingProxyType

from ..errors import ShapeError
from ..ops.choosing import where
from ..ops.creation import arange
from ..ops.exponential import xlogy
from ..ops.incomplete_gamma import log_standard_gamma
from ..tensor_arguments import expect_floating
from . import constraints
from .distribution import Distribution, beyond_zero


class Dirichlet(Distribution):
    """p(x) = Γ(Σ aᵢ) Π xᵢ^(aᵢ − 1) / Γ(aᵢ) on the simplex Σ xᵢ = 1, along the last dimension of a = concentration.

    Raises: ShapeError for a number as concentration, ArgumentValueError unless all are > 0.
    """

    arg_constraints = MappingProxyType({"concentration": constraints.independent(constraints.positive, 1)})
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration, validate_args=None):
        self.concentration = expect_floating("Dirichlet", concentration, "concentration")
        if concentration.ndim == 0:
            raise ShapeError("Dirichlet: expected concentration with at least one dimension, got a 0-d tensor")
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    mean = property(lambda self: self.concentration / self.concentration.sum(-1, True))
    mode = property(lambda self: simplex_mode(self.concentration))

    @property
    def variance(self):
        a, total = self.concentration, self.concentration.sum(-1, True)
        return a * (total - a) / (total**2 * (total + 1))

    def rsample(self, sample_shape=()):
        """xᵢ / Σ xⱼ for standard gamma draws x, by their logarithms: no quotient of what underflows."""
        a = self.concentration.expand(self._extended_shape(sample_shape))
        return beyond_zero(log_standard_gamma(a).softmax(-1))

    def log_prob(self, value):
        self._validate_sample(value)
        a = self.concentration
        return xlogy(a - 1, value).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self):
        a, total, n = self.concentration, self.concentration.sum(-1), self.concentration.shape[-1]
        normalizer = a.lgamma().sum(-1) - total.lgamma()
        return normalizer - (n - total) * total.digamma() - ((a - 1) * a.digamma()).sum(-1)


def simplex_mode(concentration):
    """(aᵢ − 1) / Σ (aⱼ − 1), with 0 for the aᵢ < 1; where all are, of the vertices, which are equal, the first."""
    above = (concentration - 1).clamp(min=0)
    first = (arange(above.shape[-1], device=above.device) == 0).to(above.dtype)
    return where((concentration < 1).all(-1, keepdim=True), first, above / above.sum(-1, True))
