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
class FloatTensor(Tensor): ...
class DoubleTensor(Tensor): ...
class HalfTensor(Tensor): ...
class LongTensor(Tensor): ...
class IntTensor(Tensor): ...
class ShortTensor(Tensor): ...
class CharTensor(Tensor): ...
class ByteTensor(Tensor): ...
class BoolTensor(Tensor): ...
from . import random as random

class LocatedError(Exception):
    """An error raised under a module's `forward`, which learns its place while it travels up through the modules."""
    message: Any
    module: Any
    path: Any
    def __init__(self, message) -> None: ...
    def enter(self, module):
        """Note that `module.forward` let this error pass."""
    def __str__(self): ...

class DeviceError(LocatedError, RuntimeError):
    """A device that cannot be used, or operands that lie on different devices."""

class KernelError(LocatedError, RuntimeError):
    """A kernel that failed on a device. The device is not usable any more by this process."""

class OutOfMemoryError(LocatedError, MemoryError, RuntimeError):
    """A device's memory that does not suffice; what there was before is as it was."""

def allow_tf32(flag):
    """Whether cuBLAS may round factors of float32 to TensorFloat-32, 10 bits of mantissa; by default it may not."""
def current_device():
    """The number of the GPU that is used: 0. Raises DeviceError where there is none."""
def device_count():
    """How many GPUs there are; 0 where none can be used. Tensors use the first."""
def empty_cache():
    """Give memory that no tensor uses back to the driver, for other programs."""
def get_device_capability(device: Any = ...):
    """(major, minor), what the GPU can do. Raises DeviceError where there is none."""
def get_device_name(device: Any = ...):
    """What the GPU calls itself. Raises DeviceError where there is none."""
def is_available():
    """Whether there is a GPU, with a driver, that tensors can be moved to."""
def is_bf16_supported(including_emulation: _bool = True):
    """Whether there are tensors of bfloat16: no."""
def is_initialized():
    """Whether the GPU is in use."""
def is_installed():
    """Whether the package that compiles for GPUs is there."""
def manual_seed(seed):
    """Start the stream of random numbers anew, where there is a GPU: the CPU and it draw from the same one."""
def manual_seed_all(seed):
    """Start the stream of random numbers anew, where there is a GPU: the CPU and it draw from the same one."""
def max_memory_allocated():
    """The most bytes that were in use by tensors at once, since the last `reset_peak_memory_stats`."""
def mem_get_info():
    """(free, total) bytes of the GPU's memory, as its driver has it."""
def memory_allocated():
    """Bytes in use by tensors."""
def memory_reserved():
    """Bytes held from the driver, in use or kept for the next tensors."""
def reset_peak_memory_stats():
    """Let `max_memory_allocated` count anew, from what is in use now."""
def set_device(device):
    """Accept the first GPU, the one that is used. Raises DeviceError for another, or where there is none."""
def synchronize(device = None):
    """Wait until all that this thread has launched is done. Raises what went wrong on the device meanwhile."""
def use_cublas(flag):
    """Whether matrix products go to cuBLAS where it is installed, which is the default, or to a kernel of our own."""
