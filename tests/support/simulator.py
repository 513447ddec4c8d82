"""Numba's CUDA simulator, made fast enough for a test suite.

The simulator lets the threads of a block run side by side and asks each of them, again and again, whether it waits at a
barrier; with Python's lock between them this takes milliseconds a barrier. Here one thread runs at a time, up to its
next barrier, and hands over to the next. A thread that does not come to a barrier where the others do is an error.
"""

import threading

import numpy as np
from numba.cuda.simulator import kernel


class Thread(kernel.BlockThread):
    """A thread of a block; it runs when it is told to, until a barrier or its end."""

    def __init__(self, run, block, at, place):
        super().__init__(run, block, at, place, False)
        self.turn, self.back, self.done = threading.Semaphore(0), block.back, False

    def run(self):
        self.turn.acquire()
        try:
            super().run()
        finally:
            self.done = True
            self.back.release()

    def syncthreads(self):
        self.back.release()
        self.turn.acquire()
        if self.abort:
            raise RuntimeError("another thread of the block failed")

    def go_on(self):
        self.turn.release()
        self.back.acquire()


class Block:
    """All threads of a block."""

    def __init__(self, function, grid_dim, block_dim, debug):
        self.function, self._block_dim = function, block_dim
        self.back = threading.Semaphore(0)
        self.block_state = np.zeros(block_dim, dtype=np.bool_)

    def run(self, at, *arguments):
        threads = [Thread(lambda: self.function(*arguments), self, at, p) for p in np.ndindex(*self._block_dim)]
        for thread in threads:
            thread.start()
        live = threads
        while live:
            for thread in live:
                thread.go_on()
            failed = next((t for t in threads if t.exception), None)
            going = [t for t in live if not t.done]
            if failed is not None or (going and len(going) < len(live)):
                for thread in going:
                    thread.abort = True
                    thread.go_on()
                if failed is None:
                    raise RuntimeError("some threads of a block ended while others wait at a barrier")
                raise failed.exception[0].with_traceback(failed.exception[1])
            live = going


def install():
    kernel.BlockManager = Block
