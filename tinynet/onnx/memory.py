"""The tensors of a trace by the memory in which they lie: which number each has, as it is overwritten."""

import numpy as np

WORK = 10_000  # how long it may be searched whether two arrays share an element, before it counts as so


class Memory:
    """The tensors that a trace has met, and the number of the value that each holds."""

    def __init__(self):
        self.numbers = {}  # id of a tensor: its number
        self.held = {}  # id of a tensor: the tensor, which keeps its id and its memory
        self.stale = {}  # id of a tensor: the operation that has changed its memory through another

    def hold(self, x, number):
        """Note that a tensor holds the value of a number."""
        self.numbers[id(x)], self.held[id(x)] = number, x
        self.stale.pop(id(x), None)

    def number(self, x):
        """The number that a tensor has, or had before it became stale; None if it is not known."""
        return self.numbers.get(id(x))

    def is_live(self, x):
        """Whether a tensor is known, and holds the value of its number."""
        return id(x) in self.numbers and id(x) not in self.stale

    def twins(self, array):
        """The tensors that lie just where an array lies, and hold their values."""
        place = _place(array)
        return [y for y in self.held.values() if _place(y.array) == place and id(y) not in self.stale]

    def sharing(self, array):
        """The tensors that share an element with an array."""
        return [y for y in self.held.values() if _share(y.array, array)]


def _place(array):
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _share(a, b):
    try:
        return np.shares_memory(a, b, max_work=WORK)
    except np.exceptions.TooHardError:
        return True
