"""Modules that hold modules in order."""

from collections import OrderedDict

from ..arguments import wrong_kind
from .module import Module


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
        for module in modules:
            self.append(module)
        return self


class Sequential(_Numbered):
    """Modules applied one after another: Sequential(a, b)(x) = b(a(x)). Takes modules, or an OrderedDict of them."""

    def __init__(self, *modules):
        named = len(modules) == 1 and isinstance(modules[0], OrderedDict)
        super().__init__(modules[0].items() if named else ((str(i), m) for i, m in enumerate(modules)))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Sequential(OrderedDict(self._items()[index]))
        return getattr(self, self._name_of(index))

    def forward(self, input):
        for module in self.__dict__.values():
            if isinstance(module, Module):
                input = module(input)
        return input


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
            return ModuleList([m for _, m in self._items()[index]])
        return getattr(self, self._name_of(index))
