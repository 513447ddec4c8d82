"""float16: stored in 16 bits, computed in float32 and rounded once at the end of each kernel.

So no kernel knows of it. From the moment that somebody first names the dtype, launches come by here: what a kernel
would read in float16 it gets as float32, and what it would write in float16 it writes in float32, which is then
rounded. Kernels that only move elements need none of that. On a GPU there is none.
"""

from .. import dtypes
from ..errors import DTypeError
from . import reference as kernels
from .arrays import DeviceArray, empty
from .kernel import InOut, Out
from .launch import set_widening

_NATIVE = {
    kernels.cast, kernels.copy, kernels.fill, kernels.index, kernels.index_put, kernels.gather, kernels.concatenate,
}  # fmt: skip


def widened(kernel, arguments, run):
    """`run(kernel, arguments)` with arrays of float32 in the places of those of float16."""
    for x in arguments:
        if isinstance(x, DeviceArray) and x.dtype == dtypes.float16:
            raise DTypeError(f"{kernel.name}: tensors of float16 lie on the CPU, not on {x.device}; use float() first")
    if kernel in _NATIVE:
        return run(kernel, arguments)
    written = []  # (array of float16, array of float32 whose values are to be put there)
    roles = [*kernel.parameters.values()]
    roles += [roles[-1]] * (len(arguments) - len(roles))  # the last may stand for several
    run(kernel, tuple([_wide(x, role, run, written) for x, role in zip(arguments, roles)]))
    for narrow, values in written:
        run(kernels.cast, (narrow, values))


def _wide(x, role, run, written):
    """What the kernel gets in place of x."""
    if x.__class__ is tuple:
        return tuple([_wide(y, role, run, written) for y in x])
    if getattr(x, "dtype", None) != dtypes.float16:
        return x
    out = empty(x.shape, dtypes.float32, x)
    if role is not Out:
        run(kernels.cast, (out, x))
    if role is Out or role is InOut:
        written.append((x, out))
    return out


dtypes.when_float16_is_used(lambda: set_widening(widened))
