"""`Table`: plans with their arguments, run one after another without Python between them.

    table = Table([(plan, (out, x)), (other, (y, out))])
    table.run()

A row of the table says what a plan's `run` would pass to its loop: the address of the body, how many tasks there are,
and where the arguments lie. These are written into memory once, in the form in which compiled code keeps a tuple, so a
run of the whole table is one call, and a row costs some nanoseconds beside its kernel. If one of the plans would run on
all threads by itself, all share the table (`workers.py`), also the tasks of plans that are too short for that.
"""

import functools

import numba
import numpy as np
from numba import types

from .arguments import address, touched, words
from .cfunc import compile_cfunc
from .jit import Compiled, compile_only_for, jit
from .parallel_for import PARALLEL_LOOP
from .pointers import INT64_BYTES
from .threads import launch_parallel, most_threads
from .workers import WORKER, Rows, start_workers, work, worker_count


class Table:
    """Rows of (plan, arguments), whose arrays stay where they are for as long as the table lives.

    `numbers[row]` has, for each argument of the row that is a number, where in `integers` and `floats`, two views of
    the same memory, it is kept: what is written there is what the next run takes. `run()` runs the rows in their order.
    """

    def __init__(self, rows):
        self.kept = rows
        memory, self.numbers, places = [], [], []
        for plan, arguments in rows:
            places.append(len(memory))
            self.numbers.append(_pack(plan, arguments, memory))
        self.integers = np.array(memory, np.int64)
        self.floats = self.integers.view(np.float64)
        workers = worker_count(most_threads(), [(plan.tasks, plan.parallel) for plan, _ in rows])
        given = address(self.integers)
        self.rows = Rows(
            [
                (plan.kernel.bodies[plan.dtype], given + place * INT64_BYTES, plan.tasks, *touched_by(plan, arguments))
                for (plan, arguments), place in zip(rows, places)
            ],
            workers,
            max((plan.scratch for plan, _ in rows), default=0),
        )
        body = compile_cfunc(work, types.void(types.CPointer(WORKER), types.voidptr, types.intp))
        record = body, address(self.rows.record), workers
        if workers > 1:
            self._start = functools.partial(launch_parallel, _START[()], PARALLEL_LOOP[()], *record)
            self.run = self._share
        else:
            self.run = functools.partial(_START[()], 0, *record)

    def _share(self):
        self.rows.reset()
        self._start()

    def run_rows(self, first, count):
        """Run some of the rows."""
        self.rows.choose(first, count)
        self.run()
        self.rows.choose(0, len(self.kept))


def can_hold(plan, arguments):
    """Whether the arguments of a plan are such that a table can keep them: arrays, and numbers of 64 bits.

    The `check` of a kernel is of shapes, and has been made by whoever has run the plan before.
    """
    for kind, x in zip(_kinds(plan), (*plan.constants, *arguments)):
        if isinstance(kind, types.Array):
            if not isinstance(x, np.ndarray) or x.ndim != kind.ndim:
                return False
        elif kind not in (types.int64, types.intp, types.float64):
            return False
    return True


def writes(plan):
    """For each argument of a plan's `run`, whether it is an array that the plan may write."""
    return [isinstance(kind, types.Array) and kind.mutable for kind in _kinds(plan)[len(plan.constants) :]]


def _kinds(plan):
    return plan.kernel.signature(numba.from_dtype(plan.dtype))


def touched_by(plan, arguments):
    """(bounds of what a plan may write, of what it only reads), of these arguments of its `run`."""
    return touched(_kinds(plan)[len(plan.constants) :], arguments, plan.beyond)


def _pack(plan, arguments, memory):
    """Append the tuple of a row's arguments to `memory`. Returns, by place of an argument, the place of its number."""
    numbers, constants = {}, len(plan.constants)
    for k, (kind, x) in enumerate(zip(_kinds(plan), (*plan.constants, *arguments))):
        if not isinstance(kind, types.Array):
            numbers[k - constants] = len(memory)
        memory += words(kind, x)
    return numbers


_START = Compiled(lambda _: compile_only_for(jit(start_workers), *[types.intp] * 4))
