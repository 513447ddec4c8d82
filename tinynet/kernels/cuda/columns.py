"""What the kernels that work column by column share: a block of threads takes some columns, and several lines at once.

Thread (x, y) of a block takes every so many-th number of column x, from line y on, and the threads of a column meet in
shared memory. Threads side by side take columns side by side, which are neighbours in memory. Columns that are long are
split into pieces, a block for each; what these come to meets in a second kernel. How they are split depends on the
shape of the array alone, so the order of every sum does too.

A column may also be a channel of planes (N, C, L), whose numbers lie together, L at a time: then a block takes one, and
threads side by side take its neighbours. Rows (N, C) are planes with L = 1.
"""

from typing import NamedTuple

from .device import driver
from .device.driver import cuda, device
from .rows import ROW

SPAN = driver.choose(64, 2)  # columns of a block, at most
BLOCKS = driver.choose(1024, 4)  # enough of them to keep the device busy with sums, and
WRITING = driver.choose(8192, 8)  # where each number read becomes one written, and threads have less to read at a time
LEAST = driver.choose(16, 2)  # numbers of a thread, that it be worth its meeting with the others


class Partition(NamedTuple):
    """How columns are split into pieces, and by how many threads each is taken."""

    blocks: int
    threads: tuple
    pieces: int
    length: int  # of a piece, in numbers of a column


def partition(columns, plane, n, blocks=BLOCKS):
    """The Partition of columns of n numbers each, `plane` of which lie together."""
    groups = columns if plane > 1 else -(-columns // SPAN)
    span = -(-columns // groups)
    lines = ROW // span
    pieces = max(1, min(blocks // groups, n // (lines * LEAST)))
    length = max(1, -(-n // pieces))
    pieces = -(-n // length)
    return Partition(groups * pieces, (span, lines), pieces, length)


@device
def this_piece(columns, n, length):
    """(column, piece, first, stop): which numbers the block's threads of this column share; none beyond the last.

    Of several matrices one after the other the pieces are counted through."""
    groups, pieces = (columns + cuda.blockDim.x - 1) // cuda.blockDim.x, (n + length - 1) // length
    column, piece = cuda.blockIdx.x % groups * cuda.blockDim.x + cuda.threadIdx.x, cuda.blockIdx.x // groups
    first = piece % pieces * length
    return column, piece, first, (min(first + length, n) if column < columns else first)


@device
def place(i, column, columns, plane):
    """(where in memory number i of a column lies, where in its plane)."""
    return (i // plane * columns + column) * plane + i % plane, i % plane


@device
def stride(columns, plane):
    """(jump, turn): how far a thread's next number lies behind the last, in memory and in its plane."""
    lines = cuda.blockDim.y
    return lines // plane * columns * plane + lines % plane, lines % plane


@device
def advance(at, l, jump, turn, columns, plane):
    """`place` of a thread's next number, without a division."""
    at, l = at + jump, l + turn
    if l >= plane:
        at, l = at + (columns - 1) * plane, l - plane
    return at, l


@device
def column_sum(parts, value):
    """The sum of `value` over the threads of a column, known to that of the first line."""
    x, y, width, left = cuda.threadIdx.x, cuda.threadIdx.y, cuda.blockDim.x, cuda.blockDim.y
    parts[y * width + x] = value
    while left > 1:
        cuda.syncthreads()
        half = (left + 1) // 2
        if y + half < left:
            parts[y * width + x] += parts[(y + half) * width + x]
        left = half
    cuda.syncthreads()
    total = parts[x]
    cuda.syncthreads()
    return total
