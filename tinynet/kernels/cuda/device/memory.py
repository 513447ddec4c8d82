"""The caching allocator: memory that arrays give back is kept, and given to the next array of about that size.

To ask the driver for memory takes longer than most kernels run, and makes it wait for all of them. So blocks are kept
in pools, one for each stream and size. No event is needed to reuse a block on its own stream: what is launched later
runs later. A block belongs to the stream that used it last, and a stream that takes it over waits for that one first.
"""

import contextlib
import threading

import numpy as np

from ....errors import OutOfMemoryError
from . import driver

BYTE = np.dtype(np.uint8)
UNIT = 512  # bytes; small blocks are a power of two of them
LARGE = 1 << 20  # from here on blocks are multiples of
STEP = 1 << 21  # so many bytes

_lock = threading.RLock()
_pools = {}  # stream: {size: free blocks}
# All blocks, so that none is ever garbage: of an array in a cycle the collector may call `Buffer.__del__`, which frees
# the memory, before `Memory.__del__`, which puts the block into its pool.
_blocks = set()
_held = 0  # bytes asked from the driver and not given back
_used = 0  # bytes of them in use by arrays
_peak = 0


def size_class(nbytes):
    """The size of the block that serves a request for so many bytes."""
    if nbytes > LARGE:
        return -(-nbytes // STEP) * STEP
    return max(UNIT, 1 << max(nbytes - 1, 0).bit_length())


class Block:
    """A piece of the device's memory."""

    __slots__ = ("__weakref__", "buffer", "pool", "size", "stream")

    def __init__(self, buffer, size, stream):
        self.buffer, self.size, self.stream = buffer, size, stream
        self.pool = pool_of(stream, size)

    def used_on(self, stream):
        """Make `stream` the one whose order this block follows."""
        if self.stream is not stream:
            stream.wait_for(self.stream.pointer)
            self.stream, self.pool = stream, pool_of(stream, self.size)


class Memory:
    """What the arrays over one block have in common. When the last of them goes, the block is free."""

    __slots__ = ("__weakref__", "block")

    def __init__(self, size):
        self.block = take(size)

    def bounds(self):
        """The addresses at which it begins and ends."""
        return bounds(self.block)

    def __del__(self):
        if give_back is not None and hasattr(self, "block"):  # else the interpreter is going, or there was no memory
            give_back(self.block)


class ExternalMemory:
    """Memory that another library frees, and that lives as long as `owner`."""

    __slots__ = ("block", "owner")

    def __init__(self, buffer, nbytes, owner):
        self.block, self.owner = Block(buffer, nbytes, driver.current_stream()), owner

    def bounds(self):
        """The addresses at which it begins and ends."""
        return bounds(self.block)


class Part:
    """A part of another array's memory, which tells by its own death that no array lies in it any more."""

    __slots__ = ("__weakref__", "block", "whole")

    def __init__(self, whole):
        self.block, self.whole = whole.block, getattr(whole, "whole", whole)


class Workspace:
    """Memory for what launches allocate while they run, if they are made again one after another: the same for all."""

    def __init__(self):
        self.kept, self.used = {}, {}  # size: memory of this size; how many of them the present launch has taken

    @contextlib.contextmanager
    def lent(self):
        """In the block, which is of one launch, new arrays of this thread lie here."""
        self.used.clear()
        before, _thread.workspace = _thread.workspace, self
        try:
            yield
        finally:
            _thread.workspace = before

    def take(self, size):
        kept, used = self.kept.setdefault(size, []), self.used.get(size, 0)
        if used == len(kept):
            kept.append(Memory(size))
        self.used[size] = used + 1
        return Part(kept[used])


class _PerThread(threading.local):
    workspace = None


_thread = _PerThread()


def memory_for(size, lasting=False):
    """Memory for a new array; one that is `lasting`, such as a table, never lies in a Workspace."""
    workspace = _thread.workspace
    return Memory(size) if workspace is None or lasting else workspace.take(size)


def bounds(block):
    """The addresses at which a block begins and ends."""
    start = driver.pointer_of(driver.row(block.buffer, 0, block.size, BYTE))
    return start, start + block.size


def pool_of(stream, size):
    """The free blocks of this size whose last use is in the order of this stream."""
    with _lock:
        return _pools.setdefault(stream, {}).setdefault(size, [])


def take(size):
    """A block of one of the sizes of `size_class`. Raises OutOfMemoryError, after which all is as it was."""
    global _used, _peak
    stream = driver.current_stream()
    with _lock:
        pools = _pools.get(stream)
        free = pools and pools.get(size)
        block = free.pop() if free else _new_block(size, stream)
        _used += size
        if _used > _peak:
            _peak = _used
    return block


def _new_block(size, stream):
    global _held
    buffer = driver.allocate(size)
    if buffer is None:
        empty_cache()
        buffer = driver.allocate(size)
    if buffer is None:
        _raise_out_of_memory(size)
    _held += size
    block = Block(buffer, size, stream)
    _blocks.add(block)
    return block


def give_back(block):
    global _used
    with _lock:
        _used -= block.size
        block.pool.append(block)


def empty_cache():
    """Give the blocks that no array uses back to the driver."""
    global _held
    driver.current_stream()  # for the context of this thread
    with _lock:
        for stream, pools in list(_pools.items()):  # the collector may give back more meanwhile
            stream.synchronize()
            for free in list(pools.values()):
                while free:
                    block = free.pop()
                    _blocks.discard(block)
                    _held -= block.size


def reset_peak():
    """Let the peak be what is in use now."""
    global _peak
    with _lock:
        _peak = _used


def statistics():
    """{"allocated": bytes that arrays use, "peak": the most so far, "reserved": bytes held from the driver}."""
    return {"allocated": _used, "peak": _peak, "reserved": _held}


def _raise_out_of_memory(size):
    free, total = driver.memory_info()
    left = "" if free is None else f"; the device has {_bytes(free)} of {_bytes(total)} free"
    raise OutOfMemoryError(
        f"cuda: out of memory: {_bytes(size)} were asked for, and {_bytes(_used)} are in use by arrays{left}"
    )


def _bytes(n):
    for unit in ("B", "KiB", "MiB"):
        if n < 1024:
            return f"{n:.4g} {unit}"
        n /= 1024
    return f"{n:.4g} GiB"
