"""Kernels that move elements: by index, by concatenation."""

import numpy as np

from ...errors import TargetError
from ..kernel import In, InOut, Out, kernel


@kernel
def index(out: Out, x: In, *index):
    """out ← x[index], for an index with arrays in it, which lie on the host."""
    out[...] = x[index]


@kernel
def index_put(out: InOut, value: In, *index):
    """out[index] ← value."""
    out[index] = value


@kernel
def index_add(out: InOut, value: In, *index):
    """out[index] += value, where an element that is named twice receives both, in order."""
    np.add.at(out, index, value)


@kernel
def gather(out: Out, x: In, indices: In, axis):
    """out[i][j][k] ← x[i][indices[i][j][k]][k] for axis 1, and likewise for the others."""
    for at in np.ndindex(indices.shape):
        out[at] = x[(*at[:axis], indices[at], *at[axis + 1 :])]


@kernel
def scatter_add(out: InOut, value: In, indices: In, axis):
    """out[i][indices[i][j][k]][k] += value[i][j][k] for axis 1: the transpose of `gather`."""
    for at in np.ndindex(indices.shape):
        out[(*at[:axis], indices[at], *at[axis + 1 :])] += value[at]


@kernel
def concatenate(out: Out, arrays: In, axis):
    """out ← the arrays of a tuple, one after another along the axis."""
    start = 0
    for x in arrays:
        stop = start + x.shape[axis]
        out[(*[slice(None)] * axis, slice(start, stop))] = x
        start = stop


@kernel
def check_range(index: In, stop, allowed, what):
    """Raise TargetError unless all of `index` are in [0, stop) or `allowed`: "{what} in [0, 3), got 5 at index 2".

    On a device nobody waits for the answer: the error comes when the host next reads a value.
    """
    for at, number in np.ndenumerate(index):
        if not 0 <= number < stop and number != allowed:
            raise_out_of_range(index, at, stop, what)


def raise_out_of_range(index, at, stop, what):
    where = f" at index {', '.join(map(str, at))}" if at else ""
    raise TargetError(f"{what} in [0, {stop}), got {index[at]}{where}")
