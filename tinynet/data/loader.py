"""The loader: an order of the dataset's items, cut into batches."""

import numpy as np

from ..errors import ShapeError
from ..ops.random import randperm
from ..tensor import Tensor


class DataLoader:
    """Batches of a dataset, each read with one index array, never item by item.

    The dataset is anything with `len(dataset)` and `dataset[indices]`, where `indices` is a one-dimensional int64
    array and the answer a tensor, or a tuple of tensors, with one row for each index (see `Dataset`). The batch is a
    copy, free to be changed.

    shuffle: a new order for each pass, the next `randperm` of `generator` or of the default stream. The order is a
    pure function of the seed and of the place in the stream, so that a run repeats.
    drop_last: leave out the last batch if it is smaller than the others.
    Raises ValueError for a batch size below 1.
    """

    def __init__(self, dataset, batch_size=1, shuffle=False, *, drop_last=False, generator=None):
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"DataLoader: expected a whole number >= 1 as batch_size, got {batch_size!r}")
        for method in ("__len__", "__getitem__"):
            if not hasattr(dataset, method):
                raise TypeError(f"DataLoader: expected a dataset with {method}, got {type(dataset).__name__}")
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self):
        """The number of batches."""
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self):
        n, k = len(self.dataset), self.batch_size
        order = randperm(n, generator=self.generator).array if self.shuffle else np.arange(n)
        return (self._batch(order[i * k : (i + 1) * k]) for i in range(len(self)))

    def _batch(self, indices):
        kind = type(self.dataset).__name__
        try:
            batch = self.dataset[indices]
        except TypeError as error:
            raise TypeError(
                f"DataLoader: expected {kind}[indices] to take an int64 array and to give the whole batch; "
                f"it raised: {error}"
            ) from error
        whole = isinstance(batch, tuple | list)
        parts = tuple(Tensor(p) if isinstance(p, np.ndarray) else p for p in (batch if whole else (batch,)))
        for part in parts:
            if not isinstance(part, Tensor) or part.ndim == 0 or len(part) != len(indices):
                came = f"shape {part.shape}" if isinstance(part, Tensor) else type(part).__name__
                raise ShapeError(
                    f"DataLoader: expected {kind}[indices] to give tensors of {len(indices)} rows, got {came}"
                )
        return parts if whole else parts[0]
