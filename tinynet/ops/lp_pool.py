"""Pooling by power means without their division: (Σ xᵖ)^(1/p) over each window."""

import math

from ..arguments import number
from .activation import relu
from .arithmetic import abs, mul, pow, sign
from .pool import avg_pool1d, avg_pool2d, avg_pool3d
from .windows import spaces

FUNCTIONAL = "lp_pool1d lp_pool2d lp_pool3d"


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, L) or (C, L), for p = `norm_type`: see `lp_pool2d`."""
    return _lp_pool("lp_pool1d", avg_pool1d, 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, H, W) or (C, H, W), for p = `norm_type`.

    A window beyond the edge, which `ceil_mode` allows, counts the mean of what it sees for each place outside.

    Raises: ShapeError, DTypeError.
    """
    return _lp_pool("lp_pool2d", avg_pool2d, 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) over each window of x (N, C, D, H, W) or (C, D, H, W), for p = `norm_type`: see `lp_pool2d`."""
    return _lp_pool("lp_pool3d", avg_pool3d, 3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(name, mean, n, x, p, kernel_size, stride, ceil_mode):
    p = number(name, "norm_type", p)
    places = math.prod(spaces(name, "kernel_size", kernel_size, n, 1))
    y = mean(pow(x, p), kernel_size, stride, 0, ceil_mode)
    # sign · relu(|y|) is y, but for its gradient at 0, which is 0
    return pow(mul(mul(sign(y), relu(abs(y))), places), 1 / p)
