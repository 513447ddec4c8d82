"""Adaptive softmax: classes in clusters by their frequency, so that rare ones cost little."""

import itertools
from typing import NamedTuple

from ..arguments import boolean, integer, number, sizes
from ..errors import ArgumentValueError, ShapeError, TargetError
from ..ops.assignment import index_add
from ..ops.choosing import where
from ..ops.comparison import ge, logical_and, lt
from ..ops.indexing import gather, getitem
from ..ops.joining import cat
from ..ops.loss import log_softmax
from ..ops.reduction import argmax, mean
from ..ops.selection import nonzero
from ..ops.shape import reshape, unsqueeze
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .containers import ModuleList, Sequential
from .linear import Linear
from .module import Module


class ASMoutput(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` returns."""

    output: Tensor  # (N,): the log-probability of each target
    loss: Tensor  # (): their mean, negative


class AdaptiveLogSoftmaxWithLoss(Module):
    """log p(y | x) where rare classes lie in clusters: log p(cluster | x) + log p(y | cluster, x): Grave et al. (2017).

    Classes are numbered from the most frequent on; those below cutoffs[0] are in the head themselves, the others in
    clusters cutoffs[i] ... cutoffs[i + 1] − 1, with fewer features by a factor of `div_value` in each.
    """

    def __init__(
        self, in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None
    ):  # fmt: skip
        name = type(self).__name__
        self.in_features = integer(name, "in_features", in_features, 1)
        self.n_classes = integer(name, "n_classes", n_classes, 1)
        cutoffs = list(sizes(name, "a cutoff", tuple(cutoffs), 1, n_classes - 1))
        if not cutoffs or cutoffs != sorted(set(cutoffs)):
            raise ArgumentValueError(f"{name}: expected cutoffs that increase, got {cutoffs}")
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = number(name, "div_value", div_value)
        self.head_bias = boolean(name, "head_bias", head_bias)
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        new = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, self.head_bias, **new)
        self.tail = ModuleList()
        for i, (start, stop) in enumerate(itertools.pairwise(self.cutoffs)):
            features = int(in_features // div_value ** (i + 1))
            layers = Linear(in_features, features, bias=False, **new), Linear(features, stop - start, bias=False, **new)
            self.tail.append(Sequential(*layers))

    def reset_parameters(self):
        for layer in (self.head, *(layer for cluster in self.tail for layer in cluster)):
            layer.reset_parameters()

    def forward(self, input_, target_):
        name = type(self).__name__
        x, target = expect_tensor(name, input_), expect_tensor(name, target_, "target")
        if (x.ndim, target.ndim) not in ((2, 1), (1, 0)) or x.shape[:-1] != target.shape:
            raise ShapeError(f"expected an input (N, features) and a target (N,), got {x.shape} and {target.shape}")
        if x.ndim == 1:
            out, loss = self.forward(unsqueeze(x, 0), unsqueeze(target, 0))
            return ASMoutput(out[0], loss)
        if target.numel() and not 0 <= target.min().item() <= target.max().item() < self.n_classes:
            expected = f"[0, {self.n_classes - 1}]"
            raise TargetError(f"expected targets in {expected}, got {target.min().item()} to {target.max().item()}")
        in_head = target
        found = []
        for i, (start, stop) in enumerate(itertools.pairwise(self.cutoffs)):
            there = logical_and(ge(target, start), lt(target, stop))
            in_head = where(there, self.shortlist_size + i, in_head)
            rows = reshape(nonzero(there), -1)
            if rows.numel():
                log_p = log_softmax(self.tail[i](getitem(x, rows)), 1)
                found.append((rows, gather(log_p, 1, unsqueeze(getitem(target, rows) - start, 1))[:, 0]))
        out = gather(log_softmax(self.head(x), 1), 1, unsqueeze(in_head, 1))[:, 0]
        for rows, log_p in found:
            out = index_add(out, 0, rows, log_p)
        return ASMoutput(out, -mean(out))

    def log_prob(self, input):
        """The log-probabilities of all classes, (N, n_classes)."""
        head = log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail, self.shortlist_size):
            parts.append(log_softmax(cluster(input), 1) + head[:, i : i + 1])
        return cat(parts, 1)

    def predict(self, input):
        """The most probable class of each row, (N,)."""
        return argmax(self.log_prob(input), 1)
