"""What the elementwise operations of several families share, besides `arithmetic.unary`."""

from ..kernels.arrays import empty_like
from ..kernels.launch import launch
from .arithmetic import floating, operands


def binary(name, kernel, input, other):
    """(x, y, array): both operands in one floating dtype, and what a kernel makes of each pair of their elements."""
    x, y, like = operands(name, input, other)
    x, y = floating(name, x), floating(name, y)
    out = empty_like(like, x.array.dtype)
    launch(kernel, out, x.array, y.array)
    return x, y, out
