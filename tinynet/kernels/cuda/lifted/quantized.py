"""Update rules over state in 8 bits, in one launch: the lines of the CPU's loop, a block of threads for each block.

What a thread has computed waits in shared memory until the threads have met and found the largest magnitude, and is
then encoded.
"""

import numpy as np
from numba import types

from ...lifting.codec import BLOCK
from ...lifting.formula import function
from ...lifting.quantized import BLOCK_NAMES, BlockTemplate, array_names, block_lines
from ..device import driver
from .elementwise import Updates
from .template import RESERVED, module, parsed

# Threads that take a block of 256 numbers. While they begin, and while they meet, memory waits for them; with four
# numbers each that is a smaller part of their time, and there is room for four times as many blocks.
THREADS = driver.choose(64, 4)
TEMPLATE = BlockTemplate(
    indices=f"range(uintp(thread), size, uintp({THREADS}))",
    position_bits="codec.position_bits(i)",
    zero="T(0)",
    maximum="larger(found{k}, abs(x{k}))",
    largest="row_max(parts, thread, found{k})",
    scale_guard="if thread == 0: ",
)


def kernel_text(lifted, dtype):
    """The text of the module of a kernel."""
    formula = parsed(lifted, dtype, RESERVED | BLOCK_NAMES | {"thread", "parts", "larger", "row_max"})
    formula.use("tinynet.kernels.cuda", "codec")
    formula.use("tinynet.kernels.cuda.rows", "larger", "row_max")
    lines = [
        f"parts = cuda.shared.array({THREADS}, T)",
        *(f"buffer{k} = cuda.shared.array({BLOCK}, T)" for k in range(len(lifted.quantized))),
        "block, thread = uintp(cuda.blockIdx.x), cuda.threadIdx.x",
        *formula.loads(),
        *block_lines(lifted, formula, TEMPLATE),
    ]
    parameters = [*array_names(lifted, formula), "t", *formula.constants]
    kernel = function(f"def kernel({', '.join(parameters)}):", lines)
    return module(lifted, formula, f"as a CUDA kernel over {dtype} arrays and codes", kernel, ["int(t)"])


class QuantizedUpdates(Updates):
    """What runs a `lift_quantized`."""

    def __init__(self, lifted):
        super().__init__(lifted)
        self.array_count += 2  # where blocks start and stop

    def launch(self, kernel, arrays, constants):
        blocks = arrays[self.lifted.writes].size
        kernel(arrays[0].dtype, blocks, THREADS, *arrays, *constants)

    def types(self, real, count):
        arrays = [kind.dtype[::1] for kind in self.lifted.arrays(real)]
        return *arrays, types.int64, *[real] * (count - 1)

    def source(self, dtype):
        return kernel_text(self.lifted, np.dtype(dtype).name)
