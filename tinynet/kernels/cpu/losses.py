"""Cross entropy: the loss and its gradient in one visit to each row."""

import numpy as np
from numba import types

from .. import reference as kernels
from ..elementary.floats import add_in_any_order
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import SOFTMAX
from .rows import as_rows, log, plan_rows
from .softmax import exp_inplace, subtract_row_max


@kernels.cross_entropy.on("cpu")
def cross_entropy(loss, gx, x, target, ignore_index, mean):
    """The loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row;
    loss () their sum or, with `mean`, their mean, and gx is the gradient of that.
    """
    if x.size == 0:  # no rows, or no classes, of which all labels are ignored
        return loss.fill(np.nan if mean and not loss.ndim else 0)
    counted = np.count_nonzero(target != ignore_index) if mean else 1
    plan = plan_rows(_cross_entropy, x.dtype, *x.shape, SOFTMAX)
    sums, by_row = np.empty(plan.tasks), loss if loss.ndim else _NO_ROWS[x.dtype.char]
    plan.run(sums, by_row, gx, gx.reshape(-1), as_rows(x), target, ignore_index, 1 / max(counted, 1))
    if not loss.ndim:
        total = sums.sum() if plan.tasks > 1 else sums[0]  # in an order that depends on the number of tasks alone
        loss[...] = total / counted if counted else np.nan


_NO_ROWS = {"f": np.empty(0, np.float32), "d": np.empty(0, np.float64)}


def _types(real):
    row, numbers = written(real, 1), (read(types.int64, 1, "A"), types.int64, types.float64)
    return types.intp, written(types.float64, 1), row, written(real, 2), row, read(real, 2), *numbers


@parallel_for(_types)
def _cross_entropy(arguments, scratch, task):
    chunk, sums, by_row, gx, flat, x, target, ignore_index, scale = arguments[0]
    start, stop, scale, zero = task * chunk, min(x.shape[0], (task + 1) * chunk), x.dtype.type(scale), x.dtype.type(0)
    loss, total = np.empty(stop - start, x.dtype), np.empty(stop - start, x.dtype)
    for r in range(start, stop):
        subtract_row_max(gx, x, r)
        loss[r - start] = zero if target[r] == ignore_index else gx[r, target[r]]
    exp_inplace(flat, start * x.shape[1], stop * x.shape[1])
    for r in range(start, stop):
        row_total = zero
        for c in range(x.shape[1]):
            row_total = add_in_any_order(row_total, gx[r, c])
        total[r - start] = row_total
    for i in range(loss.size):  # in a loop of their own logarithms are vectors
        loss[i] = log(total[i]) - loss[i]
        total[i] = scale / total[i]
    summed = 0.0
    for r in range(start, stop):
        if target[r] == ignore_index:
            loss[r - start] = zero
            for c in range(x.shape[1]):
                gx[r, c] = zero
        else:
            factor = total[r - start]
            for c in range(x.shape[1]):
                gx[r, c] *= factor
            gx[r, target[r]] -= scale
            summed += loss[r - start]
    for r in range(start, min(stop, by_row.size)):
        by_row[r] = loss[r - start]
    sums[task] = summed
