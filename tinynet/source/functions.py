"""Functions of numbers, such as formulas, in a module that is written: each after the functions that it calls.

What they name is found by value: a function written in Python is copied, one of `math` imported, a number set.
"""

import ast
import builtins
import inspect
import math
import textwrap
from types import FunctionType

from .module import ModuleText, edited, number_text, renaming
from .scopes import FreeNames


class Functions(ModuleText):
    """A module of such functions."""

    def __init__(self, taken=()):
        super().__init__(taken)
        self.names = {}  # what has been written: its name

    def of(self, value, wish):
        """The name here of what a function calls `wish`; None of what stays as it is, as builtins do."""
        if isinstance(value, FunctionType):
            return self.function(value)
        if (name := name_in_math(value)) is not None:
            return self.use(name, "math", name)
        if isinstance(value, int | float):
            if getattr(math, wish, None) is value:
                return self.use(wish, "math", wish)
            return self.once((wish, repr(value)), wish, lambda name: f"{name} = {number_text(value)}")
        return None

    def function(self, function):
        """The name here of a function that another calls."""
        return self.copied(function)

    def once(self, key, wish, write):
        """The name under which something stands in the module; `write(name)` gives its text the first time."""
        if key not in self.names:
            self.names[key] = name = self.new(wish)
            self.statements.append(write(name))
        return self.names[key]

    def copied(self, function):
        """The name under which a function stands in the module as it is, but for the names of others."""
        return self.once(function, function.__name__, lambda name: self._text(function, name))

    def _text(self, function, name):
        lines = textwrap.dedent(inspect.getsource(function)).strip().splitlines(True)
        uses, edits = FreeNames(ast.parse("".join(lines)).body[0]), []
        for node, used, start in uses.found:
            if isinstance(node, ast.FunctionDef):
                edits += renaming(lines, used, name, start)
            elif used is not None:
                edits += renaming(lines, used, self.of(value_of(function, used), used), start, uses.local)
        return b"".join(edited(lines, edits)).decode()

    def rename(self, tree, value):
        """Give all that a syntax tree names the names of the module; `value(node)` is what a name stands for."""
        uses, done = FreeNames(ast.fix_missing_locations(tree)), set()
        for node, used, _ in uses.found:
            if isinstance(node, ast.Name) and id(node) not in done:  # a part of a tree may stand in it several times
                done.add(id(node))
                node.id = self.of(value(node), used) or used
                if node.id != used and node.id in uses.local:
                    raise TypeError(f"{tree.name}: rename its variable {node.id!r}, as which {used!r} stands here")


def value_of(function, name):
    """What a function calls by a name that is not its own; None where nothing is."""
    return function.__globals__.get(name, getattr(builtins, name, None))


def name_in_math(value):
    """The name of a function of `math`; None of anything else."""
    name = getattr(value, "__name__", "")
    return name if value is not None and getattr(math, name, None) is value else None
