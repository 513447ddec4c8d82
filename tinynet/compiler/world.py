"""The world of a function: all that it can reach by names, and whether that is still what it was.

A program repeats what a function did once. It is valid for as long as the function would do the same again: as long as
the globals, the variables of outer functions, the attributes and elements that it can reach are the same objects, or
equal numbers and strings. They are compared at each call, those of modules only once one of them has been set
(`capture.changes`).
"""

import dis
import functools
import operator
import sys
import types

import numpy as np

from .. import capture
from ..convert import HoldsArray
from ..leaf import Leaf
from .recorder import ref_of

PLAIN = (int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype, range, slice, types.EllipsisType)
OPAQUE = (*PLAIN, type, types.ModuleType, types.FunctionType, types.MethodType)
SKIPPED = {*sys.stdlib_module_names, "numpy", "numba", "llvmlite", "tqdm", "matplotlib", "pytest", "_pytest", "torch"}
ARRAY, EDGE = operator.attrgetter("array"), operator.attrgetter("_edge")
LIBRARY = __name__.partition(".")[0]
MADE_BY_PYTHON = frozenset(
    """__dict__ __weakref__ __doc__ __module__ __qualname__ __annotations__ __slots__ __static_attributes__
    __firstlineno__ __abstractmethods__ _abc_impl __match_args__ __dataclass_fields__ __dataclass_params__""".split()
)
MOST = 10_000  # elements of one list or dict that are looked at


class World:
    """What is reached from a function, in the order in which it is found.

    `entries` are (path, dict, key, value), the dict being that of a module, a function's globals or an object's
    attributes; `tensors` are (path, tensor).
    """

    def __init__(self, function, arguments=()):
        self.entries, self.tensors, self.values, self.watched = [], [], [], []
        self._seen, self._classes, self._alive = set(), set(), []
        self._visit("", function, quick=True)
        for k, x in enumerate(arguments):
            if not isinstance(x, HoldsArray):
                self._visit(f"argument {k}", x, quick=True)
        self.changes = capture.changes
        self.leaves = [leaf for leaf in (_leaf(x) for _, x in self.tensors) if leaf is not None]
        self.arrays, self.edges = [x.array for _, x in self.tensors], [x._edge for _, x in self.tensors]
        self._objects = [x for _, x in self.tensors]

    # Whether all is as it was

    def is_same(self):
        """Whether everything is what it was. Some 30 ns for each name."""
        for _, names, key, value in self.entries:
            if names.get(key) is not value:
                return False
        if capture.changes != self.changes:
            return False
        return _are(self._objects, ARRAY, self.arrays) and _are(self._objects, EDGE, self.edges)

    def equals(self, other):
        """Whether another World, found just now, has the same in it; then this one is brought up to date."""
        if len(self.values) != len(other.values):
            return False
        for (path, x), (path_too, y) in zip(self.values, other.values):
            if path != path_too or not _alike(x, y):
                return False
        if len(self.arrays) != len(other.arrays):
            return False
        if not (_are(other._objects, ARRAY, self.arrays) and _are(other._objects, EDGE, self.edges)):
            return False
        self.entries, self.changes = other.entries, other.changes
        return True

    def first_difference(self, other):
        """The name of what differs, for a message."""
        for (path, x), (path_too, y) in zip(self.values, other.values):
            if path != path_too or not _alike(x, y):
                return path.lstrip(".")
        for (path, x), array, edge in zip(self.tensors, self.arrays, self.edges):
            if x.array is not array or x._edge is not edge:
                return f"the tensor {path.lstrip('.')}"
        return f"other things than before: {len(other.values)} in place of {len(self.values)}"

    # The search

    def _visit(self, path, x, quick):
        """Find what x refers to. With `quick` changes of it are not counted, so each of its names is compared."""
        self.values.append((path, _shape_of(x)))
        if isinstance(x, PLAIN) or id(x) in self._seen:
            return
        self._seen.add(id(x))
        self._alive.append(x)
        if isinstance(x, HoldsArray):
            self.tensors.append((path, x))
        elif isinstance(x, types.FunctionType):
            self._visit_function(path, x)
        elif isinstance(x, types.MethodType):
            self._visit(path, x.__self__, quick)
            self._visit(path, x.__func__, quick)
        elif isinstance(x, functools.partial):
            for k, part in enumerate((x.func, *x.args, *x.keywords.values())):
                self._visit(f"{path}[{k}]", part, quick)
        elif isinstance(x, dict):
            self._visit_names(path, x, [*x][:MOST], quick, "{}[{!r}]")
        elif isinstance(x, list):
            self._visit_names(path, _Items(x), [len, *range(min(len(x), MOST))], quick, "{}[{}]")
        elif isinstance(x, tuple | set | frozenset):
            for k, part in enumerate([*x][:MOST]):
                self._visit(f"{path}[{k}]", part, quick)
        elif isinstance(x, types.ModuleType):
            return  # whose attributes a function looks up itself
        elif isinstance(x, type):
            self._visit_class(path, x)
        elif isinstance(x, capture.Watched):
            self._visit_class(path, type(x))
            self._visit_names(path, vars(x), [*vars(x)], False, "{}.{}")
        elif _is_ours(type(x)):
            self._visit_opaque(x)
        elif not _is_skipped(type(x)):
            self._visit_class(path, type(x))
            self._visit_names(path, getattr(x, "__dict__", {}), [*getattr(x, "__dict__", {})], quick, "{}.{}")
            slots = _Slots(x)
            self._visit_names(path, slots, slots.filled(), quick, "{}.{}")

    def _visit_names(self, path, names, keys, quick, form):
        for key in keys:
            value = names[key]
            if quick:
                self.entries.append((form.format(path, key), names, key, value))
            self._visit(form.format(path, key), value, quick)

    def _visit_function(self, path, function):
        if _is_ours(function) or _is_skipped(function):
            return
        code = function.__code__
        for name, cell in zip(code.co_freevars, function.__closure__ or ()):
            names = _Cell(cell)
            if names.get(None) is not _EMPTY:
                self.entries.append((f"{path}.{name}", names, None, names.get(None)))
                self._visit(f"{path}.{name}", names.get(None), True)
        names = [name for name in _names_in(code) if name in function.__globals__]
        self._visit_names(path, function.__globals__, names, True, "{}.{}")
        for name in names:
            module = function.__globals__[name]
            if isinstance(module, types.ModuleType) and not (_is_ours(module) or _is_skipped(module)):
                used = [x for x in _attributes_in(code) if x in vars(module)]
                self._visit_names(f"{path}.{name}", vars(module), used, True, "{}.{}")
        for part in (function.__defaults__, function.__kwdefaults__, getattr(function, "__wrapped__", None)):
            if part is not None:
                self._visit(path, part, True)

    def _visit_class(self, path, kind):
        """What a user's class defines: methods, which may refer to globals, and attributes of all its objects."""
        for parent in kind.__mro__:
            if parent not in self._classes and not _is_ours(parent) and not _is_skipped(parent):
                self._classes.add(parent)
                names = [name for name in vars(parent) if name not in MADE_BY_PYTHON]
                self._visit_names(f"{path}.{parent.__name__}", vars(parent), names, True, "{}.{}")

    def _visit_opaque(self, x):
        """The memory of the library's own objects, such as an optimizer, which look after themselves.

        None of it is held: whether a gradient is, is what an optimizer looks at.
        """
        stack, seen = [x], set()
        while stack:
            x = stack.pop()
            if id(x) in seen or isinstance(x, OPAQUE):
                continue
            seen.add(id(x))
            if isinstance(x, HoldsArray | np.ndarray):
                array = getattr(x, "array", x)
                if isinstance(array, np.ndarray):
                    self.watched.append(ref_of(array))
            elif isinstance(x, dict):
                stack += x.values()
            elif isinstance(x, list | tuple | set | frozenset):
                stack += x
            elif not isinstance(x, Leaf):
                stack += getattr(x, "__dict__", {}).values()
                stack += [getattr(x, name) for name in getattr(type(x), "__slots__", ()) if hasattr(x, name)]


def _are(objects, attribute, values):
    """Whether an attribute of each object is what it was."""
    return all(map(operator.is_, map(attribute, objects), values))


class _Slots:
    """The slots of an object, as if they were a dict."""

    def __init__(self, x):
        self.x = x

    def filled(self):
        """The names of those that hold something."""
        kinds = type(self.x).__mro__
        names = [name for kind in kinds for name in np.atleast_1d(vars(kind).get("__slots__", ()))]
        return [str(name) for name in names if name not in MADE_BY_PYTHON and hasattr(self.x, str(name))]

    def __getitem__(self, key):
        return getattr(self.x, key)

    def get(self, key):
        return getattr(self.x, key, _EMPTY)


class _Cell(dict):
    """A variable of an outer function, as if it were a dict of one name."""

    def __init__(self, cell):
        self.cell = cell

    def get(self, key):
        try:
            return self.cell.cell_contents
        except ValueError:
            return _EMPTY


class _Items:
    """A list, as if it were a dict; at the key `len` is its length."""

    def __init__(self, items):
        self.items = items

    def __getitem__(self, key):
        return len(self.items) if key is len else self.items[key]

    def get(self, key):
        return len(self.items) if key is len else self.items[key] if key < len(self.items) else _EMPTY


_EMPTY = object()


def _names_in(code):
    """The globals that a function, and functions inside it, look up."""
    names = dict.fromkeys(i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.update(dict.fromkeys(_names_in(constant)))
    return names


def _attributes_in(code):
    """The names of attributes that a function, and functions inside it, look up."""
    names = dict.fromkeys(i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_ATTR", "LOAD_METHOD"))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.update(dict.fromkeys(_attributes_in(constant)))
    return names


def _package_of(x):
    """The outermost package of a module, class or function."""
    name = x.__name__ if isinstance(x, types.ModuleType) else getattr(x, "__module__", None)
    return (name or "").partition(".")[0]


def _is_ours(x):
    return _package_of(x) == LIBRARY


def _is_skipped(x):
    return _package_of(x) in SKIPPED


def _leaf(x):
    return x._leaf if x._leaf is not None else x._edge if x._edge.__class__ is Leaf else None


def _shape_of(x):
    """What is compared of an object: a plain value, or the object itself, with how many elements it has."""
    return (x, len(x)) if isinstance(x, list | dict | set) else (x, None)


def _alike(x, y):
    (x, n), (y, m) = x, y
    if x is y:
        return n == m
    return isinstance(x, PLAIN) and x.__class__ is y.__class__ and (x == y or (x != x and y != y))
