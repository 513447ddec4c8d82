"""Matrix products by NVIDIA's cuBLAS, where it is installed; nothing else here needs it.

It is found by `cuda.pathfinder`, which comes with numba-cuda. Products of float32 are computed in float32:
`allow_tf32(True)` lets it round the factors to 10 bits of mantissa first, which is faster. `use(False)` leaves it out.
"""

import ctypes
import functools

import numpy as np

from ....errors import KernelError
from . import driver

DEFAULT_MATH, TF32_MATH = 0, 3  # of cublasMath_t

_wanted = True
_tf32 = False
_handles = {}  # stream: the library's handle for it


def use(flag):
    """Whether to take cuBLAS for products where it is installed; by default it is taken."""
    global _wanted
    _wanted = bool(flag)


def allow_tf32(flag):
    """Whether cuBLAS may round factors of float32 to TensorFloat-32; by default it may not."""
    global _tf32
    _tf32 = bool(flag)
    for handle in _handles.values():
        _check(library().cublasSetMathMode(handle, TF32_MATH if _tf32 else DEFAULT_MATH))


def is_used():
    return _wanted and library() is not None


@functools.cache
def library():
    """The loaded library, or None where there is none."""
    if driver.SIMULATED:
        return None
    try:
        from cuda.pathfinder import load_nvidia_dynamic_lib

        return ctypes.CDLL(load_nvidia_dynamic_lib("cublas").abs_path)
    except Exception:  # not installed, or of another system: the kernel of this package does the same
        return None


def _handle(stream):
    if stream not in _handles:
        handle = ctypes.c_void_p()
        _check(library().cublasCreate_v2(ctypes.byref(handle)))
        _check(library().cublasSetStream_v2(handle, ctypes.c_void_p(stream.pointer)))
        _check(library().cublasSetMathMode(handle, TF32_MATH if _tf32 else DEFAULT_MATH))
        _handles[stream] = handle
    return _handles[stream]


def _check(status):
    if status:
        raise KernelError(f"cuBLAS failed with status {status}")


@functools.cache
def _product(dtype):
    """The library's function for a stack of products, and where 0 and 1 lie, which it is given the addresses of."""
    real, name = {np.float32: (ctypes.c_float, "S"), np.float64: (ctypes.c_double, "D")}[dtype.type]
    function = getattr(library(), f"cublas{name}gemmStridedBatched")
    pointer, integer, long = ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong
    function.argtypes = [
        pointer, *[integer] * 5, pointer, *[pointer, integer, long] * 2, pointer, pointer, integer, long, integer,
    ]  # fmt: skip
    return function, (ctypes.byref(real(0)), ctypes.byref(real(1)))


def multiply(out, a, b, sizes, matrices, count, accumulate):
    """out (count, m, n) ← a (m, k) @ b (k, n), plus out with `accumulate`; matrices `matrices` elements apart.

    The library has columns where we have rows: it is given outᵀ = bᵀ aᵀ, for which nothing is moved.
    """
    m, n, k = sizes
    (a, ta, lda), (b, tb, ldb) = _laid_out(a, matrices[0]), _laid_out(b, matrices[1])
    driver.note_other()
    stream = driver.current_stream()
    function, numbers = _product(out.dtype)
    operands = b.pointer, ldb, matrices[1], a.pointer, lda, matrices[0]
    target = numbers[accumulate], out.pointer, n, m * n, count
    _check(function(_handle(stream), tb, ta, n, m, k, numbers[1], *operands, *target))


def _laid_out(x, matrix):
    """(x, whether it is transposed in memory, elements from one line to the next); a copy where it is neither."""
    (rows, columns), (down, across) = x.shape[-2:], (s // x.itemsize for s in x.strides[-2:])
    if (across == 1 or columns == 1) and down >= max(columns, 1):
        return x, 0, down
    if (down == 1 or rows == 1) and across >= max(rows, 1):
        return x, 1, across
    return (x.copy() if not matrix else x), 0, columns
