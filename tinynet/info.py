"""What `tinynet info` tells: the versions, the machine and the folders that a report of a problem needs."""

import contextlib
import importlib.metadata
import os
import platform
from pathlib import Path

import llvmlite.binding
import numba

from . import __version__
from .errors import DeviceError
from .kernels.runtime.folder import cache_folder
from .kernels.runtime.threads import get_num_threads, threading_layer

PACKAGES = ("numpy", "numba", "llvmlite", "tqdm", "matplotlib", "pillow", "safetensors", "numba-cuda")
# Vector instructions that decide the speed of kernels; LLVM knows some hundred features more.
FEATURES = ("sse4.2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512bf16", "neon", "sve", "sve2")


def facts():
    """(name, value) for each line."""
    yield "tinynet", __version__
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()}, {platform.platform()})"
    for package in PACKAGES:
        yield package, _version(package)
    yield "CPU", f"{_cpu_model()}, {os.cpu_count()} cores"
    yield "LLVM target", numba.config.CPU_NAME or llvmlite.binding.get_host_cpu_name()
    yield "instructions", " ".join(_features()) or "none of those that matter here"
    yield "threads", f"{get_num_threads()}, threading layer {_threading_layer()}"
    yield "compiled code", _compiled_code()
    yield "GPU", _gpu()


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _cpu_model():
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _features():
    """The vector instructions that kernels are compiled for."""
    if numba.config.CPU_FEATURES:
        chosen = {name[1:] for name in numba.config.CPU_FEATURES.split(",") if name.startswith("+")}
    else:
        chosen = {name for name, on in llvmlite.binding.get_host_cpu_features().items() if on}
    return [name for name in FEATURES if name in chosen]


def _threading_layer():
    """The name of the layer. Numba chooses it when the first parallel kernel runs; here that is asked for directly."""
    try:
        return threading_layer()
    except (ImportError, ValueError):  # ValueError: none could be loaded
        return f"not known (asked for: {numba.config.THREADING_LAYER})"


def _compiled_code():
    if numba.config.DISABLE_JIT:
        return "off: NUMBA_DISABLE_JIT is set"
    folder = cache_folder()
    return (
        "not kept: there is no folder that can be trusted and written to"
        if folder is None
        else f"{folder} ({_size(folder)})"
    )


def _size(folder):
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{size / 2**20:.1f} MiB"


def _gpu():
    from . import cuda

    try:
        return cuda.get_device_name()
    except DeviceError as error:
        return f"none: {error}"
