"""Memory for results. What a step needs it has needed in the step before: large arrays lie in memory that is kept.

The operating system hands out memory page by page, when a page is first written to, and takes it back when an array
is freed. On a page of 4 KiB that costs more than the arithmetic does: a third of the time of a training step. So an
allocation whose array has died waits in a free list for the next array of its size, and a steady loop asks the system
for nothing. The last allocation that was freed is the first to be used again: it may still lie in a cache.
"""

import ctypes
import math
import sys
import threading

import numpy as np

from ...errors import DTypeError
from .threads import hold_while_forking

KEPT_FROM = 1 << 15  # bytes; of smaller arrays malloc keeps the memory itself
ALIGNED = 64  # bytes of a cache line, and of the widest vector

_sizes = {}  # size of an allocation in bytes: its kind, a subclass of _Allocation
_lock = threading.Lock()  # held where allocations are made and released; to take one and to free one needs no lock
hold_while_forking(_lock)
_requests, _most = 0, 0  # how often the system was asked; the most bytes in use at once, since `release`


def empty(shape, dtype):
    """A new C-contiguous array whose content is arbitrary."""
    size = math.prod(shape) * dtype.itemsize
    if size < KEPT_FROM:
        return np.empty(shape, dtype)
    if dtype.hasobject:
        raise DTypeError(f"expected numbers, got an array of dtype {dtype}")
    size = int(size)  # sizes in a shape may be NumPy's
    step = size.bit_length() - 4  # sizes in steps of a sixteenth to an eighth, so that similar ones share allocations
    size = ((size - 1 >> step) + 1) << step
    kind = _sizes.get(size) or _new_size(size)
    try:
        address = kind.free.pop()
    except IndexError:
        address = _allocate(kind)
    kind.used = _requests
    allocation = kind.from_address(address)
    allocation.address = address
    return np.ndarray(shape, dtype, allocation)


def zeros(shape, dtype):
    """A new C-contiguous array of zeros."""
    out = empty(shape, dtype)
    out.fill(0)
    return out


def empty_like(array, dtype=None):
    """A new dense array of the shape of `array`, its dimensions in memory in the order in which those of `array` lie.

    An array that was broadcast says nothing of order; the new one is then C-contiguous.
    """
    if array.flags.c_contiguous:
        return np.empty_like(array, dtype) if array.nbytes < KEPT_FROM else empty(array.shape, dtype or array.dtype)
    if 0 in array.strides:
        return empty(array.shape, dtype or array.dtype)
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    out = empty([array.shape[axis] for axis in order], dtype or array.dtype)
    return out.transpose(sorted(range(array.ndim), key=order.__getitem__))


class _Allocation:
    """What an array in an allocation has as its base: it dies when the array and all views of it have died."""

    def __del__(self):
        self.free.append(self.address)


def _new_size(size):
    with _lock:
        if size not in _sizes:
            fields = {"free": [], "memory": {}, "used": 0, "size": size}  # addresses; address: the memory itself
            _sizes[size] = type("Allocation", (_Allocation, ctypes.c_char * size), fields)
    return _sizes[size]


def _allocate(kind):
    """The address of memory from the system."""
    global _requests, _most
    with _lock:
        _requests += 1
        _most = max(_most, in_use() + kind.size)
        _release(_most)
        try:
            memory = np.empty(kind.size + ALIGNED, np.uint8)
        except MemoryError:
            _release(0)
            memory = np.empty(kind.size + ALIGNED, np.uint8)
        address = -(-memory.ctypes.data // ALIGNED) * ALIGNED
        kind.memory[address] = memory
    return address


def requests():
    """How often memory has been asked of the system."""
    return _requests


def in_use():
    """Bytes in allocations that arrays lie in."""
    return sum(kind.size * (len(kind.memory) - len(kind.free)) for kind in list(_sizes.values()))


def cached_bytes():
    """Bytes in allocations that wait to be used."""
    return sum(kind.size * len(kind.free) for kind in list(_sizes.values()))


def release():
    """Give back to the system what is cached."""
    global _most
    with _lock:
        _release(0)
        _most = in_use()
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # what was freed in the midst of glibc's heap goes back to the system only if it is asked


def _release(bytes):
    """Give allocations back until no more than so many bytes are cached, first of sizes long not asked for."""
    excess = cached_bytes() - bytes
    for kind in sorted(_sizes.values(), key=lambda kind: kind.used):
        while excess > 0 and kind.free:
            try:
                del kind.memory[kind.free.pop()]
            except IndexError:  # another thread was faster
                break
            excess -= kind.size
