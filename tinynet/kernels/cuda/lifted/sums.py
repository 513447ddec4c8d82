"""Sums of a formula over slices of arrays, in float64.

A block of threads takes a slice: of n threads each adds up every n-th element, and then they meet in shared memory. On
most GPUs float64 is slow, but there is one addition of it for each element read, and it is the reading that takes the
time.
"""

import numpy as np
from numba import types

from ...lifting.formula import function
from ..array.tables import on_device
from ..rows import ROW
from .template import RESERVED, loaded, module, parsed


def kernel_text(lifted, dtype):
    """The text of the module of a kernel over arrays of `dtype`."""
    formula = parsed(
        lifted, "float64", RESERVED | {"starts", "stops", "parts", "ROW", "row_sum", "thread", "k", "total"}
    )
    formula.use("tinynet.kernels.cuda.rows", "ROW", "row_sum")
    lines = [
        "parts = cuda.shared.array(ROW, T)",
        "thread, k = cuda.threadIdx.x, cuda.blockIdx.x",
        "total = T(0)",
        "for i in range(starts[k] + thread, stops[k], cuda.blockDim.x):",
        f"    total += {formula.call(f'T({e}[i])' for e in formula.elements)}",
        "total = row_sum(parts, thread, total)",
        "if thread == 0:",
        "    out[k] = total",
    ]
    parameters = ["out", "starts", "stops", *formula.elements, *formula.constants]
    kernel = function(f"def kernel({', '.join(parameters)}):", lines)
    return module(lifted, formula, f"as a CUDA kernel, summed over {dtype} arrays", kernel)


class Sums:
    """A kernel (out, starts, stops, *arrays, *scalars): out[k] ← the sum of the formula over slice k."""

    def __init__(self, lifted):
        self.lifted, self.compiled = lifted, {}
        self.name = lifted.name

    def __call__(self, out, starts, stops, *rest):
        if not out.size:
            return
        arrays, scalars = rest[: self.lifted.input_count], rest[self.lifted.input_count :]
        kernel, constants = self.compiled.get(arrays[0].dtype) or self.compile(arrays[0].dtype)
        slices = on_device(starts), on_device(stops)
        kernel(arrays[0].dtype, out.size, ROW, out, *slices, *arrays, *constants(scalars))

    def compile(self, dtype):
        """(kernel, constants) for arrays of this dtype."""
        self.compiled[dtype] = loaded(self.lifted, self.source(dtype), self.types)
        return self.compiled[dtype]

    def types(self, real, count):
        f64, i64 = types.float64, types.int64
        return f64[::1], i64[::1], i64[::1], *[real[::1]] * self.lifted.input_count, *[f64] * count

    def source(self, dtype):
        """The text of the kernel's module."""
        return kernel_text(self.lifted, np.dtype(dtype).name)
