"""`tinynet.accelerator`: the GPU, if there is one, without its kind being named."""

from . import cuda
from .cuda import current_device as current_device_index
from .cuda import device_count, is_available, set_device, synchronize
from .devices import CUDA

__all__ = [
    "current_accelerator", "current_device_idx", "current_device_index", "device_count", "is_available",
    "set_device_idx", "set_device_index", "synchronize",
]  # fmt: skip


def current_accelerator(check_available=False):
    """The device of the GPU, or None where there is none."""
    return CUDA if cuda.is_available() else None


def set_device_index(device):
    """Accept the first GPU, the one that is used. Raises DeviceError for another."""
    set_device(device)


current_device_idx, set_device_idx = current_device_index, set_device_index
