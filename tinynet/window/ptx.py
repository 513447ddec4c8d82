"""PTX: what NVIDIA's driver is given of a kernel. It is compiled here for a GPU that need not be there."""

import contextlib
from importlib.util import find_spec
from types import SimpleNamespace

import numba
import numpy as np

from ..cuda import _package
from ..errors import DeviceError
from ..kernels.lifting.lift import lift
from ..kernels.lifting.sums import lift_sum
from .reach import nearest

NEEDED = 'show: PTX needs the package numba-cuda and its compilers: pip install -e ".[cuda]" in the clone of tinynet'
CAPABILITY = 9, 0  # of the GPU that is compiled for, where there is none


def ptx_of(kernel, dtype):
    """The PTX of what runs a kernel on a GPU, for arrays of a dtype, as text.

    Raises:
        DeviceError: numba-cuda cannot compile here.
        ValueError: there is no kernel for a GPU that computes just this.
    """
    if find_spec("numba_cuda") is None:
        raise DeviceError(NEEDED)
    cuda = _package()
    driver = cuda.device.driver
    if driver.SIMULATED:
        raise DeviceError("show: Numba's simulator compiles no PTX; unset NUMBA_ENABLE_CUDASIM")
    capability = driver.compute_capability() if driver.is_available() else CAPABILITY
    kernels = [(found, np.dtype(dtype)) for found in _compiled(cuda, kernel, np.dtype(dtype))]
    if not kernels:
        raise ValueError(f"show: {kernel.name} has no kernel for a GPU of its own")
    return "\n".join(compile_ptx(found, dtype, capability).strip() for found, dtype in kernels)


def compile_ptx(kernel, dtype, capability):
    """The PTX of a `driver.Kernel` for GPUs of this capability.

    Raises:
        DeviceError: NVIDIA's compilers are not there, or fail.
    """
    from numba import cuda

    try:
        with _device_of(capability):
            return cuda.compile_ptx(kernel.function, numba.types.void(*kernel.types(dtype)), cc=capability)[0]
    except Exception as error:  # they raise all kinds, those of a missing library among them
        first = (str(error).strip() or "it failed").splitlines()[0]
        raise DeviceError(f"{NEEDED}: {first}") from error


@contextlib.contextmanager
def _device_of(capability):
    """Let functions that kernels call be compiled for a GPU that is not there."""
    from numba.cuda import compiler, dispatcher

    device, before = SimpleNamespace(compute_capability=capability), {}
    for module in (compiler, dispatcher):
        if hasattr(module, "get_current_device"):
            before[module], module.get_current_device = module.get_current_device, lambda: device
    try:
        yield
    finally:
        for module, function in before.items():
            module.get_current_device = function


def _compiled(cuda, kernel, dtype):
    """Each `driver.Kernel` that runs a kernel for arrays of a dtype."""
    if isinstance(kernel, lift | lift_sum):
        return [cuda.dispatch.cuda_kernel_for(kernel).compile(dtype)[0]]
    if kernel.cuda is None:
        return []
    kinds = cuda.device.driver.Kernel | cuda.elementwise.Elementwise
    found = nearest(kernel.cuda, lambda x: isinstance(x, kinds), "tinynet.kernels")
    return [_elementwise(x, dtype) if isinstance(x, cuda.elementwise.Elementwise) else x for x in found]


def _elementwise(lifted, dtype):
    """The kernel of a formula over arrays that lie alike."""
    formula, count = lifted.lifted.formula, len(lifted.names)
    try:
        out = np.dtype(bool) if isinstance(formula(*[1.0] * count), bool) else dtype
    except TypeError:  # of whole numbers
        out = dtype = np.dtype(np.int64)
    dtypes = (np.dtype(bool), dtype, dtype) if lifted.names[0] == "condition" else (dtype,) * count
    return lifted.compile(out, dtypes, (True,) * count, 0)
