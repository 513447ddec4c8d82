"""External memory: arrays over memory of the GPU that another library owns, without a copy.

An object that has `__cuda_array_interface__` is asked for that, else for a DLPack capsule, which says the same.
"""

import numpy as np

from ...meta import meta_array
from ..device import driver
from ..device.memory import ExternalMemory
from . import dlpack
from .array import CudaArray


def from_external(x):
    """An array over the memory on the GPU of an object with `__cuda_array_interface__` or `__dlpack__`.

    Raises:
        DTypeError: its elements have a dtype that tinynet does not have.
        DeviceError: its memory is not on a GPU.
        ValueError: it has a mask, its capsule has been taken, or kernels cannot read its address or strides.
    """
    driver.require()
    interface = getattr(x, "__cuda_array_interface__", None)
    if interface is None:
        stream = None if driver.SIMULATED else driver.current_stream().pointer
        capsule = x.__dlpack__(stream=stream) if stream else x.__dlpack__()
        return _over(*dlpack.open_capsule(capsule, x))
    dtype = np.dtype(interface["typestr"])
    dlpack.check_dtype(dtype)
    if interface.get("mask") is not None:
        raise ValueError("from_dlpack: an array with a mask has no counterpart")
    if interface.get("stream"):
        driver.current_stream().wait_for(interface["stream"])
    return _over(interface["data"][0], tuple(interface["shape"]), interface.get("strides"), dtype, x)


def _over(pointer, shape, strides, dtype, owner):
    """An array over memory that is kept alive by `owner`; strides None are those of a C-contiguous array."""
    strides = strides or _contiguous_strides(shape, dtype)
    strides = tuple(stride if n > 1 else dtype.itemsize for n, stride in zip(shape, strides))
    if pointer % dtype.itemsize or any(stride < 0 or stride % dtype.itemsize for stride in strides):
        raise ValueError(
            f"from_dlpack: expected an address and strides that are multiples of {dtype.itemsize} bytes, and no stride "
            f"below 0, got the address {pointer:#x} and strides {strides}; copy the array first"
        )
    extent = 1 + sum((n - 1) * s for n, s in zip(shape, strides)) // dtype.itemsize if 0 not in shape else 0
    nbytes = extent * dtype.itemsize
    memory = ExternalMemory(driver.external(pointer, nbytes), nbytes, owner)
    return CudaArray(memory, 0, meta_array(shape, dtype, nbytes, strides))


def _contiguous_strides(shape, dtype):
    strides, step = [], dtype.itemsize
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))
