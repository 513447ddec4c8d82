"""`tinynet.cuda`: GPU management. Nothing of CUDA is imported before something here, or a tensor, asks for it.

Setting `NUMBA_ENABLE_CUDASIM=1` before Python starts puts Numba's simulator in the place of a GPU.
"""

import importlib
import importlib.util

from .. import random
from ..devices import CUDA, gpu
from ..errors import DeviceError, KernelError, OutOfMemoryError
from ..kernels.launch import set_dispatcher

__all__ = [
    "DeviceError",
    "KernelError",
    "OutOfMemoryError",
    "allow_tf32",
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "is_installed",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
    "set_device",
    "synchronize",
    "use_cublas",
]  # fmt: skip


_in_use = False


def __getattr__(name):
    """`tinynet.cuda.amp`, imported when it is first asked for."""
    if name == "amp":
        return importlib.import_module("tinynet.cuda.amp")
    raise AttributeError(f"module 'tinynet.cuda' has no attribute {name!r}")


def arrays():
    """The module that makes arrays on the GPU; from now on each kernel runs where its arrays are.

    Raises:
        DeviceError: there is no GPU that can be used.
    """
    global _in_use
    package = _package()
    if not _in_use:
        package.device.driver.require()
        set_dispatcher(package.dispatch.run)
        _in_use = True
    return package.array


def _package():
    """The package of CUDA's kernels. Raises DeviceError where Numba has no CUDA at all."""
    if importlib.util.find_spec("numba.cuda") is None:
        raise DeviceError(
            'device "cuda" needs the package numba-cuda: pip install -e ".[cuda]" in the clone of tinynet'
        )
    from ..kernels import cuda

    return cuda


def _driver():
    return _package().device.driver


def is_installed():
    """Whether the package that compiles for GPUs is there."""
    return importlib.util.find_spec("numba.cuda") is not None


def is_available():
    """Whether there is a GPU, with a driver, that tensors can be moved to."""
    return is_installed() and _driver().is_available()


def device_count():
    """How many GPUs there are; 0 where none can be used. Tensors use the first."""
    return _driver().device_count() if is_available() else 0


def get_device_name(device=CUDA):
    """What the GPU calls itself. Raises DeviceError where there is none."""
    return _driver().device_name()


def current_device():
    """The number of the GPU that is used: 0. Raises DeviceError where there is none."""
    _driver().require()
    return 0


def set_device(device):
    """Accept the first GPU, the one that is used. Raises DeviceError for another, or where there is none."""
    gpu(device)
    _driver().require()


def get_device_capability(device=CUDA):
    """(major, minor), what the GPU can do. Raises DeviceError where there is none."""
    _driver().require()
    return _driver().compute_capability()


def is_bf16_supported(including_emulation=True):
    """Whether there are tensors of bfloat16: no."""
    return False


def is_initialized():
    """Whether the GPU is in use."""
    return _in_use


def manual_seed(seed):
    """Start the stream of random numbers anew, where there is a GPU: the CPU and it draw from the same one."""
    if is_available():
        random.manual_seed(seed)


manual_seed_all = manual_seed


def synchronize(device=None):
    """Wait until all that this thread has launched is done. Raises what went wrong on the device meanwhile."""
    _driver().require()
    _driver().current_stream().synchronize()
    _package().device.checks.raise_pending()


def memory_allocated():
    """Bytes in use by tensors."""
    return _package().device.memory.statistics()["allocated"]


def max_memory_allocated():
    """The most bytes that were in use by tensors at once, since the last `reset_peak_memory_stats`."""
    return _package().device.memory.statistics()["peak"]


def reset_peak_memory_stats():
    """Let `max_memory_allocated` count anew, from what is in use now."""
    _package().device.memory.reset_peak()


def memory_reserved():
    """Bytes held from the driver, in use or kept for the next tensors."""
    return _package().device.memory.statistics()["reserved"]


def mem_get_info():
    """(free, total) bytes of the GPU's memory, as its driver has it."""
    _driver().require()
    return _driver().memory_info()


def allow_tf32(flag):
    """Whether cuBLAS may round factors of float32 to TensorFloat-32, 10 bits of mantissa; by default it may not."""
    _package().device.cublas.allow_tf32(flag)


def use_cublas(flag):
    """Whether matrix products go to cuBLAS where it is installed, which is the default, or to a kernel of our own."""
    _package().device.cublas.use(flag)


def empty_cache():
    """Give memory that no tensor uses back to the driver, for other programs."""
    _package().device.memory.empty_cache()
