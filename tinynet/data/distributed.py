"""The sampler of one of several processes that share a dataset."""

from .. import distributed
from ..arguments import boolean, integer
from ..ops.random import randperm
from ..random import Generator
from .dataset import T_co, length_of
from .sampler import Sampler


class DistributedSampler(Sampler[T_co]):
    """Every `num_replicas`-th index from `rank` on, of an order that all processes draw from the same seed.

    The order is padded with its beginning, or with `drop_last` cut, so that each process gets ⌈n / num_replicas⌉, or
    ⌊n / num_replicas⌋, indices. It is drawn from `seed` + epoch: call `set_epoch` before each pass. `num_replicas` and
    `rank` are those of the process group by default.

    Raises:
        ValueError: `rank` is not in [0, num_replicas), or one of them is not given and there is no process group.
    """

    def __init__(self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False):
        name = type(self).__name__
        if (num_replicas is None or rank is None) and not distributed.is_initialized():
            raise ValueError(
                f"{name}: expected num_replicas and rank, or a process group: call distributed.init_process_group first"
            )
        num_replicas = distributed.get_world_size() if num_replicas is None else num_replicas
        rank = distributed.get_rank() if rank is None else rank
        self.dataset = dataset
        self.num_replicas = integer(name, "num_replicas", num_replicas, 1)
        self.rank = integer(name, "rank", rank, 0, self.num_replicas - 1)
        self.epoch = 0
        self.shuffle = boolean(name, "shuffle", shuffle)
        self.seed = integer(name, "seed", seed)
        self.drop_last = boolean(name, "drop_last", drop_last)
        n = length_of(name, dataset)
        self.num_samples = n // self.num_replicas if self.drop_last else -(-n // self.num_replicas)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self):
        n = len(self.dataset)
        shared = Generator(self.seed + self.epoch)
        order = randperm(n, generator=shared).tolist() if self.shuffle else range(n)
        return iter([order[i % n] for i in range(self.rank, self.total_size, self.num_replicas)])

    def __len__(self):
        return self.num_samples

    def set_epoch(self, epoch):
        """Say which pass is next, so that its order is another one, the same in all processes."""
        self.epoch = integer(type(self).__name__, "epoch", epoch)
