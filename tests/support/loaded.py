"""Datasets for worker processes, which import this file where they are spawned."""

import os
import random
import signal
import time

import numpy as np

import tinynet as tn
from tinynet.data import Dataset, IterableDataset, get_worker_info


class Squares(Dataset):
    """Item i: i², beside arrays small and large."""

    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"square": i * i, "large": np.full(5000, i), "tensor": tn.full((2,), float(i)), "name": str(i)}


class Draws(Dataset):
    """Item i: the worker that makes it, its seed, and a number from each random stream."""

    def __len__(self):
        return 8

    def __getitem__(self, i):
        info = get_worker_info()
        drawn = tn.rand(()).item(), random.random(), np.random.random()
        return info.id, info.seed, tn.initial_seed(), *drawn, info.num_workers, len(info.dataset)


class Faulty(Dataset):
    """Item i is i; but some raise an error, end their process, or take long."""

    def __init__(self, errors=(), ends=None, slow=None):
        self.errors, self.ends, self.slow = dict(errors), ends, slow

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i in self.errors:
            raise self.errors[i]
        if i == self.ends:
            os.kill(os.getpid(), signal.SIGKILL)
        if i == self.slow:
            time.sleep(60)
        return i


class Shared(IterableDataset):
    """0, 1, ..., n − 1, shared out among the workers in turn."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        info = get_worker_info()
        return iter(range(self.n) if info is None else range(info.id, self.n, info.num_workers))


class Counted(IterableDataset):
    """Three numbers from `start` on, whatever the worker."""

    start = 0

    def __iter__(self):
        return iter(range(self.start, self.start + 3))


def start_at(worker_id):
    get_worker_info().dataset.start = 10 * worker_id


def fail(worker_id):
    raise OSError(f"no file for {worker_id}")


class Reused(Dataset):
    """Gives the same memory for every item."""

    def __init__(self):
        self.array = np.zeros(5000)

    def __len__(self):
        return 8

    def __getitem__(self, i):
        self.array[:] = i
        return self.array


class Unusual(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)
