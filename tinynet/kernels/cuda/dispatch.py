"""Where a kernel runs: every launch comes by here once the device is in use."""

import functools

from numpy import ndarray

from ...errors import DeviceError
from ..arrays import device_of
from ..lift import lift
from ..lift_coded import lift_coded
from ..sums import lift_sum
from . import lift as lifting
from .array import CudaArray


def run(kernel, arrays):
    """Run `kernel`, which is the CPU's, where its arrays lie. Raises DeviceError where they lie apart."""
    for x in arrays:
        if x.__class__ is CudaArray:
            break
    else:
        return kernel(*arrays)
    found = counterpart(kernel)
    if not getattr(kernel, "numbers_from_host", False):
        for x in arrays:
            if x.__class__ is ndarray and x.ndim:
                _raise_mixed(kernel, arrays)
    return found(*arrays)


def _raise_mixed(kernel, arrays):
    outputs = getattr(kernel, "outputs", 1)
    found = [x for x in arrays if x.__class__ is CudaArray or (x.__class__ is ndarray and x.ndim)]
    inputs = [x for x in arrays[outputs:] if any(x is y for y in found)]
    if len({x.__class__ for x in inputs}) > 1:
        found = inputs
    first = found[0]
    other = next(x for x in found if x.__class__ is not first.__class__)
    raise DeviceError(
        f"{kernel.__name__}: expected all tensors on one device, got one of shape {first.shape} on {device_of(first)} "
        f"and one of shape {other.shape} on {device_of(other)}"
    )


@functools.cache
def counterpart(kernel):
    """The kernel that does on the device what `kernel` does on the CPU."""
    if kernel.__class__ is lift:
        return lifting.updates(kernel)
    if kernel.__class__ is lift_coded:
        from .lift_coded import coded_updates

        return coded_updates(kernel)
    if isinstance(kernel, lift_sum):
        from .sums import sums

        return sums(kernel)
    from . import KERNELS

    if kernel.__name__ not in KERNELS:
        raise DeviceError(f"{kernel.__name__}: there is no such kernel for CUDA; see docs/cuda.md")
    return KERNELS[kernel.__name__]
