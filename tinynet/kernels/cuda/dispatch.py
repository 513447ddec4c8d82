"""Where a kernel runs: every launch comes by here once the device is in use."""

from numpy import ndarray

from ...errors import DeviceError
from ..arrays import device_of
from ..lifting.lift import lift
from ..lifting.quantized import lift_quantized
from ..lifting.sums import lift_sum
from .array.array import CudaArray
from .lifted.elementwise import Updates
from .lifted.quantized import QuantizedUpdates
from .lifted.sums import Sums


def run(kernel, arguments):
    """Run `kernel` where its arrays lie. Raises DeviceError where they lie apart."""
    for x in arguments:
        if x.__class__ is CudaArray:
            break
    else:
        return kernel.cpu(*arguments)
    found = kernel.cuda or cuda_kernel_for(kernel)
    for x in arguments[: kernel.array_count]:
        if x.__class__ is tuple or (x.__class__ is ndarray and x.ndim):
            _check_device(kernel, arguments)
    found(*arguments)


def _check_device(kernel, arguments):
    outputs = [x for x in kernel.written(arguments) if _is_array(x)]
    inputs = [x for x in kernel.read(arguments) if _is_array(x) and not any(x is out for out in outputs)]
    for found in (inputs, outputs + inputs):
        for x in found:
            if x.__class__ is not found[0].__class__:
                raise DeviceError(
                    f"{kernel.name}: expected all tensors on one device, got one of shape {found[0].shape} on "
                    f"{device_of(found[0])} and one of shape {x.shape} on {device_of(x)}"
                )


def _is_array(x):
    return x.__class__ is CudaArray or (x.__class__ is ndarray and x.ndim > 0)


def cuda_kernel_for(kernel):
    """What runs `kernel` on the device."""
    if kernel.cuda is None:
        kernel.on("cuda", _lifted(kernel))
    return kernel.cuda


LIFTED = {lift: Updates, lift_quantized: QuantizedUpdates, lift_sum: Sums}


def _lifted(kernel):
    for kind, runs in LIFTED.items():
        if kernel.__class__ is kind:
            return runs(kernel)
    raise DeviceError(f"{kernel.name}: there is no such kernel for CUDA; see docs/cuda.md")
