"""A trace: what a call did, with its memory sorted into buffers, and whether two calls did the same.

A program is made of two traces that agree. What differs between them, and is not known to change at every step, cannot
be a part of a program; what lies at the same address in both is memory that outlives a step.
"""

import ctypes
import enum
import sys
from bisect import bisect_right

import numpy as np

from .recorder import HostCall, draw_of, read, ref_of, refs, written


class Kind(enum.Enum):
    """What a buffer is to a program."""

    INPUT = "an argument of the call"
    STATE = "memory that outlives the step, such as a parameter's"
    CONSTANT = "made without a launch, with the same values at each step"
    OUTPUT = "made in the step, and still there afterwards"
    TEMPORARY = "made in the step, and gone afterwards"


class Buffer:
    """A stretch of memory whose parts are used together; `first` and `last` are the launches that touch it so."""

    def __init__(self, number, start, stop, device):
        self.number, self.start, self.stop, self.device = number, start, stop, device
        self.kind, self.first, self.last = None, None, None
        self.read_first, self.is_written = False, False
        self.input = None  # the number of the argument
        self.internal = False  # whether a loop keeps it in registers

    @property
    def size(self):
        return self.stop - self.start


class Trace:
    """What a Recorder has noted, with the memory of its launches, of the arguments and of the results as buffers.

    `others` are what the function has returned besides arrays.
    """

    def __init__(self, recorder, inputs, results, others):
        self.recorder, self.launches, self.others = recorder, recorder.launches, others
        self.inputs, self.results = [ref_of(x) for x in inputs], [ref_of(x) for x in results]
        used = [ref for launch in self.launches for x in launch.arguments for ref in refs(x)]
        self.buffers = merged([*self.inputs, *used, *self.results])
        self._starts = [buffer.start for buffer in self.buffers]
        by_number = {}
        for ref in (*self.inputs, *used, *self.results):
            if ref.stop > ref.start:
                by_number.setdefault(self._at(ref), None)
        for number, buffer in enumerate(by_number):
            buffer.number = number
        for k, launch in enumerate(self.launches):
            writes = set(written(launch.kernel, launch.arguments))
            reads = set(read(launch.kernel, launch.arguments))
            for x in launch.arguments:
                for ref in refs(x):
                    buffer = self.buffer(ref)
                    if buffer is not None:
                        if buffer.first is None:
                            buffer.first, buffer.read_first = k, ref in reads
                        buffer.last = k
                        buffer.is_written |= ref in writes
        for k, ref in enumerate(self.inputs):
            if self.buffer(ref) is not None:
                self.buffer(ref).input = k
        self.order = sorted(self.buffers, key=lambda buffer: buffer.number)

    def silent_calls(self):
        """{number of a launch: the host calls before it that launched nothing, as a scheduler's}."""
        found, loud = {}, {launch.call for launch in self.launches}
        for number, event in enumerate(self.recorder.events):
            if isinstance(event, HostCall) and number not in loud:
                found.setdefault(event.first, []).append(number)
        return found

    def _at(self, ref):
        found = self.buffers[bisect_right(self._starts, ref.start) - 1]
        if not found.start <= ref.start <= ref.stop <= found.stop:
            raise LookupError(f"no launch has touched the memory at {ref}")
        return found

    def buffer(self, ref):
        """The Buffer in which an array lies; None for one without elements."""
        return self._at(ref) if ref.stop > ref.start else None

    def known_buffer(self, ref):
        """The Buffer that an array meets which no launch need have touched, or None."""
        return next(iter(self.within(ref.start, ref.stop)), None)

    def place(self, ref):
        """(number of the buffer, where in it the elements begin) of an array."""
        buffer = self.buffer(ref)
        return (None, 0) if buffer is None else (buffer.number, ref.start - buffer.start)

    def escaped(self):
        """The buffers whose memory is still referred to by something else than the recorder."""
        owners, found = self.recorder.owners, set()
        for key in owners:
            if sys.getrefcount(owners[key]) > 2:  # the dict's, and the call's
                found |= set(self.within(*bounds(owners[key])))
        return found

    def within(self, start, stop):
        k = max(bisect_right(self._starts, start) - 1, 0)
        while k < len(self.buffers) and self.buffers[k].start < stop:
            if self.buffers[k].stop > start:
                yield self.buffers[k]
            k += 1


def bounds(owner):
    if hasattr(owner, "bounds"):  # of a device
        return owner.bounds()
    if isinstance(owner, np.ndarray):
        ref = ref_of(owner)
        return ref.start, ref.stop
    if isinstance(owner, ctypes.Array):
        address = ctypes.addressof(owner)
        return address, address + ctypes.sizeof(owner)
    view = memoryview(owner)
    return (address := np.frombuffer(view, np.uint8).ctypes.data), address + view.nbytes


def merged(found):
    """Buffers from stretches of memory, as Refs or Buffers, those that overlap as one; in the order of addresses."""
    buffers = []
    for start, stop, device in sorted({(ref.start, ref.stop, ref.device) for ref in found if ref.stop > ref.start}):
        if buffers and start < buffers[-1].stop:
            buffers[-1].stop = max(buffers[-1].stop, stop)
        else:
            buffers.append(Buffer(None, start, stop, device))
    return buffers


def drawn_numbers(trace):
    """{(launch, argument): (number of the Draw, whether it is its seed)} of numbers that come from a random stream."""
    found = {}
    for k, launch in enumerate(trace.launches):
        names = list(launch.kernel.parameters)
        draw = draw_of(trace.recorder.events, names, launch.arguments) if launch.call < 0 else None
        if draw is not None:
            found[k, names.index("counter")] = draw, False
            found[k, names.index("seed")] = draw, True
    return found


def sort_buffers(a, b):
    """Say of each buffer of the trace `b`, which agrees with `a`, of which kind it is.

    Returns a text if the step reads memory of which nobody knows where it will lie at the next step, else None.
    """
    constant, escaped = {b.buffer(ref) for ref in b.recorder.constants}, b.escaped()
    for before, buffer in zip(a.order, b.order):
        if buffer.input is not None:
            buffer.kind = Kind.INPUT
        elif (before.start, before.stop) == (buffer.start, buffer.stop):
            buffer.kind = Kind.STATE
        elif buffer in constant:
            buffer.kind = Kind.CONSTANT
        elif buffer in escaped:
            buffer.kind = Kind.OUTPUT
        else:
            buffer.kind = Kind.TEMPORARY
        if buffer.first is None and buffer.kind not in (Kind.INPUT, Kind.STATE):
            return "it returns numbers that no kernel has computed, as those of randint and arange"
        if buffer.read_first and buffer.kind in (Kind.OUTPUT, Kind.TEMPORARY):
            return "it reads memory that lies elsewhere at each step, such as a gradient of a tensor in no optimizer"
    return None
