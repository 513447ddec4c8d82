"""Cross entropy, and the likelihood of labels: the loss and its gradient in one visit to each row."""

import numpy as np
from numba import types

from .. import reference as kernels
from ..elementary.floats import add_in_any_order
from ..runtime.parallel_for import parallel_for, read, written
from ..runtime.threads import SOFTMAX
from .rows import as_rows, log, one_task, plan_rows
from .softmax import exp_inplace, subtract_row_max


@kernels.cross_entropy.on("cpu")
def cross_entropy(loss, gx, x, target, ignore_index, mean):
    """The loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row;
    loss () their sum or, with `mean`, their mean, and gx is the gradient of that.
    """
    if x.size == 0:  # no rows, or no classes, of which all labels are ignored
        return loss.fill(np.nan if mean and not loss.ndim else 0)
    plan = plan_rows(_cross_entropy, x.dtype, *x.shape, SOFTMAX)
    sums, by_row = np.empty(plan.tasks + 1), loss if loss.ndim else _NO_ROWS[x.dtype.char]
    one_task(_count, x.dtype).run(sums, target, ignore_index, mean)
    plan.run(sums, by_row, gx, gx.reshape(-1), as_rows(x), target, ignore_index)
    if not loss.ndim:
        one_task(_add_up, x.dtype).run(loss.reshape(1), sums)


_NO_ROWS = {"f": np.empty(0, np.float32), "d": np.empty(0, np.float64)}


# In all three `sums` has what the tasks have summed, and last the number that their sum is divided by.


@kernels.nll.on("cpu")
def nll(loss, gx, x, target, weight, ignore_index, mean):
    """The loss −weight[target] x[target] and its gradient, in one task: no row takes longer than to write zeros."""
    sums, by_row = (_NO_ROWS[x.dtype.char], loss) if loss.ndim else (loss.reshape(1), _NO_ROWS[x.dtype.char])
    one_task(_nll, x.dtype).run(sums, by_row, gx, as_rows(x), target, weight, ignore_index, mean)


@parallel_for(
    lambda real: (*[written(real, 1)] * 2, written(real, 2), read(real, 2), read(types.int64, 1, "A"),
                  read(real, 1, "A"), types.int64, types.int64)
)  # fmt: skip
def _nll(arguments, scratch, task):
    sums, by_row, gx, x, target, weight, ignore_index, mean = arguments[0]
    total, counted = 0.0, 0.0
    for r in range(target.size):
        if target[r] != ignore_index:
            w = weight[target[r]]
            counted += w
            total -= w * x[r, target[r]]
    divisor = counted if mean else 1.0
    for r in range(target.size):
        line = gx[r]
        for c in range(line.size):
            line[c] = 0
        if target[r] != ignore_index:
            line[target[r]] = -weight[target[r]] / divisor
    for r in range(by_row.size):
        by_row[r] = 0 if target[r] == ignore_index else -weight[target[r]] * x[r, target[r]]
    for i in range(sums.size):
        sums[i] = total / divisor


@parallel_for(lambda real: (written(types.float64, 1), read(types.int64, 1, "A"), types.int64, types.int64))
def _count(arguments, scratch, task):
    """The rows that count, or 1 for a sum."""
    sums, target, ignore_index, mean = arguments[0]
    counted = 0 if mean else 1
    if mean:
        for r in range(target.size):
            counted += target[r] != ignore_index
    sums[-1] = counted


@parallel_for(lambda real: (written(real, 1), read(types.float64, 1)))
def _add_up(arguments, scratch, task):
    """The sum or the mean: NaN, the mean of nothing, where no row counts."""
    loss, sums = arguments[0]
    total = 0.0
    for k in range(sums.size - 1):  # in an order that depends on the number of tasks alone
        total += sums[k]
    loss[0] = total / sums[-1]


def _types(real):
    row, numbers = written(real, 1), (read(types.int64, 1, "A"), types.int64)
    return types.intp, written(types.float64, 1), row, written(real, 2), row, read(real, 2), *numbers


@parallel_for(_types)
def _cross_entropy(arguments, scratch, task):
    chunk, sums, by_row, gx, flat, x, target, ignore_index = arguments[0]
    start, stop, zero = task * chunk, min(x.shape[0], (task + 1) * chunk), x.dtype.type(0)
    scale = x.dtype.type(1 / max(sums[-1], 1.0))
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
