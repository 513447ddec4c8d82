"""Padding as modules: a border around the last 1, 2 or 3 dimensions."""

from ..arguments import INT64, number, sizes
from ..ops.padding import pad
from .module import Module


class _Pad(Module):
    """`padding` is one number for all sides, or (left, right), (left, right, top, bottom), and front and back."""

    mode, dimensions = "constant", 0

    def __init__(self, padding):
        name, count = type(self).__name__, 2 * self.dimensions
        given = padding if isinstance(padding, tuple | list) else (padding,) * count
        self.padding = sizes(name, "padding", (tuple(given),), INT64[0])
        if len(self.padding) != count:
            raise ValueError(f"{name}: expected a padding of {count} numbers, got {padding}")

    def forward(self, input):
        return pad(input, self.padding, self.mode)

    def extra_repr(self):
        return str(self.padding)


class _ConstantPad(_Pad):
    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = number(type(self).__name__, "value", value)

    def forward(self, input):
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """x (N, C, L) or (C, L) with `value` around it."""

    dimensions = 1


class ConstantPad2d(_ConstantPad):
    """x (N, C, H, W) or (C, H, W) with `value` around it."""

    dimensions = 2


class ConstantPad3d(_ConstantPad):
    """x (N, C, D, H, W) or (C, D, H, W) with `value` around it."""

    dimensions = 3


class ZeroPad1d(_Pad):
    """x (N, C, L) or (C, L) with zeros around it."""

    dimensions = 1


class ZeroPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W) with zeros around it."""

    dimensions = 2


class ZeroPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W) with zeros around it."""

    dimensions = 3


class ReflectionPad1d(_Pad):
    """x (N, C, L) or (C, L), mirrored at its ends."""

    mode, dimensions = "reflect", 1


class ReflectionPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W), mirrored at its borders."""

    mode, dimensions = "reflect", 2


class ReflectionPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W), mirrored at its borders."""

    mode, dimensions = "reflect", 3


class ReplicationPad1d(_Pad):
    """x (N, C, L) or (C, L), whose outermost elements go on."""

    mode, dimensions = "replicate", 1


class ReplicationPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W), whose outermost pixels go on."""

    mode, dimensions = "replicate", 2


class ReplicationPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W), whose outermost elements go on."""

    mode, dimensions = "replicate", 3


class CircularPad1d(_Pad):
    """x (N, C, L) or (C, L), repeated from its other end."""

    mode, dimensions = "circular", 1


class CircularPad2d(_Pad):
    """x (N, C, H, W) or (C, H, W), repeated from its other sides."""

    mode, dimensions = "circular", 2


class CircularPad3d(_Pad):
    """x (N, C, D, H, W) or (C, D, H, W), repeated from its other sides."""

    mode, dimensions = "circular", 3
