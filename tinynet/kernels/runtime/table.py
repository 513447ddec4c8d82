"""`Table`: plans with their arguments, run one after another without Python between them.

    table = Table([(plan, (out, x)), (other, (y, out))])
    table.run()

A row of the table says what a plan's `run` would pass to its loop: the address of the body, how many tasks there are,
and where the arguments lie. These are written into memory once, in the form in which compiled code keeps a tuple, so a
run of the whole table is one call, and a row costs some nanoseconds beside its kernel.
"""

import functools

import numba
import numpy as np
from numba import types

from .cfunc import call_pointer
from .jit import Compiled, jit, settle
from .memory import ALIGNED, empty
from .parallel_for import PARALLEL_LOOP, workspace
from .pointers import INT64_BYTES, load_int64
from .threads import launch_parallel

ROW = 6  # numbers: the body, its arguments, tasks, whether in parallel, scratch, bytes of scratch for each worker
_INT64, _FLOAT64, _BYTE = np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.uint8)


class Table:
    """Rows of (plan, arguments), whose arrays stay where they are for as long as the table lives.

    `numbers[row]` has, for each argument of the row that is a number, where in `integers` and `floats`, two views of
    the same memory, it is kept: what is written there is what the next run takes.
    """

    def __init__(self, rows):
        self.kept = rows
        words, self.numbers, starts = [], [], []
        for plan, arguments in rows:
            starts.append(len(words))
            self.numbers.append(_pack(plan, arguments, words))
        self.integers = np.array(words, _INT64)
        self.floats = self.integers.view(_FLOAT64)
        self.parallel = any(plan.parallel for plan, _ in rows)
        self.rows = np.empty((len(rows), ROW), _INT64)
        base = address(self.integers)
        serial = max((plan.scratch for plan, _ in rows if not plan.parallel), default=0)
        self.scratch = [empty((serial + ALIGNED,), _BYTE)]
        for row, (plan, _), start in zip(self.rows, rows, starts):
            workers, stride, memory = 0, 0, self.scratch[0]
            if plan.parallel:
                workers, memory, stride = workspace(plan.tasks, plan.scratch)
                self.scratch.append(memory)
            scratch = 0 if memory is None else address(memory)
            row[:] = plan.kernel.bodies[plan.dtype], base + start * INT64_BYTES, plan.tasks, workers, scratch, stride

        self._arguments = address(self.rows), len(self.rows), PARALLEL_LOOP[()]
        self._run = functools.partial(launch_parallel, _RUN[()]) if self.parallel else _RUN[()]

    def run(self):
        """Run all rows, in their order."""
        self._run(*self._arguments)

    def run_rows(self, first, count):
        """Run some of the rows."""
        rows, _, loop = self._arguments
        self._run(rows + first * ROW * INT64_BYTES, count, loop)


def address(array):
    """Where an array's first element lies."""
    return array.__array_interface__["data"][0]


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


def _pack(plan, arguments, words):
    """Append the tuple of a row's arguments to `words`. Returns, by place of an argument, the place of its number."""
    numbers, constants = {}, len(plan.constants)
    for k, (kind, x) in enumerate(zip(_kinds(plan), (*plan.constants, *arguments))):
        if isinstance(kind, types.Array):
            words += [0, 0, x.size, x.itemsize, address(x), *x.shape, *x.strides]
        else:
            numbers[k - constants] = len(words)
            words.append(np.float64(x).view(_INT64).item() if kind is types.float64 else int(x))
    return numbers


def run_rows(rows, count, loop):
    for k in range(count):
        row = rows + k * ROW * INT64_BYTES
        body, arguments = load_int64(row), load_int64(row + INT64_BYTES)
        tasks, workers = load_int64(row + 2 * INT64_BYTES), load_int64(row + 3 * INT64_BYTES)
        scratch, stride = load_int64(row + 4 * INT64_BYTES), load_int64(row + 5 * INT64_BYTES)
        if workers:
            call_pointer(loop, (body, arguments, tasks, workers, scratch, stride))
        else:
            for task in range(tasks):
                call_pointer(body, (arguments, scratch, task))


_RUN = Compiled(lambda _: settle(jit(run_rows), types.intp, types.intp, types.intp))
