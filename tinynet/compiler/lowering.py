"""Lowering: the plans that a launch runs, where these are all that it does.

Most kernels are loops that a plan runs; some do a part of their work in NumPy. Which, nobody has to say, and nobody can
say wrongly: a launch is run, what it wrote is put aside and spoilt, and its plans alone are run again. If they write
the same bits, a program may run the plans in the launch's place. A device does the same with what its launches are made
of (`kernels/replay.py`).
"""

import contextlib

import numba
import numpy as np

from ..kernels.kernel import InOut, Out
from ..kernels.launch import run
from ..kernels.replay import REPLAYS, Replay, Run, device_array
from ..kernels.runtime.arguments import address
from ..kernels.runtime.parallel_for import observe_plans
from ..kernels.runtime.table import Table, can_hold, writes

SPOILT = 0xA5  # the byte that memory is filled with

_note = None  # what is told of the plans that a launch runs, while it is asked for


def watched():
    """A block in which the plans of launches can be noted; to begin it takes a while, since it changes every plan."""
    return observe_plans(lambda plan, run, given: run(*given) if _note is None else _note(plan, run, given))


@contextlib.contextmanager
def _noting(note):
    """In the block `note(plan, run, arguments)` stands in for each run of a plan."""
    global _note
    _note = note
    try:
        yield
    finally:
        _note = None


class HostReplay(Replay):
    """The CPU's Replay: its launches are plans."""

    def lower(self, kernel, arguments, changing, first):
        return launch_and_lower(kernel, arguments, changing, first)

    def lower_check(self, kernel, arguments, first):
        return checks(kernel, arguments, first)

    def table(self, rows):
        return Table(rows)


HOST = HostReplay()


def replay_of(arguments):
    """The Replay of the device on which the arrays of a launch lie."""
    found = device_array(arguments)
    return HOST if found is None else REPLAYS[found.__class__]


def launch_and_lower(kernel, arguments, changing=(), first=run):
    """Run a launch, while plans are `watched`. Returns the Runs that do all of it, or None where there is more to it.

    `changing` are the places of numbers that are others at the next step; `first` runs it the first time.
    """
    if numba.config.DISABLE_JIT:
        return first(kernel, arguments)
    own = [x for argument in arguments for x in arrays_in(argument)]
    outputs = [x for argument in kernel.written(arguments) for x in arrays_in(argument)]
    before, runs = [x.copy() for x in outputs], []

    def note(plan, run, given):
        runs.append((plan, given))
        run(*given)

    with _noting(note):
        first(kernel, arguments)
    if not outputs or not runs or not all(can_hold(plan, given) for plan, given in runs):
        return None
    after = [x.copy() for x in outputs]
    for x, values in zip(outputs, before):
        x[...] = values
    read = [x for x, role in zip(arguments, kernel.parameters.values()) if role is not Out]
    read = [x for argument in read for x in arrays_in(argument)]
    for x in [x for x in outputs if not _meets(x, read)] + _written_first(runs, own):
        spoil(x)
    for plan, given in runs:
        plan.run(*given)
    same = all(x.tobytes() == values.tobytes() for x, values in zip(outputs, after))
    found = _with_numbers(kernel, arguments, changing, runs, own) if same else None
    for x, values in zip(outputs, after):
        x[...] = values
    return found


def with_copies(kernel, arguments, changing):
    """A launch that copies arrays before its plans read them, as the copies and a launch that reads these.

    Returns (pairs of an array and its copy, the launch's arguments, its Runs), or None where that does not give the
    same bits, or is no more than before.
    """
    if InOut in kernel.parameters.values() or numba.config.DISABLE_JIT:
        return None
    read = {i: x for i, x in enumerate(arguments) if isinstance(x, np.ndarray) and kernel.argument(i)[1] is not Out}
    for view, back in ((_same, _same), (_channels_last, _channels_second)):
        others = {i: view(x) for i, x in read.items() if x.ndim and not view(x).flags.c_contiguous}
        copies = {i: back(np.ascontiguousarray(x)) for i, x in others.items()}  # place of an argument: its copy
        found = _lowered_with(copies, kernel, arguments, changing) if copies else None
        if found is not None:
            return found
    return None


def _same(x):
    return x


def _channels_last(x):
    return np.moveaxis(x, 1, -1) if x.ndim > 2 else x


def _channels_second(x):
    return np.moveaxis(x, -1, 1) if x.ndim > 2 else x


def _lowered_with(copies, kernel, arguments, changing):
    outputs = [x for argument in kernel.written(arguments) for x in arrays_in(argument)]
    after = [x.copy() for x in outputs]
    given = tuple([copies.get(i, x) for i, x in enumerate(arguments)])
    runs = launch_and_lower(kernel, given, changing)
    if runs is None or any(x.tobytes() != values.tobytes() for x, values in zip(outputs, after)):
        for x, values in zip(outputs, after):
            x[...] = values
        return None
    return [(arguments[i], y) for i, y in copies.items()], given, runs


def checks(kernel, arguments, first=run):
    """The Runs of a launch that writes nothing but raises if a number is wrong.

    Such a kernel's plan writes −1 into its first argument if all is well, and the launch raises if it is not.
    """
    runs = []

    def note(plan, run, given):
        runs.append(Run(plan, given, {}))
        run(*given)

    with _noting(note):
        first(kernel, arguments)
    return [] if numba.config.DISABLE_JIT else runs


def _with_numbers(kernel, arguments, changing, runs, own):
    """The Runs, if each changing number reaches the plans as it is: other numbers are tried, and no plan is run.

    What the plans read beside the launch's own arrays must be the same memory each time, a table: else it is a copy of
    something, made without a plan.
    """
    marks = {i: 977_000_017 + 1009 * i if isinstance(arguments[i], int) else 0.0123456789 + i for i in changing}
    tried = []
    with _noting(lambda plan, run, given: tried.append((plan, given))):
        run(kernel, tuple([marks.get(i, x) for i, x in enumerate(arguments)]))
    if [plan for plan, _ in tried] != [plan for plan, _ in runs]:
        return None
    written = {id(x) for x in _written_first(runs, own)}
    for (_, given), (_, again) in zip(runs, tried):
        for x, y in zip(given, again):
            if isinstance(x, np.ndarray) and x.size and id(x) not in written and not _meets(x, own):
                if not any(_meets(x, [z]) for z in _of(runs, written)) and address(x) != address(y):
                    return None
    found = []
    for k, (plan, given) in enumerate(runs):
        numbers = {}
        for i, mark in marks.items():
            numbers.update({j: i for j, x in enumerate(tried[k][1]) if not hasattr(x, "shape") and x == mark})
        found.append(Run(plan, given, numbers))
    reached = {i for one in found for i in one.numbers.values()}
    return found if reached == set(changing) else None


def _written_first(runs, own):
    """The arrays of a launch's own that its plans write before they read them."""
    seen, found = {id(x) for x in own}, []
    for plan, given in runs:
        for x, writable in zip(given, writes(plan)):
            if isinstance(x, np.ndarray) and id(x) not in seen:
                seen.add(id(x))
                if writable and not _meets(x, own):
                    found.append(x)
    return found


def _of(runs, ids):
    """The arrays with these ids."""
    return [x for _, given in runs for x in given if id(x) in ids]


def arrays_in(x):
    """The arrays in an argument: itself, or those in a tuple."""
    return [y for y in (x if x.__class__ is tuple else (x,)) if isinstance(y, np.ndarray)]


def _meets(x, others):
    return any(np.may_share_memory(x, y) for y in others)


def spoil(x):
    """Fill an array with bytes that no kernel has written."""
    x[...] = np.frombuffer(bytes([SPOILT] * x.itemsize), x.dtype)[0]
