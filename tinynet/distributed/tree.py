"""Reductions in a fixed order: a binary tree, of which every rank computes a part.

m numbers are added in halves, x[:m/2] + x[m/2:], until one is left: number i is first added to number i + m/2. Where m
is odd, those from the largest power of two, P, on are first added to x[:m − P]. Floating-point sums depend on their
order, and this order depends on m alone: not on who holds which number, nor on when it arrives. If each of W ranks
adds its own k numbers so, r, r + W, r + 2 W, ..., and then all ranks add their sums, it is the tree of m = k W, for k a
power of two.

Ranks on one machine write their arrays to memory that all see (`shared_memory.py`). Then each adds up a W-th of all
arrays there, and reads the sums of the others.

Ranks on several machines send messages. Each pair of the tree swaps halves of its arrays, so that both have half of the
work and of the traffic: after log₂ W swaps, of n/2, n/4, ... numbers, a rank has 1/W of the result, and as many swaps
back give it the rest (R. Rabenseifner, 2004). A rank sends and receives 2 n (W − 1) / W numbers, which is the least
that is possible, in 2 log₂ W messages.
"""

import numpy as np

from ..kernels.arrays import empty


def all_reduce(ranks, x, operation, what, scale=None):
    """x ← the reduction of x over all ranks, times `scale`; x is a contiguous array of one dimension.

    `operation(left, right, out)` is a ufunc, whose left operand is that of the lower rank.
    """
    reduce = _by_messages if ranks.segments is None else _in_shared_memory
    reduce(ranks, x, operation, what, scale)


def _in_shared_memory(ranks, x, operation, what, scale):
    length = ranks.segments.size // x.itemsize
    for start in range(0, x.size, length):
        part = x[start : start + length]
        arrays = ranks.segments.next(x.dtype)[:, : part.size]
        arrays[ranks.rank] = part
        ranks.barrier(what)
        own = slice(*(r * part.size // ranks.size for r in (ranks.rank, ranks.rank + 1)))
        _reduce_tree(operation, arrays[:, own])
        if scale is not None:
            np.multiply(arrays[0, own], scale, arrays[0, own], casting="same_kind")
        ranks.barrier(what)
        part[:] = arrays[0]


def _reduce_tree(operation, arrays):
    """arrays[0] ← the reduction of all arrays, which are overwritten."""
    nodes = len(arrays)
    while nodes > 1:
        distance = _distance(nodes)
        for left, right in zip(arrays, arrays[distance:nodes]):
            _reduce(operation, left, right, True)
        nodes = distance


def _by_messages(ranks, x, operation, what, scale):
    received = empty(x.shape, x.dtype, x) if ranks.size > 1 else x
    own, back = slice(0, x.size), []  # the part of x that this rank reduces; the messages in reverse
    nodes, node = ranks.size, ranks.rank  # of the level of the tree, and this rank's
    while nodes > 1:
        distance = _distance(nodes)
        if nodes % 2 == 0:
            is_left = node < distance
            partner = ranks.rank + (distance if is_left else -distance)
            middle = (own.start + own.stop) // 2
            halves = slice(own.start, middle), slice(middle, own.stop)
            own, given = halves if is_left else halves[::-1]
            ranks.swap(partner, x[given], received[own], what)
            back.append((ranks.swap, partner, own, given))
            _reduce(operation, x[own], received[own], is_left)
            node %= distance
        elif node >= distance:
            ranks.send(x[own], ranks.rank - distance, what)
            back.append((ranks.receive, ranks.rank - distance, own, own))
            break
        elif node + distance < nodes:
            ranks.receive(received[own], ranks.rank + distance, what)
            back.append((ranks.send, ranks.rank + distance, own, own))
            _reduce(operation, x[own], received[own], True)
        nodes = distance
    if scale is not None and not (back and back[-1][0] == ranks.receive):
        np.multiply(x[own], scale, x[own], casting="same_kind")
    for call, partner, mine, other in reversed(back):
        if call == ranks.swap:
            call(partner, x[mine], x[other], what)
        else:
            call(x[mine], partner, what)


def _distance(nodes):
    """How far apart the operands are in a level of the tree."""
    return nodes // 2 if nodes % 2 == 0 else 1 << (nodes.bit_length() - 1)


def _reduce(operation, x, received, is_left):
    """x ← x and what a partner has sent, in the order of their ranks."""
    with np.errstate(all="ignore"):
        operation(*((x, received) if is_left else (received, x)), x)


def tree_order(count):
    """0 to count − 1, a power of two, in the order of the tree's leaves: 0, n/2, n/4, 3n/4, ..."""
    order = [0]
    while len(order) < count:
        order = [2 * i for i in order] + [2 * i + 1 for i in order]
    return order


class TreeSum:
    """The sum of arrays that come one after another, in the order of the tree's leaves: a counter that carries.

    It holds log₂ of their number. The arrays become its own.
    """

    def __init__(self):
        self._sums, self._count = [], 0

    def add(self, x):
        """Add the next array; it, or one before it, is overwritten."""
        carries = self._count
        while carries & 1:
            left = self._sums.pop()
            with np.errstate(all="ignore"):
                x = np.add(left, x, left)
            carries >>= 1
        self._sums.append(x)
        self._count += 1

    def total(self):
        """The sum of 2ᵏ arrays."""
        (found,) = self._sums
        return found
