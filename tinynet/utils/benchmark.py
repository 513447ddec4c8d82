"""Timing of short pieces of code: many runs, on a number of threads that is known, with what the times scatter by.

timer = Timer("x @ w", globals={"x": x, "w": w})
print(timer.blocked_autorange())
"""

import contextlib
import textwrap
import time
import timeit
from typing import NamedTuple

import numpy as np

from .. import cuda
from ..arguments import integer, number, one_of
from ..errors import ArgumentTypeError, ArgumentValueError
from ..kernels.runtime.threads import get_num_threads, set_num_threads

__all__ = ["Measurement", "TaskSpec", "Timer", "timer"]

_UNITS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))
BLOCKS = 1000  # of a measurement: what begins and ends one shall take no part of its time worth speaking of
CLOCK = 1e-6  # seconds that reading the clock may take


def timer():
    """The time in seconds, when the GPU has done what it was asked for."""
    if cuda.is_initialized():
        cuda.synchronize()
    return time.perf_counter()


class TaskSpec(NamedTuple):
    """What was timed, and what it is called."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self):
        """The label, else the statement, and the label below it."""
        parts = [self.label or (self.stmt if "\n" not in self.stmt else ""), self.sub_label or ""]
        return ": ".join(part for part in parts if part)


class Measurement:
    """Times of blocks of `number_per_run` runs each: `raw_times` in seconds a block, `times` in seconds a run."""

    def __init__(self, number_per_run, raw_times, task_spec, metadata=None):
        self.number_per_run, self.raw_times = number_per_run, list(raw_times)
        self.task_spec, self.metadata = task_spec, metadata

    @property
    def times(self):
        return [t / self.number_per_run for t in self.raw_times]

    def _of_times(self, statistic, *arguments):
        if not self.raw_times:
            raise ArgumentValueError("Measurement: expected at least one time")
        return float(statistic(self.times, *arguments))

    @property
    def mean(self):
        return self._of_times(np.mean)

    @property
    def median(self):
        return self._of_times(np.median)

    @property
    def iqr(self):
        """The length of the interval in which the middle half of the times lies."""
        return self._of_times(np.percentile, 75) - self._of_times(np.percentile, 25)

    def meets_confidence(self, threshold=0.1):
        """Whether the middle half of at least 4 times lies within `threshold` of the median."""
        return len(self.raw_times) >= 4 and self.iqr / self.median < number("meets_confidence", "threshold", threshold)

    @property
    def has_warnings(self):
        """Whether the times scatter so much that their median says little."""
        return len(self.raw_times) >= 4 and not self.meets_confidence()

    title = property(lambda self: self.task_spec.title)
    env = property(lambda self: self.task_spec.env)

    @staticmethod
    def merge(measurements):
        """One measurement for those of each task, of blocks of one run: their times a run together."""
        tasks = {}
        for m in measurements:
            tasks.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, times, task) for task, times in tasks.items()]

    def __repr__(self):
        task, count, runs = self.task_spec, len(self.raw_times), self.number_per_run
        unit, scale = next((u for u in _UNITS if self.median >= u[1]), _UNITS[-1])
        shown = lambda seconds: f"{seconds / scale:.3g}"
        lines = [f"<{type(self).__module__}.{type(self).__name__}>", self.title or textwrap.indent(task.stmt, "  ")]
        lines += [task.description] if task.description else []
        if count == 1:
            lines.append(f"  {shown(self.median)} {unit}")
        else:
            low, high = (self._of_times(np.percentile, q) for q in (25, 75))
            lines += [
                f"  Median: {shown(self.median)} {unit}",
                f"  IQR:    {shown(high - low)} {unit} ({shown(low)} to {shown(high)})",
            ]
        blocks = f"{count} measurement{'s' * (count != 1)}, {runs} run{'s' * (runs != 1)}"
        threads = f"{task.num_threads} thread{'s' * (task.num_threads != 1)}"
        lines.append(f"  {blocks}{' per measurement' * (count != 1)}, {threads}")
        if self.has_warnings:
            lines.append(f"  The times scatter: their middle half spans {self.iqr / self.median:.0%} of the median")
        return "\n".join(lines)


class Timer:
    """Times a statement after a `setup`, both Python, which see the names in `globals`, on `num_threads` threads.

    label, sub_label, description and env say what a Measurement is called. `global_setup` and `language` are there to
    keep their places.

    Raises: ArgumentTypeError for a statement that is no string, ArgumentValueError for one in another language.
    """

    def __init__(
        self, stmt="pass", setup="pass", global_setup="", timer=timer, globals=None, label=None, sub_label=None,
        description=None, env=None, num_threads=1, language="python",
    ):  # fmt: skip
        for name, text in (("stmt", stmt), ("setup", setup)):
            if not isinstance(text, str):
                raise ArgumentTypeError(f"Timer: expected {name} to be a string, got {type(text).__name__}")
        one_of("Timer", "global_setup", global_setup, ("",))
        one_of("Timer", "language", language, ("python", "py"))
        stmt, setup = (textwrap.dedent(text).strip() for text in (stmt, setup))
        threads = integer("Timer", "num_threads", num_threads, 1)
        self._task = TaskSpec(stmt, setup, "", label, sub_label, description, env, threads)
        self._timer = timeit.Timer(stmt, setup, timer, dict(globals or {}))

    def _measured(self, number, times):
        return Measurement(number, times, self._task)

    @contextlib.contextmanager
    def _threads(self):
        before = get_num_threads()
        if before != self._task.num_threads:
            set_num_threads(self._task.num_threads)
        try:
            yield
        finally:
            if before != self._task.num_threads:
                set_num_threads(before)

    def _seconds(self, number):
        return max(self._timer.timeit(number), 1e-9)

    def timeit(self, number=1000000):
        """One block of `number` runs, after a few that do not count."""
        number = integer("timeit", "number", number, 1)
        with self._threads():
            self._seconds(min(max(number // 100, 2), 100))
            return self._measured(number, [self._seconds(number)])

    def _block(self, min_run_time):
        """How many runs are long enough for a block."""
        runs = 1
        while True:
            seconds = self._seconds(runs)
            if seconds >= min(min_run_time / BLOCKS, 1.0) and seconds >= 100 * CLOCK:
                return runs
            runs *= 10

    def blocked_autorange(self, callback=None, min_run_time=0.2):
        """Blocks of as many runs as make the clock exact, until `min_run_time` seconds are over.

        `callback(number, seconds)` is called after each.
        """
        min_run_time = number("blocked_autorange", "min_run_time", min_run_time, 0)
        return self._blocks(callback, min_run_time, lambda times: sum(times) >= min_run_time)

    def adaptive_autorange(self, threshold=0.1, *, min_run_time=0.01, max_run_time=10.0, callback=None):
        """Blocks until their middle half lies within `threshold` of the median, or `max_run_time` seconds are over."""
        threshold = number("adaptive_autorange", "threshold", threshold, 0)
        min_run_time = number("adaptive_autorange", "min_run_time", min_run_time, 0)
        max_run_time = number("adaptive_autorange", "max_run_time", max_run_time, 0)

        def enough(times):
            return sum(times) >= max_run_time or (
                sum(times) >= min_run_time and self._measured(1, times).meets_confidence(threshold)
            )

        return self._blocks(callback, min_run_time, enough)

    def _blocks(self, callback, min_run_time, enough):
        with self._threads():
            runs, times = self._block(min_run_time), []
            while not times or not enough(times):
                times.append(self._seconds(runs))
                if callback is not None:
                    callback(runs, times[-1])
        return self._measured(runs, times)
