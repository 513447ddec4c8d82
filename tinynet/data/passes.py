"""A pass over a loader: where its random streams stood as it began, and how many batches it has given.

That is all it takes to come back to the same place: the order is drawn again from the same places in the streams, and
the batches that were given are passed over.
"""

import contextlib
import itertools

from ..arguments import integer, wrong_kind, wrong_value
from ..random import Generator, default_generator
from .dataset import IterableDataset
from .subsets import Subset


class Pass:
    """`begin`: the place of each stream; `given`: the number of batches, or None before the first and after the last.

    An iterator counts in it, and the loader reads it.
    """

    __slots__ = ("begin", "given")

    def __init__(self, begin, given=0):
        self.begin, self.given = begin, given

    def state_dict(self):
        return {"streams": [list(state) for state in self.begin], "given": self.given}

    @classmethod
    def of(cls, state, streams):
        """The pass of a state dict, for so many streams. Raises TypeError and ValueError for what is none."""
        name = "DataLoader"
        if not hasattr(state, "keys") or {*state.keys()} != {"streams", "given"}:
            raise wrong_kind(name, "the state", "a dict with 'streams' and 'given'", state)
        begin, given = state["streams"], state["given"]
        if not isinstance(begin, list | tuple) or len(begin) != streams:
            raise wrong_value(name, f"the places of {streams} random streams", begin)
        for place in begin:
            Generator().set_state(place)
        return cls([tuple(place) for place in begin], None if given is None else integer(name, "given", given, 0))


def streams_of(loader):
    """The generators on which the order of a loader may depend, the default stream first."""
    found = [default_generator]
    batch_sampler = loader.batch_sampler
    for owner in (loader, loader.sampler, batch_sampler, getattr(batch_sampler, "sampler", None)):
        generator = getattr(owner, "generator", None)
        if isinstance(generator, Generator) and all(generator is not other for other in found):
            found.append(generator)
    return found


def places(streams):
    return [stream.get_state() for stream in streams]


def move(streams, to):
    for stream, place in zip(streams, to):
        stream.set_state(place)


@contextlib.contextmanager
def as_it_began(loader, begin):
    """The streams of a loader as they stood when a pass began; afterwards the default stream is where it was before."""
    streams, before = streams_of(loader), default_generator.get_state()
    move(streams, begin)
    try:
        yield
    finally:
        default_generator.set_state(before)


def items_of_batch(loader, back=1):
    """The numbers in the dataset of the items of a batch that was given, the last one or one `back` before it.

    Through `Subset`s down to the dataset that was cut. None where a dataset has its own order.
    """
    running = loader._pass
    if running is None or not running.given or isinstance(loader.dataset, IterableDataset):
        return None
    streams = streams_of(loader)
    before = places(streams)
    move(streams, running.begin)
    try:
        batch = next(itertools.islice(iter(loader.index_sampler), running.given - back, None))
    finally:
        move(streams, before)
    items, dataset = batch if isinstance(batch, list) else [batch], loader.dataset
    while isinstance(dataset, Subset):
        items, dataset = [dataset.indices[i] for i in items], dataset.dataset
    return items
