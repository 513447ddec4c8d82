"""Kernels that move elements: by index, by concatenation.

An index of NumPy's with arrays in it becomes a list of places: for each element that it names, where that lies. The
host makes the list, which it can since the arrays of an index are its own, and the device reads and writes by it.
"""

import numpy as np
from numba.types import int64

from .. import reference as kernels
from .array.array import CudaArray, from_host
from .device.checks import check_labels
from .device.driver import FLOATS, cuda, grid, kernel

ALL = *FLOATS, np.dtype("int64"), np.dtype("int32"), np.dtype("bool")


@kernel(lambda real: (real[::1], real[::1], int64[::1]), ALL)
def take_places(out, x, places):
    for i in range(cuda.grid(1), places.size, cuda.gridsize(1)):
        out[i] = x[places[i]]


@kernel(lambda real: (real[::1], real[::1], int64[::1]), ALL)
def put_places(out, value, places):
    for i in range(cuda.grid(1), places.size, cuda.gridsize(1)):
        out[places[i]] = value[i]


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64[::1], int64[::1]), ALL[:4])
def add_places(out, value, target, starts, order):
    """out[target[k]] += value[i] for i in order[starts[k] ... starts[k + 1]]: a thread for each target, in order."""
    for k in range(cuda.grid(1), target.size, cuda.gridsize(1)):
        total = out[target[k]]
        for j in range(starts[k], starts[k + 1]):
            total += value[order[j]]
        out[target[k]] = total


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64, int64, int64), ALL)
def gather_lines(out, x, indices, reduced, inner, length):
    """out (outer, length, inner) ← x (outer, reduced, inner) at `indices` along the middle."""
    for at in range(cuda.grid(1), out.size, cuda.gridsize(1)):
        column, line = at % inner, at // inner
        i = min(max(indices[at], 0), reduced - 1)
        out[at] = x[(line // length * reduced + i) * inner + column]


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64, int64, int64), ALL[:4])
def scatter_lines(out, value, indices, reduced, inner, length):
    """out[outer, i, inner] += Σ value where indices are i: a thread for each column, which adds in order."""
    for at in range(cuda.grid(1), out.size // reduced, cuda.gridsize(1)):
        outer, column = at // inner, at % inner
        for line in range(length):
            place = (outer * length + line) * inner + column
            i = min(max(indices[place], 0), reduced - 1)
            out[(outer * reduced + i) * inner + column] += value[place]


def _places(shape, strides, parts):
    """For each element that the index names, its place in elements, in the shape of the result."""
    places = 0
    for d, (n, stride) in enumerate(zip(shape, strides)):
        along = np.arange(n).reshape([-1 if i == d else 1 for i in range(len(shape))])
        places = places + np.broadcast_to(along, shape)[parts] * stride
    return np.ascontiguousarray(places, np.int64) if len(shape) else np.zeros(np.empty(())[parts].shape, np.int64)


def _steps(x):
    return [s // x.itemsize for s in x.strides]


@kernels.index.on("cuda")
def index(out, x, *index):
    """out ← x[index], for an index with arrays in it."""
    places = _places(x.shape, _steps(x), index)
    if places.size:
        take_places(out.dtype, *grid(places.size), out, x, from_host(places))


@kernels.index_put.on("cuda")
def index_put(out, value, *index):
    """out[index] ← value; where an element is named twice, any of the values."""
    if not _has_arrays(index):
        out[index if index else ...] = value
        return
    places = _places(out.shape, _steps(out), index)
    if places.size:
        value = _values(value, places.shape, out.dtype)
        put_places(out.dtype, *grid(places.size), out, value, from_host(places))


def _has_arrays(parts):
    return any(isinstance(p, np.ndarray | bool | list) for p in parts)


def _values(value, shape, dtype):
    """`value`, an array of either kind, as a row of its elements broadcast to `shape`."""
    if isinstance(value, CudaArray):
        return np.broadcast_to(value, shape).contiguous()
    return from_host(np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype), shape)))


@kernels.index_add.on("cuda")
def index_add(out, value, *index):
    """out[index] += value, where an element that is named twice receives both, in order."""
    places = _places(out.shape, _steps(out), index)
    if not places.size:
        return
    value = _values(value, places.shape, out.dtype)
    flat = places.reshape(-1)
    order = np.argsort(flat, kind="stable")
    target, first = np.unique(flat[order], return_index=True)
    lists = [from_host(np.ascontiguousarray(a, np.int64)) for a in (target, np.append(first, flat.size), order)]
    add_places(out.dtype, *grid(target.size), out, value, *lists)


def _lines(x, axis):
    shape = x.shape
    return int(np.prod(shape[axis + 1 :]))


@kernels.gather.on("cuda")
def gather(out, x, indices, axis):
    """out[i][j][k] ← x[i][indices[i][j][k]][k] for axis 1, and likewise for the others."""
    if not out.size:
        return
    if not x.size:
        return out.fill(0)  # there is no such element, as a check of its own reports
    x = x[tuple(slice(n) if d != axis else slice(None) for d, n in enumerate(out.shape))].contiguous()
    indices = indices.astype(np.int64, copy=False).contiguous()
    gather_lines(out.dtype, *grid(out.size), out, x, indices, x.shape[axis], _lines(out, axis), out.shape[axis])


@kernels.scatter_add.on("cuda")
def scatter_add(out, value, indices, axis):
    """out[i][indices[i][j][k]][k] += value[i][j][k] for axis 1: the transpose of `gather`."""
    if not value.size or not out.size:
        return
    target = out[tuple(slice(n) if d != axis else slice(None) for d, n in enumerate(indices.shape))]
    dense = target.contiguous()
    value, indices = value.contiguous(), indices.astype(np.int64, copy=False).contiguous()
    lines = indices.size // indices.shape[axis]
    sizes = out.shape[axis], _lines(indices, axis), indices.shape[axis]
    scatter_lines(out.dtype, *grid(lines), dense, value, indices, *sizes)
    if dense is not target:
        target[...] = dense


@kernels.concatenate.on("cuda")
def concatenate(out, arrays, axis):
    """out ← the arrays one after another along `axis`."""
    start = 0
    for x in arrays:
        stop = start + x.shape[axis]
        kernels.copy.cuda(out[(*[slice(None)] * axis, slice(start, stop))], x)
        start = stop


@kernels.check_range.on("cuda")
def check_range(index, stop, allowed, what):
    if index.size:
        check_labels(index, 0, stop, allowed, what)
