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

class autocast:
    """A context, or a decorator of a function, in which operations would choose their dtypes: here it does nothing."""
    def __init__(self, device_type, dtype = None, enabled: _bool = True, cache_enabled = None) -> None: ...
    def __enter__(self): ...
    def __exit__(self, *error: Any): ...
    def __call__(self, func):
        """The function itself. Raises ArgumentTypeError for what cannot be called."""

def expect_nothing_to_do(device_type, dtype, enabled):
    """Return where `autocast` is disabled, with PyTorch's warnings. Raises ArgumentValueError elsewhere."""
def device_kind(where, device_type):
    """"cpu" or "cuda", of a device that is given by its name. Raises ArgumentValueError for another."""
def custom_fwd(fwd = None, *, device_type, cast_inputs = None):
    """Decorates `forward` of an `autograd.Function`: called as it is, since inputs are cast under `autocast` alone."""
def custom_bwd(bwd = None, *, device_type):
    """Decorates `backward` of an `autograd.Function`: it is called as it is."""
def is_autocast_available(device_type):
    """Whether operations on this device can choose their dtypes: no. Raises ArgumentValueError for another device."""
def is_autocast_enabled(device_type = None):
    """Whether operations choose their dtypes at this point: no."""
