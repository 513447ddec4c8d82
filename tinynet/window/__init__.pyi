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

from tinynet.nn.module import Module
from tinynet.tensor import Tensor
from .graph import Graph as Graph
from .model import ModelView as ModelView
from .page import Page as Page
@overload
def show(what: Tensor, *, model: Module | None = None, limit: _int = ...) -> Graph: ...
@overload
def show(what: Module, *inputs: Any, limit: _int = ...) -> ModelView: ...
@overload
def show(what: Any, *, dtype: Any = ...) -> Page: ...
