"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias


class CompiledStep:
    """What `compile` returns: call it as the function."""
    function: Any
    fallback: Any
    programs: Any
    def __init__(self, function, fallback) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    @property
    def source(self):
        """The program that was made last, as text."""
    def export(self, path):
        """Write the step to a Python file that needs NumPy and Numba alone, and goes on from here, with the same bits."""
    def __getattr__(self, name) -> Any:
        """What the function has, such as the parameters of a model."""
    def __get__(self, instance, kind = None) -> Any:
        """Of a method, a compiled function for each object, which is kept as its attribute from then on."""
    def __reduce__(self): ...
    def __repr__(self): ...
@overload
def compile(function: None = ..., *, fullgraph: Any = ..., dynamic: Any = ..., backend: Any = ..., mode: Any = ..., options: Any = ..., disable: Any = ..., fallback: Any = ...) -> Callable[[Callable[..., Any]], CompiledStep]: ...
@overload
def compile(function: Callable[..., Any], *, fullgraph: Any = ..., dynamic: Any = ..., backend: Any = ..., mode: Any = ..., options: Any = ..., disable: Any = ..., fallback: Any = ...) -> CompiledStep: ...
