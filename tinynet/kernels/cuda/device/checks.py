"""Checks of values that lie on the device, such as labels: found by a kernel, and raised when the host next waits.

To ask at once would make the host wait for the device in every step. The kernels that use such values stay within
their arrays, whatever the values are.
"""

import itertools

import numpy as np
from numba.types import int64

from ....errors import TargetError
from ...arrays import DeviceArray
from . import driver
from .driver import cuda, kernel
from .memory import Memory, size_class

INT64 = np.dtype("int64")


class Record(DeviceArray):
    """Three numbers on the device: that of the check which failed first, or 0; where; and the value."""

    __slots__ = ("memory",)

    def __init__(self):
        self.memory = Memory(size_class(3 * INT64.itemsize))
        self.write(np.zeros(3, INT64))

    def on(self, stream):
        self.memory.block.used_on(stream)
        return driver.row(self.memory.block.buffer, 0, 3, INT64)

    def read(self):
        values, stream = np.empty(3, INT64), driver.current_stream()
        driver.to_host(self.on(stream), values, stream)
        return values

    def write(self, values):
        stream = driver.current_stream()
        driver.to_device(self.on(stream), values, stream)


_record = None
_asked = {}  # number of a check: its message
_next = itertools.count(1).__next__


@kernel(lambda real: (real[::1], int64, int64, int64, int64, real[::1], int64), [INT64])
def look_for_bad_labels(target, size, low, high, allowed, record, number):
    for i in range(cuda.grid(1), size, cuda.gridsize(1)):
        label = target[i]
        if (label < low or label >= high) and label != allowed:
            if cuda.atomic.compare_and_swap(record, 0, number) == 0:
                record[1] = i
                record[2] = label


def check_labels(target, low, high, allowed, what):
    """Have it checked that all labels are in [low, high) or `allowed`; where not, `what` is in the TargetError."""
    global _record
    if _record is None:
        _record = Record()
    number = _next()
    _asked[number] = what, low, high, target.shape
    if len(_asked) > 4096:
        raise_pending()
    flat = target.reshape(-1).astype(np.int64, copy=False).contiguous()
    look_for_bad_labels(flat.dtype, *driver.grid(flat.size), flat, flat.size, low, high, allowed, _record, number)


def raise_pending():
    """Raise the TargetError of the check that failed, if one has; the host must have waited for the device."""
    if not _asked:
        return
    asked = dict(_asked)
    _asked.clear()
    found = _record.read()
    if found[0]:
        _record.write(np.zeros(3, INT64))
        what, low, high, shape = asked.get(int(found[0]), ("labels", "?", "?", (2**62,)))
        index = ", ".join(str(int(i)) for i in np.unravel_index(int(found[1]), shape))
        at = f" at index {index}" if index else ""
        raise TargetError(f"{what} in [{low}, {high}), got {found[2]}{at}")
