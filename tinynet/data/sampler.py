"""Samplers: in which order a loader asks for the items of a dataset, and which of them make a batch.

A sampler draws its whole order when a pass begins, from its `generator` or the default stream, so that the stream is
the same afterwards however far ahead the loader reads.
"""

import itertools
from typing import Generic

from ..arguments import boolean, integer, wrong_kind
from ..errors import ArgumentValueError, ShapeError
from ..ops.creation import as_tensor
from ..ops.random import multinomial, randint, randperm
from ..random import Generator
from .dataset import T_co, length_of


def check_generator(where, generator):
    """The generator itself, or None. Raises ArgumentTypeError."""
    if generator is None or isinstance(generator, Generator):
        return generator
    raise wrong_kind(where, "generator", "a Generator", generator)


class Sampler(Generic[T_co]):
    """The base of samplers: `__iter__` gives indices, or lists of them, a batch each; `__len__` may say how many."""

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__}.__iter__: expected an iterator over indices")


class SequentialSampler(Sampler[int]):
    """0, 1, ..., len(data_source) − 1."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(length_of("SequentialSampler", self.data_source, "data_source")))

    def __len__(self):
        return length_of("SequentialSampler", self.data_source, "data_source")


class RandomSampler(Sampler[int]):
    """Indices in random order, or with `replacement` each drawn from all of them.

    num_samples: how many; by default as many as there are items. Without replacement each further len(data_source) of
    them are a new permutation.

    Raises:
        ValueError: `num_samples` is not positive, or there are no items.
        TypeError: `data_source` has no length, or another argument is of the wrong kind.
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        name = type(self).__name__
        n = length_of(name, data_source, "data_source")
        if num_samples is None and n == 0:
            raise ArgumentValueError(f"{name}: expected a data_source with at least one item, got none")
        self.data_source = data_source
        self.replacement = boolean(name, "replacement", replacement)
        self._num_samples = None if num_samples is None else integer(name, "num_samples", num_samples, 1)
        self.generator = check_generator(name, generator)

    @property
    def num_samples(self):
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self):
        n, k = len(self.data_source), self.num_samples
        if self.replacement:
            return iter(randint(n, (k,), generator=self.generator).tolist())
        passes = [randperm(n, generator=self.generator).tolist() for _ in range(-(-k // n))]
        return itertools.islice(itertools.chain.from_iterable(passes), k)

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order. Raises TypeError for what is no sequence."""

    def __init__(self, indices, generator=None):
        if not hasattr(indices, "__getitem__"):
            raise wrong_kind("SubsetRandomSampler", "indices", "a sequence of indices", indices)
        self.indices = indices
        self.generator = check_generator("SubsetRandomSampler", generator)

    def __iter__(self):
        order = randperm(len(self.indices), generator=self.generator).tolist()
        return (self.indices[i] for i in order)

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, index i with probability weights[i] / Σ weights; without `replacement` each at most once.

    Raises:
        ValueError: `num_samples` is not positive, or `weights` is not one-dimensional.
        TypeError: An argument is of the wrong kind.
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        name = type(self).__name__
        self.weights = as_tensor(weights, dtype="float64")
        if self.weights.ndim != 1:
            raise ShapeError(f"{name}: expected weights of shape (n,), got {self.weights.shape}")
        self.num_samples = integer(name, "num_samples", num_samples, 1)
        self.replacement = boolean(name, "replacement", replacement)
        self.generator = check_generator(name, generator)

    def __iter__(self):
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        return iter(drawn.tolist())

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` of another sampler's indices; `drop_last` leaves out a last one that is smaller.

    Raises:
        ValueError: `batch_size` < 1.
        TypeError: `sampler` cannot be iterated over, or another argument is of the wrong kind.
    """

    def __init__(self, sampler, batch_size, drop_last):
        name = type(self).__name__
        if not hasattr(sampler, "__iter__") and not hasattr(sampler, "__getitem__"):
            raise wrong_kind(name, "sampler", "a sampler, or another iterable of indices", sampler)
        self.sampler = sampler
        self.batch_size = integer(name, "batch_size", batch_size, 1)
        self.drop_last = boolean(name, "drop_last", drop_last)

    def __iter__(self):
        return self._batches(iter(self.sampler))

    def _batches(self, indices):
        least = self.batch_size if self.drop_last else 1
        while len(batch := list(itertools.islice(indices, self.batch_size))) >= least:
            yield batch

    def __len__(self):
        n = len(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
