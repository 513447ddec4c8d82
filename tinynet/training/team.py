"""The team: all ranks that train one model, who computes which shards of a batch, and what they tell each other.

Every rank runs the same loop over the same batches, with the same random streams, and computes its own shards of each:
`nn/parallel/shards.py`. So all of a training's state is the same on all ranks; rank 0 writes it, and any number of
ranks that can share the shards may go on from there.
"""

import numpy as np

from .. import distributed
from ..distributed.agreement import check_replicas, check_structure
from ..distributed.collectives import gathered
from ..distributed.communicator import Alone
from ..distributed.process_group import communicator
from ..distributed.tree import all_reduce
from ..errors import DistError, NonFiniteError
from ..nn.parallel.reducer import Reducer
from ..nn.parallel.shards import Batch, check_count
from ..random import default_generator
from .evaluation import Tally, evaluating, evaluation_error, on_device
from .streams import get_streams, set_streams

SHARDS = 8


def default_shards(ranks):
    """8 where so many ranks can share them, else as many as there are ranks."""
    return SHARDS if SHARDS % ranks == 0 else ranks


def current_ranks():
    """The communicator of the process group, or of a process alone."""
    return communicator("fit") if distributed.is_initialized() else Alone()


def from_rank_0(function):
    """What a function returns on rank 0, which alone calls it; for all others a copy."""
    ranks = current_ranks()
    if ranks.size == 1:
        return function()
    return gathered("fit", ranks, function() if ranks.rank == 0 else None)[0]


class Team:
    """The ranks that train a model, which begins on all with the parameters and random streams of rank 0.

    shards: into how many a batch is cut. exact: whether their gradients are added in the fixed tree; if not, a rank
    has one shard.

    Raises: ValueError if the ranks cannot share the shards, DistError if they have other models.
    """

    def __init__(self, model, shards, exact):
        self.model, self.ranks = model, current_ranks()
        world = self.ranks.size
        self.shards = check_count("fit", default_shards(world) if shards is None else shards, world) if exact else world
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        check_structure("fit", self.ranks, [*model.named_parameters(), *model.named_buffers()])
        self._reducer = Reducer(self.ranks, named, list(model.buffers()), exact, find_unused=True)
        self.share(model)
        if self.ranks.size > 1:
            set_streams(gathered("fit", self.ranks, get_streams() if self.is_main else None)[0])

    @property
    def is_main(self):
        return self.ranks.rank == 0

    def share(self, module):
        """Give all ranks the parameters and buffers that a module has on rank 0."""
        if self.ranks.size > 1:
            for x in (*module.parameters(), *module.buffers()):
                self._reducer.take_from_rank_0(x)

    def check(self):
        """Raise DistError on all ranks if one has other parameters, or draws other random numbers."""
        if self.ranks.size > 1:
            check_replicas(self.model, "fit")
            found = gathered("fit", self.ranks, default_generator.get_state())
            odd = next((r for r, place in enumerate(found) if place != found[0]), None)
            if odd is not None:
                raise DistError(f"fit: rank {odd} draws other random numbers than rank 0; all have to draw alike")

    # A step

    def learn(self, compute, inputs, targets, weight, explain):
        """Add the gradients of a batch to those that are there; returns the Tally of it.

        compute(inputs, targets, weight): adds those of a shard, and returns its loss and outputs.
        explain(inputs, targets, loss, shard, stream): the error for a loss that is not finite.

        Raises: that error, on all ranks.
        """
        ranks, rows = self.ranks, len(targets)
        found, error = np.zeros((self.shards, 3)), None  # of each shard: its rows, loss and right answers
        own = tuple(x[ranks.rank :: ranks.size] for x in (inputs, targets))
        batch = Batch(self._reducer, self.shards, own, rows)
        for x, y in batch:
            stream = default_generator.get_state()
            value, outputs = compute(x, y, weight)
            one = Tally()
            one.add(value.item(), outputs, y)
            found[batch.shard] = one.rows, one.loss, np.nan if one.correct is None else one.correct
            if error is None and not np.isfinite(one.loss):
                error = batch.shard, explain(x, y, value.item(), batch.shard, stream)
        all_reduce(ranks, found.reshape(-1), np.add, "fit")  # each number is one rank's: no sum is rounded
        if not np.isfinite(found[:, 1]).all():
            raise self._first(error)
        correct = found[:, 2].sum()
        return Tally(rows, sum(found[:, 1].tolist()), None if np.isnan(correct) else float(correct))

    def _first(self, error):
        """Of the (shard, error) of all ranks, or None, the error of the first shard."""
        if self.ranks.size == 1:
            return error[1]
        found = gathered("fit", self.ranks, None if error is None else (error[0], str(error[1])))
        return NonFiniteError(min(pair for pair in found if pair is not None)[1])

    # Evaluation

    def evaluate(self, model, data, loss, metrics, device):
        """The `Score` of a model; each rank computes every W-th batch, and all are added up in their order."""
        found, error = [], None
        with evaluating(model):
            for i, (inputs, targets) in enumerate(on_device(device, data)):
                if i % self.ranks.size == self.ranks.rank:
                    part = Tally(keep=bool(metrics))
                    outputs = model(inputs)
                    value = loss(outputs, targets)
                    error = evaluation_error(model, loss, inputs, targets, value.item(), i)
                    if error is not None:
                        break
                    part.add(value.item(), outputs, targets)
                    found.append((i, part))
        gotten = gathered("fit", self.ranks, (found, None if error is None else str(error)))
        for _, text in gotten:
            if text is not None:
                raise NonFiniteError(text)
        tally = Tally(keep=bool(metrics))
        for _, part in sorted((pair for pairs, _ in gotten for pair in pairs), key=lambda pair: pair[0]):
            tally.merge(part)
        return tally.score("evaluate", "data", metrics)
