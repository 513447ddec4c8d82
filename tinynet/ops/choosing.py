"""Choosing between numbers, element by element: the larger or smaller, one within bounds, one by a condition."""

import numpy as np

from .. import dtypes
from ..arguments import number, shown
from ..autograd.graph import record
from ..errors import ArgumentTypeError, ArgumentValueError, DTypeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like, host, put
from ..kernels.launch import launch
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor
from .comparison import gt, isnan, logical_or, lt
from .operands import broadcast_shape, converted, memory_model, number_to_fill, operands, to
from .registry import op

IN_PLACE = "clamp masked_fill"
METHODS = f"{IN_PLACE} maximum minimum"
FUNCTIONS = f"{METHODS} where"


@op
def maximum(input, other):
    """The larger of x and y; where they are equal each receives half of the gradient.

    Raises: ArgumentTypeError for numbers, ShapeError where the shapes do not broadcast.
    """
    return _winner("maximum", kernels.maximum, lt, gt, input, other)


@op
def minimum(input, other):
    """The smaller of x and y; where they are equal each receives half of the gradient.

    Raises: ArgumentTypeError for numbers, ShapeError where the shapes do not broadcast.
    """
    return _winner("minimum", kernels.minimum, gt, lt, input, other)


def _winner(name, kernel, loses, wins, input, other):
    """What the kernel chooses of x and y: `loses(x, y)` says where it is not x, `wins(x, y)` where it is not y."""
    for argument, value in (("input", input), ("other", other)):
        if not isinstance(value, Tensor):
            hint = f"; use clamp({'min' if name == 'maximum' else 'max'}=...) for a number"
            raise ArgumentTypeError(f"{name}: expected {argument} to be a Tensor, got {shown(value)}{hint}")
    x, y, like = operands(name, input, other)
    out = empty_like(like)
    launch(kernel, out, x.array, y.array)
    return record(name, out, (x, y), lambda g: g * _share(loses, x, y), lambda g: g * _share(wins, x, y))


def _share(loses, x, y):
    """0 where x loses against y, a half where they are equal, else 1: also where one is NaN, and so is the result."""
    return 1.0 - (to(loses(x, y), x.dtype) + to(x == y, x.dtype) * 0.5)


@op
def clamp(input, min=None, max=None):
    """min(max(x, min), max), for numbers or tensors as bounds; the gradient by x is 0 outside.

    Raises: ArgumentValueError without a bound, ShapeError where shapes do not broadcast.
    """
    x = expect_tensor("clamp", input)
    if min is None and max is None:
        raise ArgumentValueError("clamp: expected min or max, got neither")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        return _bounded(gt, _bounded(lt, x, min), max)
    min, max = (None if b is None else number("clamp", name, b) for name, b in (("min", min), ("max", max)))
    if x.array.dtype.kind != "f":
        for bound in (min, max):
            x = x if bound is None else to(x, dtypes.promote(x, bound))
        for bound in (min, max):
            converted("clamp", 0 if bound is None else bound, x.array.dtype)  # so it fits
    out = empty_like(x.array)
    launch(kernels.clamp, out, x.array, min, max)

    def gx(g):
        inside = None if min is None else x >= min
        if max is not None:
            inside = x <= max if inside is None else inside & (x <= max)
        return where(inside, g, 0.0)

    return record("clamp", out, (x,), gx)


def _bounded(beyond, x, bound):
    """The bound where x is beyond it, or where it is NaN, else x."""
    if bound is None:
        return x
    x, bound, _ = operands("clamp", x, bound)
    return where(logical_or(beyond(x, bound), isnan(bound)), bound, x)


@op
def where(condition, input=None, other=None):
    """x where the condition holds, else y, for x = input and y = other.

    Of a condition alone, the indices where it holds, a vector for each dimension.

    Raises: DTypeError for a condition that is not of dtype bool, ShapeError where the shapes do not broadcast.
    """
    expect_tensor("where", condition, "condition")
    if input is None and other is None:
        found = np.nonzero(np.atleast_1d(host(condition.array)))
        return tuple([wrap(put(places, condition.array)) for places in found])
    if condition.array.dtype.kind != "b":
        raise DTypeError(f"where: expected a condition of dtype bool, got {condition.dtype}")
    x, y, like = operands("where", input, other)
    if condition.array.shape != like.shape or condition.array.__class__ is not like.__class__:
        like = memory_model(broadcast_shape("where", condition, wrap(like)), like, condition.array)
    out = empty_like(like, x.array.dtype)
    launch(kernels.where, out, condition.array, x.array, y.array)
    return record("where", out, (x, y), lambda g: where(condition, g, 0.0), lambda g: where(condition, 0.0, g))


def masked_fill(input, mask, value):
    """x with `value` where the mask holds.

    Raises: DTypeError for a mask that is not of dtype bool, ShapeError where it does not broadcast.
    """
    x = expect_tensor("masked_fill", input)
    if expect_tensor("masked_fill", mask, "mask").array.dtype.kind != "b":
        raise DTypeError(f"masked_fill: expected a mask of dtype bool, got {mask.dtype}")
    return where(mask, number_to_fill("masked_fill", value, x.dtype), x)
