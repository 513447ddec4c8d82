"""What the text of a program begins with: imports, and formulas that are in no module of the library."""

import inspect
import math
import textwrap
from types import FunctionType

LIBRARY = __name__.partition(".")[0]


class Imports:
    """The names that a module imports; formulas of the user's, which may be in a notebook, are quoted instead."""

    def __init__(self):
        self.names = {}  # {module: names}
        self.constants, self.quoted = {}, {}  # {name: number}, {name: text} in the order of definition

    def add(self, module, *names):
        """Import names of a module."""
        self.names.setdefault(module, set()).update(names)

    def use(self, formula):
        """Import a formula, or quote it after what it refers to."""
        name = formula.__name__
        if formula.__module__.partition(".")[0] == LIBRARY:
            self.add(formula.__module__, name)
        elif name not in self.quoted:
            for other in formula.__code__.co_names:
                self._refer(other, formula.__globals__.get(other))
            self.quoted[name] = textwrap.dedent(inspect.getsource(formula)).strip()

    def _refer(self, name, value):
        if isinstance(value, FunctionType):
            self.use(value)
        elif value is not None and value is getattr(math, name, None):
            self.add("math", name)
        elif isinstance(value, int | float):
            self.constants[name] = value

    def lines(self, wrapped):
        """The lines of all of it; `wrapped` makes several of one that is too long."""
        for module, names in sorted(self.names.items()):
            line = f"from {module} import {', '.join(sorted(names))}"
            bracketed = wrapped(f"from {module} import ({', '.join(sorted(names))})")
            yield from [line] if len(bracketed) == 1 else bracketed
        if self.constants:
            yield from ("", *(f"{name} = {value!r}" for name, value in self.constants.items()))
        for text in self.quoted.values():
            yield from ("", "", *text.splitlines())
