"""A program: what two traces agree on, run without the Python that made them.

Its launches are rows of tables, which run without any Python between them, and calls of kernels that are more than
their plans. What a launch takes from outside is written into it before: the arguments of the call, which are copied,
the numbers of an optimizer's step, and the places of random numbers in their stream.
"""

from functools import partial
from itertools import combinations

import numpy as np

from .. import versions
from ..kernels import reference as kernels
from ..kernels.launch import run
from ..kernels.runtime.table import Table
from ..tensor import wrap
from .events import Call, Stream
from .fuse import fused
from .gradients import KEPT, set_state, state_of
from .memory import Memory
from .recorder import Draw, Ref, ref_of
from .result import copy_of
from .steps import Bound, Step, Steps, run_observed
from .trace import Kind


class Program:
    """The program of a trace; `result` rebuilds what the function returned from the arrays of `trace.results`.

    `before` are the launches of the call before, which did the same, and `argument_names` what the function calls its
    arguments.
    """

    def __init__(self, trace, entry, result, before, argument_names):
        self.trace, self.entry, self.result = trace, entry, result
        self.before, self.argument_names = before, argument_names
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
        self.steps = Steps(trace, self.parts, self.events, place)
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
        self.ran = versions.tick()  # when its tensors were written by it last

    def _bind_checks(self):
        """Let all numbers be checked before anything changes."""
        self.found, self.calls, rows, bound = [], [], [], []  # calls: those that only Python can make
        for _, launch in self.steps.checks:
            arguments = list(map(self.steps.placed, launch.arguments))
            if not launch.runs:
                self.calls.append((launch.kernel, arguments))
            for one in launch.runs:
                given = list(map(self.steps.placed, one.arguments))
                rows.append((one.plan, given))
                bound.append(Bound(launch.kernel, arguments, launch.origin, 1))
                self.found.append((given[0], launch.kernel, arguments))
        table = Table(rows) if rows else None
        self.check = table and Step(0, -1, table.run, partial(run_observed, table, bound))

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

    def run(self, inputs, observer=None):
        """One step, on the tensors among its arguments; returns what the function would. An observer sees launches."""
        for own, x in zip(self.inputs, inputs):
            overwrite(own, x.array)
        for own, values in self.refreshed:
            own[...] = values
        if self.check is not None:
            self.check.run() if observer is None else self.check.observed(observer)
            for found, kernel, arguments in self.found:
                if found[0] >= 0:
                    run(kernel, arguments)
        for kernel, arguments in self.calls:
            (observer or run)(kernel, arguments)
        self.is_same = True  # until a host call launches something else
        made = 0  # events, each just before what needs it: so an error leaves the host as it would without a program
        for needed, call, step, _ in self.steps if observer is None else self.steps.observed(observer):
            while made < needed:
                self._make(made)
                made += 1
            if self.is_same or call < 0 or self.events[call].is_same:
                step()
            else:
                self.events[call].launch(observer)
        for number in range(made, len(self.events)):
            self._make(number)
        self.misses = 0 if self.is_same else self.misses + 1
        for k in self.changed_inputs:
            overwrite(inputs[k].array, self.inputs[k])
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
        self.ran = now
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
        return wrap(copy_of(self.memory.array(ref)))


def overwrite(array, values):
    """array ← values, of the same device, of which no observer is told."""
    if isinstance(array, np.ndarray):
        np.copyto(array, values)
    else:
        run(kernels.copy, (array, values))


def _is_written(trace, ref):
    buffer = trace.buffer(ref)
    return buffer is not None and buffer.is_written


def _is_constant(trace, ref):
    buffer = trace.buffer(ref)
    return buffer is not None and buffer.kind is Kind.CONSTANT
