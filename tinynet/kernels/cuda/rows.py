"""What the kernels that work row by row share: some threads of a block take a row, and meet in shared memory.

Thread (x, y) of a block takes every so many-th number, from x on, of row y of those that the block has: a block has one
long row, or several short ones. How many threads take a row depends on its length alone, so the order of every sum does
too. All threads of a block come to each of its meetings: those of a row beyond the last have no numbers.
"""

from numpy import inf

from ... import formulas
from .device import driver
from .device.driver import cuda, device

larger, smaller = device(formulas.larger), device(formulas.smaller)

ROW = driver.choose(256, 4)  # threads of a block at most; the length of the shared arrays
LEAST = driver.choose(8, 2)  # threads of a row: so many read a whole sector of memory at once
EACH = driver.choose(4, 2)  # numbers that a thread takes before a row gets more threads
WARP = driver.choose(32, 2)  # threads of a block at least
BLOCKS = driver.choose(512, 2)  # enough of them to keep the device busy


def row_threads(columns):
    """How many threads take a row of so many numbers: a power of two."""
    threads = LEAST
    while threads < ROW and threads * EACH < columns:
        threads *= 2
    return threads


def row_grid(rows, columns):
    """(blocks, threads) for a kernel over so many rows."""
    thread_columns = row_threads(columns)
    thread_rows = ROW // thread_columns
    while thread_rows > 1 and thread_columns * thread_rows > WARP and rows < thread_rows * BLOCKS:
        thread_rows //= 2
    return -(-rows // thread_rows), (thread_columns, thread_rows)


@device
def this_row(columns, size):
    """(row, where it begins, how many numbers it has) of a thread; none, if it begins beyond `size`."""
    row = cuda.blockIdx.x * cuda.blockDim.y + cuda.threadIdx.y
    start = row * columns
    return row, start, (columns if start < size else 0)


@device
def row_sum(parts, t, value):
    """The sum of `value` over the threads of a row, known to all of them."""
    first = cuda.threadIdx.y * cuda.blockDim.x
    parts[first + t] = value
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            parts[first + t] += parts[first + t + half]
        half //= 2
    cuda.syncthreads()
    total = parts[first]
    cuda.syncthreads()
    return total


@device
def row_max(parts, t, value):
    """The largest `value` over the threads of a row, known to all of them; NaN if one is NaN."""
    first = cuda.threadIdx.y * cuda.blockDim.x
    parts[first + t] = value
    half = cuda.blockDim.x // 2
    while half > 0:
        cuda.syncthreads()
        if t < half:
            parts[first + t] = larger(parts[first + t], parts[first + t + half])
        half //= 2
    cuda.syncthreads()
    total = parts[first]
    cuda.syncthreads()
    return total


@device
def row_top(parts, t, x, start, count):
    """The largest of a row's numbers x[start ...], known to all of its threads."""
    top = -x.dtype.type(inf)
    for c in range(t, count, cuda.blockDim.x):
        top = larger(top, x[start + c])
    return row_max(parts, t, top)


def as_rows(x):
    """x as a contiguous matrix of its rows along the last axis; a copy only where there is no such view."""
    columns = x.shape[-1]
    return x.contiguous().reshape(x.size // columns if columns else 0, columns)
