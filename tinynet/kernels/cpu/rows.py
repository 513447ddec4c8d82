"""What the kernels that work row by row share: how rows are cut into blocks, the largest number, exponentials."""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..elementary import exp, log

__all__ = ["exp", "larger", "log"]  # from here the other kernels take these functions of one number

BLOCK = 1 << 12  # elements that are worth a task of their own
PARTIAL_SUMS = 64  # the most blocks whose sums of columns are kept side by side


def as_rows(x):
    """x as a contiguous matrix of its rows along the last axis; a copy only where there is no such view."""
    if x.ndim != 2:
        x = x.reshape(x.size // x.shape[-1] if x.shape[-1] else 0, x.shape[-1])
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def blocks(rows, columns):
    """(number of blocks, rows in each). Both depend on the size alone, and so do the bits of a sum over blocks."""
    high = max(1, BLOCK // max(columns, 1), -(-rows // PARTIAL_SUMS))
    return -(-rows // high), high


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
