"""Softmax and cross entropy along the last axis, each in one visit to a row."""

from math import exp, log

import numpy as np

from ..jit import jit

__all__ = ["cross_entropy", "log_softmax", "softmax"]


def softmax(out, x):
    """out ← eˣ / Σ eˣ along the last axis, shifted by the largest x so that nothing overflows."""
    if x.size:
        _softmax(_rows(out), _rows(x))


def log_softmax(out, x):
    """out ← x − log Σ eˣ along the last axis."""
    if x.size:
        _log_softmax(_rows(out), _rows(x))


def cross_entropy(losses, gx, x, target, ignore_index):
    """For each row, the loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; a row whose target is `ignore_index` gets zeros. The labels were checked.
    """
    _cross_entropy(losses, gx, _rows(x), np.ascontiguousarray(target), ignore_index)


cross_entropy.outputs = 2


def _rows(x):
    return np.ascontiguousarray(x).reshape(-1, x.shape[-1])


@jit
def _softmax(out, x):
    for r in range(x.shape[0]):
        top = x[r].max()
        total = top - top  # 0, and NaN where the largest is not finite
        for c in range(x.shape[1]):
            out[r, c] = exp(x[r, c] - top)
            total += out[r, c]
        for c in range(x.shape[1]):
            out[r, c] /= total


@jit
def _log_softmax(out, x):
    for r in range(x.shape[0]):
        top = x[r].max()
        total = top - top
        for c in range(x.shape[1]):
            total += exp(x[r, c] - top)
        shift = top + log(total)
        for c in range(x.shape[1]):
            out[r, c] = x[r, c] - shift


@jit
def _cross_entropy(losses, gx, x, target, ignore_index):
    for r in range(x.shape[0]):
        if target[r] == ignore_index:
            losses[r] = 0
            gx[r] = 0
            continue
        top = x[r].max()
        total = top - top
        for c in range(x.shape[1]):
            gx[r, c] = exp(x[r, c] - top)
            total += gx[r, c]
        losses[r] = log(total) + top - x[r, target[r]]
        for c in range(x.shape[1]):
            gx[r, c] /= total
        gx[r, target[r]] -= 1
