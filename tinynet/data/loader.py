"""The loader: an order of the dataset's items, cut into batches."""

import numpy as np

from ..ops.random import randperm
from .collate import default_collate
from .dataset import items_at


class DataLoader:
    """Batches of a dataset: `collate_fn` of its items, `batch_size` at a time.

    The dataset is anything with `len(dataset)` and `dataset[i]`, where i is an int. One that has `__getitems__` is
    asked for all items of a batch at once, with a list of ints (see `Dataset`).

    shuffle: a new order for each pass, the next `randperm` of `generator` or of the default stream. The order is a
    pure function of the seed and of the position in the stream, so that a run repeats.
    drop_last: leave out the last batch if it is smaller than the others.
    collate_fn: a function of the list of items that returns the batch; by default `default_collate`.
    Raises ValueError for a batch size below 1, and TypeError for what is not a dataset.
    """

    def __init__(self, dataset, batch_size=1, shuffle=False, *, collate_fn=None, drop_last=False, generator=None):
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"DataLoader: expected a whole number >= 1 as batch_size, got {batch_size!r}")
        for method in ("__len__", "__getitem__"):
            if not hasattr(dataset, method):
                raise TypeError(f"DataLoader: expected a dataset with {method}, got {type(dataset).__name__}")
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.collate_fn = default_collate if collate_fn is None else collate_fn
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self):
        """The number of batches."""
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self):
        n, k = len(self.dataset), self.batch_size
        order = randperm(n, generator=self.generator).tolist() if self.shuffle else range(n)
        return (self._batch(list(order[i * k : (i + 1) * k])) for i in range(len(self)))

    def _batch(self, indices):
        return self.collate_fn(items_at(self.dataset, indices))
