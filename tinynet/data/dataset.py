"""Datasets: things with a length that give up rows by index."""

import itertools
import math
import operator

import numpy as np

from ..arguments import number, wrong_kind, wrong_value
from ..errors import NonFiniteError, ShapeError
from ..ops.random import randperm
from ..tensor import Tensor, wrap
from .collate import Rows


class Dataset:
    """What a `DataLoader` reads: `len(dataset)`, and `dataset[i]`, the item with the number i, an int.

    A dataset may have a method `__getitems__(indices)` too, which is asked for all items of a batch at once, with a
    list of ints, and returns a list of items, or `Rows`, items that lie in columns.
    """

    def __len__(self):
        raise NotImplementedError(f"{type(self).__name__}.__len__: expected the number of items")

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__}.__getitem__: expected the item with the number {index}")


def items_at(dataset, indices):
    """The items at a list of ints: from `__getitems__` where the dataset has it, else one by one.

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


def length_of(where, dataset):
    """The number of items of a dataset. Raises ArgumentTypeError for what has no length."""
    try:
        return len(dataset)
    except TypeError:
        raise wrong_kind(where, "dataset", "a dataset, with a length", dataset) from None


class TensorDataset(Dataset):
    """Rows of one or more tensors of equal length: `dataset[i]` is the tuple of `tensor[i]`.

    Raises ShapeError if the lengths differ, TypeError for what is not a tensor, and NonFiniteError if a value is NaN
    or infinite, which would otherwise show only later, as a loss of NaN.
    """

    def __init__(self, *tensors):
        if not tensors:
            raise ValueError("TensorDataset: expected at least one tensor")
        for i, tensor in enumerate(tensors):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"TensorDataset: expected tensors, got {type(tensor).__name__} as argument {i}")
            if tensor.ndim == 0:
                raise ShapeError(f"TensorDataset: expected tensors with rows, got a 0-d tensor as argument {i}")
            _check_finite(tensor.array, i)
        if len({len(tensor) for tensor in tensors}) > 1:
            lengths = ", ".join(str(len(tensor)) for tensor in tensors)
            raise ShapeError(f"TensorDataset: expected tensors of equal length, got lengths {lengths}")
        self.tensors = tensors

    def __len__(self):
        return len(self.tensors[0])

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices):
        if type(self).__getitem__ is not TensorDataset.__getitem__:  # a subclass changes each item
            return [self[i] for i in indices]
        index = np.asarray(indices, np.int64)
        return Rows(*(_rows(tensor, index) for tensor in self.tensors))

    def __repr__(self):
        return f"TensorDataset({', '.join(f'{tensor.dtype} {tensor.shape}' for tensor in self.tensors)})"


def _rows(tensor, index):
    """tensor[index], but faster where nothing is to be recorded, which is for every batch."""
    array = tensor.array
    return wrap(array.take(index, 0)) if array.__class__ is np.ndarray and not tensor.requires_grad else tensor[index]


def _check_finite(array, argument):
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    bad = ~np.isfinite(array)
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    raise NonFiniteError(
        f"TensorDataset: expected finite values, got {bad.sum()} that are NaN or infinite in argument {argument}, "
        f"the first, {array[first]}, at {first}"
    )


class Subset(Dataset):
    """The items of `dataset` at `indices`, in that order; nothing is copied.

    Raises IndexError if an index is outside the dataset, and TypeError if one is not a whole number.
    """

    def __init__(self, dataset, indices):
        n = length_of("Subset", dataset)
        try:
            array = np.asarray(indices.array if isinstance(indices, Tensor) else indices)
        except ValueError:  # sequences of several lengths
            raise wrong_kind("Subset", "indices", "a sequence of whole numbers", indices) from None
        if array.size == 0:
            array = array.astype(np.int64)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise TypeError(f"Subset: expected a sequence of whole numbers, got {array.dtype} of shape {array.shape}")
        if array.size and not (0 <= array.min() and array.max() < n):
            raise IndexError(f"Subset: expected indices in [0, {n}), got {array.min()} to {array.max()}")
        self.dataset = dataset
        self.indices = array.astype(np.int64)

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        found = self.indices[index.array if isinstance(index, Tensor) else index]
        return self.dataset[found.tolist()]  # an int, or for several a list, as any dataset expects

    def __getitems__(self, indices):
        if type(self).__getitem__ is not Subset.__getitem__:
            return [self[i] for i in indices]
        return items_at(self.dataset, self.indices[indices].tolist())

    def __repr__(self):
        return f"Subset({len(self)} of {self.dataset!r})"


def random_split(dataset, lengths, generator=None):
    """Split a dataset at random into parts of the given lengths, or of the given fractions if these sum to 1.

    The permutation is the next draw of `generator`, or of the default stream. Of fractions, each part gets the floor
    of its share, and the items left over go one each to the first parts, as in PyTorch. Raises ValueError if the
    lengths do not sum to the length of the dataset.
    """
    n = length_of("random_split", dataset)
    if not isinstance(lengths, tuple | list):
        raise wrong_kind("random_split", "lengths", "a tuple or list of numbers", lengths)
    lengths = [number("random_split", "a length", length, 0) for length in lengths]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = [math.floor(n * fraction) for fraction in lengths]
        for i in range(n - sum(lengths)):
            lengths[i % len(lengths)] += 1
    try:
        lengths = [operator.index(length) for length in lengths]
    except TypeError:
        expected = "fractions that sum to 1, or whole lengths"
        raise wrong_value("random_split", expected, lengths) from None
    if sum(lengths) != n:
        raise ValueError(f"random_split: expected lengths that sum to the {n} items, got {lengths}, sum {sum(lengths)}")
    order = randperm(n, generator=generator).array
    return [Subset(dataset, order[end - k : end]) for k, end in zip(lengths, itertools.accumulate(lengths))]
