"""Reductions: one number out of many, over all dimensions or some."""

import math
from typing import NamedTuple

import numpy as np

from .. import dtypes
from ..autograd.graph import record
from ..errors import DTypeError, ShapeError
from ..kernels import cpu as kernels
from ..kernels.arrays import contiguous, empty, zeros
from ..kernels.launch import launch
from ..tensor import Tensor
from .arithmetic import div, eq, mul, square, sub, to, where
from .indexing import put_back_along
from .registry import op
from .shape import axis_of, expand, reshape, squeeze

largest = max  # the builtin, which the operation of that name hides below


class MaxResult(NamedTuple):
    """What `max` and `min` along a dimension return."""

    values: Tensor
    indices: Tensor


def _axes(name, dim, ndim):
    if dim is None or (not isinstance(dim, int) and not len(dim)):
        return tuple(range(ndim))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    axes = tuple(axis_of(name, d, largest(ndim, 1)) for d in dims)
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name}: expected each dimension once, got {dims}")
    return axes if ndim else ()


def _once(array):
    """The array without its repetitions: dimensions of step 0, which `expand` makes, cut to length 1."""
    if 0 not in array.strides:
        return array
    return array[tuple([slice(1 if step == 0 and n > 1 else n) for n, step in zip(array.shape, array.strides)])]


def _fill(kernel, x, kept, axes, dtype):
    """A new array of shape `kept` that the kernel has filled. It sees what is repeated in x once."""
    once = _once(x.array)
    shape = kept if once is x.array else tuple([1 if k == 1 else n for k, n in zip(kept, once.shape)])
    out = empty(shape, dtype, once)
    launch(kernel, out, once, axes)
    return out if shape == kept else contiguous(np.broadcast_to(out, kept))


def _reduce(kernel, x, axes, keepdim, dtype=None):
    """The output array, in the shape asked for, and the shape it has with the axes kept."""
    kept = tuple([1 if i in axes else s for i, s in enumerate(x.array.shape)])
    out = _fill(kernel, x, kept, axes, dtype or x.array.dtype)
    return (out if keepdim else out.reshape([s for i, s in enumerate(kept) if i not in axes])), kept


@op
def sum(x, dim=None, keepdim=False, dtype=None):
    """Σ x over `dim`, a number or several, or over all; of integers and booleans as int64."""
    axes, shape, before = _axes("sum", dim, x.array.ndim), x.array.shape, x.array.dtype
    numbers, gx = x, lambda g: expand(reshape(g, kept), shape)
    if dtype is not None or before.kind != "f":
        numbers = expand(to(Tensor(_once(x.array)), dtype or dtypes.int64), shape)
        gx = lambda g: to(expand(reshape(g, kept), shape), before)
    out, kept = _reduce(kernels.sum, numbers, axes, keepdim)
    if 0 in x.array.strides:
        out = mul(Tensor(out), math.prod([shape[i] for i in axes if x.array.strides[i] == 0])).array
    return record("sum", out, (x,), gx)


def _count(x, axes):
    return int(np.prod([x.array.shape[a] for a in axes]))


def mean(x, dim=None, keepdim=False):
    """Σ x / n over `dim`, or over all."""
    if x.array.dtype.kind != "f":
        raise DTypeError(f"mean: expected a floating dtype, got {x.dtype}; convert with float()")
    n = _count(x, _axes("mean", dim, x.array.ndim))
    return div(sum(x, dim, keepdim), float(n))


def var(x, dim=None, keepdim=False, *, correction=1):
    """Σ (x − x̄)² / (n − correction) over `dim`, or over all; the correction is Bessel's by default."""
    if x.array.dtype.kind != "f":
        raise DTypeError(f"var: expected a floating dtype, got {x.dtype}; convert with float()")
    n = _count(x, _axes("var", dim, x.array.ndim))
    centered = sub(x, mean(x, dim, keepdim=True))
    return div(sum(square(centered), dim, keepdim), float(largest(n - correction, 0)))


def std(x, dim=None, keepdim=False, *, correction=1):
    """√var; its gradient where all elements are equal, and the root has none, is taken as 0."""
    v = var(x, dim, keepdim, correction=correction)
    out = empty(v.array.shape, v.array.dtype, v.array)
    launch(kernels.sqrt, out, v.array)
    return record("std", out, (v,), lambda g, y: where(eq(y, 0), 0.0, div(g, mul(y, 2))), keep=True)


def _extreme(name, kernel, arg_kernel, x, dim, keepdim):
    if isinstance(dim, Tensor):
        raise TypeError(f"{name}: expected a dimension, got a tensor; use {name}imum for the {name} of two tensors")
    if dim is None:
        if x.array.size == 0:
            raise ShapeError(f"{name}: expected at least one element, got shape {x.shape}")
        shape = x.array.shape
        out, _ = _reduce(kernel, x, tuple(range(x.array.ndim)), False)

        def gx(g, y):  # elements that share the extreme share the gradient
            is_extreme = to(eq(x, y), g.dtype)
            return mul(expand(div(g, sum(is_extreme)), shape), is_extreme)

        return record(name, out, (x,), gx, keep=True)
    indices = _arg(name, arg_kernel, x, dim, True)
    axis, shape = axis_of(name, dim, largest(x.array.ndim, 1)), x.array.shape
    if x.array.ndim == 0:
        return MaxResult(x, reshape(indices, ()))
    out = empty(indices.array.shape, x.array.dtype, x.array)
    launch(kernels.gather, out, x.array, indices.array, axis)
    values = record(name, out, (x,), put_back_along(shape, axis, indices))
    return MaxResult(values, indices) if keepdim else MaxResult(squeeze(values, axis), squeeze(indices, axis))


@op
def max(x, dim=None, keepdim=False):
    """The largest element; with `dim`, (values, indices) along it. NaN if one is NaN."""
    return _extreme("max", kernels.max, kernels.argmax, x, dim, keepdim)


@op
def min(x, dim=None, keepdim=False):
    """The smallest element; with `dim`, (values, indices) along it. NaN if one is NaN."""
    return _extreme("min", kernels.min, kernels.argmin, x, dim, keepdim)


def _arg(name, kernel, x, dim, keepdim):
    if dim is None:
        flat = reshape(x.detach(), -1)
        result = _arg(name, kernel, flat, 0, False)
        return reshape(result, [1] * x.array.ndim) if keepdim else result
    if x.array.ndim == 0:
        axis_of(name, dim, 1)
        return Tensor(zeros((), dtypes.int64, x.array))
    axis = axis_of(name, dim, x.array.ndim)
    if x.array.shape[axis] == 0:
        raise ShapeError(f"{name}: expected at least one element along dimension {dim}, got shape {x.shape}")
    out = _fill(kernel, x, tuple([1 if i == axis else s for i, s in enumerate(x.array.shape)]), axis, dtypes.int64)
    return Tensor(out if keepdim else out.squeeze(axis))


def argmax(x, dim=None, keepdim=False):
    """The index of the first largest element, along `dim` or in the flattened tensor."""
    return _arg("argmax", kernels.argmax, x, dim, keepdim)


def argmin(x, dim=None, keepdim=False):
    """The index of the first smallest element, along `dim` or in the flattened tensor."""
    return _arg("argmin", kernels.argmin, x, dim, keepdim)


def any(x, dim=None, keepdim=False):
    """Whether any element is not zero."""
    return Tensor(_reduce(kernels.any, x, _axes("any", dim, x.array.ndim), keepdim, dtypes.bool)[0])


def all(x, dim=None, keepdim=False):
    """Whether no element is zero."""
    return Tensor(_reduce(kernels.all, x, _axes("all", dim, x.array.ndim), keepdim, dtypes.bool)[0])
