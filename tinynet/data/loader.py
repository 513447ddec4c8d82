"""The loader: an order of the dataset's items, cut into batches."""

from ..arguments import boolean, integer, only, wrong_kind
from ..ops.random import randperm
from ..random import Generator
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
    pin_memory: accepted, as there is nothing to pin. PyTorch's other arguments may have their defaults.
    Raises ValueError for a batch size below 1, and TypeError for what is not a dataset.
    """

    def __init__(
        self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None,
        pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None, generator=None,
    ):  # fmt: skip
        name = "DataLoader"
        only(name, "sampler", sampler, None)
        only(name, "batch_sampler", batch_sampler, None)
        only(name, "num_workers", num_workers, 0)
        only(name, "timeout", timeout, 0)
        only(name, "worker_init_fn", worker_init_fn, None)
        only(name, "multiprocessing_context", multiprocessing_context, None)
        boolean(name, "pin_memory", pin_memory)  # of which there is nothing to do
        if generator is not None and not isinstance(generator, Generator):
            raise wrong_kind(name, "generator", "a Generator", generator)
        if collate_fn is not None and not callable(collate_fn):
            raise wrong_kind(name, "collate_fn", "a function", collate_fn)
        for method in ("__len__", "__getitem__"):
            if not hasattr(dataset, method):
                raise TypeError(f"DataLoader: expected a dataset with {method}, got {type(dataset).__name__}")
        self.dataset = dataset
        self.batch_size = integer(name, "batch_size", batch_size, 1)
        self.shuffle = shuffle is not None and boolean(name, "shuffle", shuffle)
        self.collate_fn = default_collate if collate_fn is None else collate_fn
        self.drop_last = boolean(name, "drop_last", drop_last)
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
