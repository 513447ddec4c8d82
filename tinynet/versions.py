"""Versions: when memory was last written, by a clock that counts the nodes of the graph too.

A node of the graph is numbered as it is made, and a write as it happens, both by `tick`. So what a node has saved is
what it was as long as it was written before the node was made; and as long as `last_write` is smaller than a node's
number, this one comparison has shown it for all that the node has saved.
"""

import itertools
import weakref
from typing import NamedTuple

tick = itertools.count(1).__next__  # the next number: nodes that are made later, and later writes, have larger ones

last_write = 0  # the number of the last write to the memory of any tensor


class History(NamedTuple):
    """The last recorded operation that changed some memory in place. Each is an object of its own."""

    op: str


class Base(weakref.ref):
    """Of a view: the tensor whose memory it sees, weakly, and the History of that memory when the view was taken."""

    __slots__ = ("history",)


class Version:
    """What tensors that view the same memory share: when it was last written, and by which recorded operation.

    It is of this process and of this memory: a copy or a pickle of one is a new one, as of memory never written.
    """

    written = 0  # the number of the last write
    history = History("")
    whole = None  # the Version of a larger memory that this one is a part of, such as an optimizer's arena
    movable = True  # whether nobody has seen in which order the elements lie, so that they may be brought in another

    def last_write(self):
        """The number of the last write to this memory, by itself or as a part of a larger one; 0 if there was none."""
        return self.written if self.whole is None else max(self.written, self.whole.written)

    def mark_written(self):
        """Note a write to this memory."""
        global last_write
        self.written = last_write = tick()

    def __reduce__(self):
        return Version, ()


# Arrays that took over the values of others: id of the new one → weak references to it, and to the others.
_moves = {}


def note_move(old, new):
    """Note that the array `new` has taken over the values of `old`."""
    key = id(new)
    before = _moves.get(id(old), (None, ()))[1]
    _moves[key] = weakref.ref(new, lambda _: _moves.pop(key, None)), (weakref.ref(old), *before)


def has_moved(old, new):
    """Whether the values of the array `old` were moved to the array `new`."""
    return any(array() is old for array in _moves.get(id(new), (None, ()))[1])
