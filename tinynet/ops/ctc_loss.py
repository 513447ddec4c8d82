"""Connectionist temporal classification: the loss of a sequence whose alignment to its target is not known."""

import numpy as np

from ..arguments import boolean, integer, one_of
from ..autograd.backward import grad
from ..autograd.equation import record_equation
from ..autograd.graph import record
from ..errors import ArgumentValueError, DTypeError, ShapeError, TargetError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, host, put
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import exp
from .choosing import masked_fill, where
from .creation import full
from .indexing import gather
from .joining import cat, stack
from .loss import reduced
from .reduction import logsumexp, mean
from .registry import op
from .shape import unsqueeze

FUNCTIONAL = "ctc_loss"

LOWEST = -1e30  # in place of −∞, whose sums have no gradient


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """−log Σ Πₜ p(πₜ) over all paths π that give the target, when repeats are made one and blanks left out.

    log_probs (T, N, C), or (T, C) of one sample; targets (N, S), padded, or the targets of all samples one after
    another; the lengths (N,) say how much of T and S belongs to a sample. "mean" is the mean of loss / target length.
    A target that is too long for its input has an infinite loss, or with `zero_infinity` 0, as its gradient then is.
    The gradient is that of log-probabilities which `log_softmax` makes: Graves et al. (2006).

    Raises: ShapeError, DTypeError, ArgumentValueError for lengths that do not fit, TargetError for a label outside the
    classes.
    """
    name = "ctc_loss"
    x, reduction = expect_floating(name, log_probs), one_of(name, "reduction", reduction, ("mean", "sum", "none"))
    zero_infinity = boolean(name, "zero_infinity", zero_infinity)
    if x.ndim not in (2, 3):
        raise ShapeError(f"{name}: expected log-probabilities (T, N, C) or (T, C), got {x.shape}")
    single = x.ndim == 2
    x = unsqueeze(x, 1) if single else x
    steps, samples, classes = x.shape
    blank = integer(name, "blank", blank, 0, classes - 1)
    lengths = _lengths(name, "input_lengths", input_lengths, samples, steps)
    sizes = _lengths(name, "target_lengths", target_lengths, samples)
    labels = _labels(name, targets, sizes, samples, classes, blank)
    loss = alignments(x, *(put(a, x.array) for a in (labels, lengths, 2 * sizes + 1)), blank, zero_infinity)
    if zero_infinity:
        loss = masked_fill(loss, loss.detach() == np.inf, 0.0)
    if reduction == "mean":
        return mean(loss / wrap(put(np.maximum(sizes, 1).astype(loss.dtype), x.array)))
    return loss[0] if single and reduction == "none" else reduced(loss, reduction)


def _lengths(name, what, lengths, samples, most=None):
    """The lengths as an array of int64, one for each sample."""
    array = host(lengths.array) if isinstance(lengths, Tensor) else np.asarray(lengths)
    if array.dtype.kind not in "iu" and array.size:
        raise DTypeError(f"{name}: expected {what} to be integers, got {array.dtype}")
    if array.size != samples or array.ndim > 1:
        raise ShapeError(f"{name}: expected {what} ({samples},), one for each sample, got {array.shape}")
    if array.size and (array.min() < 0 or (most is not None and array.max() > most)):
        limit = "≥ 0" if most is None else f"in [0, {most}]"
        raise ArgumentValueError(f"{name}: expected {what} {limit}, got {array.min()} to {array.max()}")
    return array.reshape(samples).astype(np.int64)


def _labels(name, targets, sizes, samples, classes, blank):
    """The targets as rows (N, 2 S + 1), with a blank before, between and behind the labels."""
    array = host(expect_tensor(name, targets, "targets").array)
    longest, ends = int(sizes.max(initial=0)), np.cumsum(sizes)
    if array.dtype.kind not in "iu" and array.size:
        raise DTypeError(f"{name}: expected targets to be integers, got {targets.dtype}")
    rows = array.ndim == 2
    if array.ndim not in (1, 2) or (rows and (len(array) != samples or array.shape[1] < longest)):
        raise ShapeError(f"{name}: expected targets ({samples}, S) with S ≥ {longest}, got {targets.shape}")
    if not rows and array.size < sizes.sum():
        raise ShapeError(f"{name}: expected {sizes.sum()} labels in all, got {targets.shape}")
    labels = np.full((samples, 2 * longest + 1), blank, np.int64)
    for n, size in enumerate(sizes):
        labels[n, 1 : 2 * size : 2] = array[n, :size] if rows else array[ends[n] - size : ends[n]]
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise TargetError(f"{name}: expected labels in [0, {classes}), got {labels.min()} to {labels.max()}")
    return labels


@op
def alignments(x, labels, lengths, widths, blank, zero_infinity):
    """The loss of each sample (N,), for arrays that say which of x (T, N, C) belong to it: `kernels.ctc_loss`."""
    steps, samples, _ = x.array.shape
    loss = empty((samples,), x.array.dtype, x.array)
    alpha = empty((samples, steps, labels.shape[1]), x.array.dtype, x.array)
    launch(kernels.ctc_loss, loss, alpha, x.array, labels, lengths, widths, blank)

    def gradient(g):
        gx, beta = (empty(a.shape, a.dtype, a) for a in (x.array, alpha))
        numbers = labels, lengths, widths, blank
        launch(kernels.ctc_loss_grad, gx, beta, g.array, x.array, alpha, loss, *numbers, zero_infinity)
        return record_equation("ctc_loss_grad", gx, (g, x), equation)

    def equation(g, x):
        """The gradient in small operations: that of the loss by any x, and what `log_softmax` takes away again."""
        outside = wrap(put(np.arange(steps)[:, None] >= host(lengths), x.array))
        loss = _in_small_operations(x, labels, lengths, widths, blank)
        by_x = unsqueeze(g, 1) * exp(x) + grad(loss, x, g, create_graph=True)[0]
        return masked_fill(by_x, unsqueeze(outside, 2), 0.0)

    return record("ctc_loss", loss, (x,), gradient)


def _in_small_operations(x, labels, lengths, widths, blank):
    rows, ends, width = host(labels), host(widths), labels.shape[1]
    there = lambda condition: wrap(put(condition, x.array))
    passes = np.zeros(rows.shape, bool)
    passes[:, 2:] = (rows[:, 2:] != blank) & (rows[:, 2:] != rows[:, :-2])
    shifted = lambda a, by: cat([full((len(rows), by), LOWEST, dtype=a.dtype, device=a.device), a[:, :-by]], 1)
    alpha = None
    for t in range(x.shape[0]):
        score = gather(x[t], 1, wrap(labels))
        if alpha is None:
            new = where(there(np.broadcast_to(np.arange(width) < 2, rows.shape)), score, LOWEST)
        else:
            before = [alpha]
            if width > 1:
                before += [shifted(alpha, 1), where(there(passes), shifted(alpha, 2), LOWEST)]
            new = logsumexp(stack(before), 0) + score
        alpha = new if alpha is None else where(there((t < host(lengths))[:, None]), new, alpha)
    last = [gather(alpha, 1, there(np.maximum(ends - back, 0)[:, None]))[:, 0] for back in (1, 2)]
    last[1] = where(there(ends > 1), last[1], LOWEST)
    return -logsumexp(stack(last), 0)
