"""New tensors."""

import math
import warnings

import numpy as np

from .. import cuda, devices, dtypes
from ..arguments import check_room, integer, number, sizes, wrong_kind
from ..convert import to_array
from ..devices import CPU, CUDA
from ..devices import device as as_device
from ..errors import ArgumentTypeError, ArgumentValueError, DTypeError
from ..kernels.batching.array import BatchedArray, of_batch
from ..tensor import Tensor, from_array, wrap
from ..tensor_arguments import expect_tensor
from .device import array_on
from .operands import number_to_fill
from .shape import in_format, in_order, order_of

FUNCTIONS = """tensor as_tensor from_numpy from_dlpack zeros ones full empty zeros_like ones_like full_like empty_like
    arange linspace logspace eye scalar_tensor"""


def tensor(data, *, dtype=None, device=None, requires_grad=False):
    """A tensor with a copy of `data`: a number, nested sequences, or an array; on the CPU, or where `device` says.

    Python floats become float32, integers int64; arrays keep their dtype, which must be one of float32, float64,
    int64, int32, bool.
    """
    return wrap(array_on(device, to_array(data, dtype))).requires_grad_(requires_grad)


def as_tensor(data, dtype=None, device=None):
    """`data` itself if it is a tensor of that dtype on that device, its memory if it is such an array, else a copy."""
    if isinstance(data, Tensor):
        return data.to(data.device if device is None else device, data.dtype if dtype is None else dtype)
    if (devices.of_thread.default if device is None else as_device(device)) != CPU:
        return tensor(data, dtype=dtype, device=device)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtypes.as_dtype(dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray):
    """A tensor over the memory of a NumPy array; of one that is read-only with a warning.

    Raises: ArgumentTypeError for what is no array, DTypeError for a dtype that is not supported.
    """
    array = ndarray
    if not isinstance(array, np.ndarray):
        raise wrong_kind("from_numpy", "ndarray", "a NumPy array", array)
    out = from_array("from_numpy", array)
    if not array.flags.writeable:
        warnings.warn(
            "from_numpy: the array is read-only, and so is the tensor; use tensor(array), which copies",
            stacklevel=2,
        )
    return out


def from_dlpack(ext_tensor):
    """A tensor over the memory of any object with `__dlpack__`, on the CPU or the GPU.

    Raises: ArgumentTypeError for what has no DLPack, DTypeError for a dtype that is not supported.
    """
    x = ext_tensor
    if not hasattr(x, "__dlpack__") and not hasattr(x, "__cuda_array_interface__"):
        raise wrong_kind("from_dlpack", "ext_tensor", "an object with __dlpack__", x)
    if isinstance(x, Tensor):
        return x.detach()
    if hasattr(x, "__cuda_array_interface__") or getattr(x, "__dlpack_device__", lambda: (1, 0))()[0] != 1:
        return wrap(cuda.arrays().from_external(x))
    try:
        array = np.from_dlpack(x)
    except BufferError as error:
        raise DTypeError(f"from_dlpack: {error}") from None
    return from_array("from_dlpack", array)


def given_size(name, positional, size):
    """The sizes of a new tensor, given by position, one by one or in a sequence, or as `size=`.

    Raises: ArgumentTypeError if they are given in both ways.
    """
    if size is None:
        return sizes(name, "size", positional)
    if positional:
        raise ArgumentTypeError(f"{name}: expected sizes by position or as size=, got both")
    return sizes(name, "size", (size,))


def zeros(*sizes, size=None, dtype=None, device=None, requires_grad=False):
    """Zeros."""
    return filled("zeros", given_size("zeros", sizes, size), 0, dtype, device, requires_grad)


def ones(*sizes, size=None, dtype=None, device=None, requires_grad=False):
    """Ones."""
    return filled("ones", given_size("ones", sizes, size), 1, dtype, device, requires_grad)


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """`fill_value` everywhere; its type decides the dtype unless one is given."""
    dtype = dtypes.of_number(number("full", "fill_value", fill_value)) if dtype is None else dtypes.as_dtype(dtype)
    value = number_to_fill("full", fill_value, dtype).item()
    return filled("full", sizes("full", "size", (size,)), value, dtype, device, requires_grad)


def empty(*sizes, size=None, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Memory with whatever is in it, its elements in order, or in the order that a memory format says."""
    out = filled("empty", given_size("empty", sizes, size), None, dtype, device, False)
    return in_format("empty", out, memory_format).requires_grad_(requires_grad)


def filled(name, shape, value, dtype, device, requires_grad):
    """A new tensor that holds `value` everywhere, or with None whatever was there."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    check_room(name, shape, dtype)
    where = devices.of_thread.default if device is None else as_device(device)
    if where is not CPU and where == CUDA:
        array = cuda.arrays().new(shape, dtype, value)
    else:
        array = np.empty(shape, dtype)
        if value is not None:
            array.fill(value)
    return wrap(array).requires_grad_(requires_grad)


def zeros_like(input, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Zeros in the shape, and by default of the dtype and on the device, of x."""
    return _like("zeros_like", input, 0, dtype, device, requires_grad, memory_format)


def ones_like(input, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Ones in the shape, and by default of the dtype and on the device, of x."""
    return _like("ones_like", input, 1, dtype, device, requires_grad, memory_format)


def full_like(input, fill_value, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """`fill_value` in the shape, and by default of the dtype and on the device, of x."""
    x = expect_tensor("full_like", input)
    value = number_to_fill("full_like", fill_value, x.dtype if dtype is None else dtypes.as_dtype(dtype)).item()
    return _like("full_like", x, value, dtype, device, requires_grad, memory_format)


def empty_like(input, *, dtype=None, device=None, requires_grad=False, memory_format=None):
    """Memory in the shape, and by default of the dtype and on the device, of x, with whatever is in it."""
    return _like("empty_like", input, None, dtype, device, requires_grad, memory_format)


def _like(name, input, value, dtype, device, requires_grad, memory_format):
    make = lambda shape, dtype, device: filled(name, shape, value, dtype, device, False)
    return made_like(name, input, make, dtype, device, requires_grad, memory_format)


def made_like(name, input, make, dtype, device, requires_grad, memory_format):
    """make(shape, dtype, device) as for x, by default in its order; a format is checked before.

    Raises: as `order_of`.
    """
    x = expect_tensor(name, input)
    dtype, device = x.dtype if dtype is None else dtypes.as_dtype(dtype), x.device if device is None else device
    order = order_of(name, x, memory_format)
    out = like_batch(x, make(x.array.shape, dtype=dtype, device=device))
    return (out if order is None else in_order(out, order)).requires_grad_(requires_grad)


def like_batch(x, out):
    """`out`, which was made for x: if x is of a batch, so is this, and may be written what differs."""
    return wrap(of_batch(out.array)) if x.array.__class__ is BatchedArray else out


def arange(start=None, end=None, step=1, *, dtype=None, device=None, requires_grad=False):
    """start, start + step, ... below end; arange(n) counts from 0.

    Raises: ArgumentValueError for a step of 0, or in the wrong direction.
    """
    if end is None:
        start, end = 0, start
    start, end = number("arange", "start", 0 if start is None else start), number("arange", "end", end)
    step = number("arange", "step", step)
    dtype = _dtype_of(start, end, step) if dtype is None else dtypes.as_dtype(dtype)
    if not (math.isfinite(start) and math.isfinite(end) and math.isfinite(step)):
        raise ArgumentValueError(f"arange: expected finite numbers, got {start}, {end} and {step}")
    if dtype == dtypes.int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0 or (end - start) / step < 0:
        raise ArgumentValueError(f"arange: expected a step from {start} towards {end}, got {step}")
    n = math.ceil((end - start) / step)
    check_room("arange", (n,), dtypes.float64)
    if dtype.kind in "iu":
        numbers = np.arange(n)
        if step != 1:
            numbers *= int(step)
        if start:
            numbers += int(start)
    else:
        numbers = np.arange(start, end, step)
    if numbers.dtype != dtype:
        numbers = to_array(numbers, dtype, computed=True)
    return wrap(array_on(device, numbers)).requires_grad_(requires_grad)


def _dtype_of(*numbers):
    return dtypes.default if any(isinstance(n, float) for n in numbers) else dtypes.int64


def scalar_tensor(s, *, dtype=None, device=None, requires_grad=False):
    """A number as a tensor without dimensions, of the default dtype unless one is given."""
    return full((), s, dtype=dtypes.default if dtype is None else dtype, device=device, requires_grad=requires_grad)


def linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False):
    """`steps` evenly spaced numbers from start to end, both included."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    start, end = number("linspace", "start", start), number("linspace", "end", end)
    steps = integer("linspace", "steps", steps, 0)
    if dtype.kind != "f":
        start, end = int(start), int(end)
    check_room("linspace", (steps,), dtypes.float64)
    return wrap(array_on(device, np.linspace(start, end, steps).astype(dtype))).requires_grad_(requires_grad)


def logspace(start, end, steps, base=10.0, *, dtype=None, device=None, requires_grad=False):
    """`steps` powers of the base, whose exponents are evenly spaced from start to end, both included."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    start, end = number("logspace", "start", start), number("logspace", "end", end)
    base, steps = number("logspace", "base", base), integer("logspace", "steps", steps, 0)
    check_room("logspace", (steps,), dtypes.float64)
    if dtype.kind != "f":
        start, end = int(start), int(end)
    powers = np.power(float(base), np.linspace(start, end, steps)).astype(dtype)
    return wrap(array_on(device, powers)).requires_grad_(requires_grad)


def eye(n, m=None, *, dtype=None, device=None, requires_grad=False):
    """The identity matrix, n × n or n × m."""
    dtype = dtypes.default if dtype is None else dtypes.as_dtype(dtype)
    n = integer("eye", "n", n, 0)
    m = n if m is None else integer("eye", "m", m, 0)
    check_room("eye", (n, m), dtype)
    return wrap(array_on(device, np.eye(n, m, dtype=dtype))).requires_grad_(requires_grad)
