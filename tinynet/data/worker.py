"""A worker process of a loader: it is told indices, and answers with batches."""

import gc
import pickle
import queue
import random
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from typing import NamedTuple

import numpy as np

from ..kernels.runtime.threads import set_num_threads
from ..random import manual_seed
from . import channel
from .dataset import IterableDataset

_info = None  # the WorkerInfo of this process


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker process may know of itself: its number, from 0, of how many; its seed; its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: object


def get_worker_info():
    """The `WorkerInfo` of this process if it is a worker of a loader, else None."""
    return _info


class Job(NamedTuple):
    """What the workers of a loader have in common."""

    dataset: object
    fetcher: Callable  # makes the function from what a sampler gives to a batch, once for each pass
    init: Callable | None
    base_seed: int
    num_workers: int


class End(NamedTuple):
    """The answer of a worker whose `IterableDataset` has no more items in this pass."""


class Failure(NamedTuple):
    """An error on its way to the loader: its type, and its traceback as text."""

    kind: type
    text: str

    @classmethod
    def of(cls, error, worker_id):
        trace = "".join(traceback.format_exception(error))
        text = f"Caught {type(error).__name__} in DataLoader worker process {worker_id}.\nOriginal {trace}"
        try:
            pickle.dumps(type(error))
        except Exception:  # a class that exists here alone
            return cls(RuntimeError, text)
        return cls(type(error), text)

    def error(self):
        """An error of that type, where one can be made of a message, else a RuntimeError."""
        try:
            return self.kind(_Text(self.text) if issubclass(self.kind, KeyError) else self.text)
        except Exception:  # of its own __init__, which may ask for anything
            return RuntimeError(self.text)


class _Text(str):
    """The message of a KeyError, which shows the `repr` of what it is given."""

    __repr__ = str.__str__


def run(tasks, stop, job, worker_id):
    """Answer each (pass, number, index) that comes through `tasks`, until `stop` can be read or the loader is gone."""
    global _info
    _leave_signals_to_the_loader()
    gc.freeze()  # what a forked process has of its parent is not for it to clean up
    set_num_threads(1)
    _seed(job.base_seed, worker_id)
    _info = WorkerInfo(worker_id, job.num_workers, job.base_seed + worker_id, job.dataset)
    answer = _start_sender(tasks)
    failure = _failure_of_init(job, worker_id)
    current, fetch = None, None
    while connection.wait([tasks, stop, parent_process().sentinel]) == [tasks]:
        try:
            begun, number, index = tasks.recv()
        except (EOFError, OSError):
            return
        try:
            if failure is None and begun != current:
                fetch = job.fetcher()
                current = begun
            message = channel.pack(failure or fetch(index))
        except Exception as error:
            ended = isinstance(error, StopIteration) and isinstance(job.dataset, IterableDataset)
            message = channel.pack(End() if ended else Failure.of(error, worker_id))
        answer((tasks, (begun, number), message))


def _failure_of_init(job, worker_id):
    try:
        if job.init is not None:
            job.init(worker_id)
    except Exception as error:
        return Failure.of(error, worker_id)


def _leave_signals_to_the_loader():
    """Ctrl-C reaches all processes of a terminal; the loader ends its workers."""
    signal.signal(signal.SIGINT, lambda *_: None)  # a function, since programs that are started inherit SIG_IGN
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _seed(base_seed, worker_id):
    manual_seed(base_seed + worker_id)
    random.seed(base_seed + worker_id)
    # NumPy's streams of neighbouring seeds would do, but not of seeds beyond 32 bits.
    np.random.seed(np.random.SeedSequence([worker_id, base_seed]).generate_state(4))


def _start_sender(tasks):
    """A function that has its arguments sent by a thread, so that the next batch is made meanwhile."""
    outbox = queue.SimpleQueue()

    def send_all():
        try:
            while True:
                channel.send(*outbox.get())
        except OSError:  # the loader is gone
            pass

    threading.Thread(target=send_all, daemon=True).start()
    return outbox.put
