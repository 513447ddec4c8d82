"""The communicator: bytes from rank to rank, over MPI, with waits that end when a rank is gone.

MPI's own blocking calls wait for ever for a rank that has left, and keep a core busy meanwhile. So all calls here are
the ones that do not block, and `_wait` asks whether they are done: in a tight loop at first, and if others take longer
it leaves them the processor. A rank that leaves tells all others so, as its program ends; who waits then knows that it
waits in vain.
"""

import sys
import time

import numpy as np

from ..errors import DistError
from .shared_memory import shared_segments

SPINS = 2000  # questions before a wait leaves the processor to others: about a millisecond
PAUSE = 50e-6  # seconds between questions then
MESSAGE, GOODBYE = 1, 2  # tags


class Alone:
    """The communicator of a process that has no others."""

    rank, size, local_size, segments = 0, 1, 1, None

    def broadcast(self, array, root, what):
        """Nobody is there to hear."""

    def all_gather(self, array, what):
        """The array, in an array of one."""
        return array[None].copy()

    def barrier(self, what):
        """Nobody is waited for."""

    def leave(self):
        """Nobody is left behind."""


class Communicator:
    """All processes that the launcher has started; `timeout` is how many seconds one waits for the others."""

    def __init__(self, MPI, timeout):
        self._MPI, self._timeout = MPI, timeout
        self._comm, self._news = MPI.COMM_WORLD.Dup(), MPI.COMM_WORLD.Dup()
        self.rank, self.size = self._comm.rank, self._comm.size
        shared = self._comm.Split_type(MPI.COMM_TYPE_SHARED)
        self.local_size = shared.size  # ranks on this machine
        shared.Free()
        self.segments = shared_segments(self, "init_process_group")  # None where ranks are on several machines

    # Arrays are contiguous, and travel as bytes: MPI need not know of float16

    def _bytes(self, array):
        return [array, self._MPI.BYTE]

    def swap(self, partner, given, taken, what):
        """Send one array to a rank while another comes from it."""
        comm = self._comm
        incoming = comm.Irecv(self._bytes(taken), partner, MESSAGE)
        self._wait([incoming, comm.Isend(self._bytes(given), partner, MESSAGE)], what)

    def send(self, array, to, what, tag=0):
        """Send an array to a rank."""
        self._wait([self._comm.Isend(self._bytes(array), to, MESSAGE + GOODBYE + tag)], what)

    def receive(self, array, source, what, tag=0):
        """Fill an array with what a rank sends, or any rank for None; returns which one it was."""
        status = self._MPI.Status()
        source = self._MPI.ANY_SOURCE if source is None else source
        self._wait([self._comm.Irecv(self._bytes(array), source, MESSAGE + GOODBYE + tag)], what, status)
        return status.source

    def broadcast(self, array, root, what):
        """Fill the array of every rank with that of `root`."""
        self._wait([self._comm.Ibcast(self._bytes(array), root)], what)

    def all_gather(self, array, what):
        """The arrays of all ranks, of the same shape, one after another along a new first dimension."""
        found = np.empty((self.size, *array.shape), array.dtype)
        self._wait([self._comm.Iallgather(self._bytes(array), self._bytes(found))], what)
        return found

    def barrier(self, what):
        """Wait until all ranks have come here."""
        self._wait([self._comm.Ibarrier()], what)

    def add_in_any_order(self, x, what):
        """x ← its sum over all ranks, in the order that suits MPI."""
        self._wait([self._comm.Iallreduce(self._MPI.IN_PLACE, x, self._MPI.SUM)], what)

    def leave(self):
        """Tell all others that this rank will not come again, and wait until they have told the same."""
        others = [r for r in range(self.size) if r != self.rank]
        told = [self._news.Isend([np.empty(0), self._MPI.BYTE], r, GOODBYE) for r in others]
        heard = [self._news.Irecv([np.empty(0), self._MPI.BYTE], r, GOODBYE) for r in others]
        while not self._MPI.Request.Testall(told + heard):
            time.sleep(PAUSE)
        self._comm.Free()
        self._news.Free()

    def has_left(self, rank):
        """Whether a rank has said that it will not come again."""
        return self._news.Iprobe(rank, GOODBYE)

    def abort(self, code):
        """End all ranks at once."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._MPI.COMM_WORLD.Abort(code)

    def _wait(self, requests, what, status=None):
        """Return when all requests are done. Raises DistError if a rank has left, or after the timeout."""
        test = self._MPI.Request.Testall
        statuses = None if status is None else [status]
        for _ in range(SPINS):
            if test(requests, statuses):
                return
        start = time.monotonic()
        while not test(requests, statuses):
            time.sleep(PAUSE)
            if self._news.Iprobe(self._MPI.ANY_SOURCE, GOODBYE, gone := self._MPI.Status()):
                if test(requests, statuses):  # it was the last that it did
                    return
                raise DistError(
                    f"{what}: rank {self.rank} waits for others, and rank {gone.source} has ended its program; all "
                    "ranks have to call the same functions in the same order"
                )
            if time.monotonic() - start > self._timeout:
                raise DistError(
                    f"{what}: rank {self.rank} has waited {self._timeout:g} s for the others; all ranks have to call "
                    "the same functions in the same order, or init_process_group needs a longer timeout"
                )
