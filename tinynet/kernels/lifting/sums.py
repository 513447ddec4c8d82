"""`lift_sum`: a scalar formula becomes its sum over arrays, with the same bits on any number of threads.

    square_sum = lift_sum(formulas.square)
    launch(square_sum, out, starts, stops, x)   # out[k] ← Σ x[i]², starts[k] ≤ i < stops[k]

What is summed, and the sums, are float64: 10⁷ squares of float32 can neither overflow nor lose their digits. Arrays
are cut into pieces by their size, and each piece is summed by one thread.
"""

import inspect

import numpy as np
from numba import types

from ... import formulas
from .. import reference as kernels
from ..arrays import empty, host
from ..kernel import In, Kernel, Out, Role, Scalar
from ..launch import launch
from ..runtime.parallel_for import read, written
from ..runtime.plans import planned
from ..runtime.threads import ARITHMETIC
from .lift import ELEMENTARY, RESERVED, STRETCH, TASKS, Loop, loop_module, loop_plan, parsed, stretch_of

F64 = np.dtype(np.float64)
PIECE = 4096  # numbers that are summed by one thread, whatever their number, so that the bits never vary
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
        self.loop = Loop(self)

    def cpu(self, out, starts, stops, x, *rest):
        if x.size <= STRETCH or out.size == 1:
            self.loop.serial[x.dtype].run(out, starts, stops, x, *rest)
        else:
            plan = loop_plan(self.loop, x.dtype, out.size, -(-out.size // TASKS), x.size >= ARITHMETIC)
            plan.run(out, starts, stops, x, *rest)

    def types(self, real):
        """The types of the arguments of its loop."""
        places, arrays = [read(types.int64, 1)] * 2, [read(real, 1)] * self.input_count
        return types.intp, written(types.float64, 1), *places, *arrays, *[types.float64] * len(self.scalars)

    def source(self, dtype):
        """The text of the module for the CPU."""
        return sum_loop(self, np.dtype(dtype).name)

    def __repr__(self):
        return f"lift_sum({self.formula.__name__})"


TOTALS = lift_sum(formulas.same)  # of such sums


def sum_loop(lifted, dtype):
    """The text of the loop of a `lift_sum` for the CPU, over arrays of `dtype`."""
    formula = parsed(lifted, "float64", SUM_NAMES)
    formula.use(f"{ELEMENTARY}.floats", "add_in_any_order")
    term = formula.call(f"T({e}[i])" for e in formula.elements)
    lines = [
        stretch_of("out.size"),
        "for k in range(start, stop):",
        "    total = T(0)",
        "    for i in range(uintp(starts[k]), uintp(stops[k])):",
        f"        total = add_in_any_order(total, {term})",
        "    out[k] = total",
    ]
    parameters = ["out", "starts", "stops", *formula.elements, *lifted.scalars]
    return loop_module(formula, f"summed over {dtype} arrays", parameters, lines)


@planned
def pieces(n, length=PIECE):
    """(starts, stops) of the pieces in which n elements are summed, one at least; read-only arrays."""
    starts = np.arange(0, max(n, 1), length)
    stops = np.minimum(starts + length, n)
    starts.flags.writeable = stops.flags.writeable = False
    return starts, stops


def sum_of(kernel, x, *rest):
    """The sum that a `lift_sum` makes of whole flat arrays, in an array of one number on their device."""
    starts, stops = pieces(x.size)
    parts = empty(starts.shape, F64, x)
    launch(kernel, parts, starts, stops, x, *rest)
    if len(starts) == 1:
        return parts
    out = empty((1,), F64, x)
    launch(TOTALS, out, *pieces(len(starts), len(starts)), parts)
    return out


def total(kernel, x, *rest):
    """The sum that a `lift_sum` makes of whole flat arrays, as a Python float."""
    starts, stops = pieces(x.size)
    out = empty(starts.shape, F64, x)
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
