"""Cross entropy, and the likelihood of labels: the loss and its gradient in one visit to each row."""

import numpy as np
from numba.types import int64

from .. import reference as kernels
from .array.array import new
from .device.driver import cuda, exp, grid, kernel, log
from .reduction import PIECE
from .rows import ROW, as_rows, row_grid, row_sum, row_top, this_row


@kernel(lambda real: (real[::1], real[::1], real[::1], int64[::1], real[::1], int64, int64, int64))
def cross_entropy_rows(loss, gx, x, target, counted, columns, ignore_index, mean):
    """loss[row] and its gradient, with `mean` both divided by counted[0], the number of rows that count."""
    parts = cuda.shared.array(ROW, gx.dtype)
    t, step, (row, start, count) = cuda.threadIdx.x, cuda.blockDim.x, this_row(columns, gx.size)
    label = target[row] if count else ignore_index
    top = row_top(parts, t, x, start, count)
    zero, one = gx.dtype.type(0), gx.dtype.type(1)
    total = zero
    for c in range(t, count, step):
        power = exp(x[start + c] - top)
        gx[start + c] = power
        total += power
    total = row_sum(parts, t, total)
    counts = label != ignore_index and 0 <= label < columns
    scale = one / counted[0] if mean else one
    factor = scale / total
    for c in range(t, count, step):
        gx[start + c] = gx[start + c] * factor - (scale if c == label else zero) if counts else zero
    if t == 0 and count:
        loss[row] = scale * (log(total) - (x[start + label] - top) if counts else zero)  # of no rows NaN, as 0 · ∞ is


@kernel(lambda real: (real[::1], int64[::1], int64, int64))
def count_rows(out, target, ignore_index, length):
    """out[k] ← how many of piece k's labels, `length` each, count."""
    parts = cuda.shared.array(ROW, out.dtype)
    t, first = cuda.threadIdx.x, cuda.blockIdx.x * length
    total = out.dtype.type(0)
    for i in range(first + t, min(first + length, target.size), cuda.blockDim.x):
        if target[i] != ignore_index:
            total += out.dtype.type(1)
    total = row_sum(parts, t, total)
    if t == 0:
        out[cuda.blockIdx.x] = total


@kernels.cross_entropy.on("cuda")
def cross_entropy(loss, gx, x, target, ignore_index, mean):
    """The loss −log softmax(x)[target] and its gradient softmax(x) − onehot(target).

    x (N, C), target (N,) of int64; rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row;
    loss () their sum or, with `mean`, their mean, and gx is the gradient of that. NaN for the mean of no rows.
    """
    rows, columns = x.shape
    if not rows or not columns:
        return loss.fill(np.nan if mean and not loss.ndim else 0)
    target, by_row = target.contiguous(), loss if loss.ndim else new(rows, x.dtype)
    counted = by_row  # which is not looked at
    if mean:
        counted = new(-(-rows // PIECE), x.dtype)
        count_rows(x.dtype, counted.size, ROW, counted, target, ignore_index, PIECE)
        if counted.size > 1:
            pieces, counted = counted, new(1, x.dtype)
            kernels.sum.cuda(counted, pieces, (0,))
    arguments = by_row, gx, as_rows(x), target, counted, columns, ignore_index, int(mean)
    cross_entropy_rows(x.dtype, *row_grid(rows, columns), *arguments)
    if not loss.ndim:
        kernels.sum.cuda(loss.reshape(1), by_row, (0,))


@kernel(lambda real: (real[::1], real[::1], real[::1], int64[::1], real[::1], int64, int64))
def nll_rows(loss, weights, x, target, weight, columns, ignore_index):
    """loss[row] ← −w x[row, label], and weights[row] ← w, the weight of its label; 0 where that does not count."""
    for row in range(cuda.grid(1), target.size, cuda.gridsize(1)):
        label = target[row]
        counts = label != ignore_index and 0 <= label < columns
        w = weight[label] if counts else weight.dtype.type(0)
        weights[row] = w
        loss[row] = -w * x[row * columns + label] if counts else w


@kernel(lambda real: (real[::1], int64[::1], real[::1], real[::1], int64, int64, int64))
def nll_gradient(gx, target, weights, counted, columns, ignore_index, mean):
    """gx[row, label] ← −weights[row], with `mean` over counted[0]; 0 elsewhere."""
    zero = gx.dtype.type(0)
    for i in range(cuda.grid(1), gx.size, cuda.gridsize(1)):
        row = i // columns
        w = weights[row] / counted[0] if mean else weights[row]
        gx[i] = -w if target[row] == i % columns and target[row] != ignore_index else zero


@kernels.nll.on("cuda")
def nll(loss, gx, x, target, weight, ignore_index, mean):
    """The loss −weight[target] x[target] and its gradient; NaN for the mean of no rows."""
    rows, columns = x.shape
    if not rows or not columns:
        return loss.fill(np.nan if mean and not loss.ndim else 0)
    target, by_row, weights = target.contiguous(), loss if loss.ndim else new(rows, x.dtype), new(rows, x.dtype)
    arguments = by_row, weights, as_rows(x).reshape(-1), target, weight.contiguous(), columns, ignore_index
    nll_rows(x.dtype, *grid(rows), *arguments)
    counted = weights  # which is not looked at
    if mean:
        counted = new(1, x.dtype)
        kernels.sum.cuda(counted, weights, (0,))
    nll_gradient(x.dtype, *grid(gx.size), gx.reshape(-1), target, weights, counted, columns, ignore_index, int(mean))
    if not loss.ndim:
        kernels.sum.cuda(loss.reshape(1), by_row, (0,))
        if mean:
            kernels.div.cuda(loss.reshape(1), loss.reshape(1), counted)
