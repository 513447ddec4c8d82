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

def current_accelerator(check_available: _bool = False):
    """The device of the GPU, or None where there is none."""
def current_device_idx():
    """The number of the GPU that is used: 0. Raises DeviceError where there is none."""
def current_device_index():
    """The number of the GPU that is used: 0. Raises DeviceError where there is none."""
def device_count():
    """How many GPUs there are; 0 where none can be used. Tensors use the first."""
def is_available():
    """Whether there is a GPU, with a driver, that tensors can be moved to."""
def set_device_idx(device):
    """Accept the first GPU, the one that is used. Raises DeviceError for another."""
def set_device_index(device):
    """Accept the first GPU, the one that is used. Raises DeviceError for another."""
def synchronize(device = None):
    """Wait until all that this thread has launched is done. Raises what went wrong on the device meanwhile."""
