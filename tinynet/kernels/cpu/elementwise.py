"""Elementwise kernels: from NumPy's ufuncs where arrays are small, and from lifted formulas.

For plain arithmetic on a few thousand elements nothing beats a ufunc: it costs 0.5 µs to call and nothing to compile.
Above `PARALLEL` elements the lifted formula runs on all cores. Formulas that NumPy does not have are always lifted.
"""

import builtins

import numpy as np

from ... import formulas
from ..lift import PARALLEL, lift

__all__ = [
    "abs", "add", "bce_with_logits", "bce_with_logits_grad", "cast", "ceil", "clamp", "copy", "cos", "div", "eq",
    "exp", "fill", "floor", "floor_divide", "ge", "gelu", "gelu_grad", "gt", "isfinite", "isinf", "isnan", "le",
    "log", "log1p", "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "maximum", "minimum", "mul",
    "ne", "neg", "pow", "relu", "relu_grad", "remainder", "sigmoid", "sigmoid_grad", "sign", "sin", "sqrt", "sub",
    "tanh", "tanh_grad", "where",
]  # fmt: skip


def from_ufunc(ufunc, formula=None):
    """A kernel that calls `ufunc`, which broadcasts and takes any strides; large flat arrays go to `formula`."""
    lifted = None if formula is None else lift(formula)

    def kernel(out, *inputs):
        if lifted is not None and out.size >= PARALLEL and _alike(out, inputs):
            lifted(out.ravel(), *[x.ravel() for x in inputs])
        else:
            ufunc(*inputs, out)

    return kernel


def quiet(ufunc):
    """Like `from_ufunc`, without NumPy's warnings: 1/0 is inf and log(-1) is NaN, as in every deep learning framework.

    This costs 0.4 µs. The other ufuncs can only warn of an overflow, and do without it.
    """

    @np.errstate(all="ignore")
    def kernel(out, *inputs):
        ufunc(*inputs, out)

    return kernel


def from_formula(formula):
    """A kernel that runs the lifted `formula` over inputs broadcast to the shape of `out`."""
    lifted = lift(formula)

    def kernel(out, *inputs):
        shape, flat = out.shape, [out.ravel()]
        for x in inputs:
            if x.shape != shape:
                x = np.broadcast_to(x, shape)
            flat.append(x.ravel())  # a view where x is contiguous, else a copy
        lifted(*flat)

    kernel.__name__, kernel.__doc__ = formula.__name__, formula.__doc__
    return kernel


def _alike(out, inputs):
    """Whether all are contiguous float arrays of one shape and dtype."""
    if out.dtype.kind != "f" or not out.flags.c_contiguous:
        return False
    return builtins.all(x.shape == out.shape and x.dtype == out.dtype and x.flags.c_contiguous for x in inputs)


add = from_ufunc(np.add, formulas.add)
sub = from_ufunc(np.subtract, formulas.sub)
mul = from_ufunc(np.multiply, formulas.mul)
div = quiet(np.true_divide)
neg = from_ufunc(np.negative)
pow = quiet(np.power)
floor_divide = quiet(np.floor_divide)
remainder = quiet(np.remainder)
abs = from_ufunc(np.absolute)
floor = from_ufunc(np.floor)
ceil = from_ufunc(np.ceil)
sqrt = quiet(np.sqrt)
exp = quiet(np.exp)
log = quiet(np.log)
log1p = quiet(np.log1p)
sin = quiet(np.sin)
cos = quiet(np.cos)
tanh = from_ufunc(np.tanh)

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
isnan = from_ufunc(np.isnan)
isinf = from_ufunc(np.isinf)
isfinite = from_ufunc(np.isfinite)

sigmoid = from_formula(formulas.sigmoid)
sigmoid_grad = from_formula(formulas.sigmoid_grad)
tanh_grad = from_formula(formulas.tanh_grad)
relu = from_formula(formulas.relu)
relu_grad = from_formula(formulas.relu_grad)
gelu = from_formula(formulas.gelu)
gelu_grad = from_formula(formulas.gelu_grad)
bce_with_logits = from_formula(formulas.bce_with_logits)
bce_with_logits_grad = from_formula(formulas.bce_with_logits_grad)


def sign(out, x):
    """−1, 0 or 1; of NaN 0."""
    np.subtract(x > 0, x < 0, out=out, dtype=out.dtype)


def maximum(out, x, y):
    np.maximum(x, y, out=out)


def minimum(out, x, y):
    np.minimum(x, y, out=out)


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
