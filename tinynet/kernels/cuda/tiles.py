"""Tiles: how a block of threads computes a piece of a matrix product, wherever it reads the operands from.

A block computes high × wide numbers of the output, each of its threads down × across of them, which never leave its
registers until they are done. The operands come in slices, `depth` deep, through shared memory: while one slice is
multiplied, the next is already on its way from global memory. The threads may form several groups, each of which takes
every so-manieth slice; their sums are added up at the end. So a small output with a long sum keeps many threads busy.

A thread's rows and columns lie four by four side by side, which one instruction reads from shared memory, and the fours
of neighbours side by side, so that a whole warp reads without two threads in one bank. Places in the inner loop are
unsigned: of a signed one Numba asks whether it is negative, and the questions would cost more than the multiplications.

The numbers of a tile are constants to a kernel that is made for it. The functions here are handed them as arguments,
and compiled into the kernel, where the compiler unrolls their loops.
"""

from typing import NamedTuple

from numpy import uintp

from .device import driver
from .device.driver import cuda, device

ALIGNED = 16  # bytes: what one instruction reads at most
PAD = 4  # after each line of a slice, so that the numbers of a column lie in different banks


class Tile(NamedTuple):
    """The sizes of a tile; every one is a power of two."""

    high: int
    wide: int
    down: int
    across: int
    depth: int
    groups: int

    @property
    def lanes(self):
        """The threads of a group."""
        return self.high // self.down * (self.wide // self.across)

    @property
    def threads(self):
        return self.groups * self.lanes

    @property
    def step(self):
        """How far a sum gets until every group has taken a slice."""
        return self.groups * self.depth

    @property
    def slice(self):
        """The numbers in shared memory of a slice of both operands."""
        return self.depth * (self.high + PAD + self.wide + PAD)

    @property
    def shared(self):
        """The numbers in shared memory: the slices of all groups, and later the sums of all groups but one."""
        return max(self.groups * self.slice, (self.groups - 1) * self.lanes * self.down * self.across)

    def count(self, m, n):
        """How many of them cover an output of m × n."""
        return -(-m // self.high) * -(-n // self.wide)


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
        return max(tiles * parts, BUSY) * tile.high * tile.wide / (parts * TILES[tile]), tile, parts

    return min(map(with_parts, TILES))[1:]


@device
def lanes_of(t, length, depth, lanes, by_steps):
    """(i, i_more, l, l_more): thread t brings numbers (i + s · i_more, l + s · l_more) of a slice.

    With `by_steps` neighbours in memory are those along the sum, else those along the tile; threads side by side bring
    neighbours.
    """
    if by_steps:
        return t // depth, lanes // depth, t % depth, 0
    return t % length, 0, t // length, lanes // length


@device
def clear(sums, down, across):
    for i in range(down):
        for j in range(across):
            sums[i, j] = 0


@device
def put(slices, at, brought, loads, i, i_more, l, l_more, length):
    """Write the numbers that a thread has brought into a slice in shared memory."""
    for s in range(loads):
        slices[uintp(at + (l + s * l_more) * (length + PAD) + i + s * i_more)] = brought[s]


@device
def place(t, i, length, each):
    """Which line of a tile, of `length` lines, is number i of the `each` lines of thread t."""
    side_by_side = min(4, each)
    return t * side_by_side + i // side_by_side * (length // each * side_by_side) + i % side_by_side


@device
def add_slices(sums, column, row, slices, at_a, at_b, ty, tx, high, wide, down, across, depth):
    """sums ← sums + the product of the two slices in shared memory, of a thread's rows and columns."""
    l = 0
    while l < depth:
        for j in range(across):
            row[j] = slices[uintp(at_b + l * (wide + PAD)) + uintp(place(tx, j, wide, across))]
        for i in range(down):
            column[i] = slices[uintp(at_a + l * (high + PAD)) + uintp(place(ty, i, high, down))]
        for i in range(down):
            for j in range(across):
                sums[i, j] += column[i] * row[j]
        l += 1


@device
def add_groups(sums, slices, group, t, groups, lanes, down, across):
    """sums of the first group ← those of all groups. All threads are through with the slices in shared memory."""
    each = down * across
    if group > 0:
        for i in range(down):
            for j in range(across):
                slices[uintp(((group - 1) * each + i * across + j) * lanes + t)] = sums[i, j]
    cuda.syncthreads()
    if group == 0:
        for g in range(groups - 1):
            for i in range(down):
                for j in range(across):
                    sums[i, j] += slices[uintp((g * each + i * across + j) * lanes + t)]
