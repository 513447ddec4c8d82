"""Samplers: what they draw, and how often."""

from collections import Counter

import numpy as np
import pytest

import tinynet as tn
from tinynet.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_sequential_sampler():
    sampler = SequentialSampler("abc")
    assert list(sampler) == list(sampler) == [0, 1, 2] and len(sampler) == 3


@pytest.mark.parametrize("num_samples", [None, 3, 10, 25])
def test_random_sampler_draws_permutations(num_samples):
    sampler = RandomSampler(range(10), num_samples=num_samples, generator=tn.Generator(1))
    drawn, k = list(sampler), num_samples or 10
    assert len(drawn) == len(sampler) == k
    for start in range(0, k, 10):
        part = drawn[start : start + 10]
        assert len(set(part)) == len(part) == min(10, k - start) and set(part) <= set(range(10))
    assert list(sampler) != drawn  # the stream goes on
    assert list(RandomSampler(range(10), num_samples=num_samples, generator=tn.Generator(1))) == drawn


def test_random_sampler_with_replacement_is_uniform():
    drawn = list(RandomSampler(range(5), True, 20_000))
    counts = np.bincount(drawn, minlength=5)
    assert len(drawn) == 20_000 and ((counts - 4000) ** 2 / 4000).sum() < 18.5  # χ² of 4 degrees, p = 0.001


def test_subset_random_sampler():
    sampler = SubsetRandomSampler([5, 7, "a"])
    assert len(sampler) == 3 and Counter(sampler) == Counter([5, 7, "a"])
    assert len({tuple(map(str, sampler)) for _ in range(50)}) == 6


def test_weighted_random_sampler_draws_in_proportion(torch):
    weights = [0.0, 1.0, 3.0, 6.0]
    for library, bound in ((tn, 13.8), (torch, 13.8)):  # χ² of 2 degrees, p = 0.001
        library.manual_seed(0)
        drawn = list(library.utils.data.WeightedRandomSampler(weights, 10_000))
        counts, expected = np.bincount(drawn, minlength=4), 1000 * np.array(weights)
        assert counts[0] == 0 and ((counts - expected)[1:] ** 2 / expected[1:]).sum() < bound
    assert sorted(WeightedRandomSampler(weights, 3, replacement=False)) == [1, 2, 3]


@pytest.mark.parametrize("drop_last", [False, True])
def test_batch_sampler(drop_last):
    batches = BatchSampler(SequentialSampler(range(7)), 3, drop_last)
    assert list(batches) == [[0, 1, 2], [3, 4, 5], [6]][: len(batches)] and len(batches) == 3 - drop_last
    assert list(BatchSampler(iter("abcd"), 2, drop_last)) == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize("n", [1, 2, 7, 8, 20])
@pytest.mark.parametrize("replicas", [1, 3, 8])
@pytest.mark.parametrize("drop_last", [False, True])
def test_distributed_sampler_shares_out_as_in_pytorch(torch, n, replicas, drop_last):
    for rank in range(replicas):
        ours, theirs = (
            library.utils.data.DistributedSampler(range(n), replicas, rank, False, drop_last=drop_last)
            for library in (tn, torch)
        )
        assert (list(ours), len(ours), ours.total_size) == (list(theirs), len(theirs), theirs.total_size)


def test_processes_share_a_shuffled_order_which_each_epoch_changes():
    samplers = [DistributedSampler(range(10), 2, rank, seed=5) for rank in range(2)]
    epochs = []
    for epoch in range(3):
        for sampler in samplers:
            sampler.set_epoch(epoch)
        epochs.append([i for sampler in samplers for i in sampler])
    assert [sorted(order) for order in epochs] == [list(range(10))] * 3
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


@pytest.mark.parametrize("given", [{}, {"num_replicas": 2}, {"rank": 0}])
def test_there_is_no_process_group_to_ask(given):
    with pytest.raises(ValueError, match="expected num_replicas and rank, or a process group"):
        DistributedSampler([1], **given)


@pytest.mark.parametrize(
    "sampler",
    [
        lambda: RandomSampler(range(9)),
        lambda: RandomSampler(range(9), True, 5),
        lambda: SubsetRandomSampler(range(9)),
        lambda: WeightedRandomSampler([1.0] * 9, 9),
    ],
)
def test_a_pass_takes_all_it_needs_of_the_stream_as_it_begins(sampler):
    """So it is the same afterwards however far ahead a loader reads."""
    batches = iter(DataLoader(range(9), 2, sampler=sampler()))
    before = tn.get_rng_state()
    first = [batch.tolist() for batch in batches]
    assert tn.get_rng_state() == before and len(first) >= 3
