"""New tensors."""

import numpy as np

from .. import dtypes
from ..devices import CPU, CUDA
from ..devices import device as as_device
from ..errors import DTypeError
from ..tensor import Tensor, to_array
from .device import array_on, device_arrays
from .shape import _sizes


def tensor(data, *, dtype=None, device=None, requires_grad=False):
    """A tensor with a copy of `data`: a number, nested sequences, or an array; on the CPU, or where `device` says.

    Python floats become float32, integers int64; arrays keep their dtype, which must be one of float32, float64,
    int64, int32, bool.
    """
    return Tensor(array_on(device, to_array(data, dtype))).requires_grad_(requires_grad)


def as_tensor(data, dtype=None, device=None):
    """`data` itself if it is a tensor of that dtype on that device, its memory if it is such an array, else a copy."""
    if isinstance(data, Tensor):
        return data.to(data.device if device is None else device, data.dtype if dtype is None else dtype)
    if device is not None and as_device(device) != CPU:
        return tensor(data, dtype=dtype, device=device)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtypes.as_dtype(dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype)


def from_numpy(array):
    """A tensor over the memory of a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a NumPy array, got {type(array).__name__}")
    if array.dtype not in dtypes.ALL:
        raise DTypeError(f"from_numpy: expected float32, float64, int64, int32 or bool, got {array.dtype}")
    if not array.flags.writeable:
        raise ValueError("from_numpy: the array is read-only; use tensor(array), which copies")
    return Tensor(array)


def from_dlpack(x):
    """A tensor over the memory of any object with `__dlpack__`, on the CPU or the GPU."""
    if isinstance(x, Tensor):
        return x.detach()
    if hasattr(x, "__cuda_array_interface__") or getattr(x, "__dlpack_device__", lambda: (1, 0))()[0] != 1:
        return Tensor(device_arrays("cuda").borrow(x))
    return from_numpy(np.from_dlpack(x))


def zeros(*size, dtype=None, device=None, requires_grad=False):
    """Zeros."""
    return _filled(_sizes("zeros", size), 0, dtype, device, requires_grad)


def ones(*size, dtype=None, device=None, requires_grad=False):
    """Ones."""
    return _filled(_sizes("ones", size), 1, dtype, device, requires_grad)


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """`fill_value` everywhere; its type decides the dtype unless one is given."""
    dtype = to_array(fill_value, None).dtype if dtype is None else dtype
    return _filled(_sizes("full", (size,)), fill_value, dtype, device, requires_grad)


def empty(*size, dtype=None, device=None, requires_grad=False):
    """Memory with whatever is in it."""
    return _filled(_sizes("empty", size), None, dtype, device, requires_grad)


def _filled(shape, value, dtype, device, requires_grad):
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    if device is not None and as_device(device) == CUDA:
        array = device_arrays("cuda").new(shape, dtype, value)
    else:
        array = np.empty(shape, dtype) if value is None else np.full(shape, value, dtype)
    return Tensor(array).requires_grad_(requires_grad)


def zeros_like(x, *, dtype=None, device=None, requires_grad=False):
    """Zeros in the shape, and by default of the dtype and on the device, of x."""
    return _filled(x.shape, 0, dtype or x.dtype, device or x.device, requires_grad)


def ones_like(x, *, dtype=None, device=None, requires_grad=False):
    """Ones in the shape, and by default of the dtype and on the device, of x."""
    return _filled(x.shape, 1, dtype or x.dtype, device or x.device, requires_grad)


def full_like(x, fill_value, *, dtype=None, device=None, requires_grad=False):
    """`fill_value` in the shape, and by default of the dtype and on the device, of x."""
    return _filled(x.shape, fill_value, dtype or x.dtype, device or x.device, requires_grad)


def empty_like(x, *, dtype=None, device=None, requires_grad=False):
    """Memory in the shape, and by default of the dtype and on the device, of x, with whatever is in it."""
    return _filled(x.shape, None, dtype or x.dtype, device or x.device, requires_grad)


def arange(start, end=None, step=1, *, dtype=None, device=None):
    """start, start + step, ... below end; arange(n) counts from 0."""
    if end is None:
        start, end = 0, start
    if step == 0 or (end - start) / step < 0:
        raise ValueError(f"arange: expected a step from {start} towards {end}, got {step}")
    array = to_array(np.arange(start, end, step).tolist() or [], dtype or _dtype_of(start, end, step))
    return Tensor(array_on(device, array))


def _dtype_of(*numbers):
    return dtypes.default if any(isinstance(n, float) for n in numbers) else dtypes.int64


def linspace(start, end, steps, *, dtype=None, device=None):
    """`steps` evenly spaced numbers from start to end, both included."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    return Tensor(array_on(device, np.linspace(start, end, steps, dtype=dtype)))


def eye(n, m=None, *, dtype=None, device=None):
    """The identity matrix, n × n or n × m."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    return Tensor(array_on(device, np.eye(n, m, dtype=dtype)))
