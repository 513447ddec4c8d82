"""Rows of a table by their numbers, and the transpose, which adds rows up where they came from."""

import numpy as np
from numba import prange, types

from ..versions import read, versions, written
from .rows import PARALLEL_SUMS, as_rows

__all__ = ["embedding", "embedding_grad"]

COLUMNS = 32  # in a task of the gradient


def embedding(out, weight, index):
    """out[i] ← weight[index[i]]; all indices are known to be valid."""
    np.take(weight, index, axis=0, out=out, mode="clip")  # the other modes copy `out`


def embedding_grad(gw, g, index, padding):
    """gw ← 0, then gw[index[i]] += g[i] for all i in order, except where index[i] is `padding`."""
    loop = _embedding_grad[g.size + gw.size >= PARALLEL_SUMS, g.dtype]
    loop(gw, as_rows(g), index, padding)


@versions(lambda real: (written(real, 2), read(real, 2), read(types.int64, 1), types.int64))
def _embedding_grad(gw, g, index, padding):
    """A task is a range of columns: so each number is added up by one task, in the order of the indices."""
    rows, columns = gw.shape
    for task in prange((columns + COLUMNS - 1) // COLUMNS):
        start = task * COLUMNS
        stop = min(start + COLUMNS, columns)
        for r in range(rows):
            for c in range(start, stop):
                gw[r, c] = 0
        for i in range(index.size):
            r = index[i]
            if r != padding:
                for c in range(start, stop):
                    gw[r, c] += g[i, c]
