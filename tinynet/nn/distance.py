"""Distances as modules."""

from ..arguments import boolean, integer, number
from ..ops import distance
from .module import Module


class CosineSimilarity(Module):
    """The cosine of the angle between x₁ and x₂ along `dim`."""

    def __init__(self, dim=1, eps=1e-8):
        self.dim, self.eps = integer("CosineSimilarity", "dim", dim), number("CosineSimilarity", "eps", eps)

    def forward(self, x1, x2):
        return distance.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """‖x₁ − x₂ + ε‖ₚ along the last dimension."""

    def __init__(self, p=2.0, eps=1e-6, keepdim=False):
        name = type(self).__name__
        self.norm, self.eps = number(name, "p", p), number(name, "eps", eps)
        self.keepdim = boolean(name, "keepdim", keepdim)

    def forward(self, x1, x2):
        return distance.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
