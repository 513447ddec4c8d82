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

class safe_globals:
    """`add_safe_globals` for the length of a `with` block."""
    def __init__(self, safe_globals) -> None: ...
    def __enter__(self): ...
    def __exit__(self, *error: Any): ...

def add_safe_globals(safe_globals):
    """Accept classes and functions that a file may name: `load` calls none of them, whatever stands here."""
def clear_safe_globals():
    """Forget what was given to `add_safe_globals`."""
def get_safe_globals():
    """What was given to `add_safe_globals`."""
def load(f, map_location = None, pickle_module = None, *, weights_only = None, mmap = None):
    """What `save` wrote to a path or a binary file; a file of PyTorch's; or the tensors of a safetensors file, by name."""
def save(obj, f, pickle_module = None, pickle_protocol: Any = 2, _use_new_zipfile_serialization: _bool = True):
    """Write an object to a path, whole or not at all, or to a binary file: containers, numbers, strings and tensors."""
