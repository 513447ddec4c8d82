"""Convolutions and their transposes."""

from ...ops import conv
from .table import translates


def each(value, n):
    """A number along each of n axes."""
    return list(value) * (n // len(value)) if isinstance(value, tuple | list) else [value] * n


def batched(g, x, n):
    """A batch of images with n axes: x, or x with a batch of one."""
    return g.unsqueeze(x, 0) if x.ndim == n + 1 else x


def unbatched(g, y, x, n):
    """y, or where x had no batch, y without it."""
    return g.squeeze(y, 0) if x.ndim == n + 1 else y


@translates(conv._conv)
def convolve(g, out, n, x, weight, bias, stride, padding, dilation, groups):
    kernel, dilation = list(weight.shape[2:]), each(dilation, n)
    if padding == "same":
        around = [d * (k - 1) for d, k in zip(dilation, kernel)]
        pads = [w // 2 for w in around] + [w - w // 2 for w in around]
    else:
        pads = [0] * 2 * n if padding == "valid" else each(padding, n) * 2
    y = g.op(
        "Conv", batched(g, x, n), weight, bias, kernel_shape=kernel, strides=each(stride, n), pads=pads,
        dilations=dilation, group=groups,
    )  # fmt: skip
    return unbatched(g, y, x, n)


@translates(conv._conv_transpose)
def convolve_transposed(g, out, n, x, weight, bias, stride, padding, output_padding, groups, dilation):
    strides, before, more = each(stride, n), each(padding, n), each(output_padding, n)
    behind = list(before)
    for i in range(n):
        if strides[i] <= more[i] <= before[i]:  # which onnxruntime takes as less padding alone
            behind[i], more[i] = before[i] - more[i], 0
    y = g.op(
        "ConvTranspose", batched(g, x, n), weight, bias, kernel_shape=list(weight.shape[2:]), strides=strides,
        pads=before + behind, dilations=each(dilation, n), output_padding=more, group=groups,
    )  # fmt: skip
    return unbatched(g, y, x, n)
