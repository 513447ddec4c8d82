"""Datasets: items that are asked for by index, or that come one after another; and what `+` makes of them."""

import bisect
import itertools
from collections.abc import Iterable
from typing import Generic, TypeVar

from ..arguments import integer, wrong_kind
from ..errors import ShapeError

T_co = TypeVar("T_co", covariant=True)


class DatasetError(ShapeError, AssertionError):
    """Datasets or tensors that do not go together: of several lengths, none at all, or of another kind."""


class Dataset(Generic[T_co]):
    """What a `DataLoader` reads: `dataset[i]` is item i, an int, and `len(dataset)` says how many there are.

    A dataset may have a method `__getitems__(indices)` too, which is asked for all items of a batch at once, with a
    list of ints, and returns a list of items, or `Rows`, items that lie in columns.
    """

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__}.__getitem__: expected the item with the number {index}")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Items that come one after another, from `__iter__`, such as the lines of a stream.

    Each worker process of a loader iterates over a copy of its own: to share the items out among them, `__iter__` asks
    `get_worker_info()`, or a `worker_init_fn` changes the copy.
    """

    def __add__(self, other):
        return ChainDataset([self, other])


class ConcatDataset(Dataset[T_co]):
    """The items of the first dataset, then those of the second, and so on; indices may count from the end.

    Raises:
        DatasetError: There is no dataset, or one of them is an `IterableDataset`, which has no indices.
        TypeError: One has no length.
    """

    def __init__(self, datasets):
        try:
            self.datasets = list(datasets)
        except TypeError as error:
            raise wrong_kind("ConcatDataset", "datasets", "an iterable of datasets", datasets) from error
        if not self.datasets:
            raise DatasetError("ConcatDataset: expected at least one dataset, got none")
        for i, dataset in enumerate(self.datasets):
            if isinstance(dataset, IterableDataset):
                raise DatasetError(
                    f"ConcatDataset: expected datasets with indices, got an IterableDataset at {i}; use ChainDataset"
                )
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence):
        """The running sums of the lengths."""
        return list(itertools.accumulate(length_of("ConcatDataset", dataset) for dataset in sequence))

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx):
        idx = integer("ConcatDataset", "index", idx)
        n = len(self)
        if idx < 0:
            if -idx > n:
                raise ValueError(f"ConcatDataset: expected an index from {-n} to {n - 1}, got {idx}")
            idx += n
        part = bisect.bisect_right(self.cumulative_sizes, idx)
        if part == len(self.datasets):
            raise IndexError(f"ConcatDataset: expected an index from {-n} to {n - 1}, got {idx}")
        start = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][idx - start]


class ChainDataset(IterableDataset):
    """The items of one `IterableDataset` after those of another.

    Iterating and `len()` raise DatasetError where one of them is a dataset of another kind.
    """

    def __init__(self, datasets):
        if not hasattr(datasets, "__iter__"):
            raise wrong_kind("ChainDataset", "datasets", "an iterable of datasets", datasets)
        self.datasets = datasets

    def _parts(self):
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise DatasetError(f"ChainDataset: expected an IterableDataset, got {type(dataset).__name__}")
            yield dataset

    def __iter__(self):
        return itertools.chain.from_iterable(self._parts())

    def __len__(self):
        return sum(map(len, self._parts()))


def items_at(dataset, indices):
    """The items at a list of indices: from `__getitems__` where the dataset has it, else one by one.

    Raises ShapeError if `__getitems__` gives more or fewer.
    """
    get_items = getattr(dataset, "__getitems__", None)
    if not callable(get_items):
        return [dataset[i] for i in indices]
    items = get_items(indices)
    if len(items) != len(indices):
        raise ShapeError(
            f"{type(dataset).__name__}.__getitems__: expected {len(indices)} items for as many indices, "
            f"got {len(items)}"
        )
    return items


def length_of(where, dataset, name="dataset"):
    """The number of items of a dataset. Raises ArgumentTypeError for what has no length."""
    try:
        return len(dataset)
    except TypeError as error:
        raise wrong_kind(where, name, "a dataset, with a length", dataset) from error


def check_lengths(where, what, parts):
    """Raise DatasetError unless all parts have the same length."""
    lengths = [length_of(where, part) for part in parts]
    if len(set(lengths)) > 1:
        raise DatasetError(f"{where}: expected {what} of equal length, got lengths {', '.join(map(str, lengths))}")
