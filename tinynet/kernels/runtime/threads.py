"""Threads: from which size on all of them take part, how many they are, and how a parallel kernel is launched.

Below these sizes one thread is done before the others have been woken. Threads that have waited for some microseconds
sleep. To wake them takes 30 µs on the virtual machine where these numbers were measured, with 40 µs of Python between
two kernels, as between two operations of a training step; between an optimizer's steps there is more. With the threads
awake, half the sizes would do. Work is cut by size and never by the number of threads, so that none of these numbers
changes a bit of a result.

Numba runs parallel loops on one of three libraries, its threading layers, and each has its limits: the layer
"workqueue" aborts the process if two Python threads launch at a time, and GNU OpenMP hangs in a process forked after
it has run, unless it is asked for one thread. So every parallel kernel is launched through `launch_parallel`.
"""

import contextlib
import ctypes
import importlib
import os
import threading

# GNU OpenMP lets a thread that waits spin for milliseconds. If another process, or NumPy's BLAS, holds a core, the
# others then spin while the one that has work does not run: an 0.1 ms product takes 8 ms. After 1000 turns, some
# microseconds, they sleep. It is read when the library is loaded, so it has to be set before Numba loads it.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import numba
from numba.core.compiler_lock import global_compiler_lock

from ...arguments import integer

ARITHMETIC = 1 << 18  # numbers: of an elementwise loop of a few operations, of a sum, of the rows of a norm
FUNCTIONS = 1 << 16  # numbers, for each of which an exponential or the like is computed one by one
SOFTMAX = 1 << 17  # numbers in rows that are exponentiated, many at a time
UPDATES = 1 << 17  # parameters, which an update rule reads and writes with their state
IMAGES = 1 << 17  # numbers of an image that are moved, pooled or added up
PRODUCTS = 3_000_000  # multiplications in a matrix product
CONVOLUTIONS = 4_000_000  # multiplications, which are less dense there
ATTENTION = 2_000_000  # multiplications in Q Kᵀ

LAYERS = {"omp": "omppool", "tbb": "tbbpool", "workqueue": "workqueue"}  # Numba's modules

compiling = global_compiler_lock  # held while anything is compiled, here or in the user's code; re-entrant
_launching = threading.RLock()  # held where the state below changes, and during a launch if the layer needs it
_limit = None  # what the user has set
_direct = False  # whether a launch is a plain call
_forked = False  # whether the layer was started in the process from which this one was forked
_restart = False  # whether it has yet to be started here


def set_num_threads(num, /):
    """Set how many threads compute at most, in all of the process.

    No more than `NUMBA_NUM_THREADS` are ever used, an environment variable read at the start: the number of cores if
    it is not set. The number changes no bit of a result.

    Raises:
        TypeError: `num` is not an integer.
        ValueError: it is not positive.
    """
    global _limit, _direct
    num = integer("set_num_threads", "num", num, 1, 2**31 - 1)
    with _launching:
        _limit, _direct = num, False


def get_num_threads():
    """How many threads compute at most: what was set, else all that there are."""
    if _limit is not None:
        return _limit
    return numba.get_num_threads() if _started() else numba.config.NUMBA_NUM_THREADS


def most_threads():
    """How many threads may take part in a launch."""
    return min(get_num_threads(), numba.config.NUMBA_NUM_THREADS)


def launch_parallel(kernel, *arguments):
    """Call a compiled function in which there is a parallel loop."""
    if _direct:
        kernel(*arguments)
    else:
        _launch(kernel, arguments)


def _launch(kernel, arguments):
    """A launch with what the layer and the user ask for."""
    global _direct
    with _launching:
        layer = _start()
        alone = _forked and layer == "omp" and _library(layer).openmp_vendor == "GNU"
        _direct = layer != "workqueue" and _limit is None and not alone
    if alone:
        numba.set_num_threads(1)  # for good: with more, the user's own parallel functions would hang as well
    with _launching if layer == "workqueue" else contextlib.nullcontext():
        before = numba.get_num_threads()
        if _limit is not None and not alone:
            numba.set_num_threads(most_threads())
        try:
            kernel(*arguments)
        finally:
            numba.set_num_threads(before)


def _started():
    """Whether Numba has chosen its threading layer and started it, which it does when it is first needed."""
    try:
        return bool(numba.threading_layer())
    except ValueError:
        return False


def _start():
    """The name of the threading layer, which is started if need be."""
    global _restart
    numba.get_num_threads()
    if _restart and numba.threading_layer() != "tbb":  # which looks after itself
        # OpenMP is refused to any process but the one that started it, and the threads of workqueue did not come along.
        start = ctypes.CFUNCTYPE(None, ctypes.c_int)(_library(numba.threading_layer()).launch_threads)
        start(numba.config.NUMBA_NUM_THREADS)
    _restart = False
    return numba.threading_layer()


def threading_layer():
    """The name of the threading layer."""
    with _launching:
        return _start()


def _library(layer):
    return importlib.import_module(f"numba.np.ufunc.{LAYERS[layer]}")


def hold_while_forking(lock):
    """Let no process be forked while another thread holds `lock`: in the new process it would never be released."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


def _after_fork():
    global _forked, _restart, _direct
    if _started():
        _forked, _restart, _direct = True, True, False


hold_while_forking(compiling)
hold_while_forking(_launching)  # taken first, since a launch may compile
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
