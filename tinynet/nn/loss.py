"""Losses as modules."""

import math

from ..arguments import boolean, integer, number, sizes
from ..errors import ShapeError
from ..ops import ctc_loss, linear_cross_entropy, loss, margin_loss, probability_loss, regression_loss
from ..tensor_arguments import optional_tensor
from .distance import PairwiseDistance
from .linear import Linear
from .module import Module


class _Loss(Module):
    """A loss without other options than its reduction."""

    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        self.reduction = loss.reduction_of(type(self).__name__, size_average, reduce, reduction)


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


class LinearCrossEntropyLoss(Module):
    """The cross entropy of a linear layer: see `functional.linear_cross_entropy`.

    Parameters: `linear.weight` (C · out_features, in), `linear.bias`; input (N, in) or (in,), target as of
    `CrossEntropyLoss` for logits (N, C, *out_features).
    Raises: ShapeError for a `weight` that is not (C,).
    """

    def __init__(
        self, in_features, num_classes, *, out_features=(), bias=False, device=None, dtype=None, reduction="mean",
        weight=None, ignore_index=None, label_smoothing=0.0, options=None,
    ):  # fmt: skip
        name = type(self).__name__
        self.num_classes = integer(name, "num_classes", num_classes, 0)
        self.out_features = sizes(name, "out_features", (out_features,))
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        if weight is not None and weight.shape != (num_classes,):
            raise ShapeError(f"{name}: expected a weight of shape ({num_classes},), got {weight.shape}")
        self.ignore_index = None if ignore_index is None else integer(name, "ignore_index", ignore_index)
        self.reduction = loss.reduction_of(name, None, None, reduction)
        self.label_smoothing = number(name, "label_smoothing", label_smoothing, 0, 1)
        rows = math.prod(self.out_features, start=self.num_classes)
        self.linear = Linear(in_features, rows, bias=bias, device=device, dtype=dtype)
        self.options = options

    def forward(self, input, target):
        size = self.num_classes, *self.out_features
        bias = self.linear.bias
        return linear_cross_entropy.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*size, self.linear.in_features),
            target,
            linear_bias=None if bias is None else bias.reshape(size),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self):
        names = "num_classes out_features bias reduction ignore_index label_smoothing options".split()
        values = {**{name: getattr(self, name, None) for name in names}, "bias": self.linear.bias is not None}
        texts = [f"{name}={value}" for name, value in values.items()]
        return ", ".join([f"in_features={self.linear.in_features}", *texts])


class NLLLoss(Module):
    """−x[target] for log-probabilities x, averaged over the rows: see `functional.nll_loss`."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        self.ignore_index = integer(name, "ignore_index", ignore_index)
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)

    def forward(self, input, target):
        return loss.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(_Loss):
    """(input − target)², averaged."""

    def forward(self, input, target):
        return regression_loss.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input − target|, averaged."""

    def forward(self, input, target):
        return regression_loss.l1_loss(input, target, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """log(1 + exp(−t x)), averaged, for targets 1 and −1."""

    def forward(self, input, target):
        return margin_loss.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """Σ max(1 − (x[j] − x[c]), 0) / C, averaged: see `functional.multilabel_margin_loss`."""

    def forward(self, input, target):
        return margin_loss.multilabel_margin_loss(input, target, reduction=self.reduction)


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


class BCELoss(Module):
    """−[t log x + (1−t) log(1−x)], averaged, for probabilities x: see `functional.binary_cross_entropy`."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)

    def forward(self, input, target):
        return probability_loss.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class KLDivLoss(Module):
    """Σ t (log t − x) for a logarithm x of probabilities: see `functional.kl_div`. Wants reduction="batchmean"."""

    def __init__(self, size_average=None, reduce=None, reduction="mean", log_target=False):
        name = type(self).__name__
        batchmean = reduction == "batchmean" and size_average is None and reduce is None
        self.reduction = reduction if batchmean else loss.reduction_of(name, size_average, reduce, reduction)
        self.log_target = boolean(name, "log_target", log_target)

    def forward(self, input, target):
        return probability_loss.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class SmoothL1Loss(Module):
    """d² / (2β) where d = |x − target| < β, else d − β/2, averaged: Girshick (2015)."""

    def __init__(self, size_average=None, reduce=None, reduction="mean", beta=1.0):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.beta = number(name, "beta", beta)

    def forward(self, input, target):
        return regression_loss.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Module):
    """d² / 2 where d = |x − target| < δ, else δ (d − δ/2), averaged: Huber (1964)."""

    def __init__(self, reduction="mean", delta=1.0):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, None, None, reduction)
        self.delta = number(name, "delta", delta)

    def forward(self, input, target):
        return regression_loss.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class PoissonNLLLoss(Module):
    """The likelihood of counts: see `functional.poisson_nll_loss`."""

    def __init__(self, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.log_input = boolean(name, "log_input", log_input)
        self.full = boolean(name, "full", full)
        self.eps = number(name, "eps", eps)

    def forward(self, log_input, target):
        options = self.log_input, self.full, None, self.eps
        return regression_loss.poisson_nll_loss(log_input, target, *options, reduction=self.reduction)


class GaussianNLLLoss(Module):
    """The likelihood of normal variables: see `functional.gaussian_nll_loss`."""

    def __init__(self, *, full=False, eps=1e-6, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, None, None, reduction)
        self.full = boolean(name, "full", full)
        self.eps = number(name, "eps", eps)

    def forward(self, input, target, var):
        return regression_loss.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class HingeEmbeddingLoss(Module):
    """x where the target is 1, max(margin − x, 0) where it is −1, averaged."""

    def __init__(self, margin=1.0, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.margin = number(name, "margin", margin)

    def forward(self, input, target):
        return margin_loss.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(Module):
    """max(−t (x₁ − x₂) + margin, 0), averaged."""

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.margin = number(name, "margin", margin)

    def forward(self, input1, input2, target):
        return margin_loss.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Module):
    """1 − cos(x₁, x₂) for target 1, max(cos(x₁, x₂) − margin, 0) for −1, averaged."""

    def __init__(self, margin=0.0, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.margin = number(name, "margin", margin)

    def forward(self, input1, input2, target):
        return margin_loss.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(Module):
    """max(d(a, p) − d(a, n) + margin, 0), averaged: Schroff et al. (2015)."""

    def __init__(self, margin=1.0, p=2.0, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.margin = number(name, "margin", margin)
        self.p = number(name, "p", p)
        self.eps = number(name, "eps", eps)
        self.swap = boolean(name, "swap", swap)

    def forward(self, anchor, positive, negative):
        return margin_loss.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(Module):
    """`TripletMarginLoss` with a distance of your own, a function of two tensors."""

    def __init__(self, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, None, None, reduction)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = number(name, "margin", margin)
        self.swap = boolean(name, "swap", swap)

    def forward(self, anchor, positive, negative):
        return margin_loss.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiMarginLoss(Module):
    """Σ max(margin − x[target] + x[c], 0)ᵖ / C, averaged: see `functional.multi_margin_loss`."""

    def __init__(self, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)
        self.p = integer(name, "p", p, 1, 2)
        self.margin = number(name, "margin", margin)
        self.register_buffer("weight", optional_tensor(name, "weight", weight))

    def forward(self, input, target):
        return margin_loss.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Module):
    """Binary cross entropy of logits for each class, averaged over classes and rows."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        name = type(self).__name__
        self.register_buffer("weight", optional_tensor(name, "weight", weight))
        self.reduction = loss.reduction_of(name, size_average, reduce, reduction)

    def forward(self, input, target):
        return margin_loss.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class CTCLoss(Module):
    """The loss of a sequence whose alignment to its target is not known: see `functional.ctc_loss`."""

    def __init__(self, blank=0, reduction="mean", zero_infinity=False):
        self.blank = integer("CTCLoss", "blank", blank)
        self.reduction = loss.reduction_of("CTCLoss", None, None, reduction)
        self.zero_infinity = boolean("CTCLoss", "zero_infinity", zero_infinity)

    def forward(self, log_probs, targets, input_lengths, target_lengths):
        options = self.blank, self.reduction, self.zero_infinity
        return ctc_loss.ctc_loss(log_probs, targets, input_lengths, target_lengths, *options)
