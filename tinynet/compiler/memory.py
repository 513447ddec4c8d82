"""Where the buffers of a program lie: those that are never in use at a time share memory."""

import ctypes

import numpy as np

from ..kernels.runtime.memory import ALIGNED, empty
from ..kernels.runtime.table import address
from .trace import Kind, bounds

_BYTE = np.dtype(np.uint8)


class Memory:
    """One allocation for all buffers of a trace but those whose memory outlives the step, which stay where they are."""

    def __init__(self, trace, parts):
        self.trace = trace
        time = {k: n for n, part in enumerate(parts) for k in part.launches}
        own = [buffer for buffer in trace.order if buffer.kind is not Kind.STATE and not buffer.internal]
        self.offsets, self.size = laid_out({buffer: lifetime(buffer, time) for buffer in own})
        self.bytes = empty((self.size + ALIGNED,), _BYTE)
        self.base = -(-address(self.bytes) // ALIGNED) * ALIGNED
        states = {buffer for buffer in trace.order if buffer.kind is Kind.STATE}
        self.kept = [x for x in trace.recorder.owners.values() if states & set(trace.within(*bounds(x)))]
        trace.recorder.owners = None  # all other memory is free

    def start(self, buffer):
        """The address at which a buffer begins."""
        return buffer.start if buffer.kind is Kind.STATE else self.base + self.offsets[buffer]

    def array(self, ref):
        """The array that stands for one of the trace's."""
        buffer = self.trace.buffer(ref)
        if buffer is None:
            return np.empty(ref.shape, ref.dtype)
        start = self.start(buffer) + ref.start - buffer.start
        memory = (ctypes.c_char * (ref.stop - ref.start)).from_address(start)
        return np.ndarray(ref.shape, ref.dtype, memory, ref.shift, ref.strides)


def laid_out(lifetimes):
    """({buffer: its offset}, bytes in all). The largest find their places first, each the lowest that is free."""
    placed, size = [], 0
    offsets = {}
    for buffer in sorted(lifetimes, key=lambda buffer: (-buffer.size, buffer.number)):
        first, last = lifetimes[buffer]
        length, offset = -(-buffer.size // ALIGNED) * ALIGNED, 0
        for start, stop, since, until in sorted(placed):
            if since <= last and first <= until and start < offset + length and offset < stop:
                offset = stop
        placed.append((offset, offset + length, first, last))
        offsets[buffer], size = offset, max(size, offset + length)
    return offsets, size


def lifetime(buffer, time):
    """(first, last): between which parts a buffer is in use, from the beginning to the end if it is no temporary.

    `time` is the number of the part of each launch: those of one loop happen at the same time.
    """
    if buffer.kind is Kind.TEMPORARY and buffer.first is not None:
        return time[buffer.first], time[buffer.last]
    return -1, len(time)
