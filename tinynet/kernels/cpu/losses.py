"""Softmax and cross entropy along the last axis, each in one visit to a row."""

from math import log

import numpy as np

from ..jit import inline, jit
from .elementary import exp

__all__ = ["cross_entropy", "first_bad_label", "log_softmax", "softmax"]


def softmax(out, x):
    """out ← eˣ / Σ eˣ along the last axis, shifted by the largest x so that nothing overflows."""
    if x.size:
        _softmax(_rows(out), _rows(x))


def log_softmax(out, x):
    """out ← x − log Σ eˣ along the last axis."""
    if x.size:
        _log_softmax(_rows(out), _rows(x))


def cross_entropy(loss, gx, x, target, ignore_index, mean):
    """The loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row;
    loss () their sum or, with `mean`, their mean, and gx is the gradient of that.
    """
    _cross_entropy(loss.reshape(-1), gx, _rows(x), target, ignore_index, loss.ndim == 0, mean)


cross_entropy.outputs = 2


def first_bad_label(target, classes, ignore_index):
    """The index of the first label outside [0, classes), or −1."""
    return _first_bad_label(target, classes, ignore_index)


def _rows(x):
    if x.ndim != 2:
        x = x.reshape(-1, x.shape[-1])
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


@inline
def _largest(x, r):
    """The largest of row r; NaN if it holds one."""
    top = x[r, 0]
    for c in range(1, x.shape[1]):
        if not x[r, c] <= top:
            top = x[r, c]
    return top


@inline
def _exponentials(out, x, r):
    """out[r] ← e^(x − top) for row r; returns top and the sum, which is NaN where the largest is not finite."""
    top = _largest(x, r)
    total = top - top
    for c in range(x.shape[1]):
        out[r, c] = exp(x[r, c] - top)
        total += out[r, c]
    return top, total


@jit
def _softmax(out, x):
    for r in range(x.shape[0]):
        _, total = _exponentials(out, x, r)
        for c in range(x.shape[1]):
            out[r, c] /= total


@jit
def _log_softmax(out, x):
    for r in range(x.shape[0]):
        top = _largest(x, r)
        total = top - top
        for c in range(x.shape[1]):
            out[r, c] = x[r, c] - top
            total += exp(out[r, c])
        shift = log(total)  # not added to a large top, which would cost its digits
        for c in range(x.shape[1]):
            out[r, c] -= shift


@jit
def _cross_entropy(loss, gx, x, target, ignore_index, reduce, mean):
    one = x.dtype.type(1)
    counted, summed = 0, 0.0
    for r in range(x.shape[0]):
        if target[r] == ignore_index:
            for c in range(x.shape[1]):
                gx[r, c] = 0
            if not reduce:
                loss[r] = 0
            continue
        top, total = _exponentials(gx, x, r)
        for c in range(x.shape[1]):
            gx[r, c] /= total
        gx[r, target[r]] -= one
        row = log(total) + (top - x[r, target[r]])
        counted += 1
        summed += row
        if not reduce:
            loss[r] = row
    if reduce:
        loss[0] = summed / counted if mean else summed
    if mean:
        scale = x.dtype.type(1.0 / max(counted, 1))
        for r in range(x.shape[0]):
            for c in range(x.shape[1]):
                gx[r, c] *= scale


@jit
def _first_bad_label(target, classes, ignore_index):
    for i in range(target.size):
        if not 0 <= target[i] < classes and target[i] != ignore_index:
            return i
    return -1
