"""Kernels that move elements: by index, by concatenation."""

import numpy as np

__all__ = ["concatenate", "gather", "index", "index_add", "index_put", "scatter_add"]


def index(out, x, *index):
    """out ← x[index], for an index with arrays in it."""
    out[...] = x[index]


def index_put(out, value, *index):
    """out[index] ← value."""
    out[index] = value


def index_add(out, value, *index):
    """out[index] += value, where an element that is named twice receives both, in order."""
    np.add.at(out, index, value)


def gather(out, x, indices, axis):
    """out[i][j][k] ← x[i][indices[i][j][k]][k] for axis 1, and likewise for the others."""
    out[...] = x[_place(indices, axis)]


def scatter_add(out, value, indices, axis):
    """out[i][indices[i][j][k]][k] += value[i][j][k] for axis 1: the transpose of `gather`."""
    np.add.at(out, _place(indices, axis), value)


def _place(indices, axis):
    """`indices` along `axis`, and along every other axis the element's own place, as an index of NumPy's."""
    place = list(np.ogrid[tuple(map(slice, indices.shape))])
    place[axis] = indices
    return tuple(place)


index.numbers_from_host = index_put.numbers_from_host = index_add.numbers_from_host = True


def concatenate(out, axis, *arrays):
    np.concatenate(arrays, axis=axis, out=out)
