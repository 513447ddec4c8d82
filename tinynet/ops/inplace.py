"""In-place operations: an operation whose result is written over its first input."""

import functools

from ..autograd.graph import write_in_place
from ..tensor import expect_tensor
from . import arithmetic


def _in_place(name):
    function = getattr(arithmetic, name)

    @functools.wraps(function)
    def method(input, *args, **kwargs):
        return write_in_place(f"{name}_", input, lambda before: function(before, *args, **kwargs))

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}`, written over the tensor itself."
    return method


add_, sub_, mul_, div_, floor_divide_, remainder_, pow_ = map(
    _in_place, ("add", "sub", "mul", "div", "floor_divide", "remainder", "pow")
)
clamp_, neg_, exp_, sqrt_, masked_fill_ = map(_in_place, ("clamp", "neg", "exp", "sqrt", "masked_fill"))
bitwise_and_, bitwise_or_, bitwise_xor_, bitwise_not_, bitwise_left_shift_, bitwise_right_shift_ = map(
    _in_place,
    ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_left_shift", "bitwise_right_shift"),
)


def copy_(input, src, non_blocking=False):
    """Overwrite x by `src`, broadcast and converted to the dtype of x. `non_blocking` is accepted: nothing waits."""
    expect_tensor("copy_", src, "src")
    return write_in_place("copy_", input, lambda before: _filled(before, src))


def fill_(input, value):
    """Overwrite every element of x by a number."""
    value = arithmetic.number_to_fill("fill_", value, input.dtype)
    return write_in_place("fill_", input, lambda before: _filled(before, value))


def zero_(input):
    """Overwrite every element of x by 0."""
    return fill_(input, 0)


def _filled(before, source):
    from .device import to
    from .shape import expand

    return expand(to(source, before.device, before.dtype), before.shape)
