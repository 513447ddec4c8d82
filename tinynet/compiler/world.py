"""The world of a function: all that it can reach by names, and whether that is still what it was.

A program repeats what a function did once. It is valid for as long as the function would do the same again: as long as
the globals, the variables of outer functions, the attributes and elements that it can reach are the same objects, or
equal numbers and strings. They are compared at each call, those of modules only once one of them has been set
(`capture.changes`).
"""

import collections.abc
import contextlib
import contextvars
import functools
import inspect
import operator
import os
import random
import sys
import types

import numpy as np

from .. import capture
from ..convert import HoldsArray
from ..errors import UninitializedError
from ..kernels.arrays import DeviceArray
from ..leaf import Leaf
from ..source.bytecode import attributes_in, attributes_set_in, globals_in, imports_in
from .holders import EMPTY, MADE_BY_PYTHON, Cell, Context, Items, Slots, Unchanged
from .host import LIBRARY, is_library, is_ours
from .recorder import ref_of

PLAIN = (int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype, range, slice, types.EllipsisType)
LOOKED_INTO = (*PLAIN, types.FunctionType, list, set, collections.abc.Mapping, contextvars.ContextVar)
OPAQUE = (*PLAIN, type, types.ModuleType, types.FunctionType, types.MethodType)
ARRAY, EDGE = operator.attrgetter("array"), operator.attrgetter("_edge")
OF_MODULES = frozenset(["_kinds"])  # of which changes are counted, as of the hooks
QUESTIONS = frozenset("lr get_lr get_last_lr step_count grad_norm".split())  # methods and properties that tell numbers
STREAMS = np.random.Generator, np.random.RandomState, random.Random
FOREIGN = frozenset(["numpy", "numba", "llvmlite", "torch", "matplotlib"])  # whose objects nobody looks into
SMALL = 256  # numbers in an array of NumPy's that are compared at each call
MOST = 10_000  # elements of one list or dict that are looked at


LOOKED_THROUGH = []  # (kinds of objects, the method of a World that looks through one of them)


def _looks_through(*kinds):
    def enter(method):
        LOOKED_THROUGH.append((kinds, method))
        return method

    return enter


class World:
    """What is reached from a function, in the order in which it is found.

    `entries` are (path, dict, key, value), the dict being that of a module, a function's globals or an object's
    attributes; `tensors` are (path, tensor).
    """

    def __init__(self, function, arguments=()):
        self.entries, self.tensors, self.arrays, self.values, self.watched = [], [], [], [], []
        self._seen, self._classes, self._alive = set(), set(), []
        self.contents = []  # what `Unchanged` has said
        self.functions = []  # of the user's
        self.methods = {}  # of classes of the library's: (class, name), in their order
        self.moving = []  # paths of iterators and of random streams that are not the library's
        self._leaves = []  # of parameters that only an optimizer refers to
        self._opaque, self._attributes, self._modules = [], set(), set()
        self._visit("", function, quick=True)
        for k, x in enumerate(arguments):
            if not isinstance(x, HoldsArray):
                self._visit(f"argument {k}", x, quick=True)
        self._visit_what_is_read()
        self.changes = capture.changes
        found = [leaf for leaf in (_leaf(x) for _, x in self.tensors) if leaf is not None]
        self.leaves = list(dict.fromkeys([*found, *self._leaves]))
        self.edges = [x._edge for _, x in self.tensors]
        self._objects = [x for _, x in self.tensors]
        named = [*[(function, part) for function in self.functions for part in _parts(function)], *self.methods]
        self._holders, self._names = [x for x, _ in named], [name for _, name in named]
        self._held = list(map(getattr, self._holders, self._names))

    # Whether all is as it was

    def is_same(self):
        """Whether everything is what it was. Some 30 ns for each name."""
        for _, names, key, value in self.entries:
            if names.get(key) is not value:
                return False
        if capture.changes != self.changes:
            return False
        return (
            _are(self._objects, ARRAY, self.arrays)
            and _are(self._objects, EDGE, self.edges)
            and all(map(operator.is_, map(getattr, self._holders, self._names), self._held))
        )

    def equals(self, other):
        """Whether another World, found just now, has the same in it; then this one is brought up to date."""
        if len(self.values) != len(other.values) or self.contents != other.contents:
            return False
        for (path, x), (path_too, y) in zip(self.values, other.values):
            if path != path_too or not _alike(x, y):
                return False
        if len(self.arrays) != len(other.arrays) or not _same(self._held, other._held):
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
        visit = next((visit for kinds, visit in LOOKED_THROUGH if isinstance(x, kinds)), World._visit_object)
        visit(self, path, x, quick)

    # By the kind of an object, the first that fits

    @_looks_through(HoldsArray)
    def _visit_tensor(self, path, x, quick):
        with contextlib.suppress(UninitializedError):  # it has no memory yet
            self.arrays.append(x.array)
            self.tensors.append((path, x))
        self._visit_beside(path, x)
        for hook in list((getattr(_leaf(x), "hooks", None) or {}).values()):
            self._visit(f"{path}.hook", hook, True)

    @_looks_through(types.FunctionType)
    def _visit_function(self, path, function, quick):
        if function is os.getenv:
            self._visit(path, os.environ, True)
        if _is_ours(function):  # it may have been given a function of the user's
            for cell in function.__closure__ or ():
                inside = Cell(cell).get(None)
                if isinstance(inside, types.FunctionType | types.MethodType | functools.partial | capture.Watched):
                    self._visit(path, inside, True)
            return
        if _is_skipped(function):
            return
        code = function.__code__
        self._attributes.update(attributes_in(code))
        for name, cell in zip(code.co_freevars, function.__closure__ or ()):
            names = Cell(cell)
            if names.get(None) is not EMPTY:
                self.entries.append((f"{path}.{name}", names, None, names.get(None)))
                self._visit(f"{path}.{name}", names.get(None), True)
        names = [name for name in globals_in(code) if name in function.__globals__]
        self._visit_names(path, function.__globals__, names, True, "{}.{}")
        inside = [sys.modules.get(name) for name in imports_in(code)]
        for module in (*[function.__globals__[name] for name in names], *inside):
            if isinstance(module, types.ModuleType):
                self._visit_module(f"{path}.{module.__name__}", module, attributes_in(code))
        self.functions.append(function)
        for name in ("__defaults__", "__kwdefaults__"):
            self._visit(f"{path}.{name}", getattr(function, name), True)
        if vars(function):
            self._visit_dict(path, vars(function), [*vars(function)], "{}.{}")

    @_looks_through(contextvars.ContextVar)
    def _visit_context_variable(self, path, x, quick):
        value = x.get(EMPTY)
        self.entries.append((path, Context(x), None, value))
        self._visit(f"{path}.get()", value, True)

    @_looks_through(types.MethodType)
    def _visit_method(self, path, x, quick):
        self._visit(path, x.__self__, quick)
        self._visit(path, x.__func__, quick)

    @_looks_through(functools.partial)
    def _visit_partial(self, path, x, quick):
        self._visit_parts(path, (x.func, *x.args, x.keywords), quick)

    @_looks_through(dict, types.MappingProxyType)
    def _visit_mapping(self, path, x, quick):
        self._visit_dict(path, x, [*x][:MOST], "{}[{!r}]")
        self._visit_beside(path, x)

    @_looks_through(list, collections.deque)
    def _visit_list(self, path, x, quick):
        self._visit_names(path, Items(x), [len, *range(min(len(x), MOST))], True, "{}[{}]")
        self._visit_beside(path, x)

    @_looks_through(np.ndarray)
    def _visit_array(self, path, x, quick):
        if x.size <= SMALL:
            self._watch(path, Unchanged(x, lambda x: (x.dtype, x.shape, x.tobytes())))

    @_looks_through(set)
    def _visit_set(self, path, x, quick):
        self._watch(path, Unchanged(x, frozenset))
        self._visit_parts(path, x, quick)

    @_looks_through(property)
    def _visit_property(self, path, x, quick):
        for part in (x.fget, x.fset):
            self._visit(path, part, True)

    @_looks_through(staticmethod, classmethod)
    def _visit_method_of_a_class(self, path, x, quick):
        self._visit(path, x.__func__, True)

    @_looks_through(tuple, frozenset)
    def _visit_parts(self, path, x, quick):
        for k, part in enumerate([*x][:MOST]):
            self._visit(f"{path}[{k}]", part, quick)

    @_looks_through(types.ModuleType)
    def _visit_nothing(self, path, x, quick):
        """A function looks up attributes of a module itself."""

    @_looks_through(type)
    def _visit_type(self, path, x, quick):
        self._visit_class(path, x)

    @_looks_through(capture.Watched)
    def _visit_watched(self, path, x, quick):
        self._visit_class(path, type(x))
        self._visit_methods(path, type(x), ["forward"])
        self._visit_names(path, vars(x), [name for name in vars(x) if name not in OF_MODULES], False, "{}.{}")

    def _visit_object(self, path, x, quick):
        """Any other object."""
        if "__wrapped__" in getattr(x, "__dict__", {}):  # a compiled function, say
            self._visit(path, x.__wrapped__, True)
        elif isinstance(x, STREAMS) or hasattr(type(x), "__next__"):
            self.moving.append(path)
        elif _looks_after_itself(type(x)):
            known = set(self._attributes)
            self._visit_class(path, type(x))
            self._attributes = known  # what its own methods ask of it does not count
            self._opaque.append((path, x))
            self._visit_opaque(x)
        elif _package_of(type(x)) not in FOREIGN:
            self._visit_class(path, type(x))
            self._visit_dict(path, getattr(x, "__dict__", {}), [*getattr(x, "__dict__", {})], "{}.{}")
            slots = Slots(x)
            self._visit_names(path, slots, slots.filled(), quick, "{}.{}")

    def _visit_beside(self, path, x):
        """The attributes that an object has been given besides what it holds."""
        if getattr(x, "__dict__", None):
            self._visit_dict(path, x.__dict__, [*x.__dict__], "{}.{}")

    def _watch(self, path, unchanged):
        self.entries.append((path, unchanged, None, True))
        self.contents.append(unchanged.known)

    def _visit_dict(self, path, names, keys, form):
        self._watch(path, Unchanged(names, len))
        self._visit_names(path, names, keys, True, form)

    def _visit_names(self, path, names, keys, quick, form):
        for key in keys:
            value = names[key]
            if quick:
                self.entries.append((form.format(path, key), names, key, value))
            self._visit(form.format(path, key), value, True)

    def _visit_module(self, path, module, used):
        """The attributes of a module that a function may look up, and what is in a user's and in plain ones."""
        if id(module) in self._modules:
            return
        self._modules.add(id(module))
        names, is_users = [name for name in used if name in vars(module)], not (_is_ours(module) or _is_skipped(module))
        for name in names:
            value = vars(module)[name]
            self.entries.append((f"{path}.{name}", vars(module), name, value))
            if is_users or isinstance(value, LOOKED_INTO):
                self._visit(f"{path}.{name}", value, True)
        for name in names:
            if isinstance(vars(module)[name], types.ModuleType):
                self._visit_module(f"{path}.{name}", vars(module)[name], used)

    def _visit_what_is_read(self):
        """Of the library's own objects, such as optimizers and schedulers, what the user's code asks for by name."""
        used = {name for name in self._attributes if not name.startswith("_")}
        for path, x in self._opaque:
            own, is_asked = getattr(x, "__dict__", {}), any(hasattr(type(x), name) for name in used & QUESTIONS)
            names = [name for name in own if name in used or (is_asked and isinstance(own[name], (*PLAIN, list)))]
            self._visit_names(path, own, names, True, "{}.{}")
            self._visit_methods(path, type(x), used)
            for name in _read_by_own_methods(type(x), used).difference(names):
                self.entries.append((f"{path}.{name}", own, name, own.get(name)))
                self._visit(f"{path}.{name}", own.get(name), True)

    def _visit_methods(self, path, kind, names):
        """Methods of the library's classes, which somebody may replace."""
        for name in names:
            method = getattr(kind, name, None)
            if isinstance(method, types.FunctionType) and (kind, name) not in self.methods:
                self.methods[kind, name] = None
                self._visit(f"{path}.{name}", method, True)

    def _visit_class(self, path, kind):
        """What a user's class defines: methods, which may refer to globals, and attributes of all its objects."""
        for parent in kind.__mro__:
            if parent not in self._classes and not _is_ours(parent) and not _is_skipped(parent):
                self._classes.add(parent)
                self._watch(path, Unchanged(vars(parent), len))
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
            if isinstance(x, HoldsArray) and _leaf(x) is not None:
                self._leaves.append(_leaf(x))
            if isinstance(x, HoldsArray | np.ndarray | DeviceArray):
                array = getattr(x, "array", x)
                if isinstance(array, np.ndarray | DeviceArray):
                    self.watched.append(ref_of(array))
            elif isinstance(x, dict):
                stack += x.values()
            elif isinstance(x, list | tuple | set | frozenset):
                stack += x
            elif not isinstance(x, Leaf):
                stack += getattr(x, "__dict__", {}).values()
                stack += [getattr(x, name) for name in getattr(type(x), "__slots__", ()) if hasattr(x, name)]


def _parts(function):
    """What of a function may be replaced."""
    code = function.__code__
    own = {"__code__": 1, "__defaults__": code.co_argcount, "__kwdefaults__": code.co_kwonlyargcount}
    return [name for name, count in own.items() if count]


def _same(x, y):
    """Whether two lists have the same objects."""
    return len(x) == len(y) and all(map(operator.is_, x, y))


def _are(objects, attribute, values):
    """Whether an attribute of each object is what it was."""
    return all(map(operator.is_, map(attribute, objects), values))


def _package_of(x):
    """The outermost package of a module, class or function."""
    name = x.__name__ if isinstance(x, types.ModuleType) else getattr(x, "__module__", None)
    return (name or "").partition(".")[0]


def _is_ours(x):
    return is_ours(_package_of(x))


def _looks_after_itself(kind):
    """Whether objects of a class are the library's, such as optimizers and schedules, also of a user's subclass."""
    ours = [parent.__module__ for parent in kind.__mro__ if _is_ours(parent)]
    return bool(ours) and not any(name.startswith(f"{LIBRARY}.distributions") for name in ours)


def _read_by_own_methods(kind, used):
    """The attributes that methods of a user's subclass read, of those methods that the user's code calls.

    What these set, and what the library's own methods do, as a count of steps, is left out: they run at each step.
    """
    theirs = [parent for parent in kind.__mro__ if not _is_ours(parent) and not _is_skipped(parent)]
    methods = {name: f for parent in theirs for name, f in vars(parent).items() if isinstance(f, types.FunctionType)}
    read, written, left = set(), set(), [name for name in methods if name in used]
    while left:
        code = inspect.unwrap(methods.pop(left.pop())).__code__
        read.update(attributes_in(code))
        written.update(attributes_set_in(code))
        left = [name for name in methods if name in used or name in read]
    for parent in kind.__mro__ if read else ():
        if _is_ours(parent):
            ours = [inspect.unwrap(f) for f in vars(parent).values() if isinstance(f, types.FunctionType)]
            read.difference_update(vars(parent), *[attributes_set_in(f.__code__) for f in ours])
    return {name for name in read - written if not name.startswith("__")}


def _is_skipped(x):
    return is_library(_package_of(x))


def _leaf(x):
    return x._leaf if x._leaf is not None else x._edge if x._edge.__class__ is Leaf else None


def _shape_of(x):
    """What is compared of an object: a plain value, or the object itself, with how many elements it has."""
    return (x, len(x)) if isinstance(x, list | dict | set) else (x, None)


def _alike(x, y):
    (x, n), (y, m) = x, y
    if x is y:
        return n == m
    return isinstance(x, PLAIN) and value_key(x) == value_key(y)


def value_key(x):
    """What two plain values have in common if they are the same in all that a program may depend on; else identity."""
    if isinstance(x, float):
        return x.__class__, x.hex()
    return (x.__class__, x) if isinstance(x, PLAIN) else (x.__class__, id(x))
