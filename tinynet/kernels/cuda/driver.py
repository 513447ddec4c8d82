"""Everything that tinynet asks of CUDA goes through this file: the only one that imports numba.cuda.

    @kernel(lambda real: (real[::1], real[::1], int64))
    def double(out, x, size):
        for i in range(cuda.grid(1), size, cuda.gridsize(1)):
            out[i] = x[i] + x[i]

    double(x.dtype, *grid(x.size), out, x, x.size)  # asynchronous, on the stream of this thread

With `NUMBA_ENABLE_CUDASIM=1` Numba's simulator stands in for the GPU: every CUDA thread is a thread of Python. Then the
same kernels run in plain Python, slowly, and the sizes of blocks are small.
"""

import ctypes
import math
import sys
import threading
import warnings

import numba
import numpy as np
from numba import cuda as _module

from ...errors import DeviceError
from ..arrays import DeviceArray
from ..jit import kept_on_disk
from ..launch import send_elsewhere
from . import calls

SIMULATED = bool(numba.config.ENABLE_CUDASIM)

OLDEST_DRIVER = 12, 0  # the CUDA version that the driver must support at least
FLOATS = np.dtype("float32"), np.dtype("float64")


def choose(on_a_gpu, simulated):
    """A size of a block: what suits a GPU, or a smaller one where each thread is one of Python's."""
    return simulated if SIMULATED else on_a_gpu


# --- what kernels use ---------------------------------------------------------------------------------------------

if SIMULATED:
    from numba.cuda.simulator import kernel as _simulator

    class _Shared:
        """Shared memory: an array for each place in the code that asks for one."""

        def array(self, shape, dtype, alignment=None):
            frame, arrays = sys._getframe(1), _simulator._get_kernel_context().__dict__.setdefault("_tinynet", {})
            key = frame.f_code, frame.f_lineno
            with _lock:
                if key not in arrays:
                    arrays[key] = np.zeros(shape, dtype_of(dtype))
            return arrays[key]

    class _Local:
        def array(self, shape, dtype):
            return np.zeros(shape, dtype_of(dtype))

    class _Simulated:
        """The module `cuda` as kernels see it. The simulator itself exchanges the globals of a kernel's module while it
        runs, which does not work for functions of other modules that several threads are in at a time."""

        shared, local = _Shared(), _Local()

        def __getattr__(self, name):
            context = _simulator._get_kernel_context()
            return getattr(_module if context is None else context, name)

    _lock = threading.Lock()
    cuda = _Simulated()
    sys.setswitchinterval(1e-4)  # threads meet at barriers all the time, and each waits its turn of Python's lock

    def device(function):
        return function

else:
    cuda = _module

    def device(function):
        """A function that kernels call."""
        return cuda.jit(device=True, forceinline=True)(function)


# The functions of `math`, as kernels call them. Of an overflow, or a logarithm of 0, NumPy's functions say what those
# of a GPU do, where Python's raise.
exp, log, log1p, sqrt, tanh, sin, cos, floor, ceil, fmod, isnan, isinf, isfinite = (
    getattr(np if SIMULATED else math, name)
    for name in "exp log log1p sqrt tanh sin cos floor ceil fmod isnan isinf isfinite".split()
)


def dtype_of(dtype):
    return numba.np.numpy_support.as_dtype(dtype) if isinstance(dtype, numba.types.Type) else dtype


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

    def __init__(self, function, signature, dtypes=FLOATS, registers=None, listed=True):
        self.function, self.signature, self.dtypes, self.registers = function, signature, dtypes, registers
        self.compiled = {}
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        if listed:
            KERNELS.append(self)

    def types(self, dtype):
        return self.signature(numba.from_dtype(np.dtype(dtype)))

    def __call__(self, dtype, blocks, threads, *arguments):
        """Launch it on this thread's stream. An array among the arguments is seen as one long row."""
        compiled = self.compiled.get(dtype) or self.compile(dtype)
        stream = _thread.stream or current_stream()
        if SIMULATED:
            arguments = [a.on(stream) if isinstance(a, DeviceArray) else a for a in arguments]
            return self._simulate(compiled, dtype, blocks, threads, arguments)
        values = []
        for a in arguments:
            if isinstance(a, DeviceArray):
                values += a.on(stream)
            elif a.__class__ is tuple:
                values += a
            else:
                values.append(a)
        compiled(stream, blocks, threads, values)

    def compile(self, dtype):
        require()
        with self.lock:
            if dtype not in self.compiled:
                if SIMULATED:
                    self.compiled[dtype] = _module.jit(self.function)
                else:
                    self.compiled[dtype] = self._load(self.types(dtype), self.options(dtype))
        return self.compiled[dtype]

    def _load(self, kinds, options):
        """Compile it, or find it on disk, and load it onto the device."""
        with kept_on_disk(_configuration()):
            dispatcher = _module.jit(numba.types.void(*kinds), **options)(self.function)
        (found,) = dispatcher.overloads.values()
        return calls.Launcher(self.__name__, found._codelibrary.get_cufunc().handle, kinds)

    def options(self, dtype):
        limited = self.registers is not None and dtype == FLOATS[0]
        return {"cache": True, "max_registers": self.registers} if limited else {"cache": True}

    def _simulate(self, compiled, dtype, blocks, threads, arguments):
        numbers = []
        for kind, a in zip(self.types(dtype), arguments, strict=True):
            if isinstance(kind, numba.types.Integer) and not isinstance(a, int):
                raise TypeError(f"kernel {self.__name__!r}: expected a Python int, as C's types do, got {type(a)}")
            if isinstance(kind, numba.types.Array) and a.dtype != dtype_of(kind.dtype):
                raise TypeError(f"kernel {self.__name__!r}: expected an array of {kind.dtype}, got {a.dtype}")
            numbers.append(dtype_of(kind).type(a) if isinstance(kind, numba.types.Float) else a)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of an overflow, of which a GPU says nothing
            compiled[blocks, threads](*numbers)

    def __repr__(self):
        return f"Kernel({self.__name__})"


THREADS = choose(256, 4)  # in a block, where nothing says otherwise
BLOCKS = choose(4096, 2)  # at most so many, where threads go from one element to another


def grid(size):
    """(blocks, threads) for a loop `for i in range(cuda.grid(1), size, cuda.gridsize(1))`."""
    return max(1, min(BLOCKS, -(-size // THREADS))), THREADS


# --- the device ---------------------------------------------------------------------------------------------------


def is_available():
    """Whether there is a GPU, or its simulator, that kernels can run on."""
    return why_not() is None


def why_not():
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
        if not len(_module.gpus):
            return "there is a CUDA driver, but no GPU"
    except Exception as error:  # whatever a broken installation raises is the reason
        return f"{type(error).__name__}: {_first_line(error)}"
    return None


def _oldest_driver():
    """The CUDA version that the driver must support: that of the compilers, whose code is new to older drivers."""
    return max(OLDEST_DRIVER, (_module.runtime.get_version()[0], 0))


def _configuration():
    """Where the folder of compiled kernels is named: numba-cuda has a configuration of its own."""
    try:
        from numba.cuda.core import config
    except ImportError:
        return numba.config
    return config


def _dotted(version):
    return ".".join(map(str, version))


def _first_line(error):
    return str(error or "it could not be loaded").strip().splitlines()[0].rstrip(".:")


_ready = False


def require():
    """Raise DeviceError where there is no GPU to use; else let launches run there from now on."""
    global _ready
    if not _ready:
        reason = why_not()
        if reason is not None:
            raise DeviceError(f"device 'cuda' cannot be used: {reason}. See docs/cuda.md for what it needs")
        from .dispatch import run

        send_elsewhere(run)
        _ready = True


def device_count():
    """How many GPUs there are; 0 where none can be used."""
    return len(_module.gpus) if is_available() else 0


def device_name():
    require()
    name = "Numba's simulator" if SIMULATED else _module.get_current_device().name
    return name.decode() if isinstance(name, bytes) else name


def memory_info():
    """(free, total) bytes of the device's memory, or (None, None) under the simulator, which has the computer's."""
    if SIMULATED:
        return None, None
    free, total = _module.current_context().get_memory_info()
    return int(free), int(total)


class Stream:
    """The order in which a thread's kernels run on the device."""

    def __init__(self):
        require()
        if not SIMULATED:
            _module.current_context()  # becomes that of this thread
            self.raw, self.parameters = calls.new_stream(), calls.Parameters()

    def wait_for(self, other):
        """What is launched here from now on begins after what has been launched on `other` so far."""
        if not SIMULATED:
            calls.wait_for(self.raw, other.raw)

    def synchronize(self):
        """Wait until all that was launched is done. Raises KernelError if a kernel failed."""
        if not SIMULATED:
            calls.synchronize(self.raw)

    @property
    def pointer(self):
        """The stream as a number, for other libraries."""
        return 0 if SIMULATED else self.raw.value


class _PerThread(threading.local):
    stream = None


_thread = _PerThread()


def current_stream():
    """The stream of this thread."""
    if _thread.stream is None:
        _thread.stream = Stream()
    return _thread.stream


# --- memory -------------------------------------------------------------------------------------------------------


def allocate(nbytes):
    """`nbytes` of the device's memory, or None where it is used up."""
    current_stream()
    return _module.device_array(nbytes, np.uint8) if SIMULATED else calls.allocate(nbytes)


def row(buffer, start, size, dtype):
    """`size` elements of an allocation from byte `start` on, as kernels take an array."""
    if SIMULATED:
        return buffer[start : start + size * dtype.itemsize].view(dtype)
    return calls.Row(0, 0, size, dtype.itemsize, buffer.pointer + start, size, dtype.itemsize)


def to_host(row, out, stream):
    """Copy a row of device memory into a NumPy array, and wait until it is there."""
    if SIMULATED:
        row.copy_to_host(out)
    else:
        calls.copy_to_host(out, row, stream)
    stream.synchronize()


def to_device(row, array, stream):
    """Copy a NumPy array into a row of device memory; done with `array` when it returns."""
    if SIMULATED:
        row.copy_to_device(array)
    else:
        calls.copy_to_device(row, array, stream)
    stream.synchronize()


def pointer_of(row):
    """The address of a row on the device; under the simulator, in the computer's memory."""
    return row._ary.ctypes.data if SIMULATED else row.data


def foreign(pointer, nbytes):
    """Memory that another library owns, as `row` takes it."""
    if SIMULATED:
        from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

        raw = (ctypes.c_ubyte * nbytes).from_address(pointer)
        return FakeCUDAArray(np.frombuffer(raw, np.uint8))
    return calls.Foreign(pointer)


def wait_for_stream(pointer):
    """What is launched by this thread from now on begins after what another library has launched on its stream."""
    calls.wait_for(current_stream().raw, ctypes.c_void_p(pointer))
