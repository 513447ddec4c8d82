"""Kernels that move elements: by index, by concatenation."""

import numpy as np
from numba import types

from .. import reference as kernels
from ..arrays import along_axis
from ..reference.indexing import raise_out_of_range
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned


@kernels.index.on("cpu")
def index(out, x, *index):
    """out ← x[index], for an index with arrays in it."""
    out[...] = x[index]


@kernels.index_put.on("cpu")
def index_put(out, value, *index):
    """out[index] ← value."""
    out[index] = value


@kernels.index_add.on("cpu")
def index_add(out, value, *index):
    """out[index] += value, where an element that is named twice receives both, in order."""
    np.add.at(out, index, value)


@kernels.gather.on("cpu")
def gather(out, x, indices, axis):
    """out[i][j][k] ← x[i][indices[i][j][k]][k] for axis 1, and likewise for the others."""
    out[...] = x[along_axis(indices, axis)]


@kernels.scatter_add.on("cpu")
def scatter_add(out, value, indices, axis):
    """out[i][indices[i][j][k]][k] += value[i][j][k] for axis 1: the transpose of `gather`."""
    np.add.at(out, along_axis(indices, axis), value)


@kernels.concatenate.on("cpu")
def concatenate(out, arrays, axis):
    np.concatenate(arrays, axis=axis, out=out)


@kernels.check_range.on("cpu")
def check_range(index, stop, allowed, what):
    bad = np.empty(1, np.int64)
    flat = index if index.ndim == 1 else index.reshape(-1)
    _plan().run(bad, flat if flat.dtype == np.int64 else flat.astype(np.int64), stop, allowed)
    if bad[0] >= 0:
        raise_out_of_range(index, np.unravel_index(bad[0], index.shape), stop, what)


@planned
def _plan():
    return Plan(_first_out_of_range, np.dtype(np.int64), 1, False)


@parallel_for(lambda _: (written(types.int64, 1), read(types.int64, 1, "A"), types.int64, types.int64))
def _first_out_of_range(arguments, scratch, task):
    """bad ← the place of the first index that is neither in [0, stop) nor `allowed`; −1 if there is none."""
    bad, index, stop, allowed = arguments[0]
    bad[0] = -1
    for i in range(index.size):
        if not 0 <= index[i] < stop and index[i] != allowed:
            bad[0] = i
            break
