"""C functions that kernels call through a pointer: compiled once, where Numba would merge them into every caller.

A long body inside a `prange` is compiled several times over, in modules wrapped around each other. As a function of
its own it is compiled once, and the loop that calls it is short.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.ccallback import CFunc
from numba.core.errors import TypingError
from numba.core.sigutils import normalize_signature
from numba.extending import intrinsic

from .disk_cache import attach
from .jit import FLAGS, Compiled


def compile_cfunc(function, signature, *, parallel=False):
    """The address of `function` as a function of C's, which is compiled once for these types.

    One with a parallel loop is called through `threads.launch_parallel`.
    """
    return _compiled[function, signature, parallel].address


def _compile(function, signature, parallel):
    compiled = CFunc(function, normalize_signature(signature), {}, {"parallel": parallel, **FLAGS})
    attach(compiled, function)
    compiled.compile()
    return compiled


_compiled = Compiled(lambda key: _compile(*key))  # for good: an address is valid as long as what it was taken from


@intrinsic
def call_pointer(typing, function, arguments):
    """Call the function at an address with the tuple `arguments`: integers of 64 bits; the first may be a float.

    Nothing converts them to what the function takes. In a `prange`, whose index is unsigned, Numba makes floats of
    such things as `index // n`: behind the first argument a float is refused, at the time of compiling.
    """
    kinds = [types.unliteral(kind) for kind in arguments]
    if kinds and isinstance(kinds[0], types.Float):
        kinds = kinds[1:]
    if not all(isinstance(kind, types.Integer) and kind.bitwidth == 64 for kind in kinds):
        raise TypingError(f"call_pointer: expected integers of 64 bits, the first may be a float, got {arguments}")

    def emit(context, builder, signature, values):
        scalars = cgutils.unpack_tuple(builder, values[1])
        kind = ir.FunctionType(ir.VoidType(), [x.type for x in scalars])
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), scalars)
        return context.get_dummy_value()

    return types.void(types.intp, arguments), emit
