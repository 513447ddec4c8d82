"""Shards: a batch in a fixed number of parts, so that its gradient has the same bits on any number of ranks.

Shard c of S has the rows c, c + S, c + 2 S, ... of the batch, and is the work of rank c mod W. Whoever computes it, it
is computed alone: from the same random stream, with the same buffers, by the same sums. The gradients are added in the
tree of `distributed/tree.py`, whose leaves are the shards: a rank adds those of its own, and the ranks their sums.
"""

import numpy as np

from ...arguments import integer, wrong_value
from ...distributed.tree import TreeSum, tree_order
from ...errors import ShapeError
from ...kernels.filled import copied, store, zeros
from ...random import default_generator
from ...tensor import Tensor, wrap
from .flat import Flat, gather, scatter


def check_count(where, shards, world):
    """The number of shards, which as many ranks can share. Raises ValueError for another."""
    shards = integer(where, "shards", world if shards is None else shards, 1)
    own, rest = divmod(shards, world)
    if rest or own & (own - 1):
        raise ValueError(
            f"{where}: expected shards to be {world} ranks times a power of two, so that all add in one tree, got "
            f"{shards}, which {', '.join(map(str, ranks_that_share(shards)))} ranks can share"
        )
    return shards


def ranks_that_share(shards):
    """The numbers of ranks that can share so many shards, in ascending order."""
    found = [shards]
    while found[0] % 2 == 0:
        found.insert(0, found[0] // 2)
    return found


def rows_of_batch(where, tensors, total, world, rank):
    """How many rows a batch has over all ranks, of which this rank has the rows `rank`, `rank` + W, ...

    Raises: ShapeError for tensors with another number of rows than that.
    """
    for x in tensors:
        if not isinstance(x, Tensor) or x.ndim == 0:
            raise wrong_value(where, "tensors with rows", x)
    if not tensors:
        raise wrong_value(where, "a tensor", tensors)
    rows = tensors[0].shape[0]
    total = integer(where, "total", rows * world if total is None else total, 1)
    expected = len(range(rank, total, world))
    for x in tensors:
        if x.shape[0] != expected:
            raise ShapeError(
                f"{where}: expected {expected} rows on rank {rank}, of {total} on all {world}, got {x.shape[0]}"
            )
    return total


class Batch:
    """The shards of one batch: iterate over this rank's, and call `backward` for each."""

    def __init__(self, reducer, count, tensors, total):
        self.reducer, self.count, self.tensors, self.total = reducer, count, tensors, total
        self.averaged = [b for b in reducer.buffers if b.is_floating_point()]
        self.layout = Flat([*reducer.parameters, *self.averaged])
        self.sums = {dtype: TreeSum() for dtype in self.layout.sizes}
        self.shard = None  # the number of that which was given last
        self.used = np.zeros(len(reducer.leaves), bool)

    def __iter__(self):
        reducer, ranks = self.reducer, self.reducer.ranks
        own = self.count // ranks.size
        before = self._put_aside()
        buffers = [(b, copied(b.array)) for b in reducer.buffers]
        state = default_generator.get_state()
        reducer.is_paused = True
        try:
            for i in tree_order(own):
                self.shard = shard = ranks.rank + ranks.size * i
                default_generator.set_state(state)
                default_generator.set_state(default_generator.substream(shard))
                if i:
                    self._restore(buffers)
                rows = len(range(shard, self.total, self.count))
                if rows:
                    parts = tuple(x[i::own] for x in self.tensors)
                    yield parts[0] if len(parts) == 1 else parts
                self._add(rows)
            self._exchange(before)
        finally:
            reducer.is_paused = False
            default_generator.set_state((state[0], state[1] + 1))

    def _put_aside(self):
        """The gradients that are there before, such as those of an earlier batch, which the sum is added to."""
        reducer = self.reducer
        if all(leaf.grad is None for leaf in reducer.leaves):
            return None
        self.used |= [leaf.grad is not None for leaf in reducer.leaves]
        reducer.fill()
        return self._taken()

    def _taken(self):
        """The gradients, taken away from the parameters, and the buffers, in new flat arrays."""
        flat = {dtype: wrap(zeros((size,), dtype, np.empty(0))) for dtype, size in self.layout.sizes.items()}
        gather([*self.reducer.pieces(), *self._buffer_pieces()], flat)
        for leaf in self.reducer.leaves:
            leaf.grad = None
        return flat

    def _buffer_pieces(self):
        return [(b.array, start) for b, start in zip(self.averaged, self.layout.starts[len(self.reducer.leaves) :])]

    def _restore(self, buffers):
        for b, array in buffers:
            store(b.array, array)
            b.mark_written()

    def _add(self, rows):
        """Add the gradients of a shard, and its buffers, to the sums, weighted by its rows."""
        reducer = self.reducer
        if rows:
            self.used |= reducer.complete()
        else:
            reducer.fill()
        flat = self._taken()
        for dtype, x in flat.items():
            if self.total % self.count:  # else all weigh the same, and the sum is divided once
                np.multiply(x.array, rows / self.total, x.array, casting="same_kind")
            self.sums[dtype].add(x.array)

    def _exchange(self, before):
        """Give the parameters the sum over all shards, and the buffers the mean."""
        reducer = self.reducer
        even = 1 / self.count if self.total % self.count == 0 else None
        flat = {dtype: wrap(tree.total()) for dtype, tree in self.sums.items()}
        for x in flat.values():
            reducer.reduce(x.array, even)
        scatter(self._buffer_pieces(), flat)
        for b in reducer.buffers:
            if not b.is_floating_point():
                reducer.take_from_rank_0(b)
            b.mark_written()
        reducer.fill()
        if before is not None:
            for dtype, x in flat.items():
                with np.errstate(all="ignore"):
                    np.add(before[dtype].array, x.array, x.array)
        scatter(reducer.pieces(), flat)
        reducer.finish(self.used)
