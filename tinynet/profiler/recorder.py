"""The recorder: each launch with its time, and where it comes from."""

import threading
from time import perf_counter_ns
from typing import NamedTuple

from .. import cuda
from ..kernels.arrays import DeviceArray
from ..kernels.kernel import flat
from ..kernels.launch import run
from ..origin import origin
from .work import bytes_moved, multiplications


class Launch(NamedTuple):
    """A launch of a kernel; times in ns."""

    kernel: str
    start: int
    duration: int
    thread: int
    phase: str  # forward, backward or update: in an optimizer
    module: str  # the path of the module, or ""
    place: str  # the line of the user's code, "train.py:12"
    shapes: tuple  # of its arrays
    flops: int  # of products, of whose numbers each is multiplied and added; else 0
    nbytes: int  # that it reads and writes at least


class Span(NamedTuple):
    """A stretch of the program that has been given a name; times in ns."""

    name: str
    start: int
    duration: int
    thread: int


class Recorder:
    """What a profile collects. `own` is the time in ns that the recording itself took."""

    def __init__(self):
        self.launches, self.spans, self.own = [], [], 0

    def __call__(self, kernel, arguments):
        """The observer of launches."""
        entered = perf_counter_ns()
        where = origin(2)
        start = perf_counter_ns()
        self.own += start - entered
        run(kernel, arguments)
        if any(isinstance(x, DeviceArray) for x in flat(arguments)):
            cuda.synchronize()
        self.ran(kernel, arguments, where, start, perf_counter_ns())

    def ran(self, kernel, arguments, origin, start, stop):
        """Note a launch that has run from `start` to `stop`, as those of a compiled step, whose `origin` is known."""
        arrays = [x for x in flat(arguments) if hasattr(x, "shape") and hasattr(x, "dtype")]
        work = 2 * multiplications(kernel.name, arguments), bytes_moved(kernel, arguments)
        shapes = tuple([tuple(x.shape) for x in arrays])
        phase, module, place, _ = origin
        launch = Launch(kernel.name, start, stop - start, threading.get_ident(), phase, module, place, shapes, *work)
        self.launches.append(launch)
        self.own += perf_counter_ns() - stop
