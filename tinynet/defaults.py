"""What holds where nothing else is said: the dtype and device of new tensors; and that results repeat."""

from . import devices, dtypes
from .arguments import boolean
from .errors import DTypeError

_deterministic = _warn_only = False


def get_default_dtype():
    """The dtype of Python floats: float32, unless another was set."""
    return dtypes.default


def set_default_dtype(d):
    """Let Python floats, new tensors and parameters be of a floating dtype.

    Raises:
        DTypeError: the dtype is not floating.
    """
    dtype = dtypes.as_dtype(d)
    if not dtypes.is_floating(dtype):
        raise DTypeError(f"set_default_dtype: expected a floating dtype, got {dtype}")
    dtypes.set_default(dtype)


def get_default_device():
    """The device on which tensors of this thread are made: the CPU, unless another was set."""
    return devices.of_thread.default


def set_default_device(device):
    """Let tensors of this thread be made on a device where no other is asked for; None is the CPU."""
    devices.set_default(devices.CPU if device is None else devices.device(device))


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Accepted: results have the same bits in each run, whether or not it was asked for."""
    global _deterministic, _warn_only
    _deterministic = boolean("use_deterministic_algorithms", "mode", mode)
    _warn_only = boolean("use_deterministic_algorithms", "warn_only", warn_only)


def are_deterministic_algorithms_enabled():
    """Whether `use_deterministic_algorithms` asked for them."""
    return _deterministic


def is_deterministic_algorithms_warn_only_enabled():
    """Whether `use_deterministic_algorithms` asked for a warning only."""
    return _warn_only
