"""Workers: threads that go through rows of work together, without a pause between two of them.

A parallel loop takes its threads some microseconds to begin and to end, and one that has slept 30 µs to wake. So many
rows start their workers once. Each goes through all rows in their order: it takes tasks of a row as long as there are
any, its own part of them first, so that it finds in its caches what it has computed before, then what others have left.
It waits only where a row needs what rows before it compute.

A worker waits for tasks that another has begun, never for one that has not started. So one thread can do the work of
all, and does if the system runs no other.
"""

import itertools

import numpy as np
from numba import types

from .arguments import address
from .atomics import add_atomically, give_way, load_acquire, wait_for
from .cfunc import call_pointer
from .jit import helper
from .pointers import INT64_BYTES, load_int64

ROW = 5  # numbers: the body, its arguments, the tasks, how many of them to take at a time, when to start
LINE = 64  # bytes of a cache line: each counter has its own, so that nobody waits for a line but for its number
PIECES = 8  # in which a worker takes its part of a row at most
WORKER = types.Tuple([types.intp] * 7)  # what `work` is told


def worker_count(threads, rows):
    """How many workers go through rows of (tasks, whether it pays to launch threads for them), where there are so many
    threads: one, or as many as the longest row has tasks for."""
    return min(threads, max(tasks for tasks, _ in rows)) if any(parallel for _, parallel in rows) else 1


class Rows:
    """Rows in memory, and what their workers need.

    A row is (the address of a body, that of its arguments, the number of tasks, bounds in memory of what it writes and
    of what it reads). Each worker has `scratch` bytes to work in.
    """

    def __init__(self, rows, workers, scratch):
        tasks = [row[2] for row in rows]
        self.before = [0, *itertools.accumulate(tasks)]  # for each row, the tasks of those before it
        pieces = [max(1, count // (PIECES * workers)) for count in tasks]  # a task at a time where there are few
        begin = starts([row[2:] for row in rows]) if workers > 1 else [0] * len(rows)
        self.table = np.array([(*row[:3], *more) for row, *more in zip(rows, pieces, begin)], np.int64)
        stride = -(-scratch // LINE) * LINE
        self.memory = np.empty(workers * stride + LINE, np.uint8)
        self.counters = np.zeros((1 + len(rows) * workers, LINE // INT64_BYTES), np.int64)
        own = address(self.memory) + -address(self.memory) % LINE
        self.record = np.array([workers, 0, 0, address(self.counters), own, stride, give_way()], np.int64)
        self.choose(0, len(rows))

    def choose(self, first, count):
        """Let the next runs be of these rows."""
        self.record[1:3] = address(self.table) + first * ROW * INT64_BYTES, count
        self.first = first

    def reset(self):
        """Count anew, which several workers do in each run."""
        self.counters.fill(0)
        self.counters[0, 0] = self.before[self.first]


def starts(rows):
    """For each row (tasks, written, read) how many tasks, all of the rows before, must be done when it starts.

    A row waits for those before it if it touches what one of them has written, or writes what one has read; of these
    only such as come since the last that waited have to be looked at.
    """
    found, total, start, written, read = [], 0, 0, [], []
    for tasks, writes, reads in rows:
        if _meet(written, [*writes, *reads]) or _meet(read, writes):
            start, written, read = total, [], []
        written += writes
        read += reads
        found.append(start)
        total += tasks
    return found


def _meet(some, others):
    return any(a < d and c < b for a, b in some for c, d in others)


def work(arguments, scratch, worker):
    """What a worker does: `count` rows lie at the address `rows`, the counters at `done`."""
    workers, rows, count, done, memory, stride, give_way = arguments[0]
    own = memory + worker * stride
    for k in range(count):
        row = rows + k * ROW * INT64_BYTES
        body, given, tasks = load_int64(row), load_int64(row + INT64_BYTES), load_int64(row + 2 * INT64_BYTES)
        if workers == 1:
            for task in range(tasks):
                call_pointer(body, (given, own, task))
            continue
        piece, start = load_int64(row + 3 * INT64_BYTES), load_int64(row + 4 * INT64_BYTES)
        wait_for(done, start, give_way)
        finished = 0
        for turn in range(workers):
            owner = (worker + turn) % workers
            taken = done + LINE * (1 + k * workers + owner)
            first, stop = tasks * owner // workers, tasks * (owner + 1) // workers
            finished += _take(body, given, own, taken, first, stop, piece)
        if finished:
            add_atomically(done, finished)


@helper
def _take(body, arguments, scratch, taken, first, stop, piece):
    """Run those tasks between `first` and `stop` that nobody has taken, `piece` at a time; returns how many."""
    finished = 0
    while load_acquire(taken) < stop - first:
        begin = first + add_atomically(taken, piece)
        end = min(begin + piece, stop)
        for task in range(begin, end):
            call_pointer(body, (arguments, scratch, task))
            finished += 1
    return finished


def start_workers(loop, body, record, workers):
    """Start workers: by the loop over tasks that threads share, or on this thread if it is one."""
    if workers > 1:
        call_pointer(loop, (body, record, workers, workers, 0, 0))
    else:
        call_pointer(body, (record, 0, 0))
