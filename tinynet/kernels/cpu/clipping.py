"""The norm of many arrays together, the factor that limits it, and slices of an array times that factor."""

from math import sqrt

import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .rows import one_task


@kernels.total_norm.on("cpu")
def total_norm(norm, sums, p):
    """norm ← (Σ sums)^(1/p)."""
    if p == 2:  # which steps use
        one_task(_root_of_sum, norm.dtype).run(norm.reshape(1), sums)
    else:
        kernels.total_norm.reference(norm, sums, p)


@kernels.clip_factor.on("cpu")
def clip_factor(factor, norm, max_norm, scale):
    """factor ← scale · min(max_norm / (scale · norm + 10⁻⁶), 1)."""
    one_task(_factor, factor.dtype).run(factor.reshape(1), norm.reshape(1), max_norm, scale)


@parallel_for(lambda real: (written(real, 1), read(real, 1, "A")))
def _root_of_sum(arguments, scratch, task):
    norm, sums = arguments[0]
    total = 0.0
    for k in range(sums.size):
        total += sums[k]
    norm[0] = sqrt(total)


@parallel_for(lambda real: (written(real, 1), read(real, 1), types.float64, types.float64))
def _factor(arguments, scratch, task):
    factor, norm, max_norm, scale = arguments[0]
    largest = max_norm / (scale * norm[0] + 1e-6)
    factor[0] = scale * (1.0 if largest > 1.0 else largest)  # NaN stays NaN


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
