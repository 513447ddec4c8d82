"""The text of functions together with all that they use, as one module that imports nothing of tinynet.

    sources = Sources()
    name = sources.add(function)
    sources.text()

A function is copied as it stands in its module, comments included, and before it, likewise, each function, constant and
import that it names. Two of one name get names of their own. So what is copied compiles to what the original does.
"""

import ast
import builtins
import importlib
import importlib.util
import linecache
import re
import sys
from copy import copy
from types import ModuleType
from typing import NamedTuple

from ..text import free_name

PACKAGE = __name__.partition(".")[0]


def is_ours(module):
    """Whether a module, by name, is one of those whose text is copied."""
    return module.partition(".")[0] == PACKAGE


class Imported(NamedTuple):
    """What an import statement binds: `name` of `module`, or the module itself where there is no name."""

    module: str
    name: str | None


class Sources:
    """Functions, constants and imports, each after what it uses.

    `taken` are names that others have, and with what is `forbidden` no function may have to do: LookupError.
    """

    def __init__(self, taken=(), forbidden=()):
        self.forbidden, self.imports, self.statements = set(forbidden), {}, []  # {name: Imported}, and texts
        self.taken = {*taken, *dir(builtins)}
        self._modules, self._names = {}, {}  # name: its _Module; (module, name there): the name here
        self._registered = set()  # expressions that are copied already

    def add(self, function, wish=None):
        """The name under which a function, without its decorators and annotations, stands in the text."""
        key = function.__module__, function.__name__
        if key not in self._names:
            module = self._module(key[0])
            found = [x for x in module.binds.get(key[1], ()) if isinstance(x, ast.FunctionDef)]
            if not found or function.__closure__:
                raise LookupError(f"{key[0]}: {key[1]} is not a function of the module")
            own = "_names", "_registered", "imports", "statements", "taken"
            before = {name: copy(getattr(self, name)) for name in own}
            self._names[key] = self.new(wish or key[1])
            try:
                self._write(module, found[0], bare=True)
            except LookupError:
                self.__dict__.update(before)
                raise
        return self._names[key]

    def add_name(self, module, name):
        """The name here of what a module of the package calls so."""
        return self._of(self._module(module), name)

    def use(self, wish, module, name=None):
        """The name here of something of another package, or of a module of it."""
        return self._import(wish, Imported(module, name))

    def new(self, wish):
        """A name that nobody has."""
        name = free_name(wish, self.taken)
        self.taken.add(name)
        return name

    def text(self):
        """The statements of the module, imports first."""
        lines = []
        for name, (module, of) in sorted(self.imports.items(), key=lambda x: (x[1][1] is not None, x[1], x[0])):
            if of is None:
                lines.append(f"import {module}" + ("" if name == module else f" as {name}"))
            else:
                lines.append(f"from {module} import {of}" + ("" if name == of else f" as {name}"))
        return "\n".join(lines) + "\n\n\n" + "\n\n\n".join(self.statements) + "\n"

    def _module(self, name):
        if name not in self._modules:
            self._modules[name] = _Module(sys.modules.get(name) or importlib.import_module(name))
        return self._modules[name]

    # Names

    def _of(self, module, name):
        """The name here of what is called so in a module; None for what Python itself has, and of modules."""
        key = module.name, name
        if key in self._names:
            return self._names[key]
        if name not in module.binds:
            if not hasattr(builtins, name) and name not in ("__name__", "__file__"):
                raise LookupError(f"{module.name}: {name} is not set by a statement of the module")
            return None
        imported = module.imports.get(name)
        value = module.module.__dict__.get(name)
        if any(value is x for x in self.forbidden):
            raise LookupError(f"{module.name}: {name} cannot be copied")
        if imported is None:
            self._define(module, name)
        elif not is_ours(imported.module):
            self._names[key] = self._import(name, imported)
        elif module.is_module(name):
            return None
        else:
            self._names[key] = self._of(self._module(imported.module), imported.name)
        return self._names[key]

    def _import(self, name, imported):
        for known, of in self.imports.items():
            if of == imported:
                return known
        name = self.new(name)
        self.imports[name] = imported
        return name

    def _define(self, module, name):
        """Write all statements that bind a name, and the names that are bound with it."""
        names, found = {name}, []
        while True:
            found = [x for x in module.tree.body if names & set(module.bound_by(x))]
            wider = {bound for x in found for bound in module.bound_by(x)}
            if wider == names:
                break
            names = wider
        for bound in sorted(names):
            self._names[module.name, bound] = self.new(bound)
        for statement in found:
            self._write(module, statement)
        for other in module.tree.body:
            if other in found or not names & _registered_for(other):
                continue
            if isinstance(other, ast.Expr):
                if other not in self._registered:
                    self._registered.add(other)
                    self._write(module, other)
            elif (module.name, other.name) not in self._names:
                self._define(module, other.name)

    def _write(self, module, statement, bare=False):
        uses = _Uses(statement, bare)
        edits = [(start, stop, "") for start, stop in uses.dropped]
        for node, name, start in uses.found:
            if isinstance(node, ast.Attribute):
                if not module.is_module(node.value.id):
                    name = self._of(module, node.value.id)
                    edits += _edit(module, node.value.id, name, start)
                    continue
                home = module.imported_module(node.value.id)
                if not is_ours(home.__name__):
                    edits += _edit(module, node.value.id, self._of(module, node.value.id), start)
                    continue
                name = self._of(self._module(home.__name__), node.attr)
                edits.append((start, (node.end_lineno, node.end_col_offset), name))
            else:
                edits += _edit(module, name, self._of(module, name), start)
        self.statements.append(module.edited(statement, edits, bare))


def _edit(module, name, new, start):
    if new is None or new == name:
        return []
    line, column = start
    stop = column + len(name)
    if module.lines[line - 1].encode()[column:stop] != name.encode():
        raise LookupError(f"{module.name}, line {line}: {name} cannot be renamed where it stands")
    return [(start, (line, stop), new)]


class _Module:
    """A module's text, and which statement binds which name."""

    def __init__(self, module):
        self.module, self.name = module, module.__name__
        self.lines = linecache.getlines(module.__file__, module.__dict__)
        self.tree = ast.parse("".join(self.lines))
        self.binds, self.imports = {}, {}
        package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
        for statement in self.tree.body:
            for name in self.bound_by(statement):
                self.binds.setdefault(name, []).append(statement)
            if isinstance(statement, ast.Import):
                for x in statement.names:
                    self.imports[x.asname or x.name] = Imported(x.name, None)
            elif isinstance(statement, ast.ImportFrom):
                source = "." * statement.level + (statement.module or "")
                source = importlib.util.resolve_name(source, package)
                for x in statement.names:
                    self.imports[x.asname or x.name] = Imported(source, x.name)

    def is_module(self, name):
        """Whether a name is bound to a module."""
        return name in self.imports and isinstance(self.module.__dict__.get(name), ModuleType)

    def imported_module(self, name):
        return self.module.__dict__[name]

    @staticmethod
    def bound_by(statement):
        """The names that a statement of a module binds."""
        found = []
        for node in _outside_functions(statement):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.append(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found += [x.asname or x.name for x in node.names]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.append(node.id)
        return found

    def edited(self, statement, edits, bare):
        """The text of a statement and of the comment before it, with pieces replaced: (start, stop, text) of each."""
        first = top = min([statement.lineno, *[x.lineno for x in getattr(statement, "decorator_list", ())]])
        while top > 1 and self.lines[top - 2].startswith("#") and not self.lines[top - 2].startswith("# ---"):
            top -= 1
        lines = [line.encode() for line in self.lines]
        for (line, column), (last, end), text in sorted(edits, reverse=True):
            head, tail = lines[line - 1][:column], lines[last - 1][end:]
            lines[line - 1 : last] = [head + text.encode() + tail] + [b""] * (last - line)
        begin = statement.lineno if bare else first
        text = b"".join([*lines[top - 1 : first - 1], *lines[begin - 1 : statement.end_lineno]]).decode()
        return re.sub(r"[ \t]*# (fmt|noqa).*$", "", text, flags=re.MULTILINE).rstrip("\n")


def _registered_for(statement):
    """The names for which a statement registers something with Numba: register(name), @overload(name), key = name."""
    found = [statement] if isinstance(statement, ast.Expr) else list(getattr(statement, "decorator_list", ()))
    if found and isinstance(statement, ast.ClassDef):
        found += [x for x in statement.body if isinstance(x, ast.Assign)]
    return {x.id for node in found for x in ast.walk(node) if isinstance(x, ast.Name)}


def _outside_functions(node):
    """A node and those inside, but not what is inside of functions and comprehensions."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | _COMPREHENSIONS):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_functions(child)


_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class _Uses(ast.NodeVisitor):
    """Where a statement names something of its module: `found` is (node, name, place) of each.

    Where it is `bare`, a function's decorators do not count, and its annotations are among the places `dropped`.
    """

    def __init__(self, statement, bare):
        self.found, self.dropped, self.scopes, self.bare = [], [], [], bare
        self.visit(statement)

    def _is_local(self, name):
        return any(name in scope for scope in self.scopes)

    def visit_Name(self, node):
        if not self._is_local(node.id):
            self.found.append((node, node.id, (node.lineno, node.col_offset)))

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            if not self._is_local(node.value.id):
                self.found.append((node, None, (node.lineno, node.col_offset)))
        else:
            self.visit(node.value)

    def visit_FunctionDef(self, node):
        outermost = not self.scopes and self.bare
        if not outermost:
            for x in node.decorator_list:
                self.visit(x)
        if not self.scopes:
            self.found.append((node, node.name, (node.lineno, node.col_offset + len("def "))))
        arguments = node.args
        for x in (*arguments.defaults, *arguments.kw_defaults):
            if x is not None:
                self.visit(x)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [x for x in (arguments.vararg, arguments.kwarg) if x is not None]
        for x in every:
            if x.annotation is not None:
                start = x.lineno, x.col_offset + len(x.arg)
                self.dropped.append((start, (x.annotation.end_lineno, x.annotation.end_col_offset)))
        self._inside(node.body, [x.arg for x in every])

    def visit_ClassDef(self, node):
        for x in (*node.decorator_list, *node.bases):
            self.visit(x)
        if not self.scopes:
            self.found.append((node, node.name, (node.lineno, node.col_offset + len("class "))))
        bound = {name for x in node.body for name in _Module.bound_by(x)}
        for x in node.body:  # of which a method does not see what the class binds
            self.scopes.append(set() if isinstance(x, ast.FunctionDef) else bound)
            self.visit(x)
            self.scopes.pop()

    def visit_Lambda(self, node):
        for x in (*node.args.defaults, *node.args.kw_defaults):
            if x is not None:
                self.visit(x)
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        every += [x for x in (node.args.vararg, node.args.kwarg) if x is not None]
        self._inside([node.body], [x.arg for x in every])

    def _comprehension(self, node):
        self.visit(node.generators[0].iter)
        inside = [x for k, g in enumerate(node.generators) for x in (g.target, *g.ifs, *([g.iter] if k else []))]
        inside += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(inside, [])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _inside(self, nodes, names):
        """Visit what is inside of a scope that binds `names`, and what its own statements bind."""
        bound = set(names)
        for node in nodes:
            bound |= set(_Module.bound_by(node))
            bound |= {x.name for x in ast.walk(node) if isinstance(x, ast.ExceptHandler) and x.name}
            if any(isinstance(x, ast.Global | ast.Nonlocal) for x in ast.walk(node)):
                raise LookupError(f"line {node.lineno}: global and nonlocal names are not copied")
        self.scopes.append(bound)
        for node in nodes:
            self.visit(node)
        self.scopes.pop()
