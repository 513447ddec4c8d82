"""From items to a batch."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import ShapeError
from ..ops.creation import as_tensor, tensor
from ..ops.joining import stack
from ..tensor import Tensor


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
        return tuple(column[index] for column in self.columns)


def default_collate(batch):
    """The batch made of a list of items, by the kind of the first one.

    Tensors and arrays are stacked along a new first dimension. Python floats become a float64 tensor, integers int64,
    booleans bool, NumPy's numbers a tensor of their dtype. Dicts, tuples and lists become one dict or list of what
    their entries become; strings stay a list. Raises ShapeError for shapes or lengths that differ, and TypeError for
    items of another kind.
    """
    if isinstance(batch, Rows):
        return [column if isinstance(column, Tensor) else as_tensor(column) for column in batch.columns]
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, np.ndarray):
        return stack([tensor(array) for array in batch])
    if isinstance(first, np.generic) and first.dtype.kind in "biuf":
        return tensor(np.array(batch))
    if isinstance(first, float):
        return tensor(batch, dtype="float64")
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return _like(first, {key: default_collate([item[key] for item in batch]) for key in first})
    if isinstance(first, Sequence):
        lengths = {len(item) for item in batch}
        if len(lengths) > 1:
            raise ShapeError(f"default_collate: expected items of one length, got lengths {sorted(lengths)}")
        columns = [default_collate(column) for column in zip(*batch)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(
        "default_collate: expected items of tensors, arrays, numbers, strings, dicts, tuples or lists, "
        f"got {type(first).__name__}; give the DataLoader a collate_fn"
    )


def _like(mapping, values):
    """The values in a mapping of the same type, where that can be made of a dict; else in a dict."""
    try:
        return type(mapping)(values)
    except TypeError:
        return values
