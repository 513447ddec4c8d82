"""Losses as modules."""

from ..arguments import integer, number
from ..ops import loss
from ..tensor import optional_tensor
from .module import Module


class CrossEntropyLoss(Module):
    """−log softmax(x)[target], averaged over the rows: see `functional.cross_entropy`."""

    def __init__(
        self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0
    ):
        name = type(self).__name__
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        self.ignore_index = integer(name, "ignore_index", ignore_index)
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.label_smoothing = number(name, "label_smoothing", label_smoothing, 0, 1)

    def forward(self, input, target):
        return loss.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Module):
    """−x[target] for log-probabilities x, averaged over the rows: see `functional.nll_loss`."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        self.ignore_index = integer(name, "ignore_index", ignore_index)
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)

    def forward(self, input, target):
        return loss.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(Module):
    """(input − target)², averaged."""

    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        self.reduction = loss.reduction_of(type(self).__name__, size_average, reduce, reduction)

    def forward(self, input, target):
        return loss.mse_loss(input, target, reduction=self.reduction)


class BCEWithLogitsLoss(Module):
    """−[t log σ(x) + (1−t) log(1−σ(x))], averaged: see `functional.binary_cross_entropy_with_logits`."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
        name = type(self).__name__
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        self.register_buffer("pos_weight", optional_tensor(name, "pos_weight", pos_weight))
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)

    def forward(self, input, target):
        return loss.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
