"""What the kernels that work row by row share: a block of threads takes a row, and meets in shared memory.

How many threads take a row depends on its length alone, so the order of every sum does too.
"""

from ... import formulas
from . import driver
from .driver import cuda, device

larger, smaller = device(formulas.larger), device(formulas.smaller)

ROW = driver.choose(256, 4)  # threads at most; the length of the shared arrays


def row_threads(columns):
    """How many threads take a row of so many numbers: a power of two."""
    threads = driver.choose(32, 2)
    while threads < ROW and threads < columns:
        threads *= 2
    return threads


@device
def row_sum(parts, t, value):
    """The sum of `value` over the threads of a block, known to all of them."""
    parts[t] = value
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            parts[t] += parts[t + half]
        half //= 2
    cuda.syncthreads()
    total = parts[0]
    cuda.syncthreads()
    return total


@device
def row_max(parts, t, value):
    """The largest `value` over the threads of a block, known to all of them; NaN if one is NaN."""
    parts[t] = value
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            parts[t] = larger(parts[t], parts[t + half])
        half //= 2
    cuda.syncthreads()
    total = parts[0]
    cuda.syncthreads()
    return total


@device
def row_top(parts, t, x, start, columns):
    """The largest of a row's numbers x[start ...], known to all threads of its block."""
    top = x[start]
    for c in range(t, columns, cuda.blockDim.x):
        top = max(top, x[start + c])
    return row_max(parts, t, top)


def as_rows(x):
    """x as a contiguous matrix of its rows along the last axis; a copy only where there is no such view."""
    columns = x.shape[-1]
    return x.contiguous().reshape(x.size // columns if columns else 0, columns)
