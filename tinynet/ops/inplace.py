"""In-place operations: an operation whose result is written over its first input."""

from ..autograd.graph import write_in_place
from . import arithmetic


def _in_place(name):
    function = getattr(arithmetic, name)

    def method(x, *args, **kwargs):
        return write_in_place(f"{name}_", x, lambda before: function(before, *args, **kwargs))

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}`, written over the tensor itself."
    return method


add_, sub_, mul_, div_, pow_, clamp_, neg_, exp_, sqrt_, masked_fill_ = map(
    _in_place, ("add", "sub", "mul", "div", "pow", "clamp", "neg", "exp", "sqrt", "masked_fill")
)


def copy_(x, source):
    """Overwrite x by `source`, broadcast and converted to the dtype of x."""
    return write_in_place("copy_", x, lambda before: _filled(before, source))


def fill_(x, value):
    """Overwrite every element of x by a number."""
    return write_in_place("fill_", x, lambda before: _filled(before, arithmetic.as_operand(value, before.dtype)))


def zero_(x):
    """Overwrite every element of x by 0."""
    return fill_(x, 0)


def _filled(before, source):
    from .device import to
    from .shape import expand

    return expand(to(source, before.device, before.dtype), before.shape)
