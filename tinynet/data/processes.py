"""The worker processes of a loader, as the loader sees them: tasks go out, batches come in."""

import contextlib
import functools
import itertools
import multiprocessing
import os
import pickle
import signal
import time
import warnings
import weakref
from multiprocessing import connection

from . import channel, worker
from .fetch import fetcher

GRACE = 5.0  # seconds that workers have to finish a batch before they are terminated


class WorkerIterator:
    """A pass over a loader whose batches worker processes make; with persistent workers, one pass after the other.

    The workers take turns, and `prefetch_factor` batches for each are on their way. An `IterableDataset` ends in each
    worker by itself; the others then go on. Who makes what depends on the order of the batches alone, and never on
    time, unless the loader's `in_order` is False.
    """

    def __init__(self, loader, pass_, indices, base_seed):
        # And not the loader, which may keep this iterator: it shall end with the last reference to the loader.
        self._index_sampler, self._count = loader.index_sampler, loader.num_workers
        self._ahead = loader.prefetch_factor * loader.num_workers
        self._timeout, self._in_order, self._persistent = loader.timeout, loader.in_order, loader.persistent_workers
        self._workers = _Workers(loader, base_seed)
        weakref.finalize(self, self._workers.close)
        self._passes = itertools.count()
        self._begin(pass_, indices)

    def _begin(self, pass_, indices):
        self._counted, self._pass, self._indices = pass_, next(self._passes), indices
        self._active = list(range(self._count))  # the workers that have items left, the next one first
        self._waiting = {}  # number of a batch: the worker that makes it
        self._arrived = {}  # number of a batch: the batch, an End or a Failure
        self._sent = 0
        for _ in range(self._ahead):
            self._send()

    def restart(self, pass_, indices):
        """Begin the next pass with the same workers; False if they have ended."""
        if self._workers.alive:
            self._begin(pass_, indices)
        return self._workers.alive

    def __iter__(self):
        return self

    def __len__(self):
        return len(self._index_sampler)

    def __next__(self):
        try:
            return self._next()
        except Exception:
            raise
        except BaseException:  # Ctrl-C
            self._workers.close(grace=0)
            raise

    def _next(self):
        while self._waiting:
            number, value = self._take()
            maker = self._waiting.pop(number)
            if isinstance(value, worker.End) and maker in self._active:
                self._active.remove(maker)
            self._send()
            if isinstance(value, worker.Failure):
                raise value.error()
            if not isinstance(value, worker.End):
                self._counted.given += 1
                return value
        self._counted.given = None
        if not self._persistent:
            self._workers.close()
        raise StopIteration

    def _send(self):
        """Have the next batch made, if there is one."""
        if not self._active:
            return
        try:
            index = next(self._indices)
        except StopIteration:
            return
        maker = self._active[0]
        if not self._in_order:
            busy = list(self._waiting.values())
            maker = min(self._active, key=busy.count)
        self._active.remove(maker)
        self._active.append(maker)
        self._workers.send(maker, (self._pass, self._sent, index))
        self._waiting[self._sent] = maker
        self._sent += 1

    def _take(self):
        """(number, value) of the next batch, or of any if their order does not matter."""
        deadline = time.monotonic() + self._timeout if self._timeout else None
        while True:
            number = next(iter(self._waiting if self._in_order else self._arrived), None)
            if number in self._arrived:
                return number, self._arrived.pop(number)
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
            for (begun, number), value in self._workers.receive(left):
                if begun == self._pass:  # and not of one that was left early
                    self._arrived[number] = value

    def __getstate__(self):
        raise NotImplementedError("an iterator over a DataLoader with workers cannot be pickled")


class _Workers:
    """The processes, and a connection to each. It must not know the iterator, which ends them when it dies."""

    def __init__(self, loader, base_seed):
        context = loader.multiprocessing_context or multiprocessing.get_context()
        batched = loader.batch_sampler is not None
        fetch = functools.partial(fetcher, loader.dataset, batched, loader.collate_fn, loader.drop_last)
        job = worker.Job(loader.dataset, fetch, loader.worker_init_fn, base_seed, loader.num_workers)
        self.alive = True
        self._owner = os.getpid()
        self._links, self._processes = [], []
        stop, self._stopper = context.Pipe(duplex=False)
        try:
            for i in range(loader.num_workers):
                ours, theirs = context.Pipe()
                self._links.append(ours)
                with theirs, _interrupts_held():
                    name = f"DataLoader worker {i}"
                    process = context.Process(target=worker.run, args=(theirs, stop, job, i), name=name, daemon=True)
                    process.start()
                self._processes.append(process)
        except (TypeError, AttributeError, pickle.PicklingError):
            self.close()
            warnings.warn(
                "DataLoader: the dataset, collate_fn and worker_init_fn cannot be pickled, as workers need it that are "
                f"started by {context.get_start_method()!r}; define functions and classes in a file, and no lambda",
                stacklevel=4,
            )
            raise
        except BaseException:
            self.close()
            raise
        finally:
            stop.close()

    def send(self, i, task):
        try:
            self._links[i].send(task)
        except OSError:
            self._raise_dead(i)

    def receive(self, timeout):
        """The messages that have come from the workers, once there is one; none after `timeout` seconds."""
        sentinels = [process.sentinel for process in self._processes]
        ready = connection.wait([*self._links, *sentinels], timeout)
        for i, link in enumerate(self._links):
            if link in ready:
                try:
                    message = channel.receive(link)
                except (EOFError, OSError):
                    self._raise_dead(i)
                yield message
            elif sentinels[i] in ready:
                self._raise_dead(i)

    def _raise_dead(self, i):
        process = self._processes[i]
        process.join(GRACE)
        pid, code = process.pid, process.exitcode
        self.close()
        how = f"by {signal.Signals(-code).name}" if code and code < 0 else f"with exit code {code}"
        hint = (
            "; see its error above. A script whose workers are spawned must begin its work under "
            "`if __name__ == '__main__':`, and its dataset's class must be in a file"
        )
        raise RuntimeError(
            f"DataLoader worker (pid(s) {pid}) exited unexpectedly, {how}{hint if code == 1 else ''}"
        ) from None

    def close(self, grace=GRACE):
        """End the processes: those that are still at work after `grace` seconds are terminated."""
        if not self.alive or os.getpid() != self._owner:  # a process that was forked has nothing to end
            return
        self.alive = False
        try:
            with contextlib.suppress(OSError):  # if all have ended
                self._stopper.send_bytes(b"stop")
            deadline = time.monotonic() + grace
            for process in self._processes:
                process.join(max(0.0, deadline - time.monotonic()))
        finally:
            for process in self._processes:
                process.terminate()
            for process in self._processes:
                process.join(GRACE)
                if process.is_alive():
                    process.kill()
                    process.join()
                process.close()
            for link in (*self._links, self._stopper):
                link.close()


@contextlib.contextmanager
def _interrupts_held():
    """Let no Ctrl-C reach a process before it can deal with it: see `worker`, which then takes them again."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
