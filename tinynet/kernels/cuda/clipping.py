"""The norm of many arrays together, the factor that limits it, and slices times that factor: nothing is read back."""

import numpy as np
from numba.types import float64 as f64
from numba.types import int64

from .. import reference as kernels
from .array.tables import on_device
from .device.driver import cuda, isnan, kernel, sqrt
from .rows import ROW, larger, row_max, row_sum

F64 = np.dtype("float64")


@kernel(lambda real: (f64[::1], f64[::1], f64), [F64])
def norm_of_sums(norm, sums, p):
    """One block of threads: the sums are few."""
    parts, t = cuda.shared.array(ROW, norm.dtype), cuda.threadIdx.x
    total = norm.dtype.type(0)
    for i in range(t, sums.size, cuda.blockDim.x):
        total += sums[i]
    total = row_sum(parts, t, total)
    if t == 0:
        norm[0] = sqrt(total) if p == 2.0 else total ** (1.0 / p)


@kernel(lambda real: (f64[::1], f64[::1]), [F64])
def largest_of(norm, sums):
    parts, t = cuda.shared.array(ROW, norm.dtype), cuda.threadIdx.x
    largest = norm.dtype.type(0)
    for i in range(t, sums.size, cuda.blockDim.x):
        largest = larger(largest, sums[i])
    largest = row_max(parts, t, largest)
    if t == 0:
        norm[0] = largest


@kernel(lambda real: (f64[::1], f64[::1], f64, f64), [F64])
def factor_of_norm(factor, norm, max_norm, scale):
    ratio = max_norm / (scale * norm[0] + 1e-6)
    factor[0] = scale * (ratio if isnan(ratio) or ratio < 1.0 else 1.0)


@kernel(lambda real: (real[::1], real[::1], int64[::1], int64[::1]))
def scale_each_slice(x, factor, starts, stops):
    """A block of threads takes a slice."""
    k = cuda.blockIdx.x
    for i in range(starts[k] + cuda.threadIdx.x, stops[k], cuda.blockDim.x):
        x[i] *= factor[0]


@kernels.total_norm.on("cuda")
def total_norm(norm, sums, p):
    """norm ← (Σ sums)^(1/p)."""
    if p == np.inf:
        largest_of(F64, 1, ROW, norm, sums)
    else:
        norm_of_sums(F64, 1, ROW, norm, sums, float(p))


@kernels.clip_factor.on("cuda")
def clip_factor(factor, norm, max_norm, scale):
    """factor ← scale · min(max_norm / (scale · norm + 10⁻⁶), 1)."""
    factor_of_norm(F64, 1, 1, factor, norm, float(max_norm), float(scale))


@kernels.scale_slices.on("cuda")
def scale_slices(x, factor, starts, stops):
    """x[starts[k]:stops[k]] ← factor · x[starts[k]:stops[k]]."""
    if len(starts):
        scale_each_slice(x.dtype, len(starts), ROW, x, factor, on_device(starts), on_device(stops))
