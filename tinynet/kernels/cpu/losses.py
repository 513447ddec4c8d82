"""Cross entropy: the loss and its gradient in one visit to each row."""

from math import log

import numpy as np
from numba import prange, types

from ..jit import jit
from ..versions import read, versions, written
from .rows import PARALLEL_EXP, as_rows, height
from .softmax import exponentials, largest

__all__ = ["cross_entropy", "first_bad_label"]


def cross_entropy(loss, gx, x, target, ignore_index, mean):
    """The loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row;
    loss () their sum or, with `mean`, their mean, and gx is the gradient of that.
    """
    loop = _cross_entropy[x.size >= PARALLEL_EXP, x.dtype]
    loop(loss.reshape(-1), gx, as_rows(x), target, ignore_index, loss.ndim == 0, mean)


cross_entropy.outputs = 2


def first_bad_label(target, classes, ignore_index):
    """The index of the first label outside [0, classes), or −1."""
    return _first_bad_label(target, classes, ignore_index)


def _types(real):
    labels = read(types.int64, 1, "A")
    return written(real, 1), written(real, 2), read(real, 2), labels, types.int64, types.boolean, types.boolean


@versions(_types)
def _cross_entropy(loss, gx, x, target, ignore_index, reduce, mean):
    rows, columns = x.shape
    high = height(rows, columns)
    blocks = (rows + high - 1) // high
    counted = 0
    for r in range(rows):
        counted += target[r] != ignore_index
    scale = x.dtype.type(1.0 / max(counted, 1)) if mean else x.dtype.type(1)
    sums = np.zeros(blocks)  # in float64, and added in order: the same bits on any number of threads
    for block in prange(blocks):
        summed = 0.0
        for r in range(block * high, min(rows, (block + 1) * high)):
            row = x.dtype.type(0)
            if target[r] == ignore_index:
                for c in range(columns):
                    gx[r, c] = 0
            else:
                top = largest(x, r)
                total = exponentials(gx, x, r, top)
                factor = scale / total
                for c in range(columns):
                    gx[r, c] *= factor
                gx[r, target[r]] -= scale
                row = log(total) + (top - x[r, target[r]])
                summed += row
            if not reduce:
                loss[r] = row
        sums[block] = summed
    if reduce:
        whole = 0.0
        for block in range(blocks):
            whole += sums[block]
        loss[0] = whole / counted if mean else whole


@jit
def _first_bad_label(target, classes, ignore_index):
    for i in range(target.size):
        if not 0 <= target[i] < classes and target[i] != ignore_index:
            return i
    return -1
