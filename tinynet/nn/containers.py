"""Modules that hold modules, or parameters, in order or by name."""

import itertools
from collections import OrderedDict

from ..arguments import integer, wrong_kind
from ..errors import ArgumentValueError
from ..tensor import Tensor
from .module import MODULE, Module
from .parameter import Parameter


class _Numbered(Module):
    """Modules as attributes '0', '1', ..., which is also how their parameters are named."""

    def __init__(self, modules):
        for name, module in modules:
            self._check(module)
            setattr(self, name, module)

    def _check(self, module):
        if not isinstance(module, Module):
            raise TypeError(f"{type(self).__name__}: expected modules, got {type(module).__name__}")

    def _items(self):
        return [(n, m) for n, m in self.__dict__.items() if isinstance(m, Module)]

    def _name_of(self, index):
        names = [n for n, _ in self._items()]
        if not -len(names) <= index < len(names):
            raise IndexError(f"{type(self).__name__}: expected an index below {len(names)}, got {index}")
        return names[index]

    def __len__(self):
        return len(self._items())

    def __iter__(self):
        return iter([m for _, m in self._items()])

    def __setitem__(self, index, module):
        self._check(module)
        setattr(self, self._name_of(index), module)

    def append(self, module):
        """Add a module at the end."""
        self._check(module)
        setattr(self, str(len(self)), module)
        return self

    def extend(self, modules):
        """Add several modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def _set_all(self, modules):
        """Let the modules be these, named by their numbers."""
        for module in modules:
            self._check(module)
        for name, _ in self._items():
            delattr(self, name)
        for i, module in enumerate(modules):
            setattr(self, str(i), module)

    def __delitem__(self, index):
        if not isinstance(index, slice):
            self._name_of(index)
        modules = list(self)
        del modules[index]
        self._set_all(modules)

    def pop(self, key):
        """Remove a module, and return it; those after it get the numbers before theirs."""
        module = self[key]
        del self[key]
        return module

    def insert(self, index, module):
        """Put a module before the one of this index; those after it get the numbers after theirs."""
        modules = list(self)
        modules.insert(integer(type(self).__name__, "index", index, -len(modules), len(modules)), module)
        self._set_all(modules)

    def __dir__(self):
        return [name for name in super().__dir__() if not name.isdigit()]


class Sequential(_Numbered):
    """Modules applied one after another: Sequential(a, b)(x) = b(a(x)). Takes modules, or an OrderedDict of them."""

    def __init__(self, *modules):
        named = len(modules) == 1 and isinstance(modules[0], OrderedDict)
        super().__init__(modules[0].items() if named else ((str(i), m) for i, m in enumerate(modules)))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(self._items()[index]))
        return getattr(self, self._name_of(index))

    def insert(self, index, module):
        super().insert(index, module)
        return self

    def __add__(self, other):
        return Sequential(*self, *_modules_of(other))

    def __iadd__(self, other):
        return self.extend(_modules_of(other))

    def __mul__(self, other):
        return Sequential(*[*self] * integer("Sequential", "the factor", other, 1))

    __rmul__ = __mul__

    def __imul__(self, other):
        return self.extend([*self] * (integer("Sequential", "the factor", other, 1) - 1))

    def forward(self, input):
        for module in self.__dict__.values():
            if isinstance(module, Module):
                input = module(input)
        return input


def _modules_of(other):
    if not isinstance(other, Sequential):
        raise ArgumentValueError(f"Sequential: expected a Sequential to add, got {type(other).__name__}")
    return list(other)


class ModuleList(_Numbered):
    """A list of modules, which a module of yours calls as it likes."""

    def __init__(self, modules=None):
        try:
            modules = [] if modules is None else list(modules)
        except TypeError:
            raise wrong_kind("ModuleList", "modules", "an iterable of modules", modules) from None
        super().__init__((str(i), m) for i, m in enumerate(modules))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)([m for _, m in self._items()[index]])
        return getattr(self, self._name_of(index))

    def __add__(self, other):
        return ModuleList([*self, *other])

    def __iadd__(self, other):
        return self.extend(other)

    def __repr__(self):
        lines, first = [], 0
        for text, equal in itertools.groupby(map(repr, self)):
            n = len(list(equal))
            name, times = (f"{first}", "") if n == 1 else (f"{first}-{first + n - 1}", f"{n} x ")
            lines.append(f"  ({name}): {times}{text}".replace("\n", "\n  "))
            first += n
        return "\n".join([f"{type(self).__name__}(", *lines, ")"]) if lines else f"{type(self).__name__}()"


class _Named(Module):
    """The methods of a mapping that follow from getting, setting and deleting by name, and from the names in order."""

    def items(self):
        """(name, value) pairs."""
        return {name: self[name] for name in self}.items()

    def values(self):
        """The values."""
        return {name: self[name] for name in self}.values()

    def pop(self, key):
        """Remove a value, and return it."""
        value = self[key]
        del self[key]
        return value

    def clear(self):
        """Remove all values."""
        for key in list(self):
            del self[key]

    def _update(self, what, given):
        try:
            pairs = list(given.items() if hasattr(given, "items") else map(tuple, given))
        except TypeError:
            raise wrong_kind(type(self).__name__, what, "a mapping or an iterable of pairs", given) from None
        for key, value in pairs:
            self[key] = value


class ModuleDict(_Named):
    """Modules by name, in the order in which they came; a module of yours calls them as it likes."""

    def __init__(self, modules=None):
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        if self._kinds.get(key) != MODULE:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key, module):
        if key in self:
            setattr(self, key, module)
        else:
            self.add_module(key, module)

    def __delitem__(self, key):
        self[key]
        delattr(self, key)

    def __len__(self):
        return len(self.keys())

    def __iter__(self):
        return iter(self.keys())

    def __contains__(self, key):
        return self._kinds.get(key) == MODULE

    def keys(self):
        """The names."""
        return dict.fromkeys(name for name, kind in self._kinds.items() if kind == MODULE).keys()

    def update(self, modules):
        """Add the modules of a mapping, or of pairs, or set them anew.

        Raises: TypeError for what is neither, or holds no modules.
        """
        self._update("modules", modules)

    def forward(self, *args, **kwargs):
        raise NotImplementedError("ModuleDict has no forward: call its modules")


def _as_parameter(value):
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _text_of(value):
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    return f"{kind} containing: [{value.dtype} of size {'x'.join(map(str, value.shape))}]"


class _Parameters(Module):
    """The base of the containers of parameters: values are kept by name, a tensor as a Parameter."""

    def __init__(self):
        self._names = {}  # in order; of values that are no parameters too

    def _set(self, name, value):
        setattr(self, name, _as_parameter(value))
        self._names[name] = None

    def __len__(self):
        return len(self._names)

    def extra_repr(self):
        return "\n".join(f"  ({name}): {_text_of(getattr(self, name))}" for name in self._names)

    def __repr__(self):
        return f"{type(self).__name__}(\n{self.extra_repr()}\n)" if self._names else f"{type(self).__name__}()"

    def forward(self, *args, **kwargs):
        raise NotImplementedError(f"{type(self).__name__} has no forward: it holds parameters")


class ParameterList(_Parameters):
    """A list of parameters; a tensor that is put in becomes one."""

    def __init__(self, values=None):
        super().__init__()
        self.extend([] if values is None else values)

    def _name_of(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"ParameterList: expected an index below {len(self)}, got {index}")
        return str(index % len(self))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return ParameterList([getattr(self, str(i)) for i in range(*index.indices(len(self)))])
        return getattr(self, self._name_of(index))

    def __setitem__(self, index, value):
        self._set(self._name_of(index), value)

    def __iter__(self):
        return iter([getattr(self, name) for name in self._names])

    def __iadd__(self, values):
        return self.extend(values)

    def append(self, value):
        """Add a value at the end."""
        self._set(str(len(self)), value)
        return self

    def extend(self, values):
        """Add several values at the end.

        Raises: TypeError for a single tensor, and for what is no iterable.
        """
        if isinstance(values, Tensor) or not hasattr(values, "__iter__"):
            raise wrong_kind("ParameterList", "values", "an iterable of parameters", values)
        for value in values:
            self.append(value)
        return self


class ParameterDict(_Named, _Parameters):
    """Parameters by name; a tensor that is put in becomes one."""

    def __init__(self, parameters=None):
        super().__init__()
        self.update({} if parameters is None else parameters)

    def __getitem__(self, key):
        if key not in self._names:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key, value):
        if key not in self._names and hasattr(self, key):
            raise KeyError(f"ParameterDict: {key!r} is an attribute of every such object")
        self._set(key, value)

    def __delitem__(self, key):
        self[key]
        delattr(self, key)
        del self._names[key]

    def __iter__(self):
        return iter(self._names)

    def __contains__(self, key):
        return key in self._names

    def keys(self):
        """The names."""
        return self._names.keys()

    def __reversed__(self):
        return reversed(list(self))

    def __or__(self, other):
        return self.copy().__ior__(other)

    def __ror__(self, other):
        found = ParameterDict(other)
        found.update(self)
        return found

    def __ior__(self, other):
        self.update(other)
        return self

    def copy(self):
        """Another ParameterDict with the same parameters."""
        return ParameterDict({key: self[key] for key in self})

    def popitem(self):
        """Remove the last (name, value), and return it."""
        if not self._names:
            raise KeyError("popitem: the ParameterDict is empty")
        key = list(self)[-1]
        return key, self.pop(key)

    def setdefault(self, key, default=None):
        """The value by a name, which is set to the default if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def fromkeys(self, keys, default=None):
        """Another ParameterDict with these names, all with the default as their value."""
        return ParameterDict(dict.fromkeys(keys, default))

    def get(self, key, default=None):
        """The value by a name, or the default."""
        return self[key] if key in self else default

    def update(self, parameters):
        """Add the values of a mapping, or of pairs, or set them anew.

        Raises: TypeError for what is neither.
        """
        self._update("parameters", parameters)
