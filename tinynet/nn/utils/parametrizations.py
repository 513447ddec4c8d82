"""Parametrizations that are used often: weights by length and direction, of largest singular value 1, orthogonal."""

import functools

from ...arguments import axis_of, integer, number
from ...autograd.mode import no_grad
from ...errors import ArgumentValueError
from ...ops.distance import normalize
from ...ops.matmul import matmul
from ...ops.random import randn
from ...ops.rearrange import movedim
from ...ops.reduction import sum
from ...ops.shape import flatten
from ...ops.vector_norm import vector_norm
from ...tensor import Tensor
from ..module import Module
from .orthogonal import orthogonal
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def norm_except_dim(v, dim):
    """‖v‖ over all dimensions but `dim`, which are kept with size 1; over all, as a 0-d tensor, for dim = −1."""
    if dim == -1:
        return vector_norm(v)
    axis = axis_of("weight_norm", dim, v.ndim)
    return vector_norm(v, 2, tuple(d for d in range(v.ndim) if d != axis), True)


def of_length(v, g, dim):
    """g v / ‖v‖, with the norm over all dimensions but `dim`."""
    return v * (g / norm_except_dim(v, dim))


class _WeightNorm(Module):
    def __init__(self, dim=0):
        self.dim = -1 if dim is None else integer("weight_norm", "dim", dim)

    def forward(self, weight_g, weight_v):
        return of_length(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Train the length g and the direction v of a weight, g v / ‖v‖, apart: Salimans & Kingma (2016).

    There is a length for each index along `dim`, or one for all with `dim=None`. They are the parameters
    `parametrizations.<name>.original0` (g) and `original1` (v). Returns the module.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(functools.partial(_rename_older, name))
    return module


def _rename_older(name, state, prefix, *_):
    """Let a state of a module to which the older `nn.utils.weight_norm` was applied fit."""
    for older, i in (("g", 0), ("v", 1)):
        if f"{prefix}{name}_{older}" in state:
            state[f"{prefix}parametrizations.{name}.original{i}"] = state.pop(f"{prefix}{name}_{older}")


def as_matrix(weight, dim):
    """A weight as a matrix, with the dimension `dim` as its rows."""
    return flatten(movedim(weight, dim, 0), 1)


@no_grad()
def power_iteration(matrix, u, v, steps, eps):
    """Let u and v approach the singular vectors of the largest singular value, in place."""
    for _ in range(steps):
        u.copy_(normalize(matmul(matrix, v), dim=0, eps=eps))
        v.copy_(normalize(matmul(matrix.T, u), dim=0, eps=eps))


def divided_by_sigma(weight, matrix, u, v):
    """weight / (uᵀ W v), with u and v as they are now, which later steps overwrite."""
    u, v = u.clone(), v.clone()
    return weight / sum(u * matmul(matrix, v))


def random_direction(n, weight, eps):
    """A unit vector (n,), of the dtype of a weight and on its device."""
    return normalize(randn(n, dtype=weight.dtype, device=weight.device), dim=0, eps=eps)


class _SpectralNorm(Module):
    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        self.dim = axis_of("spectral_norm", dim, weight.ndim)
        self.n_power_iterations = integer("spectral_norm", "n_power_iterations", n_power_iterations, 1)
        self.eps = number("spectral_norm", "eps", eps)
        if weight.ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            self.register_buffer("_u", random_direction(matrix.shape[0], weight, self.eps))
            self.register_buffer("_v", random_direction(matrix.shape[1], weight, self.eps))
            power_iteration(matrix, self._u, self._v, 15, self.eps)

    def forward(self, weight):
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            power_iteration(matrix.detach(), self._u, self._v, self.n_power_iterations, self.eps)
        return divided_by_sigma(weight, matrix, self._u, self._v)

    def right_inverse(self, value):
        return value


def rows_of(module):
    """The dimension of its weight that a module's outputs are along."""
    return 1 if getattr(module, "transposed", False) else 0


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a weight by its largest singular value: Miyato et al. (2018). Returns the module.

    The weight is seen as a matrix with `dim` as its rows, by default the dimension of the outputs. Singular vectors u
    and v are kept as buffers, and come closer by `n_power_iterations` steps, u ← Wv / ‖Wv‖ and v ← Wᵀu / ‖Wᵀu‖,
    whenever the weight is used in training.

    Raises: ArgumentValueError for a name of no tensor.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ArgumentValueError(f"spectral_norm: expected the name of a tensor of the module, got {name!r}")
    dim = rows_of(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
