"""What it costs to train on several ranks, each with a thread of its own and 512 rows of a batch.

    mpiexec -n 2 python tests/benchmarks/distributed.py

Prints the time of a training step of the network 784-256-128-10 and of its parts, the quantile that a twentieth of them
is below and the median; and the efficiency, the time of one rank that computes alone, while the others wait, divided by
that of all together. What is possible is the efficiency of all that compute at once and exchange nothing: they share
the memory and the processor's power. All take turns of some steps, so that a load that comes and goes meets all.
"""

import argparse
import statistics
import time

import numpy as np

import tinynet as tn
import tinynet.distributed as dist
from tinynet import nn, optim
from tinynet.distributed.process_group import communicator
from tinynet.distributed.tree import all_reduce
from tinynet.nn.parallel import DistributedDataParallel

ROWS = 512


def network():
    tn.manual_seed(0)
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def step_of(model, compiled, shards=False):
    optimizer = optim.Adam(model.parameters(), 1e-3)
    x, y = tn.randn(ROWS, 784), tn.randint(0, 10, (ROWS,))

    def step(x, y):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    def by_shards(x, y):
        optimizer.zero_grad()
        for a, b in model.shards(x, y):
            nn.functional.cross_entropy(model(a), b).backward()
        optimizer.step()

    chosen = by_shards if shards else tn.compile(step) if compiled else step
    return lambda: chosen(x, y)


def seconds(step, together, repeats):
    """The time of a step, of some in a row; alone, the others wait."""
    dist.barrier()
    found = 0.0
    if together or dist.get_rank() == 0:
        step()  # so that what it works on is in the caches
        start = time.perf_counter()
        for _ in range(repeats):
            step()
        found = (time.perf_counter() - start) / repeats
    dist.barrier()
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    dist.init_process_group()
    tn.set_num_threads(1)
    ranks = communicator("")
    flat = np.ones(sum(p.numel() for p in network().parameters()), np.float32)
    others = np.ones_like(flat)
    message, reply = np.zeros(1), np.zeros(1)
    partner = ranks.rank ^ 1
    contestants = {
        "alone": (step_of(network(), False), False),
        "together": (step_of(DistributedDataParallel(network()), False), True),
        "together, MPI's order": (step_of(DistributedDataParallel(network(), exact=False), False), True),
        "together, 8 shards": (step_of(DistributedDataParallel(network(), shards=8), False, True), True),
        "alone, compiled": (step_of(network(), True), False),
        "together, compiled": (step_of(DistributedDataParallel(network()), True), True),
        "nothing exchanged": (step_of(network(), False), True),
        "nothing exchanged, compiled": (step_of(network(), True), True),
        "exchange": (lambda: all_reduce(ranks, flat, np.add, "", 0.5), True),
        "message": (lambda: ranks.swap(partner, message, reply, ""), ranks.size > 1),
        "copy": (lambda: np.copyto(others, flat), True),
        "add": (lambda: np.add(others, flat, others), True),
    }
    for step, together in contestants.values():
        seconds(step, together, 5)  # a compiled step is a program after the second
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (step, together) in contestants.items():
            times[name].append(seconds(step, together, 5))
    slowest = {name: ranks.all_gather(np.array(found), "").max(0).tolist() for name, found in times.items()}
    if dist.get_rank() == 0:
        best = {name: statistics.quantiles(found, n=20)[0] for name, found in slowest.items()}
        for name, found in slowest.items():
            print(f"{name:34} {best[name] * 1e6:9.1f} µs, median {statistics.median(found) * 1e6:9.1f} µs")
        for how in ("", ", compiled"):
            alone, together, possible = (best[f"{name}{how}"] for name in ("alone", "together", "nothing exchanged"))
            print(f"efficiency{how}, {ranks.size} ranks: {alone / together:.3f} of {alone / possible:.3f} possible")


if __name__ == "__main__":
    main()
