"""The counterpart of `lift_coded`: a formula over arrays of which some are kept as codes of 8 bits, in one launch.

The lines are those of the CPU's loop. A block of threads takes a block of numbers; what a thread has computed waits in
shared memory until the threads have met and found the largest magnitude, and is then encoded.
"""

import numpy as np
from numba import types

from ..lifting.codes import BLOCK
from ..lifting.lift_coded import BlockEmitter
from .device import driver
from .lift import CudaEmitter, Updates

# Threads that take a block of 256 numbers. While they begin, and while they meet, memory waits for them; with four
# numbers each that is a smaller part of their time, and there is room for four times as many blocks.
THREADS = driver.choose(64, 4)


class _CodedEmitter(BlockEmitter, CudaEmitter):
    names = CudaEmitter.names | {"thread", "parts", "larger", "row_max"}

    share, place = f"range(uintp(thread), size, uintp({THREADS}))", "codes.place(i)"
    zero, larger, largest = "T(0)", "larger(found{k}, abs(x{k}))", "row_max(parts, thread, found{k})"
    once = "if thread == 0: "

    def module(self):
        self.imports["tinynet.kernels.cuda"] = {"codes"}
        self.imports["tinynet.kernels.cuda.rows"] = {"larger", "row_max"}
        return super().module()

    def from_host(self):
        return ["int(t)", *self.numbers]

    def kernel(self):
        lines = [
            f"def kernel({', '.join([*self.arguments(), 't', *self.numbers])}):",
            f"parts = cuda.shared.array({THREADS}, T)",
            *(f"room{k} = cuda.shared.array({BLOCK}, T)" for k in range(len(self.lifted.codes))),
            "block, thread = uintp(cuda.blockIdx.x), cuda.threadIdx.x",
            *self.loads(),
            *self.block(),
        ]
        return "\n    ".join(lines)


class CodedUpdates(Updates):
    """The counterpart of a `lift_coded`."""

    def __init__(self, lifted):
        super().__init__(lifted)
        self.arrays += 2  # where blocks start and stop

    def launch(self, kernel, arrays, numbers):
        blocks = arrays[self.lifted.writes].size
        kernel(arrays[0].dtype, blocks, THREADS, *arrays, *numbers)

    def types(self, real, count):
        arrays = [kind.dtype[::1] for kind in self.lifted.arrays(real)]
        return *arrays, types.int64, *[real] * (count - 1)

    def source(self, dtype):
        return _CodedEmitter(self.lifted, np.dtype(dtype).name).module()
