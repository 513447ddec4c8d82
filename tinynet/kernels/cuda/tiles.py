"""Tiles: how a block of threads computes a part of a matrix product, wherever it reads the operands from.

A block computes height × width numbers of the output, each of its threads thread_rows × thread_columns of them, which
never leave its registers until they are done. The operands come in slices, `depth` deep, through shared memory: while
one slice is multiplied, the next is already on its way from global memory. The threads may form several groups: of G
groups each takes every G-th slice, and their sums are added up at the end. So a small output with a long sum keeps many
threads busy.

A thread's rows and columns are contiguous in groups of four, which one instruction reads from shared memory, and the
fours of neighbouring threads are contiguous too, so that a whole warp reads without a bank conflict. Indices in the
inner loop are unsigned: of a signed one Numba asks whether it is negative, and the questions would cost more than the
multiplications.

The numbers of a tile are constants to a kernel that is made for it (`tile_product`). The device functions here are
handed them as arguments and inlined, and the compiler unrolls their loops.
"""

from typing import NamedTuple

from numpy import uintp

from .device import driver
from .device.driver import cuda, device

ALIGNED = 16  # bytes: what one instruction reads at most
PAD = 4  # after each line of a slice, so that the numbers of a column lie in different banks


class Tile(NamedTuple):
    """The sizes of a tile; every one is a power of two."""

    height: int
    width: int
    thread_rows: int
    thread_columns: int
    depth: int
    groups: int

    @property
    def group_threads(self):
        """The threads of a group."""
        return self.height // self.thread_rows * (self.width // self.thread_columns)

    @property
    def threads(self):
        return self.groups * self.group_threads

    @property
    def stride(self):
        """How far a sum gets until every group has taken a slice."""
        return self.groups * self.depth

    @property
    def slice(self):
        """The numbers in shared memory of a slice of both operands."""
        return self.depth * (self.height + PAD + self.width + PAD)

    @property
    def shared(self):
        """The numbers in shared memory: the slices of all groups, and later the sums of all groups but one."""
        sums = self.group_threads * self.thread_rows * self.thread_columns
        return max(self.groups * self.slice, (self.groups - 1) * sums)

    def count(self, m, n):
        """How many of them cover an output of m × n."""
        return -(-m // self.height) * -(-n // self.width)

    def partition(self, k, parts):
        """The length of each of `parts` that a sum over k is cut into: whole slices of every group."""
        return -(-k // (parts * self.stride)) * self.stride


LARGE = driver.choose(Tile(128, 128, 8, 8, 8, 1), Tile(4, 4, 2, 2, 2, 1))
TALL = driver.choose(Tile(128, 32, 8, 4, 8, 2), Tile(4, 2, 2, 1, 2, 2))
SMALL = driver.choose(Tile(32, 32, 4, 4, 8, 4), Tile(2, 2, 1, 1, 2, 2))
TILES = {LARGE: 1.0, TALL: 0.85, SMALL: 0.55}  # how fast each multiplies, by the share of multiplications in its work
BUSY = driver.choose(100, 3)  # tiles that keep a device busy, or nearly
SPLIT_FROM = driver.choose(2048, 16)  # a sum that is longer, of a small output, is cut into parts
PART = driver.choose(1024, 8)


def parts_of(k):
    """How many parts a sum over k is cut into where there is little beside it to do."""
    return -(-k // PART) if k >= SPLIT_FROM else 1


def plan(m, n, k, count, parted=True):
    """(tile, parts) for `count` outputs of m × n and sums over k: parts that a sum is cut into, or 1.

    The tile is the one that is through first: a large one reads the operands least often, but may be too few to keep
    the device busy, or stand out over the edge.
    """

    def with_parts(tile):
        tiles = count * tile.count(m, n)
        parts = parts_of(k) if parted and tiles < 2 * BUSY else 1
        return max(tiles * parts, BUSY) * tile.height * tile.width / (parts * TILES[tile]), tile, parts

    return min(map(with_parts, TILES))[1:]


@device
def share_of(t, length, depth, threads, along_sum):
    """(i, i_stride, l, l_stride): thread t brings numbers (i + s · i_stride, l + s · l_stride) of a slice.

    With `along_sum` neighbours in memory are those along the sum, else those along the tile; neighbouring threads bring
    neighbours.
    """
    if along_sum:
        return t // depth, threads // depth, t % depth, 0
    return t % length, 0, t // length, threads // length


@device
def index_in_tile(t, i, length, each):
    """Which line of a tile, of `length` lines, is number i of the `each` lines of thread t."""
    contiguous = min(4, each)
    return t * contiguous + i // contiguous * (length // each * contiguous) + i % contiguous


@device
def clear(sums, rows, columns):
    for i in range(rows):
        for j in range(columns):
            sums[i, j] = 0


@device
def store_slice(slices, start, loaded, loads, i, i_stride, l, l_stride, length):
    """Write the numbers that a thread has loaded into a slice in shared memory."""
    for s in range(loads):
        slices[uintp(start + (l + s * l_stride) * (length + PAD) + i + s * i_stride)] = loaded[s]


@device
def add_slices(sums, column, row, slices, slice_a, slice_b, ty, tx, height, width, rows, columns, depth):
    """sums ← sums + the product of the two slices in shared memory, of a thread's rows and columns."""
    l = 0
    while l < depth:
        for j in range(columns):
            row[j] = slices[uintp(slice_b + l * (width + PAD)) + uintp(index_in_tile(tx, j, width, columns))]
        for i in range(rows):
            column[i] = slices[uintp(slice_a + l * (height + PAD)) + uintp(index_in_tile(ty, i, height, rows))]
        for i in range(rows):
            for j in range(columns):
                sums[i, j] += column[i] * row[j]
        l += 1


@device
def add_groups(sums, slices, group, t, groups, threads, rows, columns):
    """sums of the first group ← those of all groups. All threads are through with the slices in shared memory."""
    each = rows * columns
    if group > 0:
        for i in range(rows):
            for j in range(columns):
                slices[uintp(((group - 1) * each + i * columns + j) * threads + t)] = sums[i, j]
    cuda.syncthreads()
    if group == 0:
        for g in range(groups - 1):
            for i in range(rows):
                for j in range(columns):
                    sums[i, j] += slices[uintp((g * each + i * columns + j) * threads + t)]


def tile_product(tile, load_a, load_b):
    """The device function that computes a tile of A B: what every product has in common.

    `load_a(loaded, a, operand, loads, i, i_stride, l, l_stride, stop)` says where the operand A lies: for each s below
    `loads` it sets loaded[s] to the number in row i + s · i_stride of the tile, at l + s · l_stride < stop of the sum,
    or to 0 where there is none; `operand` is what the kernel tells it of the operand. `load_b` loads columns of B.
    """
    HEIGHT, WIDTH, ROWS, COLUMNS, DEPTH, GROUPS = tile
    THREADS, STRIDE, SLICE = tile.group_threads, tile.stride, tile.slice
    SLICE_A = DEPTH * (HEIGHT + PAD)
    LOADS_A, LOADS_B = HEIGHT * DEPTH // THREADS, WIDTH * DEPTH // THREADS

    @device
    def multiply(sums, slices, group, t, ty, tx, first, stop, a, a_operand, a_along_sum, b, b_operand, b_along_sum):
        """sums (of the first group) ← Σ A B over first ≤ l < stop."""
        column, row = cuda.local.array(ROWS, sums.dtype), cuda.local.array(COLUMNS, sums.dtype)
        next_a, next_b = cuda.local.array(LOADS_A, sums.dtype), cuda.local.array(LOADS_B, sums.dtype)
        slice_a, slice_b = group * SLICE, group * SLICE + SLICE_A
        i, i_stride, la, la_stride = share_of(t, HEIGHT, DEPTH, THREADS, a_along_sum)
        j, j_stride, lb, lb_stride = share_of(t, WIDTH, DEPTH, THREADS, b_along_sum)
        clear(sums, ROWS, COLUMNS)
        for before in range(first - STRIDE, stop, STRIDE):
            if before >= first:
                store_slice(slices, slice_a, next_a, LOADS_A, i, i_stride, la, la_stride, HEIGHT)
                store_slice(slices, slice_b, next_b, LOADS_B, j, j_stride, lb, lb_stride, WIDTH)
            cuda.syncthreads()
            l = before + STRIDE + group * DEPTH
            load_a(next_a, a, a_operand, LOADS_A, i, i_stride, l + la, la_stride, stop)
            load_b(next_b, b, b_operand, LOADS_B, j, j_stride, l + lb, lb_stride, stop)
            if before >= first:
                add_slices(sums, column, row, slices, slice_a, slice_b, ty, tx, HEIGHT, WIDTH, ROWS, COLUMNS, DEPTH)
            cuda.syncthreads()
        if GROUPS > 1:
            add_groups(sums, slices, group, t, GROUPS, THREADS, ROWS, COLUMNS)

    return multiply
