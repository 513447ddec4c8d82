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

_F = TypeVar("_F", bound=Callable[..., Any])
mode: Any
class _GradMode(ContextDecorator):
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...
    def __call__(self, func: _F) -> _F: ...
class set_grad_enabled(_GradMode):
    def __init__(self, mode: _bool) -> None: ...
def module_paths() -> _bool:
    """In the block modules say where they are, as `mode.path`. Blocks may overlap, and end in any order."""
@overload
def no_grad(orig_func: None = None) -> _GradMode: ...
@overload
def no_grad(orig_func: _F) -> _F: ...
@overload
def enable_grad(orig_func: None = None) -> _GradMode: ...
@overload
def enable_grad(orig_func: _F) -> _F: ...
@overload
def inference_mode(mode: _bool = True) -> _GradMode: ...
@overload
def inference_mode(mode: _F) -> _F: ...
def is_grad_enabled() -> _bool:
    """Whether operations on tensors that require grad are recorded at this point."""
