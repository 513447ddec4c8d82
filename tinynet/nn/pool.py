"""Pooling layers."""

from ..arguments import boolean, integer, number
from ..errors import ArgumentValueError
from ..ops import adaptive_pool, fractional_pool, lp_pool, pool, unpool
from ..ops.windows import spaces
from .module import Module


def checked(module, what, value, low):
    """A number of pixels, or one for each axis, as it was given: a number stays a number."""
    numbers = spaces(type(module).__name__, what, value, module.dims, low)
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


class MaxPool3d(_MaxPool):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in each window; see `functional.max_pool2d`."""

    dims = 3

    def forward(self, input):
        return pool.max_pool3d(input, *self._arguments())


class AvgPool1d(Module):
    """The mean of x (N, C, L) or (C, L) over each window."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        self.kernel_size = spaces("AvgPool1d", "kernel_size", kernel_size, 1, 1)
        self.stride = self.kernel_size if stride is None else spaces("AvgPool1d", "stride", stride, 1, 1)
        self.padding = spaces("AvgPool1d", "padding", padding, 1, 0)
        self.ceil_mode = boolean("AvgPool1d", "ceil_mode", ceil_mode)
        self.count_include_pad = boolean("AvgPool1d", "count_include_pad", count_include_pad)

    def forward(self, input):
        return pool.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPool(Module):
    dims = None

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        name = type(self).__name__
        self.kernel_size = checked(self, "kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else checked(self, "stride", stride, 1)
        self.padding = checked(self, "padding", padding, 0)
        self.ceil_mode = boolean(name, "ceil_mode", ceil_mode)
        self.count_include_pad = boolean(name, "count_include_pad", count_include_pad)
        self.divisor_override = divisor_override
        if divisor_override is not None:
            self.divisor_override = integer(name, "divisor_override", divisor_override)

    def _arguments(self):
        window = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return *window, self.count_include_pad, self.divisor_override

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of x (N, C, H, W) or (C, H, W) over each window; see `functional.avg_pool2d`."""

    dims = 2

    def forward(self, input):
        return pool.avg_pool2d(input, *self._arguments())


class AvgPool3d(_AvgPool):
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over each window; see `functional.avg_pool2d`."""

    dims = 3

    def forward(self, input):
        return pool.avg_pool3d(input, *self._arguments())


class _LPPool(Module):
    dims = None

    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        self.norm_type = number(type(self).__name__, "norm_type", norm_type)
        self.kernel_size = checked(self, "kernel_size", kernel_size, 1)
        self.stride = None if stride is None else checked(self, "stride", stride, 1)
        self.ceil_mode = boolean(type(self).__name__, "ceil_mode", ceil_mode)

    def extra_repr(self):
        names = "norm_type", "kernel_size", "stride", "ceil_mode"
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, L) or (C, L), for p = `norm_type`."""

    dims = 1

    def forward(self, input):
        return lp_pool.lp_pool1d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, H, W) or (C, H, W), for p = `norm_type`."""

    dims = 2

    def forward(self, input):
        return lp_pool.lp_pool2d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, D, H, W) or (C, D, H, W), for p = `norm_type`."""

    dims = 3

    def forward(self, input):
        return lp_pool.lp_pool3d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class _AdaptivePool(Module):
    def __init__(self, output_size):
        for size in output_size if isinstance(output_size, tuple | list) else (output_size,):
            if size is not None:  # which leaves that axis as it is
                integer(type(self).__name__, "output_size", size, 0)
        self.output_size = output_size

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """The mean of x (N, C, L) or (C, L) over `output_size` windows that cover it."""

    def forward(self, input):
        return adaptive_pool.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptivePool):
    """The mean of x (N, C, H, W) or (C, H, W) over windows that cover it, `output_size` of them along each axis."""

    def forward(self, input):
        return adaptive_pool.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptivePool):
    """The mean of x (N, C, D, H, W) or (C, D, H, W) over windows that cover it, `output_size` along each axis."""

    def forward(self, input):
        return adaptive_pool.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size, return_indices=False):
        super().__init__(output_size)
        self.return_indices = boolean(type(self).__name__, "return_indices", return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest of x (N, C, L) or (C, L) in `output_size` windows that cover it."""

    def forward(self, input):
        return adaptive_pool.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest of x (N, C, H, W) or (C, H, W) in windows that cover it, `output_size` of them along each axis."""

    def forward(self, input):
        return adaptive_pool.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest of x (N, C, D, H, W) or (C, D, H, W) in windows that cover it, `output_size` along each axis."""

    def forward(self, input):
        return adaptive_pool.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _MaxUnpool(Module):
    dims = None

    def __init__(self, kernel_size, stride=None, padding=0):
        name = type(self).__name__
        self.kernel_size = spaces(name, "kernel_size", kernel_size, self.dims, 1)
        self.stride = self.kernel_size if stride is None else spaces(name, "stride", stride, self.dims, 1)
        self.padding = spaces(name, "padding", padding, self.dims, 0)

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """x (N, C, L) or (C, L) at the places that MaxPool1d found, with zeros around."""

    dims = 1

    def forward(self, input, indices, output_size=None):
        return unpool.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpool):
    """x (N, C, H, W) or (C, H, W) at the places that MaxPool2d found, with zeros around."""

    dims = 2

    def forward(self, input, indices, output_size=None):
        return unpool.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpool):
    """x (N, C, D, H, W) or (C, D, H, W) at the places that MaxPool3d found, with zeros around."""

    dims = 3

    def forward(self, input, indices, output_size=None):
        return unpool.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _FractionalMaxPool(Module):
    dims = None

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        name, dims = type(self).__name__, self.dims
        if (output_size is None) == (output_ratio is None):
            raise ArgumentValueError(f"{name}: expected either output_size or output_ratio")
        self.kernel_size = spaces(name, "kernel_size", kernel_size, dims, 1)
        self.output_size = None if output_size is None else spaces(name, "output_size", output_size, dims, 1)
        self.output_ratio = None
        if output_ratio is not None:
            ratios = output_ratio if isinstance(output_ratio, tuple | list) else (output_ratio,) * dims
            self.output_ratio = tuple([number(name, "output_ratio", r, 0, 1) for r in ratios])
        self.return_indices = boolean(name, "return_indices", return_indices)
        self.register_buffer("_random_samples", _random_samples)

    def _arguments(self):
        return self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest of x (N, C, H, W) in windows at random distances, of which `output_size` or a ratio decides."""

    dims = 2

    def forward(self, input):
        return fractional_pool.fractional_max_pool2d(input, *self._arguments())


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest of x (N, C, D, H, W) in windows at random distances, of which `output_size` or a ratio decides."""

    dims = 3

    def forward(self, input):
        return fractional_pool.fractional_max_pool3d(input, *self._arguments())
