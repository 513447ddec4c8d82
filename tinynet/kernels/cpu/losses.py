"""Cross entropy: the loss and its gradient in one visit to each row."""

from math import log

import numpy as np
from numba import types

from ..jit import jit
from .rows import PARALLEL_EXP, as_rows, blocks
from .softmax import exponentials, largest
from .tasks import for_tasks, read, written

__all__ = ["cross_entropy", "first_bad_label"]


def cross_entropy(loss, gx, x, target, ignore_index, mean):
    """The loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row;
    loss () their sum or, with `mean`, their mean, and gx is the gradient of that.
    """
    counted = np.count_nonzero(target != ignore_index) if mean else 1
    count, high = blocks(*x.shape)
    sums, by_row = np.empty(count), loss if loss.ndim else _NO_ROWS[x.dtype.char]
    arguments = sums, by_row, gx, as_rows(x), target, ignore_index, 1 / max(counted, 1)
    _cross_entropy(x.dtype, x.size >= PARALLEL_EXP, count, high, *arguments)
    if not loss.ndim:
        total = float(sums.sum())  # NumPy's order depends on the number of blocks alone
        loss[...] = total / counted if counted else np.nan


_NO_ROWS = {"f": np.empty(0, np.float32), "d": np.empty(0, np.float64)}
cross_entropy.outputs = 2


def first_bad_label(target, classes, ignore_index):
    """The index of the first label outside [0, classes), or −1."""
    return _first_bad_label(target, classes, ignore_index)


def _types(real):
    labels = read(types.int64, 1, "A"), types.int64
    return (
        types.intp,
        written(types.float64, 1),
        written(real, 1),
        written(real, 2),
        read(real, 2),
        *labels,
        types.float64,
    )


@for_tasks(_types)
def _cross_entropy(block, arguments):
    high, sums, by_row, gx, x, target, ignore_index, scale = arguments[0]
    scale, summed = x.dtype.type(scale), 0.0
    for r in range(block * high, min(x.shape[0], (block + 1) * high)):
        loss = x.dtype.type(0)
        if target[r] == ignore_index:
            for c in range(x.shape[1]):
                gx[r, c] = 0
        else:
            top = largest(x, r)
            total = exponentials(gx, x, r, top)
            factor = scale / total
            for c in range(x.shape[1]):
                gx[r, c] *= factor
            gx[r, target[r]] -= scale
            loss = log(total) + (top - x[r, target[r]])
            summed += loss
        if by_row.size:
            by_row[r] = loss
    sums[block] = summed


@jit
def _first_bad_label(target, classes, ignore_index):
    for i in range(target.size):
        if not 0 <= target[i] < classes and target[i] != ignore_index:
            return i
    return -1
