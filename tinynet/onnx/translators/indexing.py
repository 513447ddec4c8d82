"""Indexing: elements taken, and elements put, by numbers, slices and tensors of integers."""

from typing import NamedTuple

import numpy as np

from ...ops import assignment, embedding, embedding_bag, indexing, scatter, sorting
from ..sizes import Dim, Value
from .table import translates

LAST = np.iinfo(np.int64).max


class _Index(NamedTuple):
    """An index in parts: slices of dimensions, numbers, new dimensions, and tensors of integers."""

    slices: list  # (axis, start, stop, step)
    gone: list  # axes that a number takes away
    new: list  # places of the result, before arrays, that are new dimensions
    arrays: list  # (axis after all that, the index: a Value or an array)


def _parsed(g, index, x):
    """The _Index into a Value. Raises ExportError for what is no such index."""
    parts = []
    for part in index if isinstance(index, tuple) else (index,):
        parts += _plain(g, part)
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    used = sum(part is not None and part is not Ellipsis for part in parts)
    parts[at : at + 1] = [slice(None)] * (x.ndim - used)
    found, axis, place = _Index([], [], [], []), 0, 0
    for part in parts:
        if part is None:
            found.new.append(place)
            place += 1
            continue
        if isinstance(part, int | Dim):
            found.slices.append((axis, part, LAST if part == -1 else _next(g, part), 1))
            found.gone.append(axis)
        else:
            if not isinstance(part, slice):
                found.arrays.append((place, part))
            elif part != slice(None):
                start, stop, step = (0 if part.start is None else part.start), part.stop, part.step
                found.slices.append((axis, start, LAST if stop is None else stop, 1 if step is None else step))
            place += 1
        axis += 1
    return found


def _next(g, n):
    return n + 1 if isinstance(n, int) else Dim([value + 1 for value in n.values])


def _plain(g, part):
    """The parts of an index that one part stands for: a mask is as many as it has dimensions."""
    if isinstance(part, list | range):
        part = np.asarray(part)
    values = part.values if isinstance(part, Value) else part
    if isinstance(values, np.ndarray) and values.dtype != np.uint8:
        if values.dtype.kind == "b":
            return list(np.nonzero(values)) if values.ndim else _refuse(g, "a truth as an index")
        return [values.item()] if values.ndim == 0 else [values]
    if isinstance(part, bool):
        _refuse(g, "a truth as an index")
    if isinstance(part, Value) and part.dtype.kind not in "iu":
        _refuse(g, "a mask that the inputs decide; where() has a result of a known size")
    return [part]


def _refuse(g, what):
    raise g.error(f"expected an index of numbers, slices and tensors of integers, got {what}")


def taken(g, x, ndim, index):
    """The name of x[index], for an _Index into x, which has so many dimensions."""
    if index.slices:
        axes, *bounds = zip(*index.slices)
        starts, stops, steps = (g.vector(list(b)) for b in bounds)
        x = g.op("Slice", x, starts, stops, g.constant(axes, np.int64), steps)
    x = g.squeeze(x, *index.gone)
    x = g.unsqueeze(x, *index.new)
    ndim += len(index.new) - len(index.gone)
    if not index.arrays:
        return x
    axes = [axis for axis, _ in index.arrays]
    indices = [g.constant(i, np.int64) if isinstance(i, np.ndarray) else g.cast(i, np.dtype(np.int64))
               for _, i in index.arrays]  # fmt: skip
    if len(axes) == 1:
        return g.op("Gather", x, indices[0], axis=axes[0])
    rest = [d for d in range(ndim) if d not in axes]
    broadcast = max(i.ndim for _, i in index.arrays)
    total = indices[0]
    for i in indices[1:]:
        total = g.op("Add", total, g.op("Mul", i, g.constant(0, np.int64)))
    shape = g.op("Shape", total)
    rows = g.op("Concat", *[g.unsqueeze(g.op("Expand", i, shape), broadcast) for i in indices], axis=-1)
    y = g.op("GatherND", g.transpose(x, [*axes, *rest]), rows)
    if axes == list(range(axes[0], axes[-1] + 1)):  # the dimensions of the index stand where the first array does
        before = range(broadcast, broadcast + axes[0])
        behind = range(broadcast + axes[0], broadcast + len(rest))
        y = g.transpose(y, [*before, *range(broadcast), *behind])
    return y


@translates(indexing.getitem)
def getitem(g, out, x, index):
    found = taken(g, x, x.ndim, _parsed(g, index, x))
    return g.op("Identity", x) if found is x else found


@translates(indexing.sliced)
def sliced(g, out, x, index):
    return getitem(g, out, x, index)


@translates(indexing.setitem, writes="x")
def setitem(g, out, x, index, value):
    return _put(g, x, index, value, "none")


@translates(indexing.with_item, inside=lambda basic, arrays: basic is not None and arrays is not None)
def with_item(g, out, x, basic, arrays, value):
    return _put(g, x, arrays if basic is None else basic, value, "none")


@translates(assignment.with_added)
def with_added(g, out, x, arrays, value):
    return _put(g, x, arrays, value, "add")


def _put(g, x, index, value, reduction):
    """x with a value at an index: found in the numbers of all elements, then put there in the flattened x."""
    value = g.cast(value, x.dtype)
    mask = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    if isinstance(mask, Value) and mask.dtype == np.bool_ and mask.values is None and reduction == "none":
        return g.op("Where", g.unsqueeze(mask, *range(mask.ndim, x.ndim)), value, x)
    numbers = g.reshape(g.arange(_count(g, x.shape)), x.shape)
    places = taken(g, numbers, x.ndim, _parsed(g, index, x))
    flat = [g.reshape(y, (-1,)) for y in (x, places, g.op("Expand", value, g.op("Shape", places)))]
    return g.reshape(g.op("ScatterElements", *flat, axis=0, reduction=reduction), x.shape)


def _count(g, shape):
    """The product of sizes, as one."""
    total = 1
    for n in shape:
        values = total.values if isinstance(total, Dim) else (total,)
        other = n.values if isinstance(n, Dim) else (n,)
        k = max(len(values), len(other))
        product = [a * b for a, b in zip(values * (k // len(values)), other * (k // len(other)))]
        total = Dim(product) if k > 1 else product[0]
    return total


# Along a dimension


@translates(indexing.gather, inside=lambda input, index: not (input.ndim and index.ndim and index.array.size))
def gather(g, out, input, dim, index):
    axis = dim % input.ndim
    cut = [d for d in range(input.ndim) if d != axis and input.shape[d] != index.shape[d]]
    if cut:
        zeros, stops = g.constant([0] * len(cut), np.int64), g.vector([index.shape[d] for d in cut])
        input = g.op("Slice", input, zeros, stops, g.constant(cut, np.int64))
    return g.op("GatherElements", input, g.cast(index, np.dtype(np.int64)), axis=axis)


@translates(indexing.take_along)
def take_along(g, out, x, axis, index):
    return g.op("Gather", x, index, axis=axis)


@translates(scatter.scattered)
def scattered(g, out, x, axis, index, src):
    return g.op("ScatterElements", x, g.cast(index, np.dtype(np.int64)), src, axis=axis)


@translates(scatter.scattered_sum)
def scattered_sum(g, out, x, axis, index, src):
    return g.op("ScatterElements", x, g.cast(index, np.dtype(np.int64)), src, axis=axis, reduction="add")


@translates(scatter.combined)
def combined(g, out, x, axis, index, src, reduce):
    kind = {"prod": "mul", "amax": "max", "amin": "min"}[reduce]
    return g.op("ScatterElements", x, g.cast(index, np.dtype(np.int64)), src, axis=axis, reduction=kind)


@translates(assignment.index_copy, assignment.index_add, inside=lambda input: input.ndim == 0)
def index_copy(g, out, input, dim, index, source):
    return _along(g, input, dim, index, g.cast(source, input.dtype), "none")


@translates(assignment.index_add, inside=lambda input: input.ndim == 0)
def index_add(g, out, input, dim, index, source, alpha):
    source = g.cast(source, input.dtype)
    source = source if alpha == 1 else g.op("Mul", source, g.cast(alpha, input.dtype))
    return _along(g, input, dim, index, source, "add")


def _along(g, x, dim, index, source, reduction):
    axis = dim % x.ndim
    column = g.cast(index, np.dtype(np.int64))
    column = g.unsqueeze(column, *[d for d in range(x.ndim) if d != axis]) if x.ndim > 1 else column
    full = g.op("Expand", column, g.op("Shape", source))
    return g.op("ScatterElements", x, full, source, axis=axis, reduction=reduction)


# Tables


@translates(embedding._lookup)
def lookup(g, out, weight, index):
    return g.op("Gather", weight, index)


@translates(embedding_bag.embedding_bag, inside=lambda input, max_norm: input.ndim != 2 or max_norm is not None)
def bag(g, out, input, weight, mode, per_sample_weights, padding_idx):
    rows = g.op("Gather", weight, input)
    if per_sample_weights is not None:
        rows = g.op("Mul", rows, g.unsqueeze(per_sample_weights, 2))
    if padding_idx is None:
        return g.reduce({"sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax"}[mode], rows, (1,), False)
    padding = g.cast(padding_idx % weight.shape[0], input.dtype)
    counted = g.unsqueeze(g.op("Not", g.op("Equal", input, padding)), 2)
    zero = g.constant(0, out.dtype)
    number = g.reduce("ReduceSum", g.cast_to(counted, out.dtype), (1,), False)
    if mode == "max":
        largest = g.reduce("ReduceMax", g.op("Where", counted, rows, g.constant(-np.inf, out.dtype)), (1,), False)
        return g.op("Where", g.op("Greater", number, zero), largest, zero)
    total = g.reduce("ReduceSum", g.op("Where", counted, rows, zero), (1,), False)
    return total if mode == "sum" else g.op("Div", total, g.op("Max", number, g.constant(1, out.dtype)))


# Order


@translates(sorting.in_order, inside=lambda x: x.ndim == 0)
def in_order(g, out, x, dim, descending, k):
    axis = dim % x.ndim
    count = g.size(x.shape[axis] if k is None else k)
    wide = x if x.dtype.kind == "f" or x.dtype.itemsize > 2 else g.cast(x, np.dtype(np.int64))
    values, indices = g.op("TopK", wide, count, outputs=2, axis=axis, largest=int(descending), sorted=1)
    return values if wide is x else g.cast_to(values, x.dtype), indices
