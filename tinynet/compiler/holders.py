"""What holds other objects, as if it were a dict: attributes, slots, elements, cells of closures, context variables."""

import numpy as np

EMPTY = object()
MADE_BY_PYTHON = frozenset(
    """__dict__ __weakref__ __doc__ __module__ __qualname__ __annotations__ __slots__ __static_attributes__
    __firstlineno__ __abstractmethods__ _abc_impl __match_args__ __dataclass_fields__ __dataclass_params__""".split()
)


class Unchanged:
    """Whether what `describe` says of an object is what it was."""

    def __init__(self, x, describe):
        self.x, self.describe, self.known = x, describe, describe(x)

    def get(self, key):
        return self.describe(self.x) == self.known


class Slots:
    """The slots of an object."""

    def __init__(self, x):
        self.x = x

    def __getitem__(self, key):
        return getattr(self.x, key)

    def get(self, key):
        return getattr(self.x, key, EMPTY)

    def filled(self):
        """The names of those that hold something."""
        kinds = type(self.x).__mro__
        names = [name for kind in kinds for name in np.atleast_1d(vars(kind).get("__slots__", ()))]
        return [str(name) for name in names if name not in MADE_BY_PYTHON and hasattr(self.x, str(name))]


class Cell:
    """A variable of an outer function, the only key being None."""

    def __init__(self, cell):
        self.cell = cell

    def get(self, key):
        try:
            return self.cell.cell_contents
        except ValueError:
            return EMPTY


class Context:
    """A context variable, the only key being None."""

    def __init__(self, variable):
        self.variable = variable

    def get(self, key):
        return self.variable.get(EMPTY)


class Items:
    """A list; at the key `len` is its length."""

    def __init__(self, items):
        self.items = items

    def __getitem__(self, key):
        return len(self.items) if key is len else self.items[key]

    def get(self, key):
        return len(self.items) if key is len else self.items[key] if key < len(self.items) else EMPTY
