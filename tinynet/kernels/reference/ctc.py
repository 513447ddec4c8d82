"""Connectionist temporal classification: Graves et al. (2006). The sum over all alignments, forward and backward.

A target l of L labels is written with a blank before, between and behind them, as W = 2 L + 1 `labels`. An alignment
goes through them in T steps, from one of the first two to one of the last two. In a step it stays, goes on by one, or
by two where that passes over a blank between two labels that differ. All is computed in logarithms.
"""

import numpy as np

from ..kernel import In, Out, kernel


def _passes_over(labels, s, blank):
    """Whether a step may come to s from s − 2."""
    return s >= 2 and labels[s] != blank and labels[s] != labels[s - 2]


@kernel
def ctc_loss(loss: Out, alpha: Out, x: In, labels: In, lengths: In, widths: In, blank):
    """loss (N,) ← −log Σ over the alignments of their probability, for log-probabilities x (T, N, C).

    alpha (N, T, W) at t, s: what the alignments that are at s after step t have in all, x[t] included; −∞ beyond
    `lengths` and `widths` (N,), which say how much of T and of `labels` (N, W) a sample has.
    """
    alpha[...] = -np.inf
    for n, (length, width) in enumerate(zip(lengths, widths)):
        for t in range(length):
            for s in range(width):
                if t == 0:
                    total = 0.0 if s < 2 else -np.inf
                else:
                    first = s - 2 if _passes_over(labels[n], s, blank) else max(s - 1, 0)
                    total = np.logaddexp.reduce(alpha[n, t - 1, first : s + 1])
                alpha[n, t, s] = total + x[t, n, labels[n, s]]
        if length:
            loss[n] = -np.logaddexp.reduce(alpha[n, length - 1, max(width - 2, 0) : width])
        else:
            loss[n] = 0.0 if width == 1 else np.inf


@kernel
def ctc_loss_grad(
    gx: Out, beta: Out, g: In, x: In, alpha: In, loss: In, labels: In, lengths: In, widths: In, blank, zero_infinity
):
    """gx (T, N, C) ← g (eˣ − the probability that an alignment is at a label, given the target).

    This is the gradient by x of `log_softmax`, and through it that by its input. With `zero_infinity` it is 0 where the
    loss is infinite. beta (N, T, W) at t, s: what the alignments from s after step t on have in all, without x[t].
    """
    beta[...], gx[...] = -np.inf, 0
    for n, (length, width) in enumerate(zip(lengths, widths)):
        if zero_infinity and loss[n] == np.inf:
            continue
        for t in reversed(range(length)):
            at = np.zeros(x.shape[2], x.dtype)
            for s in range(width):
                if t == length - 1:
                    total = 0.0 if s >= width - 2 else -np.inf
                else:
                    last = s + 2 if s + 2 < width and _passes_over(labels[n], s + 2, blank) else min(s + 1, width - 1)
                    after = range(s, last + 1)
                    total = np.logaddexp.reduce([beta[n, t + 1, r] + x[t + 1, n, labels[n, r]] for r in after])
                beta[n, t, s] = total
                at[labels[n, s]] += np.exp(alpha[n, t, s] + total + loss[n])
            gx[t, n] = g[n] * (np.exp(x[t, n]) - at)
