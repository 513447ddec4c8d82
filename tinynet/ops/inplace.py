"""In-place operations: an operation whose result is written over its first input."""

import functools

from ..autograd.graph import overwrite, record, write_in_place, zero_gradient
from ..autograd.mode import mode
from ..tensor_arguments import expect_tensor
from . import operands
from .device import to
from .shape import copied, expand

METHODS = "copy_ fill_ zero_"
FUNCTIONS = "fill fill_ zero_"
# Methods in place that are functions too, as PyTorch has them: tinynet.exp_(x)
AS_FUNCTIONS = """abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_
    ceil_ clamp_ clamp_max_ clamp_min_ clip_ cos_ cosh_ deg2rad_ detach_ erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ frac_
    gcd_ i0_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_
    relu_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ xlogy_"""


@functools.cache
def in_place(function):
    """`f_` for an operation `f`: what f makes of x is written over x."""
    name = f"{function.__name__}_"

    @functools.wraps(function)
    def method(input, *args, **kwargs):
        return write_in_place(name, input, lambda before: function(before, *args, **kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{function.__name__}`, written over the tensor itself."
    return method


def copy_(input, src, non_blocking=False):
    """Overwrite x by `src`, broadcast and converted to the dtype of x. `non_blocking` is accepted: nothing waits."""
    return _written("copy_", input, expect_tensor("copy_", src, "src"))


def fill_(input, value):
    """Overwrite every element of x by a number."""
    return _written("fill_", input, operands.number_to_fill("fill_", value, input.array.dtype))


def fill(input, value):
    """`value`, a number or a 0-d tensor, in the shape and the dtype of x."""
    x = expect_tensor("fill", input)
    filled = copied(expand(operands.number_to_fill("fill", value, x.dtype), x.array.shape))
    return record("fill", filled.array, (x, filled), zero_gradient, lambda g: g)


def zero_(input):
    """Overwrite every element of x by 0."""
    return fill_(input, 0)


def _written(name, x, source):
    """x, overwritten by `source`, broadcast and converted to its dtype."""
    a, b = x.array, source.array
    if (
        (x._edge is source._edge is None or not mode.enabled)
        and (b.shape == a.shape or b.ndim == 0)
        and b.dtype is a.dtype
        and b.__class__ is a.__class__
    ):
        return overwrite(name, x, source)
    return write_in_place(name, x, lambda before: expand(to(source, before.device, before.dtype), before.shape))
