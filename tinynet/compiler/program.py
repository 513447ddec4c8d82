"""A program: what two traces agree on, run without the Python that made them.

Its launches are rows of tables, which run without any Python between them, and calls of kernels that are more than
their plans. What a launch takes from outside is written into it before: the arguments of the call, which are copied,
the numbers of an optimizer's step, and the places of random numbers in their stream.
"""

from itertools import combinations

import numpy as np

from .. import versions
from ..kernels.launch import run
from ..kernels.runtime.table import Table
from ..tensor import wrap
from .events import Call, Stream
from .fuse import fused
from .gradients import KEPT, set_state, state_of
from .memory import Memory
from .recorder import Draw, Ref, may_change, ref_of, refs
from .trace import Kind, drawn_numbers


class Program:
    """The program of a trace; `result` rebuilds what the function returned from the arrays of `trace.results`."""

    def __init__(self, trace, entry, result):
        self.trace, self.entry, self.result = trace, entry, result
        self.parts = fused(trace)
        self.memory = Memory(trace, self.parts)
        place = self.memory.array
        result.place(place)
        self.inputs = [place(ref) for ref in trace.inputs]
        self.changed_inputs = [k for k, ref in enumerate(trace.inputs) if _is_written(trace, ref)]
        constants = [(ref, place(ref), x) for ref, x in trace.recorder.constants.items() if _is_constant(trace, ref)]
        for _, x, values in constants:
            x[...] = values
        self.refreshed = [(x, values) for ref, x, values in constants if _is_written(trace, ref)]
        self.events = [
            Stream(event) if isinstance(event, Draw) else Call(self, number, event)
            for number, event in enumerate(trace.recorder.events)
        ]
        self.steps, self.checks = [], []  # steps: (how many events come before, the host call, what is called)
        self._build()
        self._bind_checks()
        self.leaves = entry.world.leaves
        self.misses = 0  # runs in a row in which a host call launched something else
        entered = entry.grads.state
        self.exit = [
            KEPT if self.is_kept(state) or (isinstance(state, Ref) and state == before) else state
            for state, before in zip(state_of(self.leaves), entered)
        ]
        self.makes_gradients = any(isinstance(state, Ref) for state in self.exit)
        homes = [trace.known_buffer(ref_of(leaf.home.array)) for leaf in self.leaves if leaf.home is not None]
        entry.grads.overwrites = not any(buffer is not None and buffer.read_first for buffer in homes)
        entry.grads.fixed = [
            k for k, state in enumerate(entry.grads.state) if isinstance(state, Ref) and trace.known_buffer(state)
        ]
        self._find_versions()

    def _build(self):
        """Bind each launch: a row or several of the table that is being filled, or a call."""
        rows, pending = [], []  # (plan, arguments) of a table, and what is to be bound once it is made
        drawn, silent, needed = drawn_numbers(self.trace), self.trace.silent_calls(), 0

        def add(call, step):
            self.steps.append((needed, call, step))

        def finish(call):
            if rows:
                table = Table(list(rows))
                for row, numbers, k in pending:
                    for j, i in numbers.items():
                        self._bind_number(table, row, j, k, i, drawn)
                add(call, table.run)
                rows.clear()
                pending.clear()

        def hear(calls):
            """Host calls that have launched nothing: should they launch something, it is done here."""
            nonlocal needed
            for number in calls:
                finish(call)
                needed = max(needed, number + 1)
                add(number, _nothing)

        call = -1
        for part in self.parts:
            k, launch = part.launches[0], self.trace.launches[part.launches[0]]
            hear(silent.get(k, ()))
            if part.is_dead:
                continue
            if launch.call != call:
                finish(call)
                call = launch.call
            if launch.runs is not None or part.loop is not None:
                needed = max(needed, *self._events_of(part, drawn))
            if part.loop is not None:
                rows.append((part.loop.plan, [self._placed(x) for x in part.loop.arguments]))
                continue
            if not launch.kernel.writes and launch.runs and self._is_of_entry(k):
                self.checks.append((k, launch))
                continue
            if launch.runs is None or not launch.kernel.writes:
                finish(call)
                needed = max(needed, *self._events_of(part, drawn))
                add(call, self._call(k, launch, drawn))
                continue
            for one in launch.runs:
                pending.append((len(rows), one.numbers, k))
                rows.append((one.plan, list(map(self._placed, one.arguments))))
        finish(call)
        hear(silent.get(len(self.trace.launches), ()))

    def _events_of(self, part, drawn):
        """How many events come before the launches of a part, the last being one that they take numbers from."""
        calls = [self.trace.launches[k].call + 1 for k in part.launches]
        return *calls, *[draw + 1 for (k, _), (draw, _) in drawn.items() if k in part.launches]

    def _placed(self, x):
        """An argument with the program's own arrays in the place of Refs."""
        if isinstance(x, Ref):
            return self.memory.array(x)
        return tuple(map(self._placed, x)) if x.__class__ is tuple else x

    def _bind_number(self, table, row, j, k, i, drawn):
        """Let argument i of launch k go to argument j of a row."""
        place = table.numbers[row][j]
        launch = self.trace.launches[k]
        target = table.integers if isinstance(launch.arguments[i], int) else table.floats
        self._bind(target, place, k, i, drawn)

    def _bind(self, target, place, k, i, drawn):
        launch = self.trace.launches[k]
        if (k, i) in drawn:
            draw, is_seed = drawn[k, i]
            self.events[draw].targets.append((target, place, is_seed))
        else:
            self.events[launch.call].bind(k, i, target, place)

    def _call(self, k, launch, drawn):
        """A launch that Python makes."""
        kernel = launch.kernel
        arguments = list(map(self._placed, launch.arguments))
        for i, x in enumerate(arguments):
            if (k, i) in drawn or (launch.call >= 0 and may_change(kernel, i, x)):
                self._bind(arguments, i, k, i, drawn)
        return lambda: run(kernel, arguments)

    def _is_of_entry(self, k):
        """Whether what a launch reads is as it was when the step began."""
        launch = self.trace.launches[k]
        buffers = [self.trace.buffer(ref) for x in launch.arguments for ref in refs(x)]
        return all(b is None or (b.kind is not Kind.TEMPORARY and not b.is_written) for b in buffers)

    def _bind_checks(self):
        """Let all numbers be checked before anything changes."""
        self.found, rows = [], []
        for _, launch in self.checks:
            arguments = list(map(self._placed, launch.arguments))
            for one in launch.runs:
                given = list(map(self._placed, one.arguments))
                rows.append((one.plan, given))
                self.found.append((given[0], launch.kernel, arguments))
        self.check = Table(rows).run if rows else None

    def _find_versions(self):
        """The Versions of the tensors that a run writes."""
        spans = [(b.start, b.stop) for b in self.trace.order if b.kind is Kind.STATE and b.is_written]
        found = []
        for x in self.entry.tensors():
            ref = ref_of(x.array)
            if any(start < ref.stop and ref.start < stop for start, stop in spans):
                found.append(x.version())
        self.versions = list(dict.fromkeys(found))
        self.written = set(self.versions)

    # Running

    def run(self, inputs):
        """One step, on the tensors among its arguments; returns what the function would."""
        for own, x in zip(self.inputs, inputs):
            np.copyto(own, x.array)
        for own, values in self.refreshed:
            np.copyto(own, values)
        if self.check is not None:
            self.check()
            for found, kernel, arguments in self.found:
                if found[0] >= 0:
                    run(kernel, arguments)
        self.is_same = True  # until a host call launches something else
        made = 0  # events, each just before what needs it: so an error leaves the host as it would without a program
        for needed, call, step in self.steps:
            while made < needed:
                self._make(made)
                made += 1
            if self.is_same or call < 0 or self.events[call].is_same:
                step()
            else:
                self.events[call].launch()
        for number in range(made, len(self.events)):
            self._make(number)
        self.misses = 0 if self.is_same else self.misses + 1
        for k in self.changed_inputs:
            np.copyto(inputs[k].array, self.inputs[k])
            inputs[k].mark_written()
        return self._finish()

    def _make(self, number):
        """Make an event; the launches of the one before have run."""
        if number:
            self.events[number - 1].finish()
        self.events[number].make(self.leaves)

    def conflicts(self, inputs):
        """Whether arguments lie in memory that the program writes by another name."""
        for x in inputs:
            if x._version is not None and x._version in self.written:
                return True
        if self.changed_inputs:
            return any(np.may_share_memory(x.array, y.array) for x, y in combinations(inputs, 2) if x is not y)
        return False

    def _finish(self):
        now = versions.tick()
        for leaf in self.leaves:
            if leaf.seen and leaf.home is not None:
                leaf.home.mark_written()
        for version in self.versions:
            version.written = now
        versions.last_write = now
        if self.makes_gradients:
            set_state(self.leaves, self._exit())
            self.entry.grads.refresh()
        else:
            set_state(self.leaves, self.exit)
        if self.events:
            self.events[-1].finish()
        return self.result()

    def is_kept(self, state):
        """Whether a gradient lies in memory that no launch has touched."""
        return isinstance(state, Ref) and self.trace.known_buffer(state) is None

    def _exit(self):
        """The gradients after a run; those that lie nowhere else are made anew."""
        return [self.value(state) if isinstance(state, Ref) else state for state in self.exit]

    def value(self, ref):
        """A tensor of its own with the values that lie at `ref` after a run."""
        return wrap(self.memory.array(ref).copy(order="K"))


def _nothing():
    pass


def _is_written(trace, ref):
    buffer = trace.buffer(ref)
    return buffer is not None and buffer.is_written


def _is_constant(trace, ref):
    buffer = trace.buffer(ref)
    return buffer is not None and buffer.kind is Kind.CONSTANT
