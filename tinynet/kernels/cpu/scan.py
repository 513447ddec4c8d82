"""Scans that NumPy has no function for."""

import math

import numba
import numpy as np
from numba import types

from .. import reference as kernels
from ..runtime.jit import Compiled, jit, settle


def _recurrence(out, a, b, reverse):
    """Over arrays (outer, n, inner), along the middle."""
    outer, n, inner = out.shape
    for i in range(outer):
        for k in range(n):
            at = n - 1 - k if reverse else k
            if k == 0:
                out[i, at] = b[i, at]
            else:
                before = at + 1 if reverse else at - 1
                for j in range(inner):
                    out[i, at, j] = a[i, at, j] * out[i, before, j] + b[i, at, j]


def _compile(dtype):
    real = numba.from_dtype(dtype)
    read = types.Array(real, 3, "C", readonly=True)
    return settle(jit(_recurrence), types.Array(real, 3, "C"), read, read, types.boolean)


_loops = Compiled(_compile)


@kernels.recurrence.on("cpu")
def recurrence(out, a, b, axis, reverse):
    """out[k] ← a[k] out[k − 1] + b[k], and out[0] ← b[0]."""
    shape = out.shape
    cut = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    target = out if out.flags.c_contiguous else np.empty(shape, out.dtype)
    _loops[out.dtype](target.reshape(cut), *(np.ascontiguousarray(x).reshape(cut) for x in (a, b)), reverse)
    if target is not out:
        out[...] = target
