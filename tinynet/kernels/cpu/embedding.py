"""Rows of a table by their numbers, and the transpose, which adds rows up where they came from."""

import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .rows import as_rows, plan_rows

COLUMNS = 32  # in a task of the gradient


@kernels.embedding.on("cpu")
def embedding(out, weight, index):
    """out[i] ← weight[index[i]]; all indices are known to be valid."""
    if out.dtype.kind != "f" or not weight.flags.c_contiguous:
        np.take(weight, index, axis=0, out=out, mode="clip")  # the other modes copy `out`
    else:
        plan_rows(_embedding, out.dtype, *out.shape, ARITHMETIC).run(out, weight, index)


@parallel_for(lambda real: (types.intp, written(real, 2), read(real, 2), read(types.int64, 1, "A")))
def _embedding(arguments, scratch, task):
    chunk, out, weight, index = arguments[0]
    for i in range(task * chunk, min(len(out), (task + 1) * chunk)):
        r = index[i]
        for c in range(out.shape[1]):
            out[i, c] = weight[r, c]


@kernels.embedding_grad.on("cpu")
def embedding_grad(gw, g, index, padding):
    """gw ← 0, then gw[index[i]] += g[i] for all i in order, except where index[i] is `padding`."""
    _plan(g.dtype, index.size, *gw.shape).run(gw, as_rows(g), index, padding)


@planned
def _plan(dtype, count, rows, columns):
    return Plan(_embedding_grad, dtype, -(-columns // COLUMNS), (count + rows) * columns >= ARITHMETIC)


@parallel_for(lambda real: (written(real, 2), read(real, 2), read(types.int64, 1), types.int64))
def _embedding_grad(arguments, scratch, task):
    """A task is a range of columns: so each number is added up by one task, in the order of the indices."""
    gw, g, index, padding = arguments[0]
    start, stop = task * COLUMNS, min((task + 1) * COLUMNS, gw.shape[1])
    for r in range(gw.shape[0]):
        for c in range(start, stop):
            gw[r, c] = 0
    for i in range(index.size):
        r = index[i]
        if r != padding:
            for c in range(start, stop):
                gw[r, c] += g[i, c]
