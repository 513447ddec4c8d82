"""Differences of neighbours, and sums over intervals between them."""

from ..arguments import axes, axis_of, integer
from ..errors import ArgumentTypeError, ShapeError
from ..kernels.filled import full
from ..tensor import Tensor, wrap
from ..tensor_arguments import expect_tensor, optional_tensor
from .arithmetic import add, div, mul, sub
from .comparison import logical_xor
from .indexing import narrow
from .joining import cat
from .operands import floating, number_to_fill, to
from .reduction import sum
from .scan import cumsum
from .shape import expand, reshape

FUNCTIONS = "diff gradient trapezoid trapz cumulative_trapezoid"
METHODS = "diff"


def diff(input, n=1, dim=-1, prepend=None, append=None):
    """x[k + 1] − x[k] along `dim`, n times; before that `prepend` and `append` are put to the ends of x.

    Raises: ShapeError for a 0-d tensor.
    """
    x, n = expect_tensor("diff", input), integer("diff", "n", n, 0)
    if n == 0:
        return x
    if x.array.ndim == 0:
        raise ShapeError("diff: expected at least 1 dimension, got a 0-d tensor")
    axis = axis_of("diff", dim, x.array.ndim)
    ends = optional_tensor("diff", "prepend", prepend), optional_tensor("diff", "append", append)
    parts = [part for part in (ends[0], x, ends[1]) if part is not None]
    x = cat([_of_shape(part, x, axis) for part in parts], axis) if len(parts) > 1 else x
    step = logical_xor if x.array.dtype.kind == "b" else sub
    for _ in range(min(n, x.array.shape[axis])):
        length = x.array.shape[axis] - 1
        x = step(narrow(x, axis, 1, length), narrow(x, axis, 0, length))
    return x


def _of_shape(part, x, axis):
    """A tensor to be put before or behind x; a 0-d one fills the shape of a slice."""
    shape = x.array.shape
    return expand(part, (*shape[:axis], 1, *shape[axis + 1 :])) if part.array.ndim == 0 else part


def _strips(name, y, x, dx, dim):
    """(y[k] + y[k + 1]) / 2 · (x[k + 1] − x[k]), and the axis."""
    y = expect_tensor(name, y, "y")
    axis = axis_of(name, dim, y.array.ndim)
    if x is not None and dx is not None:
        raise ArgumentTypeError(f"{name}: expected x or dx, got both")
    length = max(y.array.shape[axis] - 1, 0)
    heights = narrow(y, axis, 1 if length else 0, length) + narrow(y, axis, 0, length)
    if x is None:
        return heights * ((1 if dx is None else dx) / 2), axis
    x = expect_tensor(name, x, "x")
    if x.array.ndim == 1 < y.array.ndim:
        if x.array.shape[0] != y.array.shape[axis]:
            raise ShapeError(f"{name}: expected {y.array.shape[axis]} elements in x, got {x.array.shape[0]}")
        x = reshape(x, [-1 if i == axis else 1 for i in range(y.array.ndim)])
    return diff(x, dim=axis - y.array.ndim) * heights / 2.0, axis


def trapezoid(y, x=None, *, dx=None, dim=-1):
    """∫ y dx by the trapezoidal rule along `dim`, for samples at x, or a distance `dx` (1 by default) apart.

    Raises: ArgumentTypeError for both x and dx, ShapeError for an x that does not go with y.
    """
    strips, axis = _strips("trapezoid", y, x, dx, dim)
    return sum(strips, axis)


trapz = trapezoid


def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral from the first sample to each of the others, see `trapezoid`."""
    strips, axis = _strips("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(strips, axis)


def gradient(input, *, spacing=None, dim=None, edge_order=1):
    """The derivative of sampled values along each dimension, or along those in `dim`; a list with one for each.

    It is a central difference, of second order also where the samples are not evenly spaced, and at the ends a
    one-sided one, of the order `edge_order`. `spacing` is a distance, one for each dimension, or the coordinates.

    Raises: ShapeError for too few samples, or a spacing that does not fit.
    """
    x = floating("gradient", input)
    over = axes("gradient", dim, x.array.ndim)
    order = integer("gradient", "edge_order", edge_order, 1, 2)
    steps = spacing if isinstance(spacing, tuple | list) else [1 if spacing is None else spacing] * len(over)
    if len(steps) != len(over):
        raise ShapeError(f"gradient: expected a spacing for each of {len(over)} dimensions, got {len(steps)}")
    for axis in over:
        if x.array.shape[axis] <= order:
            raise ShapeError(f"gradient: expected more than {order} elements along {axis}, got shape {x.shape}")
    return [_derivative(x, axis, step, order) for axis, step in zip(over, steps)]


def _derivative(x, axis, spacing, order):
    n = x.array.shape[axis]
    part = lambda t, start, length: narrow(t, axis, start, length)
    if isinstance(spacing, Tensor) and spacing.array.ndim:
        if spacing.array.shape != (n,):
            raise ShapeError(f"gradient: expected {n} coordinates for dimension {axis}, got {spacing.shape}")
        h = reshape(diff(to(spacing, x.dtype)), [-1 if i == axis else 1 for i in range(x.array.ndim)])
    else:
        shape = tuple([n - 1 if i == axis else 1 for i in range(x.array.ndim)])
        h = wrap(full(shape, number_to_fill("gradient", spacing, x.dtype).item(), x.dtype, x.array))
    slope = div(sub(part(x, 1, n - 1), part(x, 0, n - 1)), h)  # of each interval
    first, last = part(slope, 0, 1), part(slope, n - 2, 1)
    if n == 2:
        return cat([first, last], axis)
    h0, h1, s0, s1 = part(h, 0, n - 2), part(h, 1, n - 2), part(slope, 0, n - 2), part(slope, 1, n - 2)
    inner = div(add(mul(h1, s0), mul(h0, s1)), add(h0, h1))
    if order == 2:  # the parabola through three points has the derivative 2 s − inner at its ends
        first = sub(mul(first, 2), part(inner, 0, 1))
        last = sub(mul(last, 2), part(inner, n - 3, 1))
    return cat([first, inner, last], axis)
