"""New tensors."""

import numpy as np

from .. import dtypes
from ..errors import DTypeError
from ..tensor import Tensor, to_array
from .shape import _sizes


def tensor(data, *, dtype=None, requires_grad=False):
    """A tensor with a copy of `data`: a number, nested sequences, or an array.

    Python floats become float32, integers int64; arrays keep their dtype, which must be one of float32, float64,
    int64, int32, bool.
    """
    return Tensor(to_array(data, dtype)).requires_grad_(requires_grad)


def as_tensor(data, dtype=None):
    """`data` itself if it is a tensor of that dtype, its memory if it is such an array, else a copy."""
    if isinstance(data, Tensor) and (dtype is None or data.dtype == dtypes.as_dtype(dtype)):
        return data
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
    """A tensor over the memory of any object with `__dlpack__`."""
    return from_numpy(np.from_dlpack(x))


def zeros(*size, dtype=None, requires_grad=False):
    """Zeros."""
    return full(_sizes("zeros", size), 0.0, dtype=dtype or dtypes.default, requires_grad=requires_grad)


def ones(*size, dtype=None, requires_grad=False):
    """Ones."""
    return full(_sizes("ones", size), 1.0, dtype=dtype or dtypes.default, requires_grad=requires_grad)


def full(size, fill_value, *, dtype=None, requires_grad=False):
    """`fill_value` everywhere; its type decides the dtype unless one is given."""
    dtype = to_array(fill_value, None).dtype if dtype is None else dtypes.as_dtype(dtype)
    return Tensor(np.full(_sizes("full", (size,)), fill_value, dtype)).requires_grad_(requires_grad)


def empty(*size, dtype=None, requires_grad=False):
    """Memory with whatever is in it."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    return Tensor(np.empty(_sizes("empty", size), dtype)).requires_grad_(requires_grad)


def zeros_like(x, *, dtype=None, requires_grad=False):
    """Zeros in the shape and dtype of x."""
    return zeros(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def ones_like(x, *, dtype=None, requires_grad=False):
    """Ones in the shape and dtype of x."""
    return ones(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def full_like(x, fill_value, *, dtype=None, requires_grad=False):
    """`fill_value` in the shape and dtype of x."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype, requires_grad=requires_grad)


def empty_like(x, *, dtype=None, requires_grad=False):
    """Memory in the shape and dtype of x, with whatever is in it."""
    return empty(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def arange(start, end=None, step=1, *, dtype=None):
    """start, start + step, ... below end; arange(n) counts from 0."""
    if end is None:
        start, end = 0, start
    if step == 0 or (end - start) / step < 0:
        raise ValueError(f"arange: expected a step from {start} towards {end}, got {step}")
    return Tensor(to_array(np.arange(start, end, step).tolist() or [], dtype or _dtype_of(start, end, step)))


def _dtype_of(*numbers):
    return dtypes.default if any(isinstance(n, float) for n in numbers) else dtypes.int64


def linspace(start, end, steps, *, dtype=None):
    """`steps` evenly spaced numbers from start to end, both included."""
    return Tensor(np.linspace(start, end, steps, dtype=dtypes.default if dtype is None else dtypes.as_dtype(dtype)))


def eye(n, m=None, *, dtype=None):
    """The identity matrix, n × n or n × m."""
    return Tensor(np.eye(n, m, dtype=dtypes.default if dtype is None else dtypes.as_dtype(dtype)))
