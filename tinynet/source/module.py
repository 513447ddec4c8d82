"""The text of a module that is written: each thing in it has a name that nothing else has."""

import math
import re
from typing import NamedTuple


class Imported(NamedTuple):
    """What an import statement binds: `name` of `module`, or the module itself where there is no name."""

    module: str
    name: str | None


class ModuleText:
    """Imports, and statements, each after what it uses. `taken` are names that others have."""

    def __init__(self, taken=()):
        self.taken, self.imports, self.statements = set(taken), {}, []  # {name: Imported}, and texts

    def new(self, wish):
        """A name that nobody has."""
        name = free_name(wish, self.taken)
        self.taken.add(name)
        return name

    def use(self, wish, module, name=None):
        """The name here of something of a module, or without `name` of the module, which is imported."""
        imported = Imported(module, name)
        for known, of in self.imports.items():
            if of == imported:
                return known
        known = self.new(wish)
        self.imports[known] = imported
        return known

    def import_lines(self):
        """The import statements: modules first, then what is imported of each."""
        modules, names = [], {}
        for name, (module, of) in sorted(self.imports.items(), key=lambda x: (x[1].module, x[1].name or "", x[0])):
            if of is None:
                modules.append(_as(f"import {module}", module, name))
            else:
                names.setdefault(module, []).append(_as(of, of, name))
        return modules + [f"from {module} import {', '.join(found)}" for module, found in names.items()]

    def text(self):
        """The module, imports first."""
        return "\n\n\n".join(["\n".join(self.import_lines()), *self.statements]).lstrip() + "\n"


def _as(text, own, name):
    return text if name == own else f"{text} as {name}"


def free_name(wish, taken):
    """The first of wish, wish_1, wish_2, ... that is not taken."""
    name, n = wish, 1
    while name in taken:
        name, n = f"{wish}_{n}", n + 1
    return name


def edited(lines, edits):
    """The lines, in bytes as syntax trees count them, with pieces replaced: (start, stop, text) of each."""
    lines = [line.encode() for line in lines]
    for (line, column), (last, end), text in sorted(edits, reverse=True):
        head, tail = lines[line - 1][:column], lines[last - 1][end:]
        lines[line - 1 : last] = [head + text.encode() + tail] + [b""] * (last - line)
    return lines


def renaming(lines, name, new, start, local=()):
    """The edits by which a name at `start`, (line, column), becomes another.

    Raises: LookupError where it does not stand there, as in a string with braces, or is one of the `local` ones.
    """
    if new is None or new == name:
        return []
    if new in local:
        raise LookupError(f"{name} would become {new}, which is a variable of the function")
    line, column = start
    stop = column + len(name)
    if lines[line - 1].encode()[column:stop] != name.encode():
        raise LookupError(f"line {line}: {name} cannot be renamed where it stands")
    return [(start, (line, stop), new)]


def number_text(x):
    """A number as it is written."""
    return f'float("{x}")' if isinstance(x, float) and not math.isfinite(x) else repr(x)


def without_directives(text):
    """A text without the comments that are for a linter."""
    return re.sub(r"[ \t]*# (fmt|noqa).*$", "", text, flags=re.MULTILINE).rstrip("\n")
