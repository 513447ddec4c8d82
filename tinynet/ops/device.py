"""Moving a tensor to another device, and converting it, by `to` and its short names."""

import numpy as np

from .. import capture, devices, dtypes
from ..arguments import boolean
from ..autograd.graph import record
from ..cuda import arrays
from ..devices import CPU, CUDA, device, gpu, is_device
from ..errors import ArgumentTypeError, DTypeError
from ..kernels.arrays import DeviceArray, host
from ..tensor import Tensor
from . import operands
from .registry import op
from .shape import in_format

METHODS = "to cuda cpu"


def array_on(where, array):
    """An array on a device, by default that of new tensors: itself, or a copy there.

    Raises: DTypeError for float16 elsewhere than on the CPU.
    """
    where = devices.of_thread.default if where is None else device(where)
    if where is CPU or where == CPU:
        return host(array) if isinstance(array, DeviceArray) else array
    if array.dtype == dtypes.float16:
        raise DTypeError(f"to: tensors of float16 lie on the CPU, not on {where}; use float() first")
    return array if array.__class__ is not np.ndarray else arrays().from_host(capture.reads(array))


@op
def to_device(x, where):
    """x on another device: a copy there, or x itself if it is there already. Its gradient goes the way back."""
    before, where = x.device, device(where)
    if before == where:
        return x
    return record("to_device", array_on(where, x.array), (x,), lambda g: to_device(g, before))


def to(input, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
    """x on a device, of a dtype, or with both as another tensor has them: to("cuda"), to(float64), to("cpu", float64).

    x itself if nothing changes, unless `copy`. `non_blocking` is accepted: copies to the device wait for nothing else.
    By position the two come last, in this order. With a `memory_format` other than `preserve_format`, in that order.

    Raises: ArgumentTypeError for what is no device, dtype or tensor; DeviceError where the device cannot be used.
    """
    x, flags = input, [arg for arg in args if isinstance(arg, bool)]
    where = [arg for arg in args if not isinstance(arg, bool)]
    if len(where) > 2 or len(flags) > 2 or list(args) != where + flags:
        raise ArgumentTypeError("to: expected a device, a dtype, both or a tensor, then non_blocking and copy")
    for arg in where:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif is_device(arg):
            device = arg
        elif arg is not None:
            dtype = arg
    copy = flags[1] if len(flags) == 2 else boolean("to", "copy", copy)
    moved = x if device is None else to_device(x, device)
    if dtype is not None or (copy and moved is x):  # else of whatever dtype, such as the codes of an optimizer's state
        moved = operands.to(moved, moved.dtype if dtype is None else dtype, copy and moved is x)
    return moved if memory_format is None else in_format("to", moved, memory_format)


def cuda(input, device=None, non_blocking=False):
    """x on the GPU."""
    return to_device(input, CUDA if device is None else gpu(device))


def cpu(input):
    """x on the CPU."""
    return to_device(input, CPU)
