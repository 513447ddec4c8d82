"""Size: the sizes of a tensor's dimensions, a tuple that knows how many elements they make."""

import math
from operator import index


class Size(tuple):
    """A tuple of sizes. What is added to it, cut out of it or repeated is a Size again; it prints as a tuple."""

    __slots__ = ()

    def __new__(cls, sizes=()):
        return tuple.__new__(cls, [index(s) for s in sizes])

    def numel(self):
        """How many elements a tensor of these sizes has."""
        return math.prod(self)

    def __add__(self, other):
        return _made(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other):
        return _made(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times):
        return _made(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return found if index.__class__ is not slice else _made(found)

    def __reduce__(self):
        return Size, (tuple(self),)


def _made(sizes):
    return tuple.__new__(Size, sizes)
