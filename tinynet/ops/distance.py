"""Distances and angles of vectors."""

from ..arguments import boolean, number, only
from ..errors import ShapeError
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import div
from .choosing import clamp
from .grids import triu_indices
from .operands import broadcast_shape
from .selection import index_select
from .shape import expand
from .vector_norm import vector_norm

FUNCTIONS = "cosine_similarity pairwise_distance pdist"
FUNCTIONAL = "cosine_similarity normalize pairwise_distance pdist"


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """x / max(‖x‖ₚ, ε), with norms along `dim`."""
    only("normalize", "out", out, None)
    x, eps = expect_floating("normalize", input), number("normalize", "eps", eps)
    return div(x, clamp(vector_norm(x, p, dim, True), eps))


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """x₁ · x₂ / (max(‖x₁‖, ε) max(‖x₂‖, ε)) along `dim`; the two broadcast."""
    name = "cosine_similarity"
    a, b = expect_floating(name, x1, "x1"), expect_floating(name, x2, "x2")
    eps = number(name, "eps", eps)
    shape = broadcast_shape(name, a, b)
    a, b = (x if x.array.shape == shape else expand(x, shape) for x in (a, b))
    return (normalize(a, 2, dim, eps) * normalize(b, 2, dim, eps)).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """‖x₁ − x₂ + ε‖ₚ along the last dimension; the two broadcast."""
    name = "pairwise_distance"
    a, b = expect_tensor(name, x1, "x1"), expect_tensor(name, x2, "x2")
    eps = number(name, "eps", eps)
    return vector_norm(a - b + eps, p, -1, boolean(name, "keepdim", keepdim))


def pdist(input, p=2):
    """‖xᵢ − xⱼ‖ₚ of all pairs of rows i < j of x (n, m), as a row of n (n − 1) / 2; 0 has the gradient 0.

    Raises: ShapeError, DTypeError; ArgumentValueError for p < 0.
    """
    x, p = expect_floating("pdist", input), number("pdist", "p", p, 0)
    if x.array.ndim != 2:
        raise ShapeError(f"pdist: expected rows (n, m), got shape {x.shape}")
    i, j = triu_indices(len(x.array), len(x.array), 1, device=x.device)
    return vector_norm(index_select(x, 0, i) - index_select(x, 0, j), p, -1)
