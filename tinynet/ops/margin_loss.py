"""Losses with a margin, beyond which nothing is to be gained, and their smooth kin."""

from ..arguments import boolean, integer, number
from ..errors import ArgumentValueError, DTypeError, ShapeError
from ..tensor_arguments import expect_floating, expect_tensor, optional_tensor
from .arithmetic import sqrt, square
from .choosing import clamp, minimum, where
from .comparison import eq, ne
from .creation import arange
from .distance import pairwise_distance
from .exponential import logaddexp
from .gates import logsigmoid
from .indexing import check_range, gather
from .loss import reduced, reduction_of
from .operands import to
from .reduction import mean, sum
from .shape import reshape, unsqueeze

FUNCTIONAL = """cosine_embedding_loss hinge_embedding_loss margin_ranking_loss multi_margin_loss multilabel_margin_loss
    multilabel_soft_margin_loss soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss"""


def _hinge(x):
    """max(x, 0), with gradient 1 at 0, as PyTorch's losses have it."""
    return clamp(x, 0)


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """x where the target is 1, max(margin − x, 0) where it is −1, averaged."""
    name = "hinge_embedding_loss"
    reduction = reduction_of(name, size_average, reduce, reduction)
    x, t, margin = expect_floating(name, input), expect_tensor(name, target, "target"), number(name, "margin", margin)
    loss = where(ne(t, 1), _hinge(margin - x), 0.0) + where(ne(t, -1), x, 0.0)
    return reduced(loss, reduction)


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """max(−t (x₁ − x₂) + margin, 0), averaged: for t = 1 the first is to be ranked higher, for −1 the second.

    Raises: ShapeError where the numbers of dimensions differ.
    """
    name = "margin_ranking_loss"
    reduction = reduction_of(name, size_average, reduce, reduction)
    a, b = expect_tensor(name, input1, "input1"), expect_tensor(name, input2, "input2")
    t = expect_tensor(name, target, "target")
    if not a.ndim == b.ndim == t.ndim:
        raise ShapeError(f"{name}: expected as many dimensions of all, got {a.shape}, {b.shape} and {t.shape}")
    return reduced(_hinge(-t * (a - b) + number(name, "margin", margin)), reduction)


def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """1 − cos(x₁, x₂) where the target is 1, max(cos(x₁, x₂) − margin, 0) where it is −1, averaged.

    x₁ and x₂ (N, D) with a target (N,), or (D,) with a target ().

    Raises: ShapeError for other shapes.
    """
    name = "cosine_embedding_loss"
    reduction = reduction_of(name, size_average, reduce, reduction)
    a, b = expect_tensor(name, input1, "input1"), expect_tensor(name, input2, "input2")
    t, margin = expect_tensor(name, target, "target"), number(name, "margin", margin)
    if t.ndim > 1 or a.ndim != t.ndim + 1 or b.ndim != t.ndim + 1:
        raise ShapeError(f"{name}: expected (N, D) twice and (N,), got {a.shape}, {b.shape} and {t.shape}")
    tiny = 1e-12  # PyTorch's ε, which stands under the root
    lengths = sqrt((sum(square(a), -1) + tiny) * (sum(square(b), -1) + tiny))
    cosine = sum(a * b, -1) / lengths
    loss = where(eq(t, 1), 1.0 - cosine, 0.0) + where(eq(t, -1), _hinge(cosine - margin), 0.0)
    return reduced(loss, reduction)


def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None,
    reduction="mean",
):  # fmt: skip
    """max(d(a, p) − d(a, n) + margin, 0), averaged, with d the p-norm of a difference plus ε: Schroff et al. (2015).

    With `swap`, d(p, n) counts in place of d(a, n) where it is smaller: Balntas et al. (2016).
    """
    reduction = reduction_of("triplet_margin_loss", size_average, reduce, reduction)
    distance = lambda a, b: pairwise_distance(a, b, p, eps)
    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """`triplet_margin_loss` with a distance of your own, a function of two tensors."""
    name = "triplet_margin_with_distance_loss"
    reduction = reduction_of(name, None, None, reduction)
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(name, anchor, positive, negative, distance, margin, swap, reduction):
    a, p = expect_tensor(name, anchor, "anchor"), expect_tensor(name, positive, "positive")
    n, margin = expect_tensor(name, negative, "negative"), number(name, "margin", margin)
    if margin <= 0:
        raise ArgumentValueError(f"{name}: expected margin > 0, got {margin}")
    near, far = distance(a, p), distance(a, n)
    if boolean(name, "swap", swap):
        far = minimum(far, distance(p, n))
    return reduced(_hinge(near - far + margin), reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(−t x)), averaged, for targets 1 and −1.

    Raises: ShapeError where the shapes differ.
    """
    reduction = reduction_of("soft_margin_loss", size_average, reduce, reduction)
    x, t = expect_floating("soft_margin_loss", input), expect_tensor("soft_margin_loss", target, "target")
    if x.shape != t.shape:
        raise ShapeError(f"soft_margin_loss: expected a target of the input's shape {x.shape}, got {t.shape}")
    return reduced(logaddexp(-t * x, 0.0), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """−[t log σ(x) + (1−t) log σ(−x)], weighted and averaged over the classes (the last dimension), then averaged."""
    name = "multilabel_soft_margin_loss"
    reduction = reduction_of(name, size_average, reduce, reduction)
    x, t = expect_floating(name, input), expect_tensor(name, target, "target")
    loss = -(t * logsigmoid(x) + (1.0 - t) * logsigmoid(-x))
    if optional_tensor(name, "weight", weight) is not None:
        loss = loss * weight
    return reduced(mean(loss, -1), reduction)


def _rows_and_labels(name, input, target, labels_per_row):
    """x (N, C) and int64 labels, (N,) or (N, C), from these or from those of one row; and whether it was one."""
    x, t = expect_floating(name, input), expect_tensor(name, target, "target")
    single = x.ndim < 2
    rows = reshape(x, 1, -1) if single else x
    shape = rows.shape if labels_per_row else rows.shape[:1]
    fits = t.array.size == (rows.array.size if labels_per_row else 1) if single else t.shape == shape
    if rows.ndim != 2 or not fits or t.ndim > 2:
        raise ShapeError(f"{name}: expected (N, C) or (C,) and labels that fit, got {x.shape} and {t.shape}")
    if t.array.dtype.name != "int64":
        raise DTypeError(f"{name}: expected labels of dtype int64, got {t.dtype}; convert with long()")
    return rows, reshape(t, shape), single


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Σ max(margin − x[target] + x[c], 0)ᵖ / C over the classes c ≠ target, averaged; times weight[target].

    Raises: ArgumentValueError for p other than 1 and 2, ShapeError, DTypeError, TargetError.
    """
    name = "multi_margin_loss"
    reduction = reduction_of(name, size_average, reduce, reduction)
    p, margin = integer(name, "p", p, 1, 2), number(name, "margin", margin)
    x, t, single = _rows_and_labels(name, input, target, labels_per_row=False)
    classes = x.array.shape[1]
    check_range(f"{name}: expected labels", t.array, classes)
    z = _hinge(gather(x, 1, unsqueeze(t, 1)) * -1.0 + x + margin)
    z = z if p == 1 else square(z)
    if optional_tensor(name, "weight", weight) is not None:
        if weight.shape != (classes,):
            raise ShapeError(f"{name}: expected a weight of shape ({classes},), got {weight.shape}")
        z = z * unsqueeze(gather(weight, 0, t), 1)
    others = ne(unsqueeze(t, 1), arange(classes, device=x.device))
    loss = sum(where(others, z, 0.0), 1) / classes
    return reduced(reshape(loss, ()) if single and reduction == "none" else loss, reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Σ max(1 − (x[j] − x[c]), 0) / C over the labels j of a row and the classes c that are none, averaged.

    The labels of a row (C,) end at the first −1.

    Raises: ShapeError, DTypeError, TargetError.
    """
    name = "multilabel_margin_loss"
    reduction = reduction_of(name, size_average, reduce, reduction)
    x, t, single = _rows_and_labels(name, input, target, labels_per_row=True)
    classes = x.array.shape[1]
    given = to(eq(t, -1), t.dtype).cumsum(1) == 0
    safe = where(given, t, 0)
    check_range(f"{name}: expected labels", safe.array, classes)
    is_label = ((unsqueeze(safe, 2) == arange(classes, device=x.device)) & unsqueeze(given, 2)).any(1)
    pairs = _hinge(1.0 - (unsqueeze(gather(x, 1, safe), 2) - unsqueeze(x, 1)))
    counted = unsqueeze(given, 2) & unsqueeze(~is_label, 1)
    loss = sum(where(counted, pairs, 0.0), (1, 2)) / classes
    return reduced(reshape(loss, ()) if single and reduction == "none" else loss, reduction)
