"""In-place operations: an operation whose result is written over its first input."""

import functools

from ..autograd.graph import write_in_place
from ..tensor import expect_tensor
from . import operands
from .device import to
from .shape import expand

METHODS = "copy_ fill_ zero_"


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
    expect_tensor("copy_", src, "src")
    return write_in_place("copy_", input, lambda before: _filled(before, src))


def fill_(input, value):
    """Overwrite every element of x by a number."""
    value = operands.number_to_fill("fill_", value, input.dtype)
    return write_in_place("fill_", input, lambda before: _filled(before, value))


def zero_(input):
    """Overwrite every element of x by 0."""
    return fill_(input, 0)


def _filled(before, source):
    return expand(to(source, before.device, before.dtype), before.shape)
