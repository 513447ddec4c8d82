"""The arena: parameters that are updated together lie together, in one buffer; so do their gradients and their state.

A parameter's array becomes a view into `values`, and its gradient is accumulated straight into a view of `grads`.
However many tensors a model has, a step is then one kernel over one array, and clipping, saving or exchanging
gradients are one operation.
"""

import math
import weakref
from functools import cached_property
from sys import getrefcount

import numpy as np

from ...errors import DeviceError, DTypeError, ShapeError
from ...kernels import reference as kernels
from ...kernels.arrays import device_of, empty, put, tracked_view
from ...kernels.filled import converted, zeros
from ...kernels.launch import launch
from ...kernels.lifting.codec import BLOCK
from ...kernels.lifting.lift import ALIGN
from ...kernels.lifting.sums import F64, PIECE, TOTALS, pieces
from ...leaf import Leaf
from ...tensor import wrap
from ...versions import Version
from .quantized_state import SCALE


class Arena:
    """The values, gradients and optimizer state of some parameters of one dtype, on one device.

    `steps` counts for each parameter the updates it has had; a parameter without a gradient is left out of one.
    Every parameter starts on a cache line of its own. The gaps hold zeros, which updates leave alone.

    A gradient that somebody keeps must stay what it was, and yet the next one is to lie where it lies. So the arena has
    a weak reference to the memory of each gradient. If a gradient that was handed out is still alive when another is
    to overwrite it, the arena takes new memory for all, and leaves the old to whoever holds it; the gradients of
    that parameter lie by themselves from then on, and are copied into the arena by each step.
    """

    def __init__(self, parameters, codes=None, numbers=None):
        self.parameters = list(parameters)
        self.codes = codes or {}  # name: the dtype of the codes in which this state is kept, with scales beside it
        self.dtype = self.parameters[0].array.dtype
        self.shapes = [p.array.shape for p in self.parameters]
        sizes = [-(-p.array.size // ALIGN) * ALIGN for p in self.parameters]
        self.starts = [0, *np.cumsum(sizes[:-1]).tolist()]
        self.stops = [a + n for a, n in zip(self.starts, sizes)]
        total = self.stops[-1]
        self.values, self.grads = (zeros((total,), self.dtype, self.parameters[0].array) for _ in range(2))
        self.state = {}  # name: a buffer with a number for every element, or every block if it is one of scales
        self.shaped = {}  # (name, number of the parameter): an array of another shape than the parameter's
        self.bounds = {}  # (first, last): where the blocks of a run of parameters lie
        self.tensor_of_unit = {}  # (first, last): the tensor, counted from the first, of each ALIGN elements of a run
        self.scratch = {}  # name: a buffer whose content matters within a step only
        self.steps = [0] * len(self.parameters)
        self.first_numbers = dict(numbers or {})
        self.numbers = {name: [first] * len(self.parameters) for name, first in self.first_numbers.items()}
        self.leaves = [_leaf(p) for p in self.parameters]
        self.version = Version()  # of all the values
        self._reference = weakref.ref(self)
        self.arrays = [self.view(self.values, i) for i in range(len(self.parameters))]
        self.homes, self.lifetimes, self.expected = ([None] * len(self.parameters) for _ in range(3))
        self.whole = Span(self, 0, len(self.parameters), 0)
        for i in range(len(self.parameters)):
            self._set_home(i)
            self._move_in(i)
        self.references = self._references(0)

    def view(self, buffer, i):
        """The part of a buffer that belongs to parameter i, in its shape."""
        shape = self.shapes[i]
        return buffer[self.starts[i] : self.starts[i] + math.prod(shape)].reshape(shape)

    def buffer(self, name):
        """The state called `name`, of zeros when it is asked for first."""
        if name not in self.state:
            size = self.blocks[2][-1] if self.is_scale(name) else self.values.size
            self.state[name] = zeros((size,), self.codes.get(name, self.dtype), self.values)
        return self.state[name]

    def is_scale(self, name):
        """Whether this is the state that holds the scales of codes."""
        return name.endswith(SCALE) and name.removesuffix(SCALE) in self.codes

    def state_view(self, name, i, shape):
        """The state called `name` of parameter i; if it has a shape of its own, it lies by itself."""
        if self.is_scale(name):
            firsts = self.blocks[2]
            return self.buffer(name)[firsts[i] : firsts[i + 1]]
        if shape == self.shapes[i]:
            return self.view(self.buffer(name), i)
        if (name, i) not in self.shaped:
            self.shaped[name, i] = zeros(shape, self.dtype, self.values)
        return self.shaped[name, i]

    @cached_property
    def pieces(self):
        """(starts, stops, firsts): how sums over tensors are cut; tensor i owns the pieces firsts[i] to firsts[i+1]."""
        return self._cut([math.prod(shape) for shape in self.shapes], PIECE)

    @cached_property
    def blocks(self):
        """The same of the blocks that share a scale. None reaches into another tensor, since a tensor with larger
        gradients would leave few codes to it."""
        return self._cut([b - a for a, b in zip(self.starts, self.stops)], BLOCK)

    def block_bounds(self, first, last):
        """(starts, stops) of the blocks of a run of parameters, counted from its start; on the device of the values."""
        if (first, last) not in self.bounds:
            if len(self.bounds) > 16:
                self.bounds.clear()
            starts, stops, firsts = self.blocks
            own = slice(firsts[first], firsts[last])
            self.bounds[first, last] = [put(x[own] - self.starts[first], self.values) for x in (starts, stops)]
        return self.bounds[first, last]

    def _cut(self, sizes, length):
        cut = [pieces(size, length) for size in sizes]
        firsts = np.cumsum([0, *(len(starts) for starts, _ in cut)])
        starts = np.concatenate([starts + a for (starts, _), a in zip(cut, self.starts)])
        stops = np.concatenate([stops + a for (_, stops), a in zip(cut, self.starts)])
        return starts, stops, firsts

    def _move_in(self, i):
        p, leaf = self.parameters[i], self.leaves[i]
        if p.array.dtype != self.dtype:
            raise DTypeError(f"parameter {i} was of {self.dtype} when its optimizer was made and is now of {p.dtype}")
        if p.array.__class__ is not self.values.__class__:
            raise DeviceError(
                f"parameter {i} was on {device_of(self.values)} when its optimizer was made and is now on {p.device}; "
                "make the optimizer after moving the model"
            )
        if p.shape != self.shapes[i]:
            raise ShapeError(
                f"parameter {i} was of shape {self.shapes[i]} when its optimizer was made and is now of {p.shape}"
            )
        launch(kernels.copy, self.arrays[i], p.array)
        p.move_to(self.arrays[i])
        p.version().whole = self.version
        if leaf.arena is not self._reference:
            leaf.home, leaf.arena = self._free_home(i), self._reference

    def _set_home(self, i):
        """A new view of the memory for the gradient of parameter i, whose life can be watched."""
        view, memory = tracked_view(self.grads, self.starts[i], self.shapes[i])
        self.lifetimes[i], self.homes[i] = weakref.ref(memory), wrap(view)
        self.expected[i] = self.leaves[i], self.homes[i], self.parameters[i], self.arrays[i]

    def _free_home(self, i):
        """The home of gradient i if nobody holds what lies there, else None, and the arena has moved."""
        leaf, lifetime = self.leaves[i], self.lifetimes[i]
        if leaf.home is self.homes[i]:
            if leaf.grad is not leaf.home and self._references(i) == self.references:
                return leaf.home  # there are no others than when it was made, which is quickly seen
            leaf.home = None
        self._set_home(i)
        if lifetime() is None:
            return self.homes[i]
        self._take_new_memory()
        return None

    def _references(self, i):
        """How many references there are to the home of gradient i, to its array and to its memory."""
        home = self.homes[i]
        return getrefcount(home), getrefcount(home.array), getrefcount(self.lifetimes[i]())

    def vacate(self, leaf):
        """A home for the next gradient of a leaf of which somebody may hold one, or None if somebody does."""
        return self._free_home(self._index[leaf])

    @cached_property
    def _index(self):
        return {leaf: i for i, leaf in enumerate(self.leaves)}

    def _take_new_memory(self):
        """Let gradients lie in another buffer; those that somebody may hold stay where they are."""
        self.grads = zeros(self.grads.shape, self.dtype, self.values)
        self.whole = Span(self, 0, len(self.parameters), self.whole.step)
        for i, leaf in enumerate(self.leaves):
            before, lifetime = self.homes[i], self.lifetimes[i]
            lives_here, has_gradient = leaf.home is before, leaf.grad is before
            leaf.home = None if lives_here else leaf.home
            self._set_home(i)
            if lives_here and has_gradient and not leaf.seen:
                launch(kernels.copy, self.homes[i].array, before.array)
                leaf.grad = leaf.home = self.homes[i]
            elif lives_here and not has_gradient:
                del before
                leaf.home = self.homes[i] if lifetime() is None else None

    def collect(self):
        """Bring in gradients that lie elsewhere. Returns the runs of parameters that have one, as (first, last)."""
        for leaf, home, p, array in self.expected:
            if leaf.grad is not home or p.array is not array:
                return self._collect()
        return [(0, len(self.leaves))]

    def _collect(self):
        for i, leaf in enumerate(self.leaves):  # all are given room before the first is copied: the arena may move
            if leaf.grad is not None:
                if self.parameters[i].array is not self.arrays[i]:
                    self._move_in(i)  # it has moved since: into another optimizer, or to another dtype
                if leaf.grad is not self.homes[i]:
                    leaf.free_home()
        runs = []
        for i, leaf in enumerate(self.leaves):
            if leaf.grad is None:
                continue
            if leaf.grad is not self.homes[i]:  # the user put another tensor there, or the gradient lies by itself
                launch(kernels.copy, self.homes[i].array, leaf.grad.array)
            if runs and runs[-1][1] == i:
                runs[-1] = runs[-1][0], i + 1
            else:
                runs.append((i, i + 1))
        return runs

    def number_of_gradient(self, leaf):
        """The number of the parameter with this leaf if its gradient lies in the arena, else None."""
        i = self._index[leaf]
        return i if leaf.grad is self.homes[i] else None

    def spans_of(self, numbers):
        """The parameters with these numbers, in ascending order, as Spans of neighbours."""
        if len(numbers) == len(self.parameters):
            return [self.whole]
        runs = []
        for i in numbers:
            if runs and runs[-1][1] == i:
                runs[-1][1] = i + 1
            else:
                runs.append([i, i + 1])
        return [Span(self, *run, 0) for run in runs]

    def advance(self, runs):
        """Count one more step for the parameters in `runs`; returns them as Spans, each with one count of steps."""
        steps = self.steps
        counts = [steps, *self.numbers.values()]  # which are alike in all parameters of a span
        if runs == [(0, len(steps))] and all(x.count(x[0]) == len(x) for x in counts):
            self.whole.step = steps[0] + 1
            self.steps = [steps[0] + 1] * len(steps)
            return [self.whole]
        spans = []
        for first, last in runs:
            for i in range(first, last):
                steps[i] += 1
                if i > first and [x[i] for x in counts] == [x[i - 1] for x in counts]:
                    spans[-1] = Span(self, spans[-1].first, i + 1, steps[i])
                else:
                    spans.append(Span(self, i, i + 1, steps[i]))
        return spans

    def forget(self, i):
        """Set the state of parameter i back to before its first step."""
        self.steps[i] = 0
        for name, first in self.first_numbers.items():
            self.numbers[name][i] = first
        for name in self.state:
            self.state_view(name, i, self.shapes[i])[...] = 0
        for (_, number), array in self.shaped.items():
            if number == i:
                array[...] = 0

    def mark_written(self):
        """Note the update, so that a graph recorded before it cannot be walked with the new values."""
        self.version.mark_written()

    def zero_grad(self, set_to_none=True):
        """Forget the gradients, and no memory is written: the next gradient overwrites. Or fill them with zeros."""
        if not set_to_none:
            for leaf in self.leaves:
                leaf.zero_grad(False)
            return
        for leaf in self.leaves:
            leaf.grad = None

    def fill_in(self):
        """Zeros where a gradient is missing."""
        for i, leaf in enumerate(self.leaves):
            if leaf.grad is None:
                leaf.free_home()
                self.view(self.grads, i)[...] = 0


class Span:
    """A run of parameters, from number `first` to before `last`, that take their step number `step` together."""

    __slots__ = ("arena", "first", "grads", "last", "start", "step", "stop", "values")

    def __init__(self, arena, first, last, step):
        self.arena, self.first, self.last, self.step = arena, first, last, step
        self.start, self.stop = arena.starts[first], arena.stops[last - 1]
        self.values, self.grads = self.part(arena.values), self.part(arena.grads)

    def part(self, buffer):
        """What belongs to this run of a buffer over the whole arena."""
        return buffer if self.stop - self.start == buffer.size else buffer[self.start : self.stop]

    def state(self, name):
        return self.part(self.arena.buffer(name))

    def number(self, name):
        """The number called `name` in the state of its parameters, the same for all."""
        return self.arena.numbers[name][self.first]

    def set_number(self, name, value):
        self.arena.numbers[name][self.first : self.last] = [value] * (self.last - self.first)

    def scales(self, name):
        """The scales of the codes called `name`, one for each block."""
        scales = self.arena.buffer(f"{name}{SCALE}")
        if self is self.arena.whole:
            return scales
        firsts = self.arena.blocks[2]
        return scales[firsts[self.first] : firsts[self.last]]

    def blocks(self):
        """(starts, stops) of its blocks."""
        return self.arena.block_bounds(self.first, self.last)

    def scratch(self, name):
        """A buffer that is not saved, whose content is arbitrary."""
        if name not in self.arena.scratch:
            self.arena.scratch[name] = np.zeros_like(self.arena.values)
        return self.part(self.arena.scratch[name])

    def view(self, part, i):
        """Parameter i in such a part, in its shape."""
        shape, start = self.arena.shapes[i], self.arena.starts[i] - self.start
        return part[start : start + math.prod(shape)].reshape(shape)

    def tensors(self):
        """The numbers of its parameters in the arena."""
        return range(self.first, self.last)

    def sums(self, kernel, *arrays):
        """For each tensor of the run, the sum that `kernel`, a `lift_sum`, makes of these parts: an array of float64 on
        their device, which nobody waits for."""
        starts, stops = self.pieces()
        parts, out = (empty((n,), F64, self.values) for n in (len(starts), len(self.tensors())))
        launch(kernel, parts, starts, stops, *arrays)
        firsts = self.arena.pieces[2][self.first : self.last + 1] - self.arena.pieces[2][self.first]
        launch(TOTALS, out, firsts[:-1], firsts[1:], parts)
        return out

    def pieces(self):
        """(starts, stops) of the pieces in which its tensors are summed, counted from its start."""
        starts, stops, firsts = self.arena.pieces
        if self.stop - self.start == self.arena.values.size:
            return starts, stops
        a, b = firsts[self.first], firsts[self.last]
        return starts[a:b] - self.start, stops[a:b] - self.start

    def mark_grads_written(self):
        """Note that the gradients have been overwritten; those that nobody has seen are in no graph."""
        for i in self.tensors():
            if self.arena.leaves[i].seen:
                self.arena.homes[i].mark_written()

    def per_tensor(self, numbers):
        """An array of numbers, one for each tensor, in the form that a formula lifted with `per_tensor` reads."""
        tensors = self._tensor_of_unit()
        out = empty((tensors.size, 1), self.arena.dtype, self.values)
        launch(kernels.embedding, out, converted(numbers, self.arena.dtype).reshape(-1, 1), tensors)
        return out.reshape(-1)

    def _tensor_of_unit(self):
        known, run = self.arena.tensor_of_unit, (self.first, self.last)
        if run not in known:
            if len(known) > 16:
                known.clear()
            units = [(self.arena.stops[i] - self.arena.starts[i]) // ALIGN for i in self.tensors()]
            known[run] = put(np.repeat(np.arange(len(units)), units), self.values)
        return known[run]


def _leaf(p):
    if p._leaf is None:
        p._leaf = Leaf()
    return p._leaf
