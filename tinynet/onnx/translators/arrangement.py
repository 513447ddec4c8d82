"""Operations that move elements: shapes, orders, pieces joined, padding, new tensors."""

import warnings

import numpy as np

from ...ops import creation, diagonals, fold, joining, padding, pieces, rearrange, shape
from ..sizes import Dim
from .table import translates

LAST = np.iinfo(np.int64).max


@translates(shape.reshaped)
def reshaped(g, out, x):
    return g.reshape(x, out.shape)


@translates(shape.permuted)
def permuted(g, out, x, axes):
    return g.op("Transpose", x, perm=[axis % x.ndim for axis in axes])


@translates(shape.transposed)
def transposed(g, out, x, a, b):
    order = list(range(x.ndim))
    if order:
        order[a], order[b] = order[b], order[a]
    return g.op("Transpose", x, perm=order)


@translates(shape.expand)
def expand(g, out, input):
    return g.op("Expand", input, g.vector(out.shape))


@translates(shape.squeeze)
def squeeze(g, out, input, dim):
    if dim is None:
        gone = range(input.ndim)
    else:
        gone = [d % max(input.ndim, 1) for d in (dim if isinstance(dim, tuple | list) else (dim,))]
    if any(isinstance(input.shape[axis], Dim) for axis in gone if axis < input.ndim):
        warnings.warn(
            f"onnx.export at {g.place}: squeeze leaves an axis whose size is open in the graph, also where it is 1; "
            "name the dimensions that are to go",
            stacklevel=2,
        )
    gone = [axis for axis in gone if axis < input.ndim and input.shape[axis] == 1]
    return g.squeeze(input, *gone) if gone else g.op("Identity", input)


@translates(shape.unsqueeze)
def unsqueeze(g, out, input, dim):
    return g.unsqueeze(input, dim % (input.ndim + 1))


@translates(shape.sum_to_size)
def sum_to_size(g, out, input):
    lead = input.ndim - out.ndim
    summed = [axis for axis in range(input.ndim) if axis < lead or out.shape[axis - lead] != input.shape[axis]]
    return g.reshape(g.reduce("ReduceSum", input, summed, True) if summed else input, out.shape)


@translates(shape.copied, shape.in_order)
def copied(g, out, x):
    return g.op("Identity", x)


# Orders


@translates(rearrange.flip)
def flip(g, out, input, args, dims):
    dims = args if dims is None else dims
    dims = dims[0] if len(dims) == 1 and isinstance(dims[0], tuple | list) else dims
    axes = [d % input.ndim for d in dims]
    if not axes:
        return g.op("Identity", input)
    ends = [g.constant([n] * len(axes), np.int64) for n in (-1, -LAST - 1)]
    return g.op("Slice", input, *ends, g.constant(axes, np.int64), g.constant([-1] * len(axes), np.int64))


@translates(rearrange.roll, inside=lambda dims: isinstance(dims, tuple | list) and not dims)
def roll(g, out, input, shifts, dims):
    shifts, dims = (x if isinstance(x, tuple | list) else (x,) for x in (shifts, dims))
    y = input
    for shift, dim in zip(shifts, dims):
        axis = dim % max(input.ndim, 1)
        n = input.shape[axis]
        cut = -shift if isinstance(n, Dim) else -(shift % max(n, 1))
        if cut:
            pieces = [_sliced(g, y, axis, *bounds) for bounds in ((cut, LAST), (0, cut))]
            y = g.op("Concat", *pieces, axis=axis)
    return g.op("Identity", input) if y is input else y


def _sliced(g, x, axis, start, stop):
    return g.op("Slice", x, *[g.constant([n], np.int64) for n in (start, stop, axis)])


@translates(rearrange.unfold, inside=lambda input: input.ndim == 0)
def unfold(g, out, input, dimension, size, step):
    axis = dimension % input.ndim
    count = g.fixed(out.shape[axis : axis + 1], "a dimension")[0]
    index = np.arange(count)[:, None] * step + np.arange(size)
    y = g.op("Gather", input, g.constant(index, np.int64), axis=axis)
    order = [d for d in range(input.ndim + 1) if d != axis + 1]
    return g.transpose(y, [*order, axis + 1])


# Pieces


@translates(joining.cat)
def cat(g, out, tensors, dim):
    parts = [g.cast(x, out.dtype) for x in tensors if x.shape != (0,) or out.ndim == 1]
    return g.op("Concat", *parts, axis=dim % out.ndim)


@translates(joining.stack)
def stack(g, out, tensors, dim):
    axis = dim % out.ndim
    return g.op("Concat", *[g.unsqueeze(g.cast(x, out.dtype), axis) for x in tensors], axis=axis)


@translates(pieces._triangle)
def triangle(g, out, input, diagonal, before):
    """True on and below a diagonal."""
    rows, columns = (g.arange(n) for n in out.shape)
    lowest = g.op("Sub", g.unsqueeze(columns, 0), g.unsqueeze(rows, 1))
    return g.op("LessOrEqual", lowest, g.constant(diagonal - before, np.int64))


@translates(diagonals.diagonal)
def diagonal(g, out, input, offset, dim1, dim2):
    a, b = dim1 % input.ndim, dim2 % input.ndim
    order = [d for d in range(input.ndim) if d not in (a, b)]
    rows, columns = g.fixed((input.shape[a], input.shape[b]), "a matrix")
    n = np.arange(out.shape[-1]) if not isinstance(out.shape[-1], Dim) else ()
    index = (n + max(-offset, 0)) * columns + n + max(offset, 0)
    flat = g.reshape(g.transpose(input, [*order, a, b]), (*[input.shape[d] for d in order], rows * columns))
    return g.op("Gather", flat, g.constant(index, np.int64), axis=len(order))


@translates(diagonals.diag_embed)
def diag_embed(g, out, input, offset, dim1, dim2):
    a, b = dim1 % out.ndim, dim2 % out.ndim
    n = g.fixed(out.shape[a : a + 1], "a matrix")[0]
    shifted = np.eye(n, k=offset, dtype=bool)
    side = ([0] * (input.ndim - 1) + [max(offset, 0)], [0] * (input.ndim - 1) + [max(-offset, 0)])
    columns = g.op("Pad", input, g.constant([*side[0], *side[1]], np.int64), g.number(0, input))
    made = g.op("Where", g.constant(shifted), g.unsqueeze(columns, input.ndim - 1), g.number(0, input))
    order = list(range(out.ndim - 2))
    for axis, d in sorted([(a, out.ndim - 2), (b, out.ndim - 1)]):
        order.insert(axis, d)
    return g.transpose(made, order)


# Padding


@translates(padding.padded)
def padded(g, out, x, pairs, value):
    widths = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
    return g.op("Pad", x, g.constant(widths, np.int64), g.number(value, x))


@translates(padding._continued, inside=lambda mode, before, after: mode == "circular" or min(before, after) < 0)
def continued(g, out, x, axis, mode, before, after):
    widths = g.constant([before, after], np.int64)
    return g.op("Pad", x, widths, None, g.constant([axis], np.int64), mode="reflect" if mode == "reflect" else "edge")


@translates(fold.im2col)
def im2col(g, out, x, axes):
    """The elements that each window sees along each axis, one axis after another."""
    n = len(axes)
    widths = [0, 0, *[a.padding for a in axes]]
    y = x
    if any(widths):
        y = g.op("Pad", x, g.constant(widths * 2, np.int64), g.number(0, x), g.constant(range(n + 2), np.int64))
    for k, a in enumerate(axes):
        index = np.arange(a.kernel)[:, None] * a.dilation + np.arange(a.count) * a.stride
        y = g.op("Gather", y, g.constant(index, np.int64), axis=2 + 2 * k)
    rest = range(2 + 2 * n, out.ndim)
    return g.transpose(y, [0, 1, *range(2, 2 + 2 * n, 2), *range(3, 2 + 2 * n, 2), *rest])


@translates(fold.fold)
def folded(g, out, input, output_size, kernel_size, dilation, padding, stride):
    pair = lambda x: list(x) if isinstance(x, tuple | list) else [x, x]
    columns = g.unsqueeze(input, 0) if input.ndim == 2 else input
    image = g.op(
        "Col2Im", columns, g.constant(pair(output_size), np.int64), g.constant(pair(kernel_size), np.int64),
        dilations=pair(dilation), pads=pair(padding) * 2, strides=pair(stride),
    )  # fmt: skip
    return g.squeeze(image, 0) if input.ndim == 2 else image


# New tensors


@translates(creation.filled)
def filled(g, out, shape, value):
    value = np.asarray(0 if value is None else value).astype(out.dtype)
    return g.op("Expand", g.constant(value), g.vector(shape))


@translates(creation.arange)
def arange(g, out, start, end, step):
    start, end = (0, start) if end is None else (start, end)
    ends = [g.cast(0 if n is None else n, out.dtype) for n in (start, end, step)]
    return g.op("Range", *ends)
