"""The mean and the variance of the middle of (outer, reduced, inner), in two passes over numbers that are still near.

The variance is the sum of the squared differences from the mean, added as sums are (`reduction_loops.py`).
"""

import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.jit import always_inline
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .reduction import CHUNK
from .reduction_loops import (
    BLOCK,
    LINES,
    WIDTH,
    add_carefully,
    add_in_any_order,
    chunk_of,
    exact_sum,
    strips_of,
    sum_row,
    sum_strip,
)


@kernels.variance.on("cpu")
def variance(out, mean, x, divisor):
    """The mean, and Σ (x − mean)² / divisor."""
    outer, reduced, inner = x.shape
    plan = _plan(x.dtype, outer, reduced, inner)
    x = np.ascontiguousarray(x)
    plan.run(out, mean, x.reshape(outer * reduced, inner) if inner > 1 else x.reshape(outer, reduced), divisor)


@planned
def _plan(dtype, outer, reduced, inner):
    count, size = outer * -(-inner // WIDTH), outer * reduced * inner
    parallel = size >= ARITHMETIC and count > 1
    chunk = max(1, CHUNK * count // max(size, 1))
    return Plan(_columns if inner > 1 else _rows, dtype, -(-count // chunk), parallel, chunk, reduced)


def _types(real):
    return *[types.intp] * 2, *[written(real, 2)] * 2, read(real, 2), types.float64


@parallel_for(_types)
def _rows(arguments, scratch, task):
    chunk, reduced, out, mean, x, divisor = arguments[0]
    real = x.dtype.type
    for row in chunk_of(task, chunk, out.shape[0]):
        center = sum_row(x, row, reduced) / real(reduced)
        total, error = real(0), real(0)
        for start in range(0, reduced, BLOCK):
            numbers, block = x[row, start : min(start + BLOCK, reduced)], real(0)
            for i in range(numbers.size):
                d = numbers[i] - center
                block = add_in_any_order(block, d * d)
            total, error = add_carefully(total, error, block)
        mean[row, 0], out[row, 0] = center, exact_sum(total, error) / real(divisor)


@parallel_for(_types)
def _columns(arguments, scratch, task):
    chunk, reduced, out, mean, x, divisor = arguments[0]
    for index in chunk_of(task, chunk, strips_of(out)):
        sum_strip(mean, x, index, reduced, reduced)
        _strip(out, mean, x, index, reduced, divisor)


@always_inline
def _strip(out, mean, x, index, reduced, divisor):
    strips = -(-out.shape[1] // WIDTH)
    real, line, column = x.dtype.type, index // strips, index % strips * WIDTH
    end = min(column + WIDTH, out.shape[1])
    total, center = out[line, column:end], mean[line, column:end]
    block, error = np.empty(total.size, x.dtype), np.empty(total.size, x.dtype)
    for j in range(total.size):
        center[j] /= real(reduced)
        total[j] = error[j] = 0
    for start in range(0, reduced, LINES):
        for j in range(block.size):
            block[j] = 0
        for i in range(start, min(start + LINES, reduced)):
            numbers = x[line * reduced + i, column:end]
            for j in range(block.size):
                d = numbers[j] - center[j]
                block[j] += d * d
        for j in range(total.size):
            total[j], error[j] = add_carefully(total[j], error[j], block[j])
    for j in range(total.size):
        total[j] = exact_sum(total[j], error[j]) / real(divisor)
