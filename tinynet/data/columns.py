"""Datasets whose items lie in columns: tensors, or other datasets."""

from collections.abc import Sequence

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor, wrap
from .dataset import Dataset, check_lengths, items_at


class Rows(Sequence):
    """Items that lie in columns: item i is the tuple (x[i], y[i], ...), and a batch of all of them is [x, y, ...].

    What `__getitems__` of a dataset returns that indexes whole arrays, instead of a list of items: nothing is stacked.
    columns: tensors or arrays of equal length.
    """

    def __init__(self, *columns):
        self.columns = columns

    def __len__(self):
        return len(self.columns[0])

    def __getitem__(self, index):
        items = [column[index] for column in self.columns]
        return Rows(*items) if isinstance(index, slice) else tuple(items)


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Rows of one or more tensors of equal length: `dataset[i]` is the tuple of `tensor[i]`.

    Raises:
        DatasetError: The lengths differ.
        TypeError: An argument is not a tensor.
        ValueError: There is none, or one without dimensions.
    """

    def __init__(self, *tensors):
        if not tensors:
            raise ValueError("TensorDataset: expected at least one tensor")
        for i, tensor in enumerate(tensors):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"TensorDataset: expected tensors, got {type(tensor).__name__} as argument {i}")
            if tensor.ndim == 0:
                raise ShapeError(f"TensorDataset: expected tensors with rows, got a 0-d tensor as argument {i}")
        check_lengths("TensorDataset", "tensors", tensors)
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


class StackDataset(Dataset):
    """Datasets of equal length side by side: item i is the tuple, or the dict by their names, of their items i.

    Raises:
        ValueError: Their lengths differ, there is none, or some have names and others not.
        TypeError: One has no length.
    """

    def __init__(self, *args, **kwargs):
        if bool(args) == bool(kwargs):
            expected = "datasets that all have names, or none" if args else "at least one dataset"
            raise ValueError(f"StackDataset: expected {expected}")
        check_lengths("StackDataset", "datasets", args or tuple(kwargs.values()))
        self.datasets = args or kwargs

    def _parts(self):
        return self.datasets.values() if isinstance(self.datasets, dict) else self.datasets

    def _item(self, parts):
        return dict(zip(self.datasets, parts)) if isinstance(self.datasets, dict) else tuple(parts)

    def __len__(self):
        return len(next(iter(self._parts())))

    def __getitem__(self, index):
        return self._item([dataset[index] for dataset in self._parts()])

    def __getitems__(self, indices):
        if type(self).__getitem__ is not StackDataset.__getitem__:  # a subclass changes each item
            return [self[i] for i in indices]
        return [self._item(parts) for parts in zip(*(items_at(dataset, indices) for dataset in self._parts()))]
