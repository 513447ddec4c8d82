"""Kernels of formulas of the user's: as those of the library, but in no list of these, and compiled when first used."""

import builtins
import functools
import weakref
from types import FunctionType

from ..source.bytecode import globals_in
from .cpu.elementwise import from_formula, parallel_from
from .reference.elementwise import Pointwise

_frozen = weakref.WeakKeyDictionary()  # function: the same code, with the globals that there were


def frozen(function):
    """The same function, and so those that it calls, with global numbers that stay what they are when first asked for.

    So its kernels, the definition that runs where nothing is compiled, derivatives and compiled steps have the same.
    Raises: NameError where it names what there is not.
    """
    if function.__module__.startswith(__package__.partition(".")[0]):  # of the library, or written by it
        return function
    if function not in _frozen or _frozen[function].__code__ is not function.__code__:
        names = {"__name__": function.__module__}
        made = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
        made.__doc__, _frozen[function] = function.__doc__, made
        try:
            names.update(_globals_of(function))
        except NameError:
            del _frozen[function]
            raise
    return _frozen[function]


def _globals_of(function):
    """{name: what a function calls so}, but for builtins."""
    known, found = function.__globals__, {}
    for name in globals_in(function.__code__):
        if name in known:
            found[name] = frozen(known[name]) if isinstance(known[name], FunctionType) else known[name]
        elif not hasattr(builtins, name):
            raise NameError(f"formula {function.__name__}: name {name!r} is not defined", name=name)
    return found


class OwnFormula(Pointwise):
    """The kernel of a formula whose last parameters, as many as `scalars` says, are numbers."""

    is_listed = False

    def __init__(self, formula, scalars=0):
        super().__init__(formula.__name__, formula, scalars)
        self.on("cpu", from_formula(formula, self.scalars, parallel_from(formula)))

    @functools.cached_property
    def cuda(self):
        from .cuda.lifted.elementwise import Elementwise  # which needs CUDA

        return Elementwise(self.formula)
