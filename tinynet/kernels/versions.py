"""`versions`: one loop, compiled serial or parallel, for float32 or float64, each when it is first asked for.

    @versions(lambda real: (written(real, 2), read(real, 2)))
    def _double(out, x):
        for r in prange(x.shape[0]):
            ...

    _double[x.size >= PARALLEL, x.dtype](out, x)

The argument types are declared, and no other version may be compiled: so read-only arrays and views pass as they are,
and no call stops a training step for a compilation that nobody expected.
"""

import threading

import numba
import numpy as np
from numba import types

from .jit import jit, named


def written(real, ndim, layout="C"):
    """The type of an array that a kernel writes."""
    return types.Array(real, ndim, layout)


def read(real, ndim, layout="C"):
    """The type of an array that a kernel reads, and that may be read-only; layout "A" takes any strides."""
    return types.Array(real, ndim, layout, readonly=True)


class versions(dict):
    """(parallel, dtype) → the compiled loop. `signature(real)` gives the types of its arguments."""

    lock = threading.Lock()

    def __init__(self, signature):
        super().__init__()
        self.signature, self.loops = signature, None

    def __call__(self, loop):
        self.loop, self.__name__, self.__doc__ = loop, loop.__name__, loop.__doc__
        return self

    def __missing__(self, key):
        parallel, dtype = key
        if numba.config.DISABLE_JIT:
            return self.loop
        with self.lock:
            if self.loops is None:
                self.loops = [
                    jit(named(self.loop, f"{self.__name__}_{kind}"), parallel=kind == "parallel")
                    for kind in ("serial", "parallel")
                ]
            kernel = self.loops[bool(parallel)]
            kernel.disable_compile(False)
            kernel.compile(types.void(*self.signature(numba.from_dtype(np.dtype(dtype)))))
            kernel.disable_compile()
        self[key] = kernel
        return kernel
