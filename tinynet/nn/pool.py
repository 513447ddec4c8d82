"""Pooling layers."""

from ..arguments import boolean, integer
from ..ops import conv, pool
from .module import Module


def checked(module, what, value, low):
    """A number of pixels, or one for each axis, as it was given: a number stays a number."""
    numbers = conv.spaces(type(module).__name__, what, value, module.dims, low)
    return numbers if isinstance(value, tuple | list) else numbers[0]


class _MaxPool(Module):
    dims = None

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        self.kernel_size = checked(self, "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else checked(self, "stride", stride, 1)
        self.padding, self.dilation = checked(self, "padding", padding, 0), checked(self, "dilation", dilation, 1)
        self.return_indices = boolean(type(self).__name__, "return_indices", return_indices)
        self.ceil_mode = boolean(type(self).__name__, "ceil_mode", ceil_mode)

    def _arguments(self):
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices

    def extra_repr(self):
        names = "kernel_size", "stride", "padding", "dilation", "ceil_mode"
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)


class MaxPool1d(_MaxPool):
    """The largest of x (N, C, L) or (C, L) in each window."""

    dims = 1

    def forward(self, input):
        return pool.max_pool1d(input, *self._arguments())


class MaxPool2d(_MaxPool):
    """The largest of x (N, C, H, W) or (C, H, W) in each window; see `functional.max_pool2d`."""

    dims = 2

    def forward(self, input):
        return pool.max_pool2d(input, *self._arguments())


class AvgPool1d(Module):
    """The mean of x (N, C, L) or (C, L) over each window."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        self.kernel_size = conv.spaces("AvgPool1d", "kernel_size", kernel_size, 1, 1)
        self.stride = self.kernel_size if stride is None else conv.spaces("AvgPool1d", "stride", stride, 1, 1)
        self.padding = conv.spaces("AvgPool1d", "padding", padding, 1, 0)
        self.ceil_mode = boolean("AvgPool1d", "ceil_mode", ceil_mode)
        self.count_include_pad = boolean("AvgPool1d", "count_include_pad", count_include_pad)

    def forward(self, input):
        return pool.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of x (N, C, H, W) or (C, H, W) over each window; see `functional.avg_pool2d`."""

    dims = 2

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        self.kernel_size = checked(self, "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else checked(self, "stride", stride, 1)
        self.padding = checked(self, "padding", padding, 0)
        self.ceil_mode = boolean("AvgPool2d", "ceil_mode", ceil_mode)
        self.count_include_pad = boolean("AvgPool2d", "count_include_pad", count_include_pad)
        self.divisor_override = (
            None if divisor_override is None else integer("AvgPool2d", "divisor_override", divisor_override)
        )

    def forward(self, input):
        return pool.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AdaptiveAvgPool(Module):
    def __init__(self, output_size):
        for size in output_size if isinstance(output_size, tuple | list) else (output_size,):
            if size is not None:  # which leaves that axis as it is
                integer(type(self).__name__, "output_size", size, 0)
        self.output_size = output_size

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The mean of x (N, C, L) or (C, L) over `output_size` windows that cover it."""

    def forward(self, input):
        return pool.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The mean of x (N, C, H, W) or (C, H, W) over windows that cover it, `output_size` of them along each axis."""

    def forward(self, input):
        return pool.adaptive_avg_pool2d(input, self.output_size)
