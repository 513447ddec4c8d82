"""Convolutional layers."""

import math

from .. import dtypes
from ..arguments import boolean, integer, one_of, only, sizes
from ..errors import ArgumentValueError, ShapeError
from ..ops import conv
from ..ops.creation import empty
from ..ops.padding import MODES, pad
from ..ops.windows import spaces
from ..tensor_arguments import expect_tensor
from . import init
from .module import Module
from .parameter import Parameter


class _ConvNd(Module):
    """What the layers share. A number for a size along each axis stands for that number along all `dims` of them."""

    dims = None
    transposed = False

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        name, dims = type(self).__name__, self.dims
        self.in_channels = in_channels = integer(name, "in_channels", in_channels, 0)
        self.out_channels = out_channels = integer(name, "out_channels", out_channels, 1)
        self.groups = groups = integer(name, "groups", groups, 1)
        bias = boolean(name, "bias", bias)
        for what, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ArgumentValueError(
                    f"{name}: expected groups to divide {what}, got groups={groups} for {channels}"
                )
        self.padding_mode = one_of(name, "padding_mode", padding_mode, ("zeros", *MODES[1:]))
        self.kernel_size = spaces(name, "kernel_size", kernel_size, dims, 1)
        self.stride = spaces(name, "stride", stride, dims, 1)
        self.dilation = spaces(name, "dilation", dilation, dims, 1)
        if isinstance(padding, str):
            conv.check_padding(name, padding)
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ArgumentValueError(f"{name}: expected stride 1 for padding='same', got {self.stride}")
            self.padding = padding
        else:
            self.padding = spaces(name, "padding", padding, dims, 0)
        self.output_padding = (0,) * dims
        dtype = dtypes.default if dtype is None else dtype
        self.weight = Parameter(empty(*self._weight_shape(), device=device, dtype=dtype))
        self.bias = Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def _weight_shape(self):
        channels = self.out_channels, self.in_channels
        first, second = reversed(channels) if self.transposed else channels
        return first, second // self.groups, *self.kernel_size

    def reset_parameters(self):
        """Weight and bias from U(−1/√fan_in, 1/√fan_in), fan_in = weight.shape[1] · ∏ kernel_size."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(init.fans(self.weight)[0], 1))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self):
        one, zero = (1,) * self.dims, (0,) * self.dims
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, default in (("padding", zero), ("dilation", one), ("output_padding", zero), ("groups", 1)):
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        text += "" if self.bias is not None else ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"

    def _arguments(self, input):
        """Those of the function; of an input that is padded already, where zeros are not what it is padded with."""
        x, padding = input, self.padding
        if self.padding_mode != "zeros":
            x, padding = pad(expect_tensor(type(self).__name__, x), self._pad_widths(), self.padding_mode), 0
        return x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups

    def _pad_widths(self):
        """How wide to pad, as `pad` takes it: before and behind, from the last axis on."""
        if self.padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            pairs = [(total // 2, total - total // 2) for total in totals]
        else:
            pairs = [(p, p) for p in ((0,) * self.dims if self.padding == "valid" else self.padding)]
        return [n for pair in pairs[::-1] for n in pair]


class Conv1d(_ConvNd):
    """y[n, o, p] = b[o] + Σ x[n, c, p · stride + k · dilation − padding] w[o, c, k] over channels c and places k.

    x: (N, in_channels, L) or (in_channels, L), y: (N, out_channels, L') or (out_channels, L'), with
    L' = ⌊(L + 2 padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1. weight w: (out_channels, in_channels / groups,
    kernel_size), bias b: (out_channels,), both from U(−1/√fan_in, 1/√fan_in).
    """

    dims = 1

    def forward(self, input):
        return conv.conv1d(*self._arguments(input))


class Conv2d(_ConvNd):
    """As Conv1d, for images x: (N, in_channels, H, W) or (in_channels, H, W).

    The output, which has their shape, is channels-last in memory: (N, H', W', out_channels).
    """

    dims = 2

    def forward(self, input):
        return conv.conv2d(*self._arguments(input))


class Conv3d(_ConvNd):
    """As Conv1d, for volumes x: (N, in_channels, D, H, W) or (in_channels, D, H, W).

    The output, which has their shape, is channels-last in memory: (N, D', H', W', out_channels).
    """

    dims = 3

    def forward(self, input):
        return conv.conv3d(*self._arguments(input))


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1,
                 bias=True, dilation=1, padding_mode="zeros", device=None, dtype=None):  # fmt: skip
        name = type(self).__name__
        only(name, "padding_mode", padding_mode, "zeros")
        padding = spaces(name, "padding", padding, self.dims, 0)
        output_padding = spaces(name, "output_padding", output_padding, self.dims, 0)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype
        )
        self.output_padding = output_padding

    def _arguments(self, input, output_size):
        """Those of the function, with the output_padding that brings about the output size, if one is wanted."""
        extra = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation

    def _output_padding(self, input, output_size):
        name, dims = type(self).__name__, self.dims
        shape, wanted = expect_tensor(name, input).shape, sizes(name, "output_size", (output_size,))
        if len(shape) not in (dims + 1, dims + 2) or len(wanted) not in (dims, len(shape)):
            raise ShapeError(f"{name}: expected an output_size of {dims} numbers, got {output_size} for shape {shape}")
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(shape[-dims:], self.stride, self.padding, self.dilation, self.kernel_size)
        ]
        extra = [w - low for w, low in zip(wanted[-dims:], least)]
        if any(not 0 <= e < s for e, s in zip(extra, self.stride)):
            most = [low + s - 1 for low, s in zip(least, self.stride)]
            raise ArgumentValueError(f"{name}: expected an output_size from {least} to {most}, got {wanted[-dims:]}")
        return extra


class ConvTranspose1d(_ConvTransposeNd):
    """y[n, o, i] = b[o] + Σ x[n, c, p] w[c, o, k] over p · stride + k · dilation − padding = i: transposed Conv1d.

    x: (N, in_channels, L) or (in_channels, L), y: (N, out_channels, L') or (out_channels, L'), with
    L' = (L − 1) stride − 2 padding + dilation (kernel_size − 1) + output_padding + 1. weight w: (in_channels,
    out_channels / groups, kernel_size), bias b: (out_channels,), both from U(−1/√fan_in, 1/√fan_in).
    """

    dims = 1

    def forward(self, input, output_size=None):
        return conv.conv_transpose1d(*self._arguments(input, output_size))


class ConvTranspose2d(_ConvTransposeNd):
    """As ConvTranspose1d, for images x: (N, in_channels, H, W) or (in_channels, H, W)."""

    dims = 2

    def forward(self, input, output_size=None):
        return conv.conv_transpose2d(*self._arguments(input, output_size))


class ConvTranspose3d(_ConvTransposeNd):
    """As ConvTranspose1d, for volumes x: (N, in_channels, D, H, W) or (in_channels, D, H, W)."""

    dims = 3

    def forward(self, input, output_size=None):
        return conv.conv_transpose3d(*self._arguments(input, output_size))
