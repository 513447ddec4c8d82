"""Convolution and pooling of integers, which have no gradient: windows are cut out, and multiplied, compared or added.

Arithmetic is that of the dtype, so it is exact up to a multiple of 2ⁿ for integers of n bits.
"""

import math

import numpy as np

from ..kernels.arrays import host, put
from ..tensor import wrap
from .arithmetic import add, div, sub
from .fold import col2im, im2col
from .matmul import matmul
from .operands import to
from .padding import pad
from .reduction import max as largest
from .scan import cumsum
from .selection import index_select
from .shape import mT, reshape
from .windows import Axis


def _axes(x, geometry):
    """The Axis of each dimension of images x, of which the Geometry has two at least."""
    return [Axis(*fields) for fields in zip(*geometry[:6])][2 - x.array.ndim :]


def _in_groups(weight, groups):
    """A weight (O, C / groups, *kernel) as a matrix for each group."""
    shape = weight.array.shape
    return reshape(weight, groups, shape[0] // groups, math.prod(shape[1:]))


def _with_bias(y, bias):
    return y if bias is None else add(y, reshape(bias, -1, *[1] * (y.array.ndim - 2)))


def convolve(x, weight, bias, geometry):
    """`conv.convolve` of integers, in up to three dimensions."""
    n, axes, w = len(x.array), _axes(x, geometry), _in_groups(weight, geometry.groups)
    size = [axis.count for axis in axes]
    columns = reshape(im2col(x, axes), n, geometry.groups, w.array.shape[2], math.prod(size))
    return _with_bias(reshape(matmul(w, columns), n, len(weight.array), *size), bias)


def convolve_transposed(y, weight, bias, geometry):
    """`conv.convolve_transposed` of integers, in up to three dimensions."""
    (n, o), axes, w = y.array.shape[:2], _axes(y, geometry), _in_groups(weight, geometry.groups)
    pixels = reshape(y, n, geometry.groups, o // geometry.groups, math.prod(y.array.shape[2:]))
    taps = [axis.kernel for axis in axes], [axis.count for axis in axes]
    columns = reshape(matmul(mT(w), pixels), n, weight.array.shape[1] * geometry.groups, *taps[0], *taps[1])
    return _with_bias(col2im(columns, axes), bias)


def pooled_max(x, geometry):
    """`pool.pooled_max` of integers: (y, a function to the places)."""
    axes, (n, c, *size) = _axes(x, geometry), x.array.shape
    reach = [(a.count - 1) * a.stride + (a.kernel - 1) * a.dilation + 1 for a in axes]
    edges = [(a.padding, max(0, r - a.padding - a.size)) for a, r in zip(axes, reach)]
    around = pad(x, [edge for pair in reversed(edges) for edge in pair], value=np.iinfo(x.array.dtype).min)
    inside = [a._replace(size=a.size + sum(edge), padding=0) for a, edge in zip(axes, edges)]
    kernel, counts = [a.kernel for a in axes], [a.count for a in axes]
    y, tap = largest(reshape(im2col(around, inside), n, c, math.prod(kernel), *counts), 2)

    def places():
        taps, windows = np.unravel_index(host(tap.array), kernel), np.indices(counts)
        seen = [p * a.stride + k * a.dilation - a.padding for p, k, a in zip(windows, taps, axes)]
        return np.ravel_multi_index(seen, size)

    return y, places


def pooled_mean(x, lines):
    """Σ x over windows, divided and rounded towards 0; lines (start, stop, divisor) along each axis say which."""
    total, divisors = x, 1
    for dim, line in enumerate(lines, 2):
        start, stop, divisor = (wrap(put(np.ascontiguousarray(column), x.array)) for column in line.T)
        sums = pad(cumsum(total, dim), [0, 0] * (x.array.ndim - 1 - dim) + [1, 0])
        total = sub(index_select(sums, dim, stop), index_select(sums, dim, start))
        divisors = divisors * reshape(divisor, -1, *[1] * (x.array.ndim - 1 - dim))
    return to(div(total, divisors, rounding_mode="trunc"), x.dtype)
