"""From what a sampler gives to a batch: the same in a loader and in its worker processes."""

import itertools

from .collate import default_collate
from .columns import Rows
from .dataset import IterableDataset, items_at


def fetcher(dataset, batched, collate_fn, drop_last):
    """The function of an index, or if `batched` of a list of them, that returns what the loader gives for it.

    That of an `IterableDataset` counts the indices and asks for the next items; it raises StopIteration at their end.
    """
    if not isinstance(dataset, IterableDataset):
        if not batched:
            return lambda index: collate_fn(dataset[index])
        if collate_fn is default_collate:
            return lambda indices: collate_fn(items_at(dataset, indices))
        return lambda indices: collate_fn(_as_list(items_at(dataset, indices)))

    items = iter(dataset)
    if not batched:
        return lambda _: collate_fn(next(items))

    def fetch(indices):
        batch = list(itertools.islice(items, len(indices)))
        if not batch or (drop_last and len(batch) < len(indices)):
            raise StopIteration
        return collate_fn(batch)

    return fetch


def _as_list(items):
    """A function of somebody else's may sort its items, or append to them."""
    return list(items) if isinstance(items, Rows) else items
