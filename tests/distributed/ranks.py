"""What one rank does in the tests of `test_ranks.py`: python ranks.py NAME ..., started by mpiexec, runs these checks.

Rank 0 prints a line for each, its name and what the check returns, which is to be the same for any number of ranks.
"""

import hashlib
import os
import sys
import time

import numpy as np
import pytest

import tinynet as tn
import tinynet.distributed as dist
from tinynet import nn, optim
from tinynet.distributed.process_group import communicator
from tinynet.nn.parallel import DistributedDataParallel
from tinynet.training import Average, accuracy_score, fit
from tinynet.utils.data import DataLoader, DistributedSampler, TensorDataset

RANK, SIZE = 0, 1


def digest(module):
    data = b"".join(x.numpy().tobytes() for x in module.state_dict().values())
    return hashlib.sha256(data).hexdigest()[:16]


def network(seed=0):
    tn.manual_seed(seed)
    return nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 4))


def data(n, seed=1):
    g = tn.Generator(seed)
    return tn.randn(n, 12, generator=g), tn.randint(0, 4, (n,), generator=g)


def same_everywhere(value):
    found = [None] * SIZE
    dist.all_gather_object(found, value)
    assert found == [value] * SIZE, found


# Collectives


def both_ways(check):
    """A check, by memory that all ranks see and by messages, as between machines."""

    def run():
        ranks = communicator("")
        segments = ranks.segments
        assert SIZE == 1 or segments is not None or not os.path.isdir("/dev/shm")
        check()
        ranks.segments = None
        check()
        ranks.segments = segments

    return run


@both_ways
def reductions():
    for n in (0, 1, 2, 3, 7, 100):
        for dtype in (tn.float32, tn.float64, tn.int64, tn.float16):
            x = (tn.arange(n) * (RANK + 1)).to(dtype)
            dist.all_reduce(x)
            assert x.tolist() == (tn.arange(n) * (SIZE * (SIZE + 1) // 2)).to(dtype).tolist()
    table = {"SUM": sum(range(SIZE)), "MAX": SIZE - 1, "MIN": 0, "PRODUCT": 0, "BOR": np.bitwise_or.reduce(range(SIZE))}
    for name, expected in table.items():
        x = tn.tensor([RANK])
        dist.all_reduce(x, op=getattr(dist.ReduceOp, name))
        assert x.item() == expected, name
    x = tn.tensor([float(RANK)])
    dist.all_reduce(x, op=dist.ReduceOp.AVG)
    assert x.item() == (SIZE - 1) / 2
    x = tn.ones(2, 3).t()  # whose elements do not lie in order
    dist.reduce(x, dst=SIZE - 1)
    assert x.tolist() == [[SIZE if RANK == SIZE - 1 else 1] * 2] * 3


@both_ways
def tree():
    """The sum is that of the tree, whoever computes it, and is the same on every rank."""
    for n in (101, 600_001):  # more than a segment has
        parts = np.random.default_rng(0).standard_normal((SIZE, n)).astype(np.float32)
        x = tn.tensor(parts[RANK])
        dist.all_reduce(x)
        while len(parts) > 1:
            half = len(parts) // 2 if len(parts) % 2 == 0 else 1 << (len(parts).bit_length() - 1)
            parts = np.concatenate([parts[: len(parts) - half] + parts[half:], parts[len(parts) - half : half]])
        assert x.numpy().tobytes() == parts[0].tobytes()


def copies():
    x = tn.full((3,), RANK)
    dist.broadcast(x, src=SIZE - 1)
    assert x.tolist() == [SIZE - 1] * 3
    found = [tn.zeros(2) for _ in range(SIZE)]
    dist.all_gather(found, tn.full((2,), float(RANK)))
    assert [y.tolist() for y in found] == [[r, r] for r in range(SIZE)]
    joined = tn.zeros(2 * SIZE)
    dist.all_gather_into_tensor(joined, tn.full((2,), float(RANK)))
    assert joined.tolist() == [r for r in range(SIZE) for _ in range(2)]
    found = [tn.tensor([-1]) for _ in range(SIZE)] if RANK == 0 else None
    dist.gather(tn.tensor([RANK]), found, dst=0)
    assert RANK or [y.item() for y in found] == list(range(SIZE))
    x = tn.tensor([0])
    dist.scatter(x, [tn.tensor([r * r]) for r in range(SIZE)] if RANK == 0 else None, src=0)
    assert x.item() == RANK**2
    objects = [{"rank": RANK}, "x"]
    dist.broadcast_object_list(objects, src=SIZE - 1)
    assert objects == [{"rank": SIZE - 1}, "x"]
    if SIZE > 1:
        x = tn.tensor([float(RANK)])
        if RANK % 2 == 0 and RANK + 1 < SIZE:
            dist.send(x, RANK + 1, tag=7)
        elif RANK % 2:
            assert dist.recv(x, tag=7) == x.item() == RANK - 1
    dist.barrier()


def refusals():
    """Errors that all ranks see alike, after which all go on."""
    x = tn.zeros(3)
    table = [
        (ValueError, "in \\[0, ", lambda: dist.broadcast(x, SIZE)),
        (ValueError, "group", lambda: dist.all_reduce(x, group="other")),
        (TypeError, "one of ReduceOp", lambda: dist.all_reduce(x, op="sum")),
        (TypeError, "dtype of integers", lambda: dist.all_reduce(x, op=dist.ReduceOp.BAND)),
        (ValueError, "async_op=False", lambda: dist.all_reduce(x, async_op=True)),
        (RuntimeError, "there is a process group already", dist.init_process_group),
        (ValueError, "is this one|in \\[0, ", lambda: dist.send(x, RANK)),
    ]
    if SIZE > 1:
        table.append(
            (ValueError, r"alike .* \(1,\) on rank 0, \(2,\) on rank 1", lambda: dist.all_reduce(tn.zeros(RANK + 1)))
        )
    for kind, text, call in table:
        with pytest.raises(kind, match=text):
            call()


# Training


def averages():
    """The gradients are the means of those of all ranks, as of the whole batch; state and keys are as in PyTorch."""
    x, y = data(24)
    alone = nn.Linear(12, 4)
    model = DistributedDataParallel(nn.Linear(12, 4))
    alone.load_state_dict({key.removeprefix("module."): value for key, value in model.state_dict().items()})
    assert list(model.state_dict()) == ["module.weight", "module.bias"]
    for optimized in ([], [model.module.weight, model.module.bias], [model.module.bias]):
        _ = optim.SGD(optimized, 0.1) if optimized else None  # in whose memory gradients lie
        model.zero_grad()
        nn.functional.cross_entropy(model(x[RANK::SIZE]), y[RANK::SIZE]).backward()
        alone.zero_grad()
        nn.functional.cross_entropy(alone(x), y).backward()
        for mine, whole in zip(model.parameters(), alone.parameters()):
            np.testing.assert_allclose(mine.grad.numpy(), whole.grad.numpy(), atol=1e-6)
        same_everywhere(model.module.weight.grad.tolist())


def accumulates():
    """Under no_sync gradients stay those of a rank, until the next backward outside of it; a held one is left alone."""
    x, y = data(16 * SIZE)
    model = DistributedDataParallel(nn.Linear(12, 4))
    optimizer = optim.SGD(model.parameters(), 0.1)
    loss = lambda i: nn.functional.cross_entropy(model(x[i::SIZE]), y[i::SIZE])
    with model.no_sync():
        loss(RANK).backward()
    local = model.module.weight.grad
    kept = local.clone()
    loss((RANK + 1) % SIZE).backward()
    assert SIZE == 1 or not np.array_equal(kept.numpy(), model.module.weight.grad.numpy())
    same_everywhere(model.module.weight.grad.tolist())
    held = model.module.weight.grad if RANK == 0 else None
    before = None if held is None else held.clone()
    optimizer.step()
    optimizer.zero_grad()
    loss(RANK).backward()
    assert held is None or np.array_equal(held.numpy(), before.numpy())
    same_everywhere(model.module.weight.grad.tolist())
    model.require_backward_grad_sync = False
    loss(RANK).backward()
    model.require_backward_grad_sync = True
    optimizer.zero_grad()
    loss(RANK).backward()
    optimizer.step()
    model.check_replicas()


def unused():
    """With find_unused_parameters a parameter may be left out by some ranks, or by all."""
    net = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.Linear(2, 1), "c": nn.Linear(2, 1)})
    net.forward = lambda x: net["a"](x) + (net["b"](x) if RANK else 0)
    model = DistributedDataParallel(net, find_unused_parameters=True)
    model(tn.ones(1, 2)).sum().backward()
    assert net["a"].weight.grad.tolist() == [[1, 1]] and net["c"].weight.grad is None
    expected = np.float32(SIZE - 1) / np.float32(SIZE)
    assert net["b"].weight.grad is None if SIZE == 1 else net["b"].weight.grad.tolist() == [[expected, expected]]


def begins_alike():
    """All begin with the parameters and buffers of rank 0, and buffers stay those of rank 0."""
    net = network(seed=RANK)
    net[1].running_mean += RANK
    model = DistributedDataParallel(net)
    model.check_replicas()
    x, y = data(32 * SIZE)
    nn.functional.cross_entropy(model(x[RANK::SIZE]), y[RANK::SIZE]).backward()
    same_everywhere(net[1].running_mean.tolist())


def sampled():
    """A script as for PyTorch: sampler, loader, model, and an order of its own of MPI's where it is allowed."""
    dataset = TensorDataset(*data(64))
    for exact in (True, False):
        sampler = DistributedSampler(dataset, seed=3)
        assert (sampler.num_replicas, sampler.rank) == (SIZE, RANK)
        model = DistributedDataParallel(network(), exact=exact)
        optimizer = optim.Adam(model.parameters(), 1e-2)
        for epoch in range(2):
            sampler.set_epoch(epoch)
            for x, y in DataLoader(dataset, 8, sampler=sampler):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x), y).backward()
                optimizer.step()
        model.check_replicas()


def sharded(shards=8, batch=32):
    """Training by shards, with batch norm, dropout, batches that do not divide evenly, and accumulation."""
    model = DistributedDataParallel(network(), shards=shards)
    optimizer = optim.Adam(model.parameters(), 1e-2)
    tn.manual_seed(5)
    x, y = data(120)
    for step, n in enumerate([batch, batch, 29, batch, 27]):
        rows = slice(16 * step + RANK, 16 * step + n, SIZE)
        for a, b in model.shards(x[rows], y[rows], total=n):
            nn.functional.cross_entropy(model(a), b).backward()
        if step != 1:  # whose gradients the next ones are added to
            optimizer.step()
            optimizer.zero_grad()
    model.check_replicas()
    return digest(model), tn.get_rng_state()


def few_rows():
    """A batch with fewer rows than there are shards."""
    model = DistributedDataParallel(nn.Linear(12, 4), shards=8)
    with tn.no_grad():
        for p in model.parameters():
            p.copy_(tn.linspace(-1, 1, p.numel()).reshape(p.shape))
    x, y = data(5)
    for a, b in model.shards(x[RANK::SIZE], y[RANK::SIZE], total=5):
        nn.functional.cross_entropy(model(a), b).backward()
    return hashlib.sha256(model.module.weight.grad.numpy().tobytes()).hexdigest()[:16]


def compiled():
    """A compiled step does what the step does, bit for bit."""
    results = [_trained(lambda f: f), _trained(tn.compile)]
    assert results[0] == results[1]


def _trained(compile):
    """The digest of a model after some steps of a function."""
    x, y = data(32 * SIZE)
    tn.manual_seed(0)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 4)))
    optimizer = optim.Adam(model.parameters(), 1e-2)

    def train_step(x, y):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step(max_norm=1.0)

    step = compile(train_step)
    for i in range(6):
        step(x[RANK::SIZE] + i, y[RANK::SIZE])
    assert step is train_step or len(step.programs) == 1
    model.check_replicas()
    return digest(model)


class Odd(TensorDataset):
    """Items that are changed at random as they are read."""

    __getitems__ = None

    def __getitem__(self, i):
        x, y = super().__getitem__(i)
        return x + 0.1 * tn.randn(12), y


def fitted():
    """`fit` by all ranks, with random items, accumulation, uneven batches, clipping and averages."""
    found = []
    for compile in (False, True):
        model = network(seed=RANK)  # of which that of rank 0 is taken
        tn.manual_seed(RANK)
        train = DataLoader(Odd(*data(75)), 20, shuffle=True)
        average = Average(optim.swa_utils.AveragedModel(model, use_buffers=True))
        rows = fit(
            model, train, DataLoader(TensorDataset(*data(50)), 20), optim.Adam(model.parameters(), 1e-2),
            nn.CrossEntropyLoss(), epochs=2, accumulate=2, max_norm=1.0, compile=compile, progress=False, shards=4,
            callbacks=[average], metrics={"accuracy": accuracy_score},
        )  # fmt: skip
        scores = [(row.train_loss, row.train_accuracy, row.test_loss, row.metrics) for row in rows]
        found.append((digest(model), digest(average.averaged), scores))
    same_everywhere(found)
    assert found[0] == found[1]
    return found[0]


def not_finite():
    """A row that is no number is an error on all ranks, which names it."""
    x, y = data(64)
    x[37, 3] = np.nan
    model = network()
    with pytest.raises(tn.NonFiniteError, match=r"inputs hold nan in row 4 of shard 5 of the batch \(item 37 of"):
        fit(
            model, DataLoader(TensorDataset(x, y), 64), None, optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss(),
            epochs=1, progress=False, shards=8,
        )  # fmt: skip


# Ends, each of a run of its own


def dies():
    if RANK == 1:
        raise OverflowError("the flux capacitor")
    dist.barrier()


def leaves():
    if RANK == 1:
        sys.exit(3)
    dist.barrier()


def killed():
    if RANK == 1:
        os.kill(os.getpid(), 9)
    dist.barrier()


def waits():
    if RANK == 1:
        time.sleep(60)
    dist.barrier()


def differs():
    model = DistributedDataParallel(nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)))
    if RANK == SIZE - 1:
        with tn.no_grad():
            model.module[1].bias += 1e-3
    model.check_replicas()


def another():
    DistributedDataParallel(nn.Linear(3, 2 + (RANK == 1)))


def no_gradient():
    net = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.Linear(2, 1)})
    net.forward = lambda x: net["a"](x)
    DistributedDataParallel(net)(tn.ones(1, 2)).sum().backward()


def main(names):
    global RANK, SIZE
    timeout = None
    if names == ["waits"]:
        import datetime

        timeout = datetime.timedelta(seconds=0.5)
    dist.init_process_group("gloo", timeout=timeout)
    RANK, SIZE = dist.get_rank(), dist.get_world_size()
    for name in names:
        found = globals()[name]()
        if RANK == 0:
            print(f"{name} {found}", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1:])
