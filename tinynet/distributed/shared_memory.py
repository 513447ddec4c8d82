"""Memory that all ranks see, where they are processes of one machine: what one writes, the others read."""

import contextlib
import mmap
import os
import tempfile

import numpy as np

FOLDER = "/dev/shm"  # whose files are memory
SEGMENT = 1 << 20  # bytes: what a rank gives at a time lies in its cache


class Segments:
    """Two rows of memory, each with a segment of every rank, which take turns.

    Who writes to a row anew has been through the barriers of the other's turn, so all have read what was there.
    """

    size = SEGMENT

    def __init__(self, memory, ranks):
        self._rows = np.frombuffer(memory, np.uint8).reshape(2, ranks, SEGMENT)
        self._turn = 0

    def next(self, dtype):
        """The row whose turn it is, as an array (ranks, elements) of the dtype."""
        self._turn ^= 1
        return self._rows[self._turn].view(dtype)


def shared_segments(ranks, what):
    """The Segments of all ranks of a communicator, or None if one of them does not see the others' memory."""
    if ranks.local_size != ranks.size:
        return None
    size, path = 2 * ranks.size * SEGMENT, np.zeros(256, np.uint8)
    descriptor = _new_file(path, size) if ranks.rank == 0 else None
    try:
        ranks.broadcast(path, 0, what)
        if ranks.rank:
            with contextlib.suppress(OSError):  # a container with a memory of its own, say
                descriptor = os.open(_text(path), os.O_RDWR)
        if ranks.all_gather(np.array([descriptor is not None]), what).all():
            return Segments(mmap.mmap(descriptor, size), ranks.size)
        return None
    finally:
        if descriptor is not None:
            os.close(descriptor)
            if ranks.rank == 0:
                os.unlink(_text(path))  # all that have opened it keep the memory


def _new_file(path, size):
    """The descriptor of a new file of so many bytes, whose path goes to an array; None where there is no room."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="tinynet-", dir=FOLDER)
    except OSError:  # no such folder
        return None
    try:
        os.posix_fallocate(descriptor, 0, size)  # else a write without memory left would end the process
    except OSError:
        os.close(descriptor)
        os.unlink(name)
        return None
    path[: len(name)] = np.frombuffer(os.fsencode(name), np.uint8)
    return descriptor


def _text(path):
    return path.tobytes().rstrip(b"\0")
