"""Connectionist temporal classification: the sums over alignments, a sample at a time."""

import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.jit import helper
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import FUNCTIONS
from .rows import exp, log, plan_rows


@kernels.ctc_loss.on("cpu")
def ctc_loss(loss, alpha, x, labels, lengths, widths, blank):
    """loss ← −log Σ over the alignments of their probability;  alpha ← the sums from the start."""
    if loss.size:
        samples, steps, width = alpha.shape
        plan = plan_rows(_ctc_loss, x.dtype, samples, steps * width, FUNCTIONS // 4)
        plan.run(loss, alpha, np.ascontiguousarray(x), labels, lengths, widths, blank)


@kernels.ctc_loss_grad.on("cpu")
def ctc_loss_grad(gx, beta, g, x, alpha, loss, labels, lengths, widths, blank, zero_infinity):
    """gx ← g (eˣ − the probability of each label given the target);  beta ← the sums to the end."""
    if loss.size:
        samples, steps, width = beta.shape
        plan = plan_rows(_ctc_loss_grad, x.dtype, samples, steps * (width + x.shape[2]), FUNCTIONS // 4)
        arrays = np.ascontiguousarray(g), np.ascontiguousarray(x), alpha, loss, labels, lengths, widths
        plan.run(gx, beta, *arrays, blank, int(zero_infinity))


# --- compiled -----------------------------------------------------------------------------------------------------


@helper
def log_sum(x, y, z):
    """log(eˣ + eʸ + eᶻ), where none overflows; NaN if one is NaN, which a maximum may drop."""
    top = max(x, max(y, z))
    return x + y + z if top == -np.inf else top + log(exp(x - top) + exp(y - top) + exp(z - top))


def _numbers():
    return read(types.int64, 2), read(types.int64, 1), read(types.int64, 1), types.int64


@parallel_for(lambda real: (types.intp, written(real, 1), written(real, 3), read(real, 3), *_numbers()))
def _ctc_loss(arguments, scratch, task):
    chunk, loss, alphas, x, all_labels, lengths, widths, blank = arguments[0]
    zero, nothing = x.dtype.type(0), x.dtype.type(-np.inf)
    for n in range(task * chunk, min(loss.size, (task + 1) * chunk)):
        alpha, labels, length, width = alphas[n], all_labels[n], lengths[n], widths[n]
        for t in range(alpha.shape[0]):
            for s in range(alpha.shape[1]):
                total = nothing
                if t < length and s < width:
                    if t == 0:
                        total = zero if s < 2 else nothing
                    else:
                        one = alpha[t - 1, s - 1] if s >= 1 else nothing
                        over = s >= 2 and labels[s] != blank and labels[s] != labels[s - 2]
                        total = log_sum(alpha[t - 1, s], one, alpha[t - 1, s - 2] if over else nothing)
                    total += x[t, n, labels[s]]
                alpha[t, s] = total
        if length > 0:
            one = alpha[length - 1, width - 2] if width > 1 else nothing
            loss[n] = -log_sum(alpha[length - 1, width - 1], one, nothing)
        else:
            loss[n] = zero if width == 1 else -nothing


def _grad_types(real):
    return (
        types.intp, written(real, 3), written(real, 3), read(real, 1), read(real, 3), read(real, 3), read(real, 1),
        *_numbers(), types.int64,
    )  # fmt: skip


@parallel_for(_grad_types)
def _ctc_loss_grad(arguments, scratch, task):
    chunk, gx, betas, g, x, alphas, loss, all_labels, lengths, widths, blank, zero_infinity = arguments[0]
    zero, nothing = x.dtype.type(0), x.dtype.type(-np.inf)
    for n in range(task * chunk, min(loss.size, (task + 1) * chunk)):
        beta, alpha, labels, length, width = betas[n], alphas[n], all_labels[n], lengths[n], widths[n]
        if zero_infinity and loss[n] == np.inf:
            length = 0
        for t in range(beta.shape[0] - 1, -1, -1):
            row, p = gx[t, n], x[t, n]
            for c in range(row.size):
                row[c] = zero
            for s in range(beta.shape[1]):
                total = nothing
                if t < length and s < width:
                    if t == length - 1:
                        total = zero if s >= width - 2 else nothing
                    else:
                        one = beta[t + 1, s + 1] + x[t + 1, n, labels[s + 1]] if s + 1 < width else nothing
                        over = s + 2 < width and labels[s + 2] != blank and labels[s + 2] != labels[s]
                        two = beta[t + 1, s + 2] + x[t + 1, n, labels[s + 2]] if over else nothing
                        total = log_sum(beta[t + 1, s] + x[t + 1, n, labels[s]], one, two)
                    row[labels[s]] += exp(alpha[t, s] + total + loss[n])
                beta[t, s] = total
            if t < length:
                for c in range(row.size):
                    row[c] = g[n] * (exp(p[c]) - row[c])
