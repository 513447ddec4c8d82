"""Elementwise kernels, each lifted from its formula."""

from ... import formulas
from .. import reference as kernels
from ..kernel import KERNELS
from ..reference.elementwise import Pointwise
from .lifted.elementwise import Elementwise

for _kernel in KERNELS.values():
    if isinstance(_kernel, Pointwise):
        _kernel.on("cuda", Elementwise(_kernel.formula))

copy = kernels.copy.cuda
kernels.cast.on("cuda", copy)
kernels.fill.on("cuda", copy)

_remainder, _whole_remainder = Elementwise(formulas.remainder), Elementwise(formulas.whole_remainder)
_remainder_to_0 = Elementwise(formulas.remainder_to_0), Elementwise(formulas.whole_remainder_to_0)
_quotient, _whole_quotient = Elementwise(formulas.floor_quotient), Elementwise(formulas.whole_quotient)
_raised = Elementwise(formulas.raised)


@kernels.remainder.on("cuda")
def remainder(out, x, y):
    """out ← x − y ⌊x / y⌋."""
    (_remainder if out.dtype.kind == "f" else _whole_remainder)(out, x, y)


@kernels.fmod.on("cuda")
def fmod(out, x, y):
    """out ← x − y · trunc(x / y)."""
    _remainder_to_0[out.dtype.kind != "f"](out, x, y)


@kernels.floor_divide.on("cuda")
def floor_divide(out, x, y):
    """out ← ⌊x / y⌋."""
    (_quotient if out.dtype.kind == "f" else _whole_quotient)(out, x, y)


@kernels.pow.on("cuda")
def pow(out, x, y):
    """out ← x to the power of y. A product where y is the number 2, for which the GPU's general power is slow."""
    if getattr(y, "ndim", 1) == 0 and getattr(y, "device", "cpu") == "cpu" and y == 2:
        kernels.mul.cuda(out, x, x)
    else:
        _raised(out, x, y)


@kernels.clamp.on("cuda")
def clamp(out, x, low, high):
    """out ← min(max(x, low), high); a bound may be None."""
    if low is not None:
        kernels.maximum.cuda(out, x, low)
        x = out
    if high is not None:
        kernels.minimum.cuda(out, x, high)
