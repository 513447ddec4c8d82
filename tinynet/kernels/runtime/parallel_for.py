"""The tasks of a kernel, run in order or on all threads, and the memory that they work in.

The body of a kernel is a C function `body(arguments, scratch, task)`, called by its address (`by_address.py`). A
`prange` around the body itself would make Numba compile it into four modules, one wrapped around the other, and
optimise each anew; for a long body that takes seconds. Two loops, one serial and one parallel, serve all kernels.

A body that needs memory to work in gets it from its caller, as `scratch`, for the length of the call. It must not take
the address of an array of its own: Numba frees an array after the last use of its name, and knows nothing of addresses
that were taken from it. Each worker has its own scratch, and does its tasks one after another, so no two tasks share it
at a time.
"""

import numpy as np
from numba import prange, types

from .by_address import call, jit_at
from .jit import Compiled
from .memory import ALIGNED, empty
from .threads import most_threads

_BYTE = np.dtype(np.uint8)
_NOTHING = np.empty(0, _BYTE)


def workspace(count, parallel, scratch):
    """(workers, memory, stride): an array with `scratch` bytes for each worker, `stride` bytes apart."""
    if not scratch:
        return count if parallel else 1, _NOTHING, 0
    workers = min(most_threads(), count) if parallel else 1
    stride = -(-scratch // ALIGNED) * ALIGNED
    return workers, empty((workers * stride,), _BYTE), stride


def _one_worker(body, arguments, count, workers, scratch, stride):
    for task in range(count):
        call(body, (arguments, scratch, task))


def _all_workers(body, arguments, count, workers, scratch, stride):
    for worker in prange(workers):
        w = np.intp(worker)
        for task in range(count * w // workers, count * (w + 1) // workers):
            call(body, (arguments, scratch + w * stride, task))


# parallel: the address of run(body, arguments, count, workers, scratch, stride), for all tasks below `count`. The one
# for all threads is run by `launch_parallel`.
RUNNERS = Compiled(
    lambda parallel: jit_at(
        _all_workers if parallel else _one_worker, types.void(*[types.intp] * 6), parallel=bool(parallel)
    )
)
