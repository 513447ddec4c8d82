"""`jit`: how every kernel is compiled, and where its machine code is kept.

Numba decides whether cached machine code is fresh by looking at one file: the one that defines the function. A
kernel also depends on the helpers it calls, which live in other files, so an edited helper would silently run old
code. Therefore all of tinynet's kernels share one cache folder, named by a fingerprint of all their sources: an
edit anywhere gives a new folder.
"""

import contextlib
import functools
import hashlib
import os
import tempfile
from pathlib import Path
from types import FunctionType

# GNU OpenMP lets a thread that waits spin for milliseconds. If another process, or NumPy's BLAS, holds a core, the
# others then spin while the one that has work does not run: an 0.1 ms product takes 8 ms. After 1000 turns, some
# microseconds, they sleep. It is read when the library is loaded, so it has to be set before Numba loads it.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import numba

# What LLVM may assume of floating point. 'nnan' and 'ninf' are missing on purpose: with them it deletes the checks
# for NaN and Inf that the losses and the anomaly mode rely on.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}
FLAGS = {"fastmath": FASTMATH, "error_model": "numpy", "nogil": True, "cache": True}


def jit(function=None, *, parallel=False):
    """Compile a kernel with Numba, lazily, with the machine code kept on disk.

    The same as `numba.njit` with tinynet's flags. With `NUMBA_DISABLE_JIT=1` the plain Python function is returned,
    which a debugger can step through.
    """
    if function is None:
        return functools.partial(jit, parallel=parallel)
    with kept_on_disk():
        return numba.njit(parallel=parallel, **FLAGS)(function)


def named(function, name):
    """The same function under a name of its own: Numba's disk cache tells functions apart by their names."""
    twin = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
    twin.__qualname__, twin.__module__ = name, function.__module__
    return twin


def inline(function):
    """Compile a helper that kernels call: the flags of `jit`, but no machine code of its own on disk."""
    return numba.njit(**{**FLAGS, "cache": False}, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)


def merge(function):
    """Like `inline`, and inlined however long it is: a call left in a loop keeps LLVM from making vectors of it."""
    return numba.njit(**{**FLAGS, "cache": False, "forceinline": True})(function)


@functools.cache
def cache_folder():
    """The folder that holds compiled kernels: `NUMBA_CACHE_DIR`, else the user's cache, else a temporary folder."""
    name = f"tinynet-{fingerprint()}"
    for base in _candidates():
        folder = base / name
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()  # a folder may exist and yet not be writable
            return folder
    raise OSError(f"no writable folder for compiled kernels; tried {', '.join(map(str, _candidates()))}")


def _candidates():
    if os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(os.environ["NUMBA_CACHE_DIR"])
    user = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):  # no home folder at all
        yield (Path(user) if user else Path.home() / ".cache") / "tinynet"
    yield Path(tempfile.gettempdir()) / f"tinynet-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"


@functools.cache
def fingerprint():
    """A hash of everything that a kernel's machine code depends on, besides the CPU, which Numba's own key holds."""
    digest = hashlib.sha256(f"{numba.__version__} {numba.config.CPU_NAME} {numba.config.CPU_FEATURES}".encode())
    package = Path(__file__).parent
    for path in [package.parent / "formulas.py", package.parent / "rules.py", *sorted(package.rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def kept_on_disk(config=numba.config):
    """Functions that are decorated in the block keep their machine code in our folder.

    Numba reads its cache folder when a function is decorated, and ours must not become the user's. `config` is the
    place that names the folder.
    """
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder())
    try:
        yield
    finally:
        config.CACHE_DIR = before
