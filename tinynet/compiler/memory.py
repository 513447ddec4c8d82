"""Where the buffers of a program lie: those that are never in use at a time share memory."""

import ctypes

import numpy as np

from ..kernels.runtime.arguments import address
from ..kernels.runtime.memory import ALIGNED, empty
from .trace import Kind, bounds

_BYTE = np.dtype(np.uint8)


class Memory:
    """One allocation on each device for all buffers of a trace but those whose memory outlives the step, which stay
    where they are."""

    def __init__(self, trace, parts):
        self.trace, self.devices, self.size = trace, trace.recorder.devices, 0
        time = {k: n for n, part in enumerate(parts) for k in part.launches}
        own = [buffer for buffer in trace.order if buffer.kind is not Kind.STATE and not buffer.internal]
        self.offsets, self.bases, self.blocks = {}, {}, {}
        for device in sorted({buffer.device for buffer in own} | {"cpu"}):
            offsets, size = laid_out({buffer: lifetime(buffer, time) for buffer in own if buffer.device == device})
            self.blocks[device], self.bases[device] = self._allocated(device, size)
            self.offsets.update(offsets)
            self.size += size
        states = {buffer for buffer in trace.order if buffer.kind is Kind.STATE}
        self.kept = [x for x in trace.recorder.owners.values() if states & set(trace.within(*bounds(x)))]
        trace.recorder.owners = None  # all other memory is free

    def _allocated(self, device, size):
        """(what keeps the memory, the address at which it begins)."""
        if device == "cpu":
            memory = empty((size + ALIGNED,), _BYTE)
            return memory, -(-address(memory) // ALIGNED) * ALIGNED
        owner = self.devices[device].new((max(size, 1),), _BYTE).owner
        return owner, owner.bounds()[0]

    def start(self, buffer):
        """The address at which a buffer begins."""
        return buffer.start if buffer.kind is Kind.STATE else self.bases[buffer.device] + self.offsets[buffer]

    def array(self, ref):
        """The array that stands for one of the trace's."""
        buffer = self.trace.buffer(ref)
        if buffer is None:
            return empty(ref.shape, ref.dtype) if ref.device == "cpu" else self._new(ref)
        start = self.start(buffer) + ref.start - buffer.start
        if ref.device != "cpu":
            owner = self._keeper(buffer) if buffer.kind is Kind.STATE else self.blocks[ref.device]
            return self.devices[ref.device].over(owner, start, ref.shape, ref.dtype, ref.strides)
        memory = (ctypes.c_char * (ref.stop - ref.start)).from_address(start)
        return np.ndarray(ref.shape, ref.dtype, memory, ref.shift, ref.strides)

    def _new(self, ref):
        return self.devices[ref.device].new(ref.shape, ref.dtype)

    def _keeper(self, buffer):
        """What keeps the memory of a buffer on a device that outlives the step."""
        (found,) = [x for x in self.kept if bounds(x)[0] <= buffer.start and buffer.stop <= bounds(x)[1]]
        return found


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
