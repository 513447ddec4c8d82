"""Elementwise kernels: from NumPy's ufuncs where arrays are small, and from lifted formulas.

For plain arithmetic on a few thousand elements nothing beats a ufunc: it costs 0.5 µs to call and nothing to compile.
Many elements (`kernels/runtime/threads.py`) go through the lifted formula on all cores. Formulas that NumPy does not
have are always lifted.
"""

import dis
from types import BuiltinFunctionType, FunctionType

import numpy as np

from .. import reference as kernels
from ..kernel import KERNELS
from ..lifting.lift import lift
from ..quiet import quiet
from ..reference.elementwise import Pointwise
from ..runtime.memory import empty_like
from ..runtime.threads import ARITHMETIC, FUNCTIONS


def from_ufunc(ufunc, formula=None, warns=False, parallel_from=ARITHMETIC):
    """A kernel that calls `ufunc`, which broadcasts and takes any strides; large arrays that lie alike go to `formula`.

    With `warns`, NumPy's warnings are silenced. The other ufuncs can only warn of an overflow, and do without it.
    """
    run = quiet(ufunc) if warns else ufunc
    lifted = None if formula is None else lift(formula, parallel_from=parallel_from)

    def kernel(out, *inputs):
        if out.size >= parallel_from and lifted is not None and out.dtype.kind == "f":
            flat = _flat(out, inputs)
            if flat is not None:
                return lifted.cpu(*flat)
        run(*inputs, out)

    kernel.ufunc = ufunc
    return kernel


def from_formula(formula, scalars=(), parallel_from=ARITHMETIC):
    """A kernel that runs the lifted `formula` over inputs broadcast to the shape of `out`, which is dense.

    The last inputs, named by `scalars`, are numbers.
    """
    lifted = lift(formula, scalars=scalars, parallel_from=parallel_from)
    serial, arrays = lifted.serial, lifted.input_count

    def kernel(out, *inputs):
        inputs, numbers = inputs[:arrays], inputs[arrays:]
        flat = _flat(out, inputs)
        lifted.cpu(*(flat if flat is not None else _flat(out, [_like(x, out) for x in inputs])), *numbers)

    def one(out, x, *numbers):
        # The same for one input: small contiguous arrays must not wait for the general case.
        size = out.size
        if size < parallel_from and x.size == size and x.flags.c_contiguous and out.flags.c_contiguous:
            serial[out.dtype].run(out.ravel(), x.ravel(), *numbers)
        else:
            kernel(out, x, *numbers)

    def two(out, x, y, *numbers):
        size = out.size
        if (
            size < parallel_from
            and x.size == size == y.size
            and x.flags.c_contiguous
            and y.flags.c_contiguous
            and out.flags.c_contiguous
        ):
            serial[out.dtype].run(out.ravel(), x.ravel(), y.ravel(), *numbers)
        else:
            kernel(out, x, y, *numbers)

    return {1: one, 2: two}.get(arrays, kernel)


def _flat(out, inputs):
    """One-dimensional views of `out` and of inputs that have its shape, dtype and order in memory, or else None."""
    shape, dtype, strides = out.shape, out.dtype, out.strides
    contiguous = out.flags.c_contiguous
    for x in inputs:
        if x.shape != shape or x.dtype != dtype:
            return None
        if not (x.flags.c_contiguous if contiguous else _in_one_order(shape, x.strides, strides)):
            return None
    flat = [out.ravel("K"), *[x.ravel("K") for x in inputs]]
    # Of an array with gaps `ravel` makes a copy, and what is written there is lost.
    return flat if contiguous or np.may_share_memory(flat[0], out) else None


def _in_one_order(shape, strides, others):
    """Whether two arrays of a shape lie alike in memory: the step along an axis of length 1 does not matter."""
    return strides == others or all(n == 1 or a == b for n, a, b in zip(shape, strides, others))


def _like(x, out):
    """The values of x, broadcast, in the shape, dtype and memory layout of out."""
    copy = empty_like(out)
    copy[...] = x
    return copy


def _register(ufuncs, **options):
    for kernel, ufunc in ufuncs.items():
        kernel.on("cpu", from_ufunc(ufunc, **options))


def _register_lifted(ufuncs, **options):
    """With the kernel's formula for large arrays."""
    for kernel, ufunc in ufuncs.items():
        kernel.on("cpu", from_ufunc(ufunc, kernel.formula, **options))


_register_lifted({kernels.add: np.add, kernels.sub: np.subtract, kernels.mul: np.multiply, kernels.neg: np.negative})
_register_lifted({kernels.div: np.true_divide, kernels.sqrt: np.sqrt}, warns=True)
_register_lifted(
    {
        kernels.maximum: lambda x, y, out: np.maximum(x, y, out=out),
        kernels.minimum: lambda x, y, out: np.minimum(x, y, out=out),
    }
)
_register(
    {
        kernels.pow: np.power,
        kernels.floor_divide: np.floor_divide,
        kernels.remainder: np.remainder,
        kernels.fmod: np.fmod,
        kernels.sin: np.sin,
        kernels.cos: np.cos,
        kernels.tan: np.tan,
        kernels.asin: np.arcsin,
        kernels.acos: np.arccos,
        kernels.atan: np.arctan,
        kernels.atan2: np.arctan2,
        kernels.hypot: np.hypot,
        kernels.sinh: np.sinh,
        kernels.cosh: np.cosh,
        kernels.asinh: np.arcsinh,
        kernels.acosh: np.arccosh,
        kernels.atanh: np.arctanh,
        kernels.exp2: np.exp2,
        kernels.log2: np.log2,
        kernels.log10: np.log10,
        kernels.logaddexp: np.logaddexp,
        kernels.logaddexp2: np.logaddexp2,
    },
    warns=True,
)
_register(
    {
        kernels.abs: np.absolute,
        kernels.floor: np.floor,
        kernels.ceil: np.ceil,
        kernels.round: np.rint,
        kernels.trunc: np.trunc,
        kernels.gcd: np.gcd,
        kernels.eq: np.equal,
        kernels.ne: np.not_equal,
        kernels.lt: np.less,
        kernels.le: np.less_equal,
        kernels.gt: np.greater,
        kernels.ge: np.greater_equal,
        kernels.logical_and: np.logical_and,
        kernels.logical_or: np.logical_or,
        kernels.logical_xor: np.logical_xor,
        kernels.logical_not: np.logical_not,
        kernels.bitwise_and: np.bitwise_and,
        kernels.bitwise_or: np.bitwise_or,
        kernels.bitwise_xor: np.bitwise_xor,
        kernels.bitwise_not: np.invert,
        kernels.bitwise_left_shift: np.left_shift,
        kernels.bitwise_right_shift: np.right_shift,
        kernels.isnan: np.isnan,
        kernels.isinf: np.isinf,
        kernels.isfinite: np.isfinite,
        kernels.signbit: np.signbit,
    }
)


@kernels.sign.on("cpu")
def sign(out, x):
    """−1, 0 or 1; of NaN 0."""
    np.subtract(x > 0, x < 0, out=out, dtype=out.dtype)


@kernels.clamp.on("cpu")
def clamp(out, x, low, high):
    """min(max(x, low), high); a bound may be None."""
    if low is not None:
        x = np.maximum(x, low, out=out)
    if high is not None:
        np.minimum(x, high, out=out)


@kernels.where.on("cpu")
def where(out, condition, x, y):
    np.copyto(out, y)
    np.copyto(out, x, where=condition)


@kernels.copy.on("cpu")
def copy(out, x):
    """out ← x, broadcast."""
    np.copyto(out, x)


@kernels.cast.on("cpu")
@quiet
def cast(out, x):
    """out ← x, converted to the dtype of `out`; NaN becomes some integer."""
    np.copyto(out, x, casting="unsafe")


@kernels.fill.on("cpu")
def fill(out, value):
    out.fill(value)


# All others are lifted. Those that take long for an element are worth all threads from fewer elements on.

_JUMPS = {*dis.hasjrel, *dis.hasjabs}
_SHORT = {"ceil", "copysign", "floor", "fmod", "isfinite", "isinf", "isnan", "sqrt"}  # functions of a few instructions


def _takes_long(formula):
    """Whether a formula, or one that it calls, calls a function such as exp, or has a loop."""
    called = {name: formula.__globals__.get(name) for name in formula.__code__.co_names}
    return (
        any(isinstance(f, BuiltinFunctionType) and name not in _SHORT for name, f in called.items())
        or any(isinstance(f, FunctionType) and f is not formula and _takes_long(f) for f in called.values())
        or any(line.opcode in _JUMPS and line.argval <= line.offset for line in dis.get_instructions(formula))
    )


def parallel_from(formula):
    """From how many elements on a formula is worth all threads."""
    return FUNCTIONS if _takes_long(formula) else ARITHMETIC


for _kernel in KERNELS.values():
    if isinstance(_kernel, Pointwise) and _kernel.cpu is _kernel.reference:
        _kernel.on("cpu", from_formula(_kernel.formula, _kernel.scalars, parallel_from(_kernel.formula)))
