"""The first few elements in order, found in one visit to each: the rest is not sorted."""

from numba import types

from .. import reference as kernels
from ..runtime.jit import helper
from ..runtime.memory import empty
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .rows import as_rows

FEW = 64  # up to so many are kept in order as they are found; more are faster sorted
SMALL = 1 << 11  # numbers up to which NumPy has sorted them by the time that a kernel is found, and compiled at first
BLOCK = 64  # elements that are compared with the last of those at a time


@kernels.topk.on("cpu")
def topk(values, indices, x, axis, largest):
    """values ← the first elements of x in order along the axis, indices ← where each was."""
    k, n = values.shape[axis], x.shape[axis]
    if k > FEW or 2 * k > n or x.size <= SMALL or x.dtype == bool:
        kernels.topk.reference(values, indices, x, axis, largest)
    elif values.size:
        rows = as_rows(x.swapaxes(axis, -1))
        last = axis == x.ndim - 1 and values.flags.c_contiguous and indices.flags.c_contiguous
        found = [out if last else empty((*rows.shape[:-1], k), out.dtype) for out in (values, indices)]
        found = [out.reshape(len(rows), k) for out in found]
        _plan(x.dtype, *rows.shape, int(largest)).run(*found, rows)
        if not last:
            for out, part in zip((values, indices), found):
                to = out.swapaxes(axis, -1)
                to[...] = part.reshape(to.shape)


@planned
def _plan(dtype, rows, n, largest):
    return Plan(_topk, dtype, rows, rows * n >= ARITHMETIC, largest)


# --- compiled -----------------------------------------------------------------------------------------------------


@helper
def _precedes(a, b, largest):
    """Whether a comes before b in order, where NaN is larger than every number."""
    if largest:
        return (a > b) | ((a != a) & (b == b))
    return (a < b) | ((b != b) & (a == a))


@helper
def _any_precedes(x, b, largest):
    """A loop without branches, of which LLVM makes vectors."""
    found = 0
    if largest:
        for j in range(x.size):
            found += _precedes(x[j], b, True)
    else:
        for j in range(x.size):
            found += _precedes(x[j], b, False)
    return found > 0


@helper
def _insert(values, indices, count, a, i, largest):
    """Put `a` among the first `count` values, behind those that are equal."""
    p = count
    while p > 0 and _precedes(a, values[p - 1], largest):
        values[p], indices[p] = values[p - 1], indices[p - 1]
        p -= 1
    values[p], indices[p] = a, i


@parallel_for(lambda real: (types.intp, written(real, 2), written(types.int64, 2), read(real, 2)))
def _topk(arguments, scratch, row):
    largest, values, indices, xs = arguments[0]
    x, best, where = xs[row], values[row], indices[row]
    k = best.size
    for j in range(k):
        _insert(best, where, j, x[j], j, largest)
    for start in range(k, x.size, BLOCK):
        block = x[start : min(start + BLOCK, x.size)]
        if _any_precedes(block, best[k - 1], largest):
            for j in range(block.size):
                if _precedes(block[j], best[k - 1], largest):
                    _insert(best, where, k - 1, block[j], start + j, largest)
