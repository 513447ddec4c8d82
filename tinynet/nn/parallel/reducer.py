"""The reducer: what makes of each rank's gradients those of all."""

import numpy as np

from ... import capture
from ...capture import host_call
from ...distributed.tree import all_reduce
from ...kernels import reference as kernels
from ...kernels.arrays import host
from ...kernels.filled import store, zeros
from ...kernels.launch import launch
from ...tensor import wrap
from .flat import Flat, gather, gradient_pieces, scatter

NAME = "DistributedDataParallel"


class Reducer:
    """The gradients of some (name, parameter) over all ranks, and the buffers beside them.

    With `exact` sums are those of the fixed tree of `distributed/tree.py`, else MPI adds as it likes. `is_paused` says
    that `backward` is to leave the gradients as they are.
    """

    def __init__(self, ranks, named, buffers, exact, find_unused):
        self.ranks, self.buffers, self.exact, self.find_unused = ranks, buffers, exact, find_unused
        self.names = [name for name, _ in named]
        self.parameters = [p for _, p in named]
        self.leaves = [p._edge for p in self.parameters]
        self.layout = Flat(self.parameters)
        self.flat = self.layout.new()
        self.is_paused = False

    def average(self):
        """The gradients ← their means over ranks, and the buffers ← those of rank 0.

        Raises: RuntimeError for parameters without a gradient, which it names.
        """
        self.used = self.complete()
        pieces = self.pieces()
        if capture.watcher is None and self.layout.is_that_of(pieces):
            for array, _ in pieces:
                self.reduce(array, 1 / self.ranks.size)
            self._finish()
        else:
            gather(pieces, self.flat)
            self._exchange()

    @host_call
    def _exchange(self):
        """The same in the flat arrays, which a program fills before and reads afterwards."""
        for x in self.flat.values():
            self.reduce(x.array, 1 / self.ranks.size)
        scatter(self.pieces(), self.flat)
        self._finish()

    def _finish(self):
        self.finish(self.used)
        for b in self.buffers:
            self.take_from_rank_0(b)

    def pieces(self):
        """Where the gradients lie, and are to lie in the flat arrays."""
        return gradient_pieces(self.leaves, self.layout.starts)

    def reduce(self, x, scale=None):
        """x ← its sum over ranks, times `scale`."""
        if self.exact or self.ranks.size == 1 or x.dtype == np.float16:  # which MPI does not know
            all_reduce(self.ranks, x, np.add, NAME, scale)
        else:
            self.ranks.add_in_any_order(x, NAME)
            if scale is not None:
                np.multiply(x, scale, x, casting="same_kind")

    def take_from_rank_0(self, x):
        """Let a tensor be that of rank 0."""
        array = np.ascontiguousarray(host(x.array))
        self.ranks.broadcast(array, 0, NAME)
        if self.ranks.rank and array is not x.array:
            store(x.array, array)
        x.mark_written()

    # Parameters without a gradient

    def complete(self):
        """Let each parameter have a gradient, of zeros where `backward` gave none; returns which had one.

        Raises: RuntimeError for one without, unless these are to be found.
        """
        used = np.array([leaf.grad is not None for leaf in self.leaves])
        if not used.all():
            if not self.find_unused:
                self._raise_missing([name for name, had in zip(self.names, used) if not had])
            self.fill()
        return used

    def fill(self):
        """Zeros where a gradient is missing."""
        for leaf, p in zip(self.leaves, self.parameters):
            if leaf.grad is None:
                home = leaf.free_home()
                if home is None:
                    home = wrap(zeros(p.array.shape, p.array.dtype, p.array))
                else:
                    launch(kernels.fill, home.array, 0)
                leaf.grad = home

    def finish(self, used):
        """Note that the gradients have been written; one that no rank has used is None again."""
        if self.find_unused:
            used = used.copy()
            all_reduce(self.ranks, used, np.logical_or, NAME)
        for leaf, had in zip(self.leaves, used):
            if not had:
                leaf.grad = None
            elif leaf.seen or leaf.grad is not leaf.home:
                leaf.grad.mark_written()

    def _raise_missing(self, names):
        more = f" and {len(names) - 5} others" if len(names) > 5 else ""
        raise RuntimeError(
            f"{NAME}: backward gave no gradient to {', '.join(map(repr, names[:5]))}{more}, and the other ranks "
            "wait for one; if the loss does not depend on all parameters, pass find_unused_parameters=True"
        )
