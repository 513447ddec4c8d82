"""The steps of a program: the parts of a trace bound to memory, as tables of rows and as calls that Python makes."""

from functools import partial
from time import perf_counter_ns
from typing import NamedTuple

from ..kernels.launch import run
from .lowering import HOST, Run
from .recorder import Ref, may_change, refs
from .trace import Kind, drawn_numbers


class Step(NamedTuple):
    """What a program does at a time: `run()`, once `needed` events have been made; or the launches of a host call.

    `observed(observer)` does the same, and tells the observer each launch with its time.
    """

    needed: int
    call: int  # the number of the host call, or −1
    run: object
    observed: object


class Bound(NamedTuple):
    """A launch or a loop with the program's own arrays, and how many rows of a table it is."""

    kernel: object
    arguments: tuple
    origin: NamedTuple
    rows: int


class Steps(list):
    """The Steps of a program, and what it checks before it writes anything.

    `place(ref)` gives the program's array for a Ref.
    """

    def __init__(self, trace, parts, events, place):
        self.trace, self.events, self.place = trace, events, place
        self.drawn, self.needed, self.call = drawn_numbers(trace), 0, -1
        self.rows, self.bound, self.pending, self.replay = [], [], [], HOST  # of the table that is being filled
        self.checks = []  # (number, Launch)
        silent = trace.silent_calls()
        for part in parts:
            self._hear(silent.get(part.launches[0], ()))
            if not part.is_dead:
                self._add(part)
        self._finish()
        self._hear(silent.get(len(trace.launches), ()))

    def observed(self, observer):
        """The same Steps, of which the observer is told."""
        return [step._replace(run=partial(step.observed, observer)) for step in self]

    def _add(self, part):
        k, launch = part.launches[0], self.trace.launches[part.launches[0]]
        if launch.call != self.call:
            self._finish()
            self.call = launch.call
        runs = runs_of(part, launch)
        if not launch.kernel.writes and launch.runs is not None and self._is_of_entry(k):
            self.checks.append((k, launch))
        elif runs is None:
            self._finish()
            self._need(part)
            self._append(*self._called(k, launch))
        else:
            self._of_device(launch.replay)
            self._need(part)
            self.pending += [(len(self.rows) + n, one.numbers, k) for n, one in enumerate(runs)]
            kernel, arrays = (part.loop.kernel, part.loop.arrays) if part.loop else (launch.kernel, launch.arguments)
            self.bound.append(Bound(kernel, self._all(arrays), launch.origin, len(runs)))
            self.rows += [(one.plan, self._all(one.arguments)) for one in runs]

    def _append(self, run, observed):
        self.append(Step(self.needed, self.call, run, observed))

    def _of_device(self, replay):
        """Let the next rows be of a device."""
        if replay is not self.replay:
            self._finish()
            self.replay = replay

    def _finish(self):
        """End the table that is being filled."""
        if self.rows:
            table = self.replay.table(self.rows)
            for row, numbers, k in self.pending:
                for j, i in numbers.items():
                    self._bind_number(table, row, j, k, i)
            self._append(table.run, partial(run_observed, table, self.bound))
            self.rows, self.bound, self.pending = [], [], []

    def _hear(self, calls):
        """Host calls that have launched nothing: should they launch something, it is done here."""
        for number in calls:
            self._finish()
            self.needed = max(self.needed, number + 1)
            self.append(Step(self.needed, number, _nothing, _nothing))

    def _need(self, part):
        """Let the events be made before that a part takes numbers from, and the host call to which it belongs."""
        calls = [self.trace.launches[k].call + 1 for k in part.launches]
        draws = [draw + 1 for (k, _), (draw, _) in self.drawn.items() if k in part.launches]
        self.needed = max(self.needed, *calls, *draws)

    def _all(self, arguments):
        return [self.placed(x) for x in arguments]

    def placed(self, x):
        """An argument with the program's own arrays in the place of Refs."""
        if isinstance(x, Ref):
            return self.place(x)
        return tuple(map(self.placed, x)) if x.__class__ is tuple else x

    def _bind_number(self, table, row, j, k, i):
        """Let argument i of launch k go to argument j of a row."""
        place = table.numbers[row][j]
        target = table.integers if isinstance(self.trace.launches[k].arguments[i], int) else table.floats
        self._bind(target, place, k, i)

    def _bind(self, target, place, k, i):
        if (k, i) in self.drawn:
            draw, is_seed = self.drawn[k, i]
            self.events[draw].targets.append((target, place, is_seed))
        else:
            self.events[self.trace.launches[k].call].bind(k, i, target, place)

    def _called(self, k, launch):
        """(run, observed) of a launch that Python makes."""
        kernel, arguments = launch.kernel, self._all(launch.arguments)
        for i, x in enumerate(arguments):
            if (k, i) in self.drawn or (launch.call >= 0 and may_change(kernel, i, x)):
                self._bind(arguments, i, k, i)

        def observed(observer):
            start = perf_counter_ns()
            run(kernel, arguments)
            observer.ran(kernel, arguments, launch.origin, start, perf_counter_ns())

        return lambda: run(kernel, arguments), observed

    def _is_of_entry(self, k):
        """Whether what a launch reads is as it was when the step began."""
        launch = self.trace.launches[k]
        buffers = [self.trace.buffer(ref) for x in launch.arguments for ref in refs(x)]
        return all(b is None or (b.kind is not Kind.TEMPORARY and not b.is_written) for b in buffers)


def runs_of(part, launch):
    """The Runs that do what a part does, whose first launch this is; None if Python makes the launch."""
    if part.loop is not None:
        return [Run(part.loop.plan, part.loop.arguments, {})]
    return launch.runs if launch.kernel.writes else None


def run_observed(table, bound, observer):
    """Run a table launch by launch, each with its time told to the observer; the bits are those of one run."""
    row = 0
    for kernel, arguments, origin, count in bound:
        start = perf_counter_ns()
        table.run_rows(row, count)
        observer.ran(kernel, arguments, origin, start, perf_counter_ns())
        row += count


def _nothing(observer=None):
    pass
