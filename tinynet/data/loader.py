"""The loader: batches of a dataset's items, made here or in worker processes."""

import itertools
import multiprocessing
import os
import warnings
from multiprocessing.context import BaseContext
from typing import Generic

from ..arguments import boolean, integer, number, one_of, wrong_kind, wrong_value
from ..kernels.reference.random import words
from ..random import default_generator
from .collate import default_collate, default_convert
from .dataset import IterableDataset, T_co
from .fetch import fetcher
from .passes import Pass, as_it_began, move, places, streams_of
from .processes import WorkerIterator
from .sampler import BatchSampler, RandomSampler, SequentialSampler, check_generator

FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader(Generic[T_co]):
    """Batches of a dataset: `collate_fn` of its items, `batch_size` at a time.

    The dataset is anything with `len(dataset)` and `dataset[i]`, where i is an int, or an `IterableDataset`. One that
    has `__getitems__` is asked for all items of a batch at once, with a list of ints (see `Dataset`).

    batch_size: None for the items themselves, each through `default_convert`.
    shuffle: a new order for each pass, a `randperm` of `generator` or of the default stream.
    sampler: an iterable of indices, instead of `shuffle`.
    batch_sampler: an iterable of lists of indices, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers: how many processes make the batches; with 0 this one does. Their number does not change the order, nor
        what the loader takes from the random stream.
    collate_fn: a function of the list of items that returns the batch; by default `default_collate`.
    pin_memory, pin_memory_device: accepted; nothing is pinned.
    drop_last: leave out the last batch if it is smaller than the others.
    timeout: how many seconds to wait for a batch from the workers; 0 for as long as it takes.
    worker_init_fn: called in each worker with its number, once it is seeded and before it loads anything.
    multiprocessing_context: how workers are started, "fork", "spawn" or "forkserver", or a context of
        `multiprocessing`; by default as `multiprocessing` does.
    prefetch_factor: how many batches each worker is ahead; 2 unless said otherwise.
    persistent_workers: keep the workers for the next pass.
    in_order: with False, give batches in the order in which the workers finish them.

    `state_dict()` says where a pass stands, also in the middle, and `load_state_dict` goes on from there.

    The base seed, which is drawn from `generator` or the default stream as each pass begins, plus the number of a
    worker seeds that worker's default stream and Python's `random`, and both NumPy's.

    Raises:
        ValueError: A number is out of range, or arguments exclude one another.
        TypeError: An argument is of the wrong kind.
    """

    _ready = False

    def __init__(
        self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None,
        pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None, generator=None,
        *, prefetch_factor=None, persistent_workers=False, pin_memory_device="", in_order=True,
    ):  # fmt: skip
        name = "DataLoader"
        self.dataset = dataset
        self.generator = check_generator(name, generator)
        self.pin_memory = boolean(name, "pin_memory", pin_memory)
        self.pin_memory_device = pin_memory_device
        self._set_workers(num_workers, timeout, worker_init_fn, multiprocessing_context, prefetch_factor)
        self.persistent_workers = boolean(name, "persistent_workers", persistent_workers)
        if self.persistent_workers and not self.num_workers:
            raise wrong_value(name, "num_workers > 0 for persistent_workers", self.num_workers)
        self.in_order = boolean(name, "in_order", in_order)

        shuffle = shuffle is not None and boolean(name, "shuffle", shuffle)
        drop_last = boolean(name, "drop_last", drop_last)
        batch_size = None if batch_size is None else integer(name, "batch_size", batch_size, 1)
        self._check_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        if sampler is None:
            sampler = self._sampler(shuffle) if batch_sampler is None else SequentialSampler(dataset)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size, self.drop_last = batch_size, drop_last
        self.sampler, self.batch_sampler = sampler, batch_sampler

        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        elif not callable(collate_fn):
            raise wrong_kind(name, "collate_fn", "a function", collate_fn)
        self.collate_fn = collate_fn
        self._iterator = None  # of persistent workers
        self._pass = self._resumed = None  # the Pass that began last, and the one with which the next shall go on
        self._ready = True

    def _set_workers(self, num_workers, timeout, init, context, prefetch):
        name = "DataLoader"
        self.num_workers = integer(name, "num_workers", num_workers, 0)
        self.timeout = number(name, "timeout", timeout, 0)
        if init is not None and not callable(init):
            raise wrong_kind(name, "worker_init_fn", "a function", init)
        self.worker_init_fn = init
        if not self.num_workers:
            for option, value, default in (
                ("timeout", self.timeout, 0),
                ("multiprocessing_context", context, None),
                ("prefetch_factor", prefetch, None),
            ):
                if value != default:
                    raise wrong_value(name, f"num_workers > 0 for {option}", self.num_workers)
        elif prefetch is None:
            prefetch = 2
        self.prefetch_factor = None if prefetch is None else integer(name, "prefetch_factor", prefetch, 1)
        if isinstance(context, str):
            methods = multiprocessing.get_all_start_methods()
            context = multiprocessing.get_context(one_of(name, "multiprocessing_context", context, methods))
        elif context is not None and not isinstance(context, BaseContext):
            raise wrong_kind(name, "multiprocessing_context", "the name of a start method, or a context", context)
        self.multiprocessing_context = context
        cores = _cores()
        if self.num_workers > cores:
            warnings.warn(
                f"DataLoader: num_workers is {self.num_workers}, and this process has {cores} cores to run on; "
                "more workers than cores wait for each other",
                stacklevel=3,
            )

    def _check_order(self, batch_size, shuffle, sampler, batch_sampler, drop_last):
        """Raise ArgumentValueError for arguments that exclude one another."""
        name = "DataLoader"
        if isinstance(self.dataset, IterableDataset):
            for option, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise wrong_value(name, f"no {option} for an IterableDataset, which has its own order", value)
        elif not hasattr(self.dataset, "__getitem__"):
            expected = "a dataset, with __getitem__, or an IterableDataset"
            raise wrong_kind(name, "dataset", expected, self.dataset)
        if sampler is not None and shuffle:
            raise wrong_value(name, "shuffle=False beside a sampler", shuffle)
        for option, value in (("sampler", sampler), ("batch_sampler", batch_sampler)):
            if value is not None and not hasattr(value, "__iter__") and not hasattr(value, "__getitem__"):
                raise wrong_kind(name, option, "an iterable of indices", value)
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            expected = "no batch_size, shuffle, sampler or drop_last beside a batch_sampler"
            raise wrong_value(name, expected, (batch_size, shuffle, sampler, drop_last))
        if batch_size is None and batch_sampler is None and drop_last:
            raise wrong_value(name, "drop_last=False where batch_size is None", drop_last)

    def _sampler(self, shuffle):
        if isinstance(self.dataset, IterableDataset):
            return _Endless()
        return RandomSampler(self.dataset, generator=self.generator) if shuffle else SequentialSampler(self.dataset)

    def __setattr__(self, name, value):
        if self._ready and name in FIXED:
            raise ValueError(f"DataLoader: {name} cannot be changed once the loader is made; make another one")
        super().__setattr__(name, value)

    @property
    def index_sampler(self):
        """What says which items are next: the batch sampler, or without batches the sampler."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self):
        """The number of batches; of an `IterableDataset` with a length, if it is the same in all workers together."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.index_sampler)
        n = len(self.dataset)
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self):
        resumed, self._resumed = self._resumed, None
        if resumed is None:
            return self._begin()
        with as_it_began(self, resumed.begin):
            iterator = self._begin()
            for _ in range(resumed.given):
                next(iterator, None)
        return iterator

    def _begin(self):
        """An iterator over a pass."""
        self._pass = Pass(places(streams_of(self)))
        indices = iter(self.index_sampler)
        base_seed = _draw_seed(self.generator)  # without workers too, so that their number does not move the stream
        if not self.num_workers:
            return _Iterator(self, indices)
        if self._iterator is not None and self._iterator.restart(self._pass, indices):
            return self._iterator
        iterator = WorkerIterator(self, self._pass, indices, base_seed)
        if self.persistent_workers:
            self._iterator = iterator
        return iterator

    # Not in PyTorch, but in torchdata's StatefulDataLoader, under these names

    def state_dict(self):
        """Where the pass that began last stands: the places of the random streams as it began, and the batches given.

        Before the first pass and after the end of one, where the streams of the loader's own stand now.
        """
        running = self._resumed or self._pass
        if running is None or running.given is None:
            running = Pass(places(streams_of(self)), None)
        return running.state_dict()

    def load_state_dict(self, state_dict):
        """Go on with the next pass where another loader of the same kind stood: `state_dict()` says where.

        The order is drawn again and the batches that were given are loaded and dropped, so the others are what they
        would have been. The default stream is not moved: that is `set_rng_state`'s to do.

        Raises: TypeError or ValueError for what is no such state, or that of a loader with other random streams.
        """
        streams = streams_of(self)
        resumed = Pass.of(state_dict, len(streams))
        self._pass = self._resumed = None
        if resumed.given is None:
            move(streams[1:], resumed.begin[1:])
        else:
            self._resumed = resumed


class _Iterator:
    """One pass over a loader without workers."""

    def __init__(self, loader, indices):
        batched = loader.batch_sampler is not None
        self._index_sampler, self._indices, self._pass = loader.index_sampler, indices, loader._pass
        self._fetch = fetcher(loader.dataset, batched, loader.collate_fn, loader.drop_last)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            batch = self._fetch(next(self._indices))
        except StopIteration:
            self._pass.given = None
            raise
        self._pass.given += 1
        return batch

    def __len__(self):
        return len(self._index_sampler)


class _Endless:
    """The sampler of a dataset that has its own order and end."""

    def __iter__(self):
        return itertools.repeat(None)


def _draw_seed(generator):
    """A seed in [0, 2⁶²), the next draw of the generator or of the default stream, without a kernel."""
    high, low = words(2, *(generator or default_generator).take(1, 2))
    return (high << 32 | low) >> 2


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
