"""`lift_sum`: a scalar formula becomes its sum over arrays, with the same bits on any number of threads.

    square_sum = lift_sum(formulas.square)
    launch(square_sum, out, starts, stops, x)   # out[k] ← Σ x[i]², starts[k] ≤ i < stops[k]

What is summed, and the sums, are float64: 10⁷ squares of float32 can neither overflow nor lose their digits. Arrays
are cut into pieces by their size, and each piece is summed by one thread.
"""

import inspect

import numba
import numpy as np
from numba import types

from .. import reference as kernels
from ..arrays import empty, host
from ..kernel import In, Kernel, Out, Role, Scalar
from ..launch import launch
from ..runtime.jit import Compiled
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .lift import CHUNK, ELEMENTARY, RESERVED, loops, parsed, read, written
from .module import compiled

SUM_NAMES = RESERVED | {"add_in_any_order", "starts", "stops", "k", "total"}


class lift_sum(Kernel):
    """A kernel `(out, starts, stops, *arrays, *scalars)` from a formula, compiled per dtype when first used."""

    uniform, prologue = (), ""

    def __init__(self, formula, *, scalars=()):
        self.formula, self.scalars = formula, tuple(scalars)
        inputs = [name for name in inspect.signature(formula).parameters if name not in scalars]
        self.input_count = len(inputs)
        places = {"starts": Role.STRUCTURE, "stops": Role.STRUCTURE}  # on the host, wherever the arrays lie
        parameters = {"out": Out, **places, **dict.fromkeys(inputs, In), **dict.fromkeys(scalars, Scalar)}
        super().__init__(f"sum_{formula.__name__}", parameters, formula.__doc__)
        self._kernels = Compiled(lambda key: self.compile(*key))  # (dtype, parallel): compiled loop

    def cpu(self, out, starts, stops, x, *rest):
        self._kernels[x.dtype, x.size >= ARITHMETIC and out.size > 1](out, starts, stops, x, *rest)

    def compile(self, dtype, parallel):
        arrays, index = [read(numba.from_dtype(dtype))] * self.input_count, read(types.int64)
        kinds = written(types.float64), index, index, *arrays, *[types.float64] * len(self.scalars)
        return compiled(self.name, sum_loops(self, dtype.name), "parallel" if parallel else "serial", kinds)

    def __repr__(self):
        return f"lift_sum({self.formula.__name__})"


def sum_loops(lifted, dtype):
    """The text of the loops of a `lift_sum` for the CPU, over arrays of `dtype`."""
    formula = parsed(lifted, "float64", SUM_NAMES)
    formula.use("numpy", "uintp")
    formula.use(f"{ELEMENTARY}.floats", "add_in_any_order")

    def lines(parallel):
        return [
            f"for k in {'prange' if parallel else 'range'}(out.size):",
            "    total = T(0)",
            "    for i in range(uintp(starts[k]), uintp(stops[k])):",
            f"        total = add_in_any_order(total, {formula.call(f'T({e}[i])' for e in formula.elements)})",
            "    out[k] = total",
        ]

    parameters = ["out", "starts", "stops", *formula.elements, *lifted.scalars]
    return loops(formula, f"summed over {dtype} arrays", parameters, lines)


@planned
def pieces(n, length=CHUNK):
    """(starts, stops) of the pieces in which n elements are summed, one at least; read-only arrays."""
    starts = np.arange(0, max(n, 1), length)
    stops = np.minimum(starts + length, n)
    starts.flags.writeable = stops.flags.writeable = False
    return starts, stops


def total(kernel, x, *rest):
    """The sum that a `lift_sum` makes of whole flat arrays, as a Python float."""
    starts, stops = pieces(x.size)
    out = empty(starts.shape, np.dtype(np.float64), x)
    launch(kernel, out, starts, stops, x, *rest)
    return float(host(out).sum())


def largest_magnitude(x):
    """The largest |x| of a flat array, as a Python float; 0 if there is none."""
    if not x.size:
        return 0.0
    magnitudes, out = np.empty_like(x), empty((1,), x.dtype, x)
    launch(kernels.abs, magnitudes, x)
    launch(kernels.max, out, magnitudes, (0,))
    return float(host(out)[0])
