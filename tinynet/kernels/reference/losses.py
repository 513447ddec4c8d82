"""Losses whose gradient comes with them."""

import numpy as np

from ..kernel import In, Out, kernel
from .softmax import log_softmax


@kernel
def cross_entropy(loss: Out, gx: Out, x: In, target: In, ignore_index, mean):
    """loss ← −log softmax(x)[target] and gx ← its gradient softmax(x) − onehot(target), for x (N, C), target (N,).

    Rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row; loss () takes their sum or, with
    `mean`, their mean, and gx is the gradient of that.
    """
    counts = target != ignore_index
    rows = np.flatnonzero(counts)
    log_softmax.reference(gx, x)
    losses = np.zeros(len(x), x.dtype)
    losses[rows] = -gx[rows, target[rows]]
    gx[...] = np.exp(gx)
    gx[rows, target[rows]] -= 1
    gx[~counts] = 0
    n = len(rows) if mean else 1
    gx /= max(n, 1)
    loss[...] = losses if loss.ndim else losses.sum(dtype=np.float64) / n if n else np.nan


@kernel
def nll(loss: Out, gx: Out, x: In, target: In, weight: In, ignore_index, mean):
    """loss ← −weight[target] x[target] and gx ← its gradient, for x (N, C), target (N,) and weight (C,).

    Rows whose target is `ignore_index` do not count. loss (N,) takes one loss a row; loss () takes their sum or, with
    `mean`, that over the sum of their weights, and gx is the gradient of that.
    """
    rows = np.flatnonzero(target != ignore_index)
    labels = target[rows]
    counted, losses = weight[labels], np.zeros(len(x), x.dtype)
    losses[rows] = -counted * x[rows, labels]
    total = counted.sum(dtype=np.float64) if mean else np.float64(1)
    gx[...] = 0
    gx[rows, labels] = -counted / total
    loss[...] = losses if loss.ndim else losses.sum(dtype=np.float64) / total
