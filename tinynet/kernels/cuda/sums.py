"""The counterpart of `lift_sum`: sums of a formula over pieces of arrays, in float64.

A block of threads takes a piece: each thread adds up every n-th element, and then they meet in shared memory. On most
GPUs float64 is slow, but there is one addition of it for each element read, and it is the reading that takes the time.
"""

import numpy as np
from numba import types

from ..lifting.lift import load
from .array.tables import on_device
from .device import driver
from .lift import CudaEmitter
from .rows import ROW


class _SumEmitter(CudaEmitter):
    def kernel(self):
        self.imports.setdefault("tinynet.kernels.cuda.rows", set()).update(("ROW", "row_sum"))
        arrays = ", ".join(self.elements)
        numbers = "".join(f", {k}" for k in self.numbers)
        value = f"{self.name}({', '.join([f'T({e}[i])' for e in self.elements] + self.numbers)})"
        return "\n".join(
            [
                f"def kernel(out, starts, stops, {arrays}{numbers}):",
                "    parts = cuda.shared.array(ROW, T)",
                "    t, k = cuda.threadIdx.x, cuda.blockIdx.x",
                "    total = T(0)",
                "    for i in range(starts[k] + t, stops[k], cuda.blockDim.x):",
                f"        total += {value}",
                "    total = row_sum(parts, t, total)",
                "    if t == 0:",
                "        out[k] = total",
            ]
        )

    def module(self):
        self.kernel()  # for what it imports
        return super().module()


class Sums:
    """A kernel (out, starts, stops, *arrays, *scalars): out[k] ← the sum of the formula over piece k."""

    def __init__(self, lifted):
        self.lifted, self.kernels = lifted, {}
        self.name = lifted.name

    def __call__(self, out, starts, stops, *rest):
        if not out.size:
            return
        arrays, scalars = rest[: self.lifted._inputs], rest[self.lifted._inputs :]
        kernel, numbers = self.kernels.get(arrays[0].dtype) or self.compile(arrays[0].dtype)
        places = on_device(starts), on_device(stops)
        kernel(arrays[0].dtype, out.size, ROW, out, *places, *arrays, *numbers(*map(np.float64, scalars)))

    def compile(self, dtype):
        module = load(f"{self.name}_cuda", self.source(dtype))
        count = len(module.numbers(*[1.0] * len(self.lifted.scalars)))
        f64, i64 = types.float64, types.int64
        kernel = driver.Kernel(
            module.kernel,
            lambda real: (f64[::1], i64[::1], i64[::1], *[real[::1]] * self.lifted._inputs, *[f64] * count),
            listed=False,
            name=self.name,
        )
        self.kernels[dtype] = kernel, module.numbers
        return self.kernels[dtype]

    def source(self, dtype):
        """The text of the kernel's module."""
        text = _SumEmitter(self.lifted, "float64").module()
        return text.replace("over float64 arrays", f"summed over {np.dtype(dtype).name} arrays")
