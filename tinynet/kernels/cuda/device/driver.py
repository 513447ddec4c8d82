"""Kernels, and the device that they run on: everything that tinynet asks of CUDA goes through this file.

    @kernel(lambda real: (real[::1], real[::1], int64))
    def double(out, x, size):
        for i in range(cuda.grid(1), size, cuda.gridsize(1)):
            out[i] = x[i] + x[i]

    double(x.dtype, *grid(x.size), out, x, x.size)  # asynchronous, on the stream of this thread

With `NUMBA_ENABLE_CUDASIM=1` Numba's simulator stands in for the GPU: every CUDA thread is a thread of Python. Then the
same kernels run in plain Python, slowly, and the sizes of blocks are small. What differs is under the same names in
`calls.py`, for a GPU, and `simulated.py`.
"""

import contextlib
import math
import threading
from importlib.util import find_spec

import numba
import numpy as np
from numba import cuda as _module

from ....errors import DeviceError, KernelError
from ...runtime.disk_cache import DiskCache, attach

SIMULATED = bool(numba.config.ENABLE_CUDASIM)

OLDEST_DRIVER = 12, 0  # the CUDA version that the driver must support at least
FLOATS = np.dtype("float32"), np.dtype("float64")


def choose(on_a_gpu, simulated):
    """A size of a block: what suits a GPU, or a smaller one where each thread is one of Python's."""
    return simulated if SIMULATED else on_a_gpu


if SIMULATED:
    from . import simulated as gpu

    cuda, Recorded = gpu.cuda, gpu.Recorded
else:
    from . import calls as gpu
    from . import graphs

    cuda, Recorded = _module, graphs.Recorded


# --- what kernels use ---------------------------------------------------------------------------------------------


def device(function):
    """A function that kernels call."""
    return function if SIMULATED else cuda.jit(device=True, forceinline=True)(function)


# The functions of `math`, as kernels call them. Of an overflow, or a logarithm of 0, NumPy's functions say what those
# of a GPU do, where Python's raise.
exp, expm1, log, log1p, log2, log10, sqrt, floor, ceil, fmod, copysign, isnan, isinf, isfinite = (
    getattr(np if SIMULATED else math, name)
    for name in "exp expm1 log log1p log2 log10 sqrt floor ceil fmod copysign isnan isinf isfinite".split()
)
sin, cos, tan, asin, acos, atan, atan2, hypot, sinh, cosh, tanh, asinh, acosh, atanh = (
    getattr(np if SIMULATED else math, name)
    for name in "sin cos tan asin acos atan atan2 hypot sinh cosh tanh asinh acosh atanh".split()
)


# --- kernels ------------------------------------------------------------------------------------------------------

KERNELS = []  # all there are, for the test that compiles each


def kernel(signature, dtypes=FLOATS, registers=None):
    """The decorator for a kernel: `signature(real)` gives the types of its arguments for arrays of one of `dtypes`.

    `registers` is how many a thread may have at most in float32, so that more blocks are at work at a time.
    """
    return lambda function: Kernel(function, signature, dtypes, registers)


class Kernel:
    """A function that runs on the device, compiled when it is first launched for a dtype."""

    lock = threading.Lock()

    def __init__(self, function, signature, dtypes=FLOATS, registers=None, listed=True, name=None):
        self.function, self.signature, self.dtypes, self.registers = function, signature, dtypes, registers
        self.compiled = {}
        self.__name__, self.__doc__ = name or function.__name__, function.__doc__
        if listed:
            KERNELS.append(self)

    def types(self, dtype):
        return self.signature(numba.from_dtype(np.dtype(dtype)))

    def __call__(self, dtype, blocks, threads, *arguments):
        """Launch it on this thread's stream. An array among the arguments is seen as one long row."""
        compiled = self.compiled.get(dtype) or self.compile(dtype)
        if _thread.notes is not None:
            _thread.notes.launch(compiled, blocks, threads, arguments)
        else:
            compiled(_thread.stream or current_stream(), blocks, threads, arguments)

    def compile(self, dtype):
        require()
        with self.lock:
            if dtype not in self.compiled:
                kinds = self.types(dtype)
                self.compiled[dtype] = gpu.Launcher(self.__name__, self.load(kinds, self.options(dtype)), kinds)
        return self.compiled[dtype]

    def load(self, kinds, options):
        """Compile it, or find it on disk, and load it onto the device."""
        if SIMULATED:
            return _module.jit(self.function)
        dispatcher = _module.jit(**options)(self.function)
        attach(dispatcher, self.function, _DiskCache)
        dispatcher.compile(numba.types.void(*kinds))
        (found,) = dispatcher.overloads.values()
        try:
            return found._codelibrary.get_cufunc()
        except Exception as error:
            if not type(error).__module__.startswith(("cuda.", "numba.")):
                raise
            raise KernelError(f"kernel {self.__name__!r} could not be loaded: {error}. {gpu.ASYNCHRONOUS}") from error

    def options(self, dtype):
        limited = self.registers is not None and dtype == FLOATS[0]
        return {"max_registers": self.registers} if limited else {}

    def __repr__(self):
        return f"Kernel({self.__name__})"


class _DiskCache(DiskCache):
    """The cache of a kernel, which numba-cuda reduces in its own way."""

    def reduce(self, compiled):
        return _module.dispatcher.CUDACacheImpl.reduce(self, compiled)

    def rebuild(self, context, reduced):
        return _module.dispatcher.CUDACacheImpl.rebuild(self, context, reduced)


THREADS = choose(256, 4)  # in a block, where nothing says otherwise
BLOCKS = choose(4096, 2)  # at most so many, where threads go from one element to another


def grid(size):
    """(blocks, threads) for a loop `for i in range(cuda.grid(1), size, cuda.gridsize(1))`."""
    return max(1, min(BLOCKS, -(-size // THREADS))), THREADS


# --- the device ---------------------------------------------------------------------------------------------------


def is_available():
    """Whether there is a GPU, or its simulator, that kernels can run on."""
    return unavailable_reason() is None


def unavailable_reason():
    """None, or why there is no GPU to use."""
    if SIMULATED:
        return None
    try:
        driver = _module.cudadrv.driver.driver
        if not driver.is_available:
            return f"no CUDA driver was found ({_first_line(_module.cuda_error())})"
        version = driver.get_version()
        if tuple(version) < _oldest_driver():
            return (
                f"the CUDA driver is too old: it supports CUDA {_dotted(version)}, and {_dotted(_oldest_driver())} is "
                "needed by the compilers that are installed"
            )
        if find_spec("numba_cuda") is None:
            return "numba-cuda is not installed"
        if not len(_module.gpus):
            return "there is a CUDA driver, but no GPU"
    except Exception as error:  # whatever a broken installation raises is the reason
        return f"{type(error).__name__}: {_first_line(error)}"
    return None


def _oldest_driver():
    """The CUDA version that the driver must support: that of the compilers, whose code is new to older drivers."""
    return max(OLDEST_DRIVER, (_module.runtime.get_version()[0], 0))


def _dotted(version):
    return ".".join(map(str, version))


def _first_line(error):
    return str(error or "it could not be loaded").strip().splitlines()[0].rstrip(".:")


_ready = False


def require():
    """Raise DeviceError where there is no GPU to use."""
    global _ready
    if not _ready:
        reason = unavailable_reason()
        if reason is not None:
            raise DeviceError(f"device 'cuda' cannot be used: {reason}. See docs/cuda.md for what it needs")
        _ready = True


def device_count():
    """How many GPUs there are; 0 where none can be used."""
    return len(_module.gpus) if is_available() else 0


def device_name():
    require()
    name = "Numba's simulator" if SIMULATED else _module.get_current_device().name
    return name.decode() if isinstance(name, bytes) else name


def compute_capability():
    """(major, minor) of the device; (0, 0) of the simulator."""
    require()
    return (0, 0) if SIMULATED else tuple(_module.get_current_device().compute_capability)


def memory_info():
    """(free, total) bytes of the device's memory, or (None, None) under the simulator, which has the computer's."""
    current_stream()
    return gpu.memory_info()


class _PerThread(threading.local):
    stream = None
    notes = None  # what stands in for the launches of this thread, while they are noted


_thread = _PerThread()


@contextlib.contextmanager
def noting(notes):
    """In the block `notes.launch(function, blocks, threads, arguments)` stands in for each launch of this thread, and
    `notes.other()` is called at what is no launch: copies from and to the host, and calls of other libraries."""
    before, _thread.notes = _thread.notes, notes
    try:
        yield notes
    finally:
        _thread.notes = before


def note_other():
    """Say that something happens on the device that is no launch."""
    if _thread.notes is not None:
        _thread.notes.other()


def current_stream():
    """The stream of this thread."""
    if _thread.stream is None:
        require()
        _module.current_context()  # becomes that of this thread
        _thread.stream = gpu.Stream()
    return _thread.stream


# --- memory -------------------------------------------------------------------------------------------------------


def allocate(nbytes):
    """`nbytes` of the device's memory, or None where it is used up."""
    current_stream()
    return gpu.allocate(nbytes)


def to_host(row, out, stream):
    """Copy a row of device memory into a NumPy array, and wait until it is there."""
    note_other()
    gpu.copy_to_host(out, row, stream)
    stream.synchronize()


def to_device(row, array, stream):
    """Copy a NumPy array into a row of device memory; done with `array` when it returns."""
    note_other()
    gpu.copy_to_device(row, array, stream)
    stream.synchronize()


row, pointer_of, external = gpu.row, gpu.pointer_of, gpu.external
