"""Whether ranks that are to be alike are: who differs from the others, and in what."""

import hashlib
from collections import Counter

import numpy as np

from ..errors import DistError
from ..kernels.arrays import host
from .collectives import gathered
from .process_group import communicator


def check_structure(where, ranks, tensors):
    """Raise DistError on every rank unless all have tensors of the same names, shapes and dtypes."""
    mine = [f"{name} {tuple(x.shape)} {x.dtype.name}" for name, x in tensors]
    found = gathered(where, ranks, mine)
    odd = _odd_one(list(map(tuple, found)))
    if odd is not None:
        rank, usual = odd
        theirs, expected = found[rank], found[usual]
        place = next((i for i, (a, b) in enumerate(zip(theirs, expected)) if a != b), min(len(theirs), len(expected)))
        names = [x[place] if place < len(x) else "nothing more" for x in (expected, theirs)]
        raise DistError(f"{where}: the model of rank {rank} is another one: expected {names[0]}, got {names[1]}")


def check_replicas(module, where="check_replicas"):
    """Raise DistError on every rank unless the parameters and buffers of a module have the same bits on all ranks.

    Raises: DistError, which names a rank that differs from most and the first tensor in which it does; ValueError
    without a process group.
    """
    ranks = communicator(where)
    tensors = [*module.named_parameters(), *module.named_buffers()]
    if ranks.size == 1 or not tensors:
        return
    found = ranks.all_gather(np.array([_digest(x) for _, x in tensors], np.uint64), where)
    odd = _odd_one(list(map(bytes, found)))
    if odd is not None:
        rank, usual = odd
        differing = [name for (name, _), a, b in zip(tensors, found[rank], found[usual]) if a != b]
        more = f" and {len(differing) - 1} others" if len(differing) > 1 else ""
        raise DistError(
            f"{where}: rank {rank} no longer has the parameters of rank {usual}: {differing[0]!r}{more} differ; all "
            "ranks have to take the same steps"
        )


def _odd_one(values):
    """(a rank whose value is not that of most, the first rank that has that), or None if all are alike."""
    (most, count), *_ = Counter(values).most_common(1)
    if count == len(values):
        return None
    return next(r for r, value in enumerate(values) if value != most), values.index(most)


def _digest(x):
    data = np.ascontiguousarray(host(x.array)).tobytes()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
