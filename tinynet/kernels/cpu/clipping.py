"""The norm of many arrays together, the factor that limits it, and slices of an array times that factor."""

from math import sqrt

import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC


@kernels.total_norm.on("cpu")
def total_norm(norm, sums, p):
    """norm ← (Σ sums)^(1/p). The sums are few; Python's numbers are fastest for p = 2, which steps use."""
    if p == 2:
        norm[()] = sqrt(np.add.reduce(sums))
    else:
        kernels.total_norm.reference(norm, sums, p)


@kernels.clip_factor.on("cpu")
def clip_factor(factor, norm, max_norm, scale):
    """factor ← scale · min(max_norm / (scale · norm + 10⁻⁶), 1)."""
    factor[()] = scale * min(max_norm / (scale * norm.item() + 1e-6), 1.0)  # Python's min keeps a NaN that comes first


@kernels.scale_slices.on("cpu")
def scale_slices(x, factor, starts, stops):
    """x[starts[k]:stops[k]] ← factor · x[starts[k]:stops[k]]."""
    _plan(x.dtype, len(starts), x.size >= ARITHMETIC).run(x, factor.reshape(1), starts, stops)


@planned
def _plan(dtype, slices, parallel):
    return Plan(_scale_slice, dtype, slices, parallel)


@parallel_for(lambda real: (written(real, 1), read(real, 1), read(types.int64, 1), read(types.int64, 1)))
def _scale_slice(arguments, scratch, k):
    x, factor, starts, stops = arguments[0]
    c = factor[0]
    for i in range(np.uintp(starts[k]), np.uintp(stops[k])):
        x[i] *= c
