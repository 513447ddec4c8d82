"""Elementwise kernels: from NumPy's ufuncs where arrays are small, and from lifted formulas.

For plain arithmetic on a few thousand elements nothing beats a ufunc: it costs 0.5 µs to call and nothing to compile.
Many elements (`kernels/threads.py`) go through the lifted formula on all cores. Formulas that NumPy does not have are
always lifted.
"""

import numpy as np

from ... import formulas
from ..lift import lift
from ..memory import empty_like
from ..threads import ARITHMETIC, FUNCTIONS

__all__ = [
    "abs", "add", "bce_with_logits", "bce_with_logits_grad", "bitwise_and", "bitwise_left_shift", "bitwise_not",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "cast", "ceil", "clamp", "copy", "cos", "div", "eq", "exp",
    "fill", "floor", "floor_divide", "ge", "gelu", "gelu_grad", "gt", "isfinite", "isinf", "isnan", "le", "log",
    "log1p", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "maximum", "minimum", "mul", "ne", "neg",
    "pow", "relu", "relu_grad", "remainder", "sigmoid", "sigmoid_grad", "sign", "sin", "sqrt", "sub", "tanh",
    "tanh_grad", "where",
]  # fmt: skip


def from_ufunc(ufunc, formula=None, warns=False, parallel_from=ARITHMETIC):
    """A kernel that calls `ufunc`, which broadcasts and takes any strides; large arrays that lie alike go to `formula`.

    With `warns`, NumPy's warnings are silenced: 1/0 is inf and log(-1) is NaN, as in every deep learning framework.
    This costs 0.4 µs. The other ufuncs can only warn of an overflow, and do without it.
    """
    run = np.errstate(all="ignore")(lambda out, *inputs: ufunc(*inputs, out)) if warns else None
    lifted = None if formula is None else lift(formula, parallel_from=parallel_from)

    def kernel(out, *inputs):
        if out.size >= parallel_from and lifted is not None and out.dtype.kind == "f":
            flat = _flat(out, inputs)
            if flat is not None:
                return lifted(*flat)
        if run is not None:
            run(out, *inputs)
        else:
            ufunc(*inputs, out)

    return kernel


def from_formula(formula, parallel_from=ARITHMETIC):
    """A kernel that runs the lifted `formula` over inputs broadcast to the shape of `out`, which is dense."""
    lifted = lift(formula, parallel_from=parallel_from)
    serial = lifted.serial

    def kernel(out, *inputs):
        flat = _flat(out, inputs)
        lifted(*(flat if flat is not None else _flat(out, [_like(x, out) for x in inputs])))

    def one(out, x):
        # The same for one input: small contiguous arrays must not wait for the general case.
        size = out.size
        if size < parallel_from and x.size == size and x.flags.c_contiguous and out.flags.c_contiguous:
            serial[out.dtype](out.ravel(), x.ravel())
        else:
            kernel(out, x)

    def two(out, x, y):
        size = out.size
        if (
            size < parallel_from
            and x.size == size == y.size
            and x.flags.c_contiguous
            and y.flags.c_contiguous
            and out.flags.c_contiguous
        ):
            serial[out.dtype](out.ravel(), x.ravel(), y.ravel())
        else:
            kernel(out, x, y)

    chosen = {1: one, 2: two}.get(formula.__code__.co_argcount, kernel)
    chosen.__name__, chosen.__doc__ = formula.__name__, formula.__doc__
    return chosen


def _flat(out, inputs):
    """One-dimensional views of `out` and of inputs that have its shape, dtype and order in memory, or else None."""
    shape, dtype, strides = out.shape, out.dtype, out.strides
    contiguous = out.flags.c_contiguous
    for x in inputs:
        if x.shape != shape or x.dtype != dtype:
            return None
        if not (x.flags.c_contiguous if contiguous else x.strides == strides):
            return None
    flat = [out.ravel("K"), *[x.ravel("K") for x in inputs]]
    # Of an array with gaps `ravel` makes a copy, and what is written there is lost.
    return flat if contiguous or np.may_share_memory(flat[0], out) else None


def _like(x, out):
    """The values of x, broadcast, in the shape, dtype and memory layout of out."""
    copy = empty_like(out)
    copy[...] = x
    return copy


add = from_ufunc(np.add, formulas.add)
sub = from_ufunc(np.subtract, formulas.sub)
mul = from_ufunc(np.multiply, formulas.mul)
div = from_ufunc(np.true_divide, formulas.div, warns=True)
neg = from_ufunc(np.negative, formulas.neg)
pow = from_ufunc(np.power, warns=True)
floor_divide = from_ufunc(np.floor_divide, warns=True)
remainder = from_ufunc(np.remainder, warns=True)
abs = from_ufunc(np.absolute)
floor = from_ufunc(np.floor)
ceil = from_ufunc(np.ceil)
sqrt = from_ufunc(np.sqrt, formulas.square_root, warns=True)
exp = from_ufunc(np.exp, formulas.exponential, True, FUNCTIONS)
log = from_ufunc(np.log, formulas.logarithm, True, FUNCTIONS)
log1p = from_ufunc(np.log1p, formulas.logarithm_1p, True, FUNCTIONS)
sin = from_ufunc(np.sin, warns=True)
cos = from_ufunc(np.cos, warns=True)
tanh = from_ufunc(np.tanh, formulas.hyperbolic_tangent, False, FUNCTIONS)
maximum = from_ufunc(lambda x, y, out: np.maximum(x, y, out=out), formulas.larger)
minimum = from_ufunc(lambda x, y, out: np.minimum(x, y, out=out), formulas.smaller)

eq = from_ufunc(np.equal)
ne = from_ufunc(np.not_equal)
lt = from_ufunc(np.less)
le = from_ufunc(np.less_equal)
gt = from_ufunc(np.greater)
ge = from_ufunc(np.greater_equal)
logical_and = from_ufunc(np.logical_and)
logical_or = from_ufunc(np.logical_or)
logical_xor = from_ufunc(np.logical_xor)
logical_not = from_ufunc(np.logical_not)
bitwise_and = from_ufunc(np.bitwise_and)
bitwise_or = from_ufunc(np.bitwise_or)
bitwise_xor = from_ufunc(np.bitwise_xor)
bitwise_not = from_ufunc(np.invert)
bitwise_left_shift = from_ufunc(np.left_shift)
bitwise_right_shift = from_ufunc(np.right_shift)
isnan = from_ufunc(np.isnan)
isinf = from_ufunc(np.isinf)
isfinite = from_ufunc(np.isfinite)

sigmoid = from_formula(formulas.sigmoid, FUNCTIONS)
sigmoid_grad = from_formula(formulas.sigmoid_grad)
tanh_grad = from_formula(formulas.tanh_grad)
relu = from_formula(formulas.relu)
relu_grad = from_formula(formulas.relu_grad)
gelu = from_formula(formulas.gelu, FUNCTIONS)
gelu_grad = from_formula(formulas.gelu_grad, FUNCTIONS)
bce_with_logits = from_formula(formulas.bce_with_logits, FUNCTIONS)
bce_with_logits_grad = from_formula(formulas.bce_with_logits_grad, FUNCTIONS)


def sign(out, x):
    """−1, 0 or 1; of NaN 0."""
    np.subtract(x > 0, x < 0, out=out, dtype=out.dtype)


def clamp(out, x, low, high):
    """min(max(x, low), high); a bound may be None."""
    if low is not None:
        x = np.maximum(x, low, out=out)
    if high is not None:
        np.minimum(x, high, out=out)


def where(out, condition, x, y):
    np.copyto(out, y)
    np.copyto(out, x, where=condition)


def copy(out, x):
    """out ← x, broadcast."""
    np.copyto(out, x)


@np.errstate(all="ignore")
def cast(out, x):
    """out ← x, converted to the dtype of `out`; NaN becomes some integer, without a warning."""
    np.copyto(out, x, casting="unsafe")


def fill(out, value):
    out.fill(value)


for _name in __all__:
    globals()[_name].__name__ = _name
