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
def save(obj, f, pickle_module = None, pickle_protocol: Any = 2, _use_new_zipfile_serialization: _bool = True) -> Any:
    """Write an object to a path, whole or not at all, or to a binary file: containers, numbers, strings and tensors."""
def load(f, map_location = None, pickle_module = None, *, weights_only = None, mmap = None) -> Any:
    """What `save` wrote to a path or a binary file; a file of PyTorch's; or the tensors of a safetensors file, by name."""
