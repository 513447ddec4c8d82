"""Losses as modules."""

from ..ops import loss
from .module import Module


class CrossEntropyLoss(Module):
    """−log softmax(x)[target], averaged over the rows: see `functional.cross_entropy`."""

    def __init__(self, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing

    def forward(self, input, target):
        return loss.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class MSELoss(Module):
    """(input − target)², averaged."""

    def __init__(self, reduction="mean"):
        self.reduction = reduction

    def forward(self, input, target):
        return loss.mse_loss(input, target, self.reduction)


class BCEWithLogitsLoss(Module):
    """−[t log σ(x) + (1−t) log(1−σ(x))], averaged: see `functional.binary_cross_entropy_with_logits`."""

    def __init__(self, weight=None, reduction="mean", pos_weight=None):
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)
        self.reduction = reduction

    def forward(self, input, target):
        return loss.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)
