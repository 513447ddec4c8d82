"""Source text for a page: where a function stands, its lines, and lines that fit into a terminal."""

import ast
import inspect
import os
import re
import textwrap
from pathlib import Path

from ..kernels.lifting.module import load
from ..origin import name_of

NO_BREAK = "\N{NO-BREAK SPACE}"  # a space at which no line ends
MOST_LINES, MOST_GENERATED = 16, 40  # of a text that is shown on a page


def place(function):
    """The file and line of a function, as short as they can be said: "tinynet/rules.py:95"."""
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    file = code.co_filename if code else inspect.getsourcefile(function)
    line = code.co_firstlineno if code else inspect.getsourcelines(function)[1]
    name = name_of(file)
    return f"{_short(Path(file)) if name == Path(file).name else name}:{line}"


def _short(path):
    for folder, name in ((Path.cwd(), ""), (Path(os.path.expanduser("~")), "~/")):
        if path.is_relative_to(folder):
            return name + path.relative_to(folder).as_posix()
    return path.as_posix()


def definition(function):
    """The lines of a function, without its docstring and decorators; none where there is no source."""
    function = inspect.unwrap(function)
    try:
        text = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError):  # a lambda within an expression is no whole statement
        return []
    lines, documented = text.splitlines(), ast.get_docstring(tree) is not None
    if not isinstance(tree, ast.FunctionDef) or (documented and len(tree.body) == 1):
        return lines
    head = lines[tree.lineno - 1 : tree.body[0].lineno - 1]
    return head + lines[tree.body[0].end_lineno if documented else tree.body[0].lineno - 1 :]


def generated(lifted, dtype):
    """(where it lies, lines) of the module that a formula was lifted to; of its imports those that compute."""
    text = lifted.source(dtype)
    module = load(lifted.name, text)
    shown = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.ImportFrom) and "elementary" in node.module):
            shown += [""] if shown and isinstance(node, ast.FunctionDef) else []
            shown += text.splitlines()[node.lineno - 1 : node.end_lineno]
    return _short(Path(module.__file__)), shown


class Code(str):
    """A line of source text, which goes on further in where it is broken."""

    __slots__ = ()


def code(lines, most=MOST_LINES):
    """Lines of source text for a page, of which no more are shown; the last says how many are left out."""
    left = len(lines) - most
    lines = [*lines[: most - 1], f"... {left + 1} lines more"] if left > 0 else lines
    return [Code(f"    {line.removesuffix('  # fmt: skip')}") for line in lines]


def equation(text):
    """What a docstring begins with: its first paragraph, as one line, and the equations, which are further in."""
    if not text.strip():
        return []
    first, *rest = re.split(r"\n\s*\n", inspect.cleandoc(text))
    lines = [f"    {' '.join(first.split())}"]
    for paragraph in rest:
        if paragraph.startswith(" "):
            lines += ["", *(f"    {line}" for line in paragraph.splitlines())]
    return lines


def fitted(lines, width):
    """The same lines, each in so many that none is longer than `width`, unless a word is."""
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4 * isinstance(line, Code))
        wrapped = textwrap.wrap(
            line, max(width, 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
            replace_whitespace=False,
        )  # fmt: skip
        yield from [part.replace(NO_BREAK, " ") for part in wrapped] or [""]
