"""Distances and angles of vectors."""

from ..arguments import boolean, number, only
from ..tensor import expect_floating, expect_tensor
from .arithmetic import clamp, div
from .vector_norm import vector_norm

FUNCTIONS = "cosine_similarity pairwise_distance"
FUNCTIONAL = "cosine_similarity normalize pairwise_distance"


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
    a, b = a.expand((a * b.detach()).shape), b.expand((b * a.detach()).shape)
    return (normalize(a, 2, dim, eps) * normalize(b, 2, dim, eps)).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """‖x₁ − x₂ + ε‖ₚ along the last dimension; the two broadcast."""
    name = "pairwise_distance"
    a, b = expect_tensor(name, x1, "x1"), expect_tensor(name, x2, "x2")
    eps = number(name, "eps", eps)
    return vector_norm(a - b + eps, p, -1, boolean(name, "keepdim", keepdim))
