"""What the kernels that work row by row share: the plan that cuts rows into chunks, the larger number, exponentials."""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..elementary import exp, log
from ..runtime.parallel_for import Plan, parallel_for, read, written
from ..runtime.plans import planned

__all__ = ["exp", "larger", "log"]  # from here the other kernels take these functions of one number

CHUNK = 1 << 12  # elements that are worth a task of their own
TASKS = 64  # at most: some kernels keep a row of partial sums for each


def as_rows(x):
    """x as a contiguous matrix of its rows along the last axis; a copy only where there is no such view."""
    if x.ndim != 2:
        x = x.reshape(x.size // x.shape[-1] if x.shape[-1] else 0, x.shape[-1])
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


@planned
def plan_rows(kernel, dtype, rows, columns, parallel_from):
    """Chunks of rows, whose number is the kernel's first argument; in parallel from so many elements on.

    Chunks depend on the shape alone, and so do the bits of a sum over them.
    """
    chunk = max(1, CHUNK // max(columns, 1), -(-rows // TASKS))
    return Plan(kernel, dtype, -(-rows // chunk), rows * columns >= parallel_from, chunk)


@planned
def one_task(kernel, dtype):
    """The plan of a kernel that is not cut."""
    return Plan(kernel, dtype, 1, False)


def add_up(out, partial):
    """out (n,) ← the sum over the tasks of their partial sums (tasks, n), in the order of the tasks."""
    one_task(_add_up, out.dtype).run(out, partial)


@parallel_for(lambda real: (written(real, 1), read(real, 2)))
def _add_up(arguments, scratch, _):
    out, partial = arguments[0]
    for c in range(out.size):
        out[c] = 0
    for task in range(partial.shape[0]):
        for c in range(out.size):
            out[c] += partial[task, c]


if numba.config.DISABLE_JIT:
    larger = max
else:

    @intrinsic
    def larger(typing, x, y):
        """The larger of two numbers; any number if one is NaN, which leaves the compiler free to use vectors.

        A softmax can afford that: whatever is subtracted from a NaN, its exponential is NaN, and so is their sum.
        """

        def emit(context, builder, signature, arguments):
            kind = arguments[0].type
            name = f"llvm.maxnum.f{8 * context.get_abi_sizeof(kind)}"
            function = builder.module.globals.get(name)
            function = function or ir.Function(builder.module, ir.FunctionType(kind, [kind, kind]), name)
            return builder.call(function, arguments, fastmath=("nnan", "nsz"))

        return (x(x, x) if isinstance(x, types.Float) and x == y else None), emit
