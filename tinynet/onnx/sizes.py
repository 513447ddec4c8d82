"""Sizes that the exported graph leaves open, found by tracing a model with several sizes of its inputs.

A number that is the same in all traces is a constant. One that changes is a `Dim`: all that is known of it is what it
was in each trace. The graph says it by the sizes of its tensors (`Graph.size`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..arguments import wrong_value
from ..errors import ExportError
from ..tensor import wrap

BATCH = "batch"
SMALL = 2  # the size of a batch in the first trace; not 1, which would broadcast
FURTHER = (0, 1, 3, 4), (0, 2, 1, 5), (0, 3, 2, 1), (0, 1, 5, 2), (0, 4, 1, 2)  # of each name, how others differ


class Ref(NamedTuple):
    """A tensor among the arguments or results of a call: its number in the trace."""

    number: int


class Dim:
    """A number that depends on the sizes of the inputs: `values` holds what it was in each trace."""

    __slots__ = ("values",)

    def __init__(self, values):
        self.values = tuple(values)

    def __eq__(self, other):
        return isinstance(other, Dim) and self.values == other.values

    def __hash__(self):
        return hash(self.values)

    def __repr__(self):
        return f"Dim{self.values}"


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor of the traced model, by its name in the graph."""

    name: str
    shape: tuple  # of ints and Dims
    dtype: np.dtype
    values: np.ndarray | None = None  # of a constant

    @property
    def ndim(self):
        return len(self.shape)


def symbols_of(inputs, dynamic_axes):
    """[{axis: name}] of the axes of each input, (name, tensor), whose size is left open: of all, by default, the first.

    Raises: ArgumentValueError for an input or an axis that is not there.
    """
    if dynamic_axes is None:
        return [{0: BATCH} if x.ndim else {} for _, x in inputs]
    unknown = set(dynamic_axes) - {name for name, _ in inputs}
    named = dict(inputs)
    found = {}
    for name, axes in dynamic_axes.items():
        if name in unknown:
            continue  # of an output: `output_axes`
        axes = dict(axes) if hasattr(axes, "items") else {axis: f"{name}_dim_{axis}" for axis in axes}
        ndim = named[name].ndim
        for axis in axes:
            if not isinstance(axis, int) or not -ndim <= axis < ndim:
                raise wrong_value("onnx.export", f"axes of {name!r}, which has {ndim}, in dynamic_axes", axis)
        found[name] = {axis % ndim: str(symbol) for axis, symbol in axes.items()}
    return [found.get(name, {}) for name, _ in inputs]


def plans_of(inputs, symbols):
    """Plans {symbol: its size in each trace}, to be tried one after another; without symbols two traces do the same.

    The first dimension of inputs is small in them. Others grow, by the largest power of 2 that divides them, since
    networks often halve them; or they shrink.

    Raises: ArgumentValueError where inputs disagree about a size.
    """
    sizes = {}
    for (_, x), axes in zip(inputs, symbols):
        for axis, symbol in axes.items():
            n = x.shape[axis]
            if sizes.setdefault(symbol, n) != n or n == 0:
                raise wrong_value("onnx.export", f"one size > 0 for the axes called {symbol!r}", (sizes[symbol], n))
    if len(sizes) > len(FURTHER):
        raise wrong_value("onnx.export", f"at most {len(FURTHER)} different names in dynamic_axes", list(sizes))
    first = {symbol for axes in symbols for axis, symbol in axes.items() if axis == 0}
    plans = []
    for grows in (True, False) if sizes.keys() - first else (True,):
        plan = {}
        for further, (symbol, n) in zip(FURTHER, sizes.items()):
            step = 1 if symbol in first else n & -n if grows else -1
            start = SMALL if symbol in first else max(n, SMALL if grows else SMALL + max(further))
            plan[symbol] = tuple([start + step * more for more in further])
        plans.append(plan)
    return plans


def resized(x, axes, plan, k):
    """A copy of an example with the sizes of trace k, its slices repeated as often as it takes."""
    array = np.array(x.array)
    for axis, symbol in axes.items():
        array = np.take(array, np.arange(plan[symbol][k]) % array.shape[axis], axis)
    return wrap(array)


def merged(parts, where):
    """What was the same object in each trace, with a Dim in place of every integer that was not the same.

    Raises: ExportError where something else than an integer differs.
    """
    first = parts[0]
    if all(x is first for x in parts[1:]):
        return first
    kind = type(first)
    if any(type(x) is not kind for x in parts[1:]):
        raise _differ(where, parts)
    if kind is Ref:
        if len(set(parts)) > 1:
            raise _differ(where, parts)
        return first
    if kind is int:
        return first if len(set(parts)) == 1 else Dim(parts)
    if kind is slice:
        return slice(*[merged([getattr(x, n) for x in parts], where) for n in ("start", "stop", "step")])
    if isinstance(first, tuple | list):
        if len({len(x) for x in parts}) > 1:
            if all(len(set(x)) == 1 for x in parts if all(isinstance(n, int) for n in x)):
                return first  # one size again and again, for each step of a sequence
            raise _differ(where, parts)
        inner = [merged(x, where) for x in zip(*parts)]
        return kind(*inner) if hasattr(first, "_fields") else list(inner) if isinstance(first, list) else tuple(inner)
    if isinstance(first, dict):
        if any(list(x) != list(first) for x in parts):
            raise _differ(where, parts)
        return {key: merged([x[key] for x in parts], where) for key in first}
    if isinstance(first, np.ndarray):
        if all(same(x, first) for x in parts[1:]):
            return first
        raise _differ(where, parts)
    if callable(first) or all(x == first or (x != x and first != first) for x in parts[1:]):
        return first
    raise _differ(where, parts)


def same(a, b):
    """Whether two arrays hold the same, bit for bit but for the sign of NaN."""
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _differ(where, parts):
    shown = " and ".join([f"an array of shape {x.shape}" if isinstance(x, np.ndarray) else repr(x) for x in parts[:2]])
    return ExportError(
        f"onnx.export: {where}: expected the same for inputs of any size, but for sizes, got {shown}; fix the sizes of "
        "the inputs by dynamic_axes={}, or name those that are to stay open"
    )


def line(x, y):
    """(a, b) with y = a x + b in integers, or (None, None)."""
    for i in range(1, len(x)):
        if x[i] != x[0]:
            a, rest = divmod(y[i] - y[0], x[i] - x[0])
            b = y[0] - a * x[0]
            fits = not rest and a and all(a * n + b == m for n, m in zip(x, y))
            return (a, b) if fits else (None, None)
    return None, None


def quotient(m, n):
    """How often the size n goes into m, or None where that depends on the inputs."""
    m, n = (x.values if isinstance(x, Dim) else (x,) for x in (m, n))
    k = max(len(m), len(n))
    found = {a // b for a, b in zip(m * (k // len(m)), n * (k // len(n)))}
    return found.pop() if len(found) == 1 else None
