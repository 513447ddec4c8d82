"""The memory of a program as bytes that can lie elsewhere: what it keeps, what it only reads, what it works in."""

import ctypes
from bisect import bisect_right

import numpy as np

from ...kernels.runtime.memory import ALIGNED
from ..trace import merged


class Image:
    """Stretches of memory, one after another in memory of the name `name`, each aligned as it is here.

    Stretches, given as Refs or Buffers, that overlap are one.
    """

    def __init__(self, name, stretches):
        self.name, self.size = name, 0
        self.spans = [(buffer.start, buffer.stop) for buffer in merged(stretches)]
        self.offsets = []
        for start, stop in self.spans:
            offset = -(-self.size // ALIGNED) * ALIGNED + start % ALIGNED
            self.offsets.append(offset)
            self.size = offset + stop - start
        self._starts = [start for start, _ in self.spans]

    def place(self, start):
        """Where in the image an address lies, or None."""
        k = bisect_right(self._starts, start) - 1
        if k < 0 or start >= self.spans[k][1]:
            return None
        return self.offsets[k] + start - self.spans[k][0]

    def content(self):
        """All bytes, as they are now."""
        image = np.zeros(self.size, np.uint8)
        for (start, stop), offset in zip(self.spans, self.offsets):
            image[offset : offset + stop - start] = np.frombuffer(ctypes.string_at(start, stop - start), np.uint8)
        return image

    def addresses(self):
        """(where, to what place) of each number among these bytes that is an address in one of the stretches."""
        found = []
        for (start, stop), offset in zip(self.spans, self.offsets):
            if start % 8 == 0:
                words = np.frombuffer(ctypes.string_at(start, (stop - start) // 8 * 8), np.int64)
                for k in np.flatnonzero(words > 1 << 20):  # no number that is none is as large and hits a stretch
                    target = self.place(int(words[k]))
                    if target is not None:
                        found.append((offset + 8 * int(k), target))
        return found
