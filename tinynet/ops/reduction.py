"""Reductions: one number out of many, over all dimensions or some."""

import functools
import math

import numpy as np

from .. import dtypes, return_types
from ..arguments import axes, axis_of, boolean, number
from ..autograd.graph import record
from ..errors import ArgumentTypeError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty, empty_like
from ..kernels.filled import contiguous, zeros
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_floating, expect_tensor
from .arithmetic import exp
from .choosing import maximum, minimum, where
from .comparison import isnan
from .indexing import scatter_along
from .operands import floating, to
from .registry import op
from .scan import cumulative_product, shifted
from .shape import expand, expanded, reshape, reshaped

FUNCTIONS = """sum mean var std max min argmax argmin any all prod amax amin aminmax logsumexp nansum nanmean
    count_nonzero std_mean var_mean"""
METHODS = """sum mean var std max min argmax argmin any all prod amax amin aminmax logsumexp nansum nanmean
    count_nonzero"""

largest = max  # the builtin, which the operation of that name hides below


def _once(array):
    """The array without its repetitions: dimensions of step 0, which `expand` makes, cut to length 1."""
    if 0 not in array.strides or not array.size:
        return array
    return array[tuple([slice(1 if step == 0 and n > 1 else n) for n, step in zip(array.shape, array.strides)])]


def _fill(kernel, x, kept, over, dtype):
    """A new array of shape `kept` that the kernel has filled. It sees what is repeated in x once."""
    once = _once(x.array)
    shape = kept if once is x.array else tuple([1 if k == 1 else n for k, n in zip(kept, once.shape)])
    out = empty(shape, dtype, once)
    launch(kernel, out, once, over)
    return out if shape == kept else contiguous(np.broadcast_to(out, kept))


def reduced(kernel, x, over, keepdim, dtype=None):
    """The output array, in the shape asked for, and the shape that it has where `over` is kept."""
    array = x.array
    kept, left, _ = reduced_shapes(array.shape, over)
    out = _fill(kernel, x, kept, over, array.dtype if dtype is None else dtype)
    return (out if keepdim else out.reshape(left)), kept


@functools.lru_cache(maxsize=1024)
def reduced_shapes(shape, over):
    """(kept, left, n): the shape of a reduction over dimensions that keeps them, and without them; n numbers each."""
    kept = tuple([1 if i in over else n for i, n in enumerate(shape)])
    left = tuple([n for i, n in enumerate(shape) if i not in over])
    return kept, left, math.prod([shape[i] for i in over])


@op
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """Σ x over `dim`, a number or several, or over all; of integers and booleans as int64."""
    x, keepdim = expect_tensor("sum", input), boolean("sum", "keepdim", keepdim)
    over, shape, before = axes("sum", dim, x.array.ndim), x.array.shape, x.array.dtype
    numbers, gx = x, lambda g: expanded(reshaped(g, kept), shape)
    if dtype is not None or before.kind != "f":
        once = _once(x.array)
        numbers = to(wrap(once), dtypes.int64 if dtype is None else dtype)
        numbers = numbers if once is x.array else expand(numbers, shape)
        gx = lambda g: to(expanded(reshaped(g, kept), shape), before)
    out, kept = reduced(kernels.sum, numbers, over, keepdim)
    if 0 in x.array.strides:
        out = (wrap(out) * math.prod([shape[i] for i in over if x.array.strides[i] == 0])).array
    return record("sum", out, (x,), gx)


@op
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """Σ x / n over `dim`, or over all; of x converted to `dtype` if one is given."""
    x = expect_floating("mean", input if dtype is None else to(expect_tensor("mean", input), dtype))
    array, keepdim = x.array, boolean("mean", "keepdim", keepdim)
    if array.dtype == dtypes.float16:  # whose sum may be larger than all of float16
        return to(mean(to(x, dtypes.float32), dim, keepdim), dtypes.float16)
    over, shape = axes("mean", dim, array.ndim), array.shape
    n = float(reduced_shapes(shape, over)[2])
    if 0 in array.strides:
        return sum(x, over, keepdim) / n
    out, kept = reduced(kernels.sum, x, over, keepdim)
    launch(kernels.div, out, out, np.array(n, array.dtype))
    return record("mean", out, (x,), _gradient_of_mean(shape, kept, n))


def var(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """Σ (x − x̄)² / (n − c) over `dim`, or over all: c is `correction`, or 1 if `unbiased` (Bessel's), else 0."""
    return _var("var", input, dim, unbiased, keepdim, correction)


def std(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """√var; its gradient where all elements are equal, and the root has none, is taken as 0."""
    v = _var("std", input, dim, unbiased, keepdim, correction)
    out = empty(v.array.shape, v.array.dtype, v.array)
    launch(kernels.sqrt, out, v.array)
    return record("std", out, (v,), lambda g, y: where(y == 0, 0.0, g / (y * 2.0)), saves_output=True)


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
    over, keepdim = axes(name, dim, x.array.ndim), boolean(name, "keepdim", keepdim)
    n = reduced_shapes(x.array.shape, over)[2]
    divisor = float(largest(n - number(name, "correction", correction), 0))
    if 0 in x.array.strides:  # expanded, or without elements
        apart = x - mean(x, over, True)
        return sum(apart * apart, over, keepdim) / divisor
    return variance(x, over, keepdim, divisor)


@op
def variance(x, over, keepdim, divisor):
    """Σ (x − x̄)² / divisor."""
    array = x.array
    kept, left, n = reduced_shapes(array.shape, over)
    out, center = empty(kept, array.dtype, array), empty(kept, array.dtype, array)
    block = _block(array.shape, over) if array.flags.c_contiguous else None
    if block is not None:
        outer, _, inner = block
        launch(kernels.variance, out.reshape(outer, inner), center.reshape(outer, inner), array.reshape(block), divisor)
    else:
        launch(kernels.sum, center, array, over)
        launch(kernels.div, center, center, np.array(n, array.dtype))
        squares = empty(array.shape, array.dtype, array)
        launch(kernels.sub, squares, array, center)
        launch(kernels.mul, squares, squares, squares)
        launch(kernels.sum, out, squares, over)
        launch(kernels.div, out, out, np.array(divisor, array.dtype))
    slope = 2.0 / divisor if divisor else math.inf

    def gx(g):  # where it is recorded, the mean depends on x
        x_bar = record("mean", center, (x,), _gradient_of_mean(x.array.shape, kept, float(n)))
        return (x - x_bar) * (reshaped(g, kept) * slope)

    return record("var", out if keepdim else out.reshape(left), (x,), gx)


def _gradient_of_mean(shape, kept, n):
    return lambda g: expanded(reshaped(g / n, kept), shape)


@functools.lru_cache(maxsize=1024)
def _block(shape, over):
    """An array's shape as (outer, reduced, inner), where the dimensions to be reduced lie side by side, else None."""
    used = [i for i in sorted(over) if shape[i] != 1]
    first, last = (used[0], used[-1]) if used else (len(shape), len(shape) - 1)
    if not {i for i in range(first, last + 1) if shape[i] != 1} <= set(over):
        return None
    return tuple([math.prod(shape[part]) for part in (slice(first), slice(first, last + 1), slice(last + 1, None))])


def _extreme(name, kernel, arg_kernel, x, dim, keepdim):
    x, keepdim = expect_tensor(name, x), boolean(name, "keepdim", keepdim)
    if dim is None:
        if x.array.size == 0:
            raise ShapeError(f"{name}: expected at least one element, got shape {x.shape}")
        shape = x.array.shape
        out, _ = reduced(kernel, x, tuple(range(x.array.ndim)), False)

        def gx(g, y):  # elements that share the extreme share the gradient
            is_extreme = to(x == y, g.dtype)
            return expand(g / sum(is_extreme), shape) * is_extreme

        return record(name, out, (x,), gx, saves_output=True)
    indices = _arg(name, arg_kernel, x, dim, True)
    axis, shape = axis_of(name, dim, largest(x.array.ndim, 1)), x.array.shape
    named = getattr(return_types, name)
    if x.array.ndim == 0:
        return named(x, reshape(indices, ()))
    out, kept = reduced(kernel, x, (axis,), keepdim)
    gx = scatter_along(shape, axis, indices)
    if keepdim:
        return named(record(name, out, (x,), gx), indices)
    return named(record(name, out, (x,), lambda g: gx(reshaped(g, kept))), wrap(indices.array.squeeze(axis)))


@op
def max(input, dim=None, keepdim=False, *, other=None):
    """The largest element; with `dim`, (values, indices) along it. NaN if one is NaN. Of two tensors, `maximum`."""
    dim = dim if other is None else other
    if isinstance(dim, Tensor) and keepdim is False:
        return maximum(input, dim)
    return _extreme("max", kernels.max, kernels.argmax, input, dim, keepdim)


@op
def min(input, dim=None, keepdim=False, *, other=None):
    """The smallest element; with `dim`, (values, indices) along it. NaN if one is NaN. Of two tensors, `minimum`."""
    dim = dim if other is None else other
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
    out = _fill(kernel, x, reduced_shapes(x.array.shape, (axis,))[0], axis, dtypes.int64)
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
    out = wrap(reduced(kernel, x, axes(name, dim, x.array.ndim), keepdim, dtypes.bool)[0])
    return out if x.array.dtype != dtypes.uint8 else to(out, dtypes.uint8)  # which once stood for bool


@op
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """Π x along `dim`, or over all; of integers and booleans as int64. Its gradient divides by no x, so x may be 0."""
    x, keepdim = expect_tensor("prod", input), boolean("prod", "keepdim", keepdim)
    if dtype is not None or x.array.dtype.kind != "f":
        x = to(x, dtypes.int64 if dtype is None else dtype)
    if dim is None or x.array.ndim == 0:
        axis_of("prod", 0 if dim is None else dim, 1)
        x, dim, keepdim = reshape(x, -1), 0, False
    axis = axis_of("prod", dim, x.array.ndim)
    out, kept = reduced(kernels.prod, wrap(contiguous(x.array)), (axis,), keepdim)  # repetitions count

    def gx(g):  # the product of all before, times that of all behind
        if x.array.size == 0:
            return x
        before, behind = (cumulative_product(shifted(x, axis, 1, back), axis, back) for back in (False, True))
        return expand(reshape(g, kept), x.array.shape) * (before * behind)

    return record("prod", out, (x,), gx)


def _shared_extreme(name, kernel, x, dim, keepdim):
    """The extreme over dimensions; elements that share it share the gradient."""
    x, keepdim = expect_tensor(name, x), boolean(name, "keepdim", keepdim)
    shape, over = x.array.shape, axes(name, dim, x.array.ndim)
    if 0 in [shape[i] for i in over]:
        raise ShapeError(f"{name}: expected at least one element to reduce, got shape {x.shape}")
    out, kept = reduced(kernel, x, over, keepdim)

    def gx(g, y):
        is_extreme = to(x == reshape(y, kept), g.dtype)
        return reshape(g, kept) / sum(is_extreme, over, True) * is_extreme

    return record(name, out, (x,), gx, saves_output=True)


@op
def amax(input, dim=None, keepdim=False):
    """The largest element over `dim`, a number or several, or all. Where several share it, so does the gradient.

    Raises: ShapeError where nothing is reduced.
    """
    return _shared_extreme("amax", kernels.max, input, dim, keepdim)


@op
def amin(input, dim=None, keepdim=False):
    """The smallest element over `dim`, a number or several, or all. Where several share it, so does the gradient.

    Raises: ShapeError where nothing is reduced.
    """
    return _shared_extreme("amin", kernels.min, input, dim, keepdim)


def aminmax(input, *, dim=None, keepdim=False):
    """(min, max): the smallest and the largest element along `dim`, or over all."""
    return return_types.aminmax(amin(input, dim, keepdim), amax(input, dim, keepdim))


@op
def logsumexp(input, dim, keepdim=False):
    """log Σ eˣ over `dim`, a number or several, where no exponential overflows."""
    x, keepdim = floating("logsumexp", input), boolean("logsumexp", "keepdim", keepdim)
    shape, over = x.array.shape, axes("logsumexp", dim, x.array.ndim)
    dtype, (kept, left, _) = x.array.dtype, reduced_shapes(shape, over)
    if x.array.size:
        top, limit = reduced(kernels.max, x, over, True)[0], float(np.finfo(dtype).max)
        launch(kernels.clamp, top, top, -limit, limit)  # ∞ − ∞ would be NaN
    else:
        top = zeros(kept, dtype, x.array)
    terms = empty_like(x.array)
    launch(kernels.sub, terms, x.array, top)
    launch(kernels.exp, terms, terms)
    out, _ = reduced(kernels.sum, wrap(terms), over, True)
    launch(kernels.log, out, out)
    launch(kernels.add, out, out, top)

    def gx(g, y):
        return reshape(g, kept) * exp(x - reshape(y, kept))

    return record("logsumexp", out if keepdim else out.reshape(left), (x,), gx, saves_output=True)


def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """`sum` of what is not NaN."""
    x = expect_tensor("nansum", input)
    return sum(where(isnan(x), 0, x) if x.array.dtype.kind == "f" else x, dim, keepdim, dtype=dtype)


def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """`mean` of what is not NaN."""
    x = expect_floating("nanmean", input if dtype is None else to(expect_tensor("nanmean", input), dtype))
    return nansum(x, dim, keepdim) / sum(x == x, dim, keepdim)


def count_nonzero(input, dim=None):
    """How many elements are not 0, along `dim` or over all."""
    return sum(expect_tensor("count_nonzero", input) != 0, dim)


def std_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """(std, mean) of the same elements."""
    s = std(input, dim, unbiased, keepdim, correction=correction)
    return s, mean(input, None if isinstance(dim, bool) else dim, keepdim)


def var_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """(var, mean) of the same elements."""
    v = var(input, dim, unbiased, keepdim, correction=correction)
    return v, mean(input, None if isinstance(dim, bool) else dim, keepdim)
