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
import sys
from copy import copy
from types import ModuleType

from ...source.module import Imported, ModuleText, edited, renaming, without_directives
from ...source.scopes import FreeNames, bound_by
from ..host import is_ours


class Sources(ModuleText):
    """Functions, constants and imports, each after what it uses.

    `taken` are names that others have, and with what is `forbidden` no function may have to do: LookupError.
    """

    def __init__(self, taken=(), forbidden=()):
        super().__init__({*taken, *dir(builtins)})
        self.forbidden = set(forbidden)
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
            self._names[key] = self.use(name, *imported)
        elif module.is_module(name):
            return None
        else:
            self._names[key] = self._of(self._module(imported.module), imported.name)
        return self._names[key]

    def _define(self, module, name):
        """Write all statements that bind a name, and the names that are bound with it."""
        names, found = {name}, []
        while True:
            found = [x for x in module.tree.body if names & set(bound_by(x))]
            wider = {bound for x in found for bound in bound_by(x)}
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
        uses = FreeNames(statement, bare)
        edits = [(*place, "") for place in uses.dropped]

        def rename(name, start):
            try:
                return renaming(module.lines, name, self._of(module, name), start, uses.local)
            except LookupError as error:
                raise LookupError(f"{module.name}: {error}") from None

        for node, name, start in uses.found:
            if isinstance(node, ast.Attribute):
                home = module.imported_module(node.value.id) if module.is_module(node.value.id) else None
                if home is None or not is_ours(home.__name__):
                    edits += rename(node.value.id, start)
                    continue
                name = self._of(self._module(home.__name__), node.attr)
                edits.append((start, (node.end_lineno, node.end_col_offset), name))
            else:
                edits += rename(name, start)
        self.statements.append(module.edited(statement, edits, bare))


class _Module:
    """A module's text, and which statement binds which name."""

    def __init__(self, module):
        self.module, self.name = module, module.__name__
        self.lines = linecache.getlines(module.__file__, module.__dict__)
        self.tree = ast.parse("".join(self.lines))
        self.binds, self.imports = {}, {}
        package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
        for statement in self.tree.body:
            for name in bound_by(statement):
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

    def edited(self, statement, edits, bare):
        """The text of a statement and of the comment before it, with pieces replaced: (start, stop, text) of each."""
        first = top = min([statement.lineno, *[x.lineno for x in getattr(statement, "decorator_list", ())]])
        while top > 1 and self.lines[top - 2].startswith("#") and not self.lines[top - 2].startswith("# ---"):
            top -= 1
        begin, lines = statement.lineno if bare else first, edited(self.lines, edits)
        lines = [*lines[top - 1 : first - 1], *lines[begin - 1 : statement.end_lineno]]
        return without_directives(b"".join(lines).decode())


def _registered_for(statement):
    """The names for which a statement registers something with Numba: register(name), @overload(name), key = name."""
    found = [statement] if isinstance(statement, ast.Expr) else list(getattr(statement, "decorator_list", ()))
    if found and isinstance(statement, ast.ClassDef):
        found += [x for x in statement.body if isinstance(x, ast.Assign)]
    return {x.id for node in found for x in ast.walk(node) if isinstance(x, ast.Name)}
