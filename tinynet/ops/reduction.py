"""Reductions: one number out of many, over all dimensions or some."""

import math
from typing import NamedTuple

import numpy as np

from .. import dtypes
from ..arguments import axes, axis_of, boolean, number
from ..autograd.graph import record
from ..errors import ArgumentTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty
from ..kernels.filled import contiguous, zeros
from ..kernels.launch import launch
from ..tensor import Tensor, expect_floating, expect_tensor, wrap
from .arithmetic import maximum, minimum, mul, square, to, where
from .indexing import scatter_along
from .registry import op
from .shape import expand, reshape, squeeze

FUNCTIONS = "sum mean var std max min argmax argmin any all"
METHODS = FUNCTIONS

largest = max  # the builtin, which the operation of that name hides below


class MaxResult(NamedTuple):
    """What `max` and `min` along a dimension return."""

    values: Tensor
    indices: Tensor


def _once(array):
    """The array without its repetitions: dimensions of step 0, which `expand` makes, cut to length 1."""
    if 0 not in array.strides:
        return array
    return array[tuple([slice(1 if step == 0 and n > 1 else n) for n, step in zip(array.shape, array.strides)])]


def _fill(kernel, x, kept, over, dtype):
    """A new array of shape `kept` that the kernel has filled. It sees what is repeated in x once."""
    once = _once(x.array)
    shape = kept if once is x.array else tuple([1 if k == 1 else n for k, n in zip(kept, once.shape)])
    out = empty(shape, dtype, once)
    launch(kernel, out, once, over)
    return out if shape == kept else contiguous(np.broadcast_to(out, kept))


def _reduce(kernel, x, over, keepdim, dtype=None):
    """The output array, in the shape asked for, and the shape it has with the over kept."""
    kept = tuple([1 if i in over else s for i, s in enumerate(x.array.shape)])
    out = _fill(kernel, x, kept, over, dtype or x.array.dtype)
    return (out if keepdim else out.reshape([s for i, s in enumerate(kept) if i not in over])), kept


@op
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """Σ x over `dim`, a number or several, or over all; of integers and booleans as int64."""
    x, keepdim = expect_tensor("sum", input), boolean("sum", "keepdim", keepdim)
    over, shape, before = axes("sum", dim, x.array.ndim), x.array.shape, x.array.dtype
    numbers, gx = x, lambda g: expand(reshape(g, kept), shape)
    if dtype is not None or before.kind != "f":
        numbers = expand(to(wrap(_once(x.array)), dtypes.int64 if dtype is None else dtype), shape)
        gx = lambda g: to(expand(reshape(g, kept), shape), before)
    out, kept = _reduce(kernels.sum, numbers, over, keepdim)
    if 0 in x.array.strides:
        out = mul(wrap(out), math.prod([shape[i] for i in over if x.array.strides[i] == 0])).array
    return record("sum", out, (x,), gx)


def _count(name, x, dim):
    return math.prod([x.array.shape[a] for a in axes(name, dim, x.array.ndim)])


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """Σ x / n over `dim`, or over all; of x converted to `dtype` if one is given."""
    x = expect_floating("mean", input if dtype is None else to(expect_tensor("mean", input), dtype))
    if x.array.dtype == dtypes.float16:  # whose sum may be larger than all of float16
        return to(mean(to(x, dtypes.float32), dim, keepdim), dtypes.float16)
    return sum(x, dim, keepdim) / float(_count("mean", x, dim))


def var(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """Σ (x − x̄)² / (n − c) over `dim`, or over all: c is `correction`, or 1 if `unbiased` (Bessel's), else 0."""
    return _var("var", input, dim, unbiased, keepdim, correction)


def std(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """√var; its gradient where all elements are equal, and the root has none, is taken as 0."""
    v = _var("std", input, dim, unbiased, keepdim, correction)
    out = empty(v.array.shape, v.array.dtype, v.array)
    launch(kernels.sqrt, out, v.array)
    return record("std", out, (v,), lambda g, y: where(y == 0, 0.0, g / (y * 2)), saves_output=True)


def _var(name, input, dim, unbiased, keepdim, correction):
    x = expect_floating(name, input)
    if x.array.dtype == dtypes.float16:
        return to(_var(name, to(x, dtypes.float32), dim, unbiased, keepdim, correction), dtypes.float16)
    if isinstance(dim, bool) and unbiased is True:  # var(unbiased)
        dim, unbiased = None, dim
    if correction is None:
        correction = int(boolean(name, "unbiased", unbiased))
    elif unbiased is not True:
        raise ArgumentTypeError(f"{name}: expected unbiased or correction, got both")
    n = _count(name, x, dim)
    centered = x - mean(x, dim, True)
    return sum(square(centered), dim, keepdim) / float(largest(n - number(name, "correction", correction), 0))


def _extreme(name, kernel, arg_kernel, x, dim, keepdim):
    x, keepdim = expect_tensor(name, x), boolean(name, "keepdim", keepdim)
    if dim is None:
        if x.array.size == 0:
            raise ShapeError(f"{name}: expected at least one element, got shape {x.shape}")
        shape = x.array.shape
        out, _ = _reduce(kernel, x, tuple(range(x.array.ndim)), False)

        def gx(g, y):  # elements that share the extreme share the gradient
            is_extreme = to(x == y, g.dtype)
            return expand(g / sum(is_extreme), shape) * is_extreme

        return record(name, out, (x,), gx, saves_output=True)
    indices = _arg(name, arg_kernel, x, dim, True)
    axis, shape = axis_of(name, dim, largest(x.array.ndim, 1)), x.array.shape
    if x.array.ndim == 0:
        return MaxResult(x, reshape(indices, ()))
    out = empty(indices.array.shape, x.array.dtype, x.array)
    launch(kernels.gather, out, x.array, indices.array, axis)
    values = record(name, out, (x,), scatter_along(shape, axis, indices))
    return MaxResult(values, indices) if keepdim else MaxResult(squeeze(values, axis), squeeze(indices, axis))


@op
def max(input, dim=None, keepdim=False):
    """The largest element; with `dim`, (values, indices) along it. NaN if one is NaN. Of two tensors, `maximum`."""
    if isinstance(dim, Tensor) and keepdim is False:
        return maximum(input, dim)
    return _extreme("max", kernels.max, kernels.argmax, input, dim, keepdim)


@op
def min(input, dim=None, keepdim=False):
    """The smallest element; with `dim`, (values, indices) along it. NaN if one is NaN. Of two tensors, `minimum`."""
    if isinstance(dim, Tensor) and keepdim is False:
        return minimum(input, dim)
    return _extreme("min", kernels.min, kernels.argmin, input, dim, keepdim)


def _arg(name, kernel, x, dim, keepdim):
    x, keepdim = expect_tensor(name, x), boolean(name, "keepdim", keepdim)
    if dim is None:
        flat = reshape(x.detach(), -1)
        result = _arg(name, kernel, flat, 0, False)
        return reshape(result, [1] * x.array.ndim) if keepdim else result
    if x.array.ndim == 0:
        axis_of(name, dim, 1)
        return wrap(zeros((), dtypes.int64, x.array))
    axis = axis_of(name, dim, x.array.ndim)
    if x.array.shape[axis] == 0:
        raise ShapeError(f"{name}: expected at least one element along dimension {dim}, got shape {x.shape}")
    out = _fill(kernel, x, tuple([1 if i == axis else s for i, s in enumerate(x.array.shape)]), axis, dtypes.int64)
    return wrap(out if keepdim else out.squeeze(axis))


def argmax(input, dim=None, keepdim=False):
    """The index of the first largest element, along `dim` or in the flattened tensor."""
    return _arg("argmax", kernels.argmax, input, dim, keepdim)


def argmin(input, dim=None, keepdim=False):
    """The index of the first smallest element, along `dim` or in the flattened tensor."""
    return _arg("argmin", kernels.argmin, input, dim, keepdim)


def any(input, dim=None, keepdim=False):
    """Whether any element is not zero; of uint8 as uint8, else as bool."""
    return _truth("any", kernels.any, input, dim, keepdim)


def all(input, dim=None, keepdim=False):
    """Whether no element is zero; of uint8 as uint8, else as bool."""
    return _truth("all", kernels.all, input, dim, keepdim)


def _truth(name, kernel, input, dim, keepdim):
    x, keepdim = expect_tensor(name, input), boolean(name, "keepdim", keepdim)
    out = wrap(_reduce(kernel, x, axes(name, dim, x.array.ndim), keepdim, dtypes.bool)[0])
    return out if x.array.dtype != dtypes.uint8 else to(out, dtypes.uint8)  # which once stood for bool
