"""The recorder: each launch with its time, and where it comes from."""

import sys
import threading
from pathlib import Path
from time import perf_counter_ns
from typing import NamedTuple

from .. import cuda
from ..autograd.mode import mode
from ..kernels.arrays import DeviceArray
from ..kernels.launch import run
from .work import bytes_moved, multiplications

PACKAGE = str(Path(__file__).parents[1])
OPTIMIZERS, WALK = str(Path(PACKAGE, "optim")), str(Path(PACKAGE, "autograd", "backward.py"))
FORWARD, BACKWARD, UPDATE = "forward", "backward", "update"


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
        origin = _origin(sys._getframe(2))
        arrays = [x for x in _flat(arguments) if hasattr(x, "shape") and hasattr(x, "dtype")]
        work = 2 * multiplications(kernel.name, arguments), bytes_moved(kernel, arguments)
        start = perf_counter_ns()
        run(kernel, arguments)
        if any(isinstance(x, DeviceArray) for x in arrays):
            cuda.synchronize()
        stop = perf_counter_ns()
        shapes = tuple([tuple(x.shape) for x in arrays])
        launch = Launch(kernel.name, start, stop - start, threading.get_ident(), *origin, shapes, *work)
        self.launches.append(launch)
        self.own += start - entered + perf_counter_ns() - stop


def _flat(arguments):
    for x in arguments:
        if x.__class__ is tuple:
            yield from x
        else:
            yield x


def _origin(frame):
    """(phase, module, place) of a launch, from the frames below it: up to the first that is not the framework's."""
    phase, module = FORWARD, mode.path or ""
    while frame is not None:
        code = frame.f_code
        if code.co_filename == WALK:
            phase, node = BACKWARD, frame.f_locals.get("node")
            module = module or (node and node.path) or ""
        elif phase is FORWARD and code.co_filename.startswith(OPTIMIZERS):
            phase = UPDATE
        elif not code.co_filename.startswith(PACKAGE):
            return phase, module, f"{Path(code.co_filename).name}:{frame.f_lineno}"
        frame = frame.f_back
    return phase, module, ""
