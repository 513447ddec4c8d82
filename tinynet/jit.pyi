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

from tinynet.tensor import Operand, Tensor

def export(fn):
    """The method itself; all methods of a module can be called."""
def ignore(drop: _bool = False, **kwargs: Any):
    """The function itself: `@ignore` and `@ignore()` decorate alike."""
def is_scripting():
    """Whether this runs as a compiled program: never."""
def is_tracing():
    """Whether a trace is being made of this: never."""
def load(f, map_location = None, _extra_files = None, _restore_shapes: _bool = False):
    """Programs of TorchScript cannot be loaded. Raises ArgumentTypeError, which says what can be."""
def optimized_execution(should_optimize):
    """A block in which nothing changes."""
def save(m, f, _extra_files = None):
    """Programs cannot be saved. Raises ArgumentTypeError, which says what can be."""
def script(obj, optimize = None, _frames_up: Any = 0, _rcb = None, example_inputs = None):
    """The function, class or module itself."""
def trace(func, example_inputs = None, optimize = None, check_trace: _bool = True, check_inputs = None, check_tolerance: Any = 1e-05, strict: _bool = True, **options: Any):
    """The function or module itself, which goes on to decide by values at each call; it is not called here."""
def unused(fn):
    """The method itself."""
