"""Datasets, and parts and combinations of them."""

import importlib
import os
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from helpers import run_python

import tinynet as tn
from tinynet import data
from tinynet.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)


def numbers(n, **options):
    """A dataset whose rows say their own index."""
    return TensorDataset(tn.tensor(np.arange(2 * n, dtype=np.float32).reshape(n, 2)), tn.arange(n), **options)


# The digits


def test_digits_are_whole():
    images, labels = data.digits().tensors
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((1797, 64), tn.float32, (1797,), tn.int64)
    assert (images.min().item(), images.max().item()) == (0.0, 1.0)
    assert np.bincount(labels.numpy()).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert zlib.crc32(images.numpy().tobytes()) == 155335325
    assert zlib.crc32(labels.numpy().tobytes()) == 999348598


def test_digits_file_is_small_and_says_where_it_is_from():
    path = Path(data.__file__).with_name("digits.npz")
    assert path.stat().st_size < 100_000
    with np.load(path, allow_pickle=False) as file:
        assert "Kaynak" in str(file["citation"]) and "CC BY 4.0" in str(file["citation"])


def test_datasets_by_name():
    assert len(data.load("digits")) == 1797
    with pytest.raises(ValueError, match="no dataset 'digit'; did you mean 'digits'"):
        data.load("digit")


@pytest.mark.parametrize("module", ["", ".dataset", ".sampler", ".dataloader", ".distributed"])
def test_the_names_of_torch_utils_data(torch, module):
    """All of PyTorch's are here, but those of data pipes."""
    ours, theirs = (importlib.import_module(f"{library}.utils.data{module}") for library in ("tinynet", "torch"))
    pipes = {name for name in theirs.__all__ if re.search("Pipe|pipe|validation|determinis|DataChunk|^_", name)}
    assert set(ours.__all__) == set(theirs.__all__) - pipes
    assert all(getattr(data, name) is getattr(ours, name) for name in ours.__all__)


PARTS = """
import os, sys, tinynet as tn
names = "utils.data.DataLoader data.DataLoader nn.utils.clip_grad_norm_ optim.lr_scheduler.StepLR training.fit"
for name in names.split():
    if os.fork() == 0:
        assert "tinynet.data" not in sys.modules
        print(eval(f"tn.{name}").__name__, flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_part_is_there_without_an_import_of_its_own():
    """Each in a process that has imported nothing else."""
    assert run_python(PARTS).split() == ["DataLoader", "DataLoader", "clip_grad_norm_", "StepLR", "fit"]


# TensorDataset, Subset, random_split


def test_tensor_dataset_gives_rows_and_batches():
    dataset = numbers(5)
    assert len(dataset) == 5
    x, y = dataset[3]
    assert x.tolist() == [6, 7] and y.item() == 3
    x, y = dataset[[1, 1, 4]]
    assert x.shape == (3, 2) and y.tolist() == [1, 1, 4]


@pytest.mark.parametrize(
    ("tensors", "error", "text"),
    [
        ((), ValueError, "at least one tensor"),
        ((tn.zeros(3), tn.zeros(4)), tn.ShapeError, "equal length, got lengths 3, 4"),
        ((tn.zeros(3), np.zeros(3)), TypeError, "got ndarray as argument 1"),
        ((tn.tensor(1.0),), tn.ShapeError, "0-d tensor as argument 0"),
    ],
)
def test_tensor_dataset_refuses(tensors, error, text):
    with pytest.raises(error, match=text):
        TensorDataset(*tensors)


def test_subsets_of_subsets():
    part = Subset(Subset(numbers(10), [9, 8, 7, 6]), tn.tensor([3, 0]))
    assert part[[0, 1]][1].tolist() == [6, 9]
    assert part[0][1].item() == 6
    assert len(Subset(numbers(3), [])) == 0


def test_subset_keeps_its_indices_as_they_are():
    indices = [9, -1]
    part = Subset(list("abcdefghij"), indices)
    assert part.indices is indices and part[0] == part[1] == "j"
    assert Subset({"x": 1}, ["x"])[0] == 1  # whatever the dataset takes
    with pytest.raises(IndexError):
        Subset(numbers(10), [10])[0]


@pytest.mark.parametrize("arguments", [(numbers(3), 1), (1, [0])])
def test_subset_refuses(arguments):
    with pytest.raises(TypeError, match=r"Subset: expected \w+ to be a sequence, got 1"):
        Subset(*arguments)


@pytest.mark.parametrize(
    ("n", "lengths", "expected"),
    [(10, [7, 3], [7, 3]), (10, [0.8, 0.2], [8, 2]), (11, [0.5, 0.5], [6, 5]), (5, [0.5, 0.3, 0.2], [3, 1, 1])],
)
def test_random_split_covers_everything_once(n, lengths, expected):
    parts = random_split(numbers(n), lengths, generator=tn.Generator(1))
    assert [len(part) for part in parts] == expected
    assert sorted(i for part in parts for i in part.indices) == list(range(n))


def test_random_split_is_decided_by_its_generator():
    split = lambda seed: random_split(numbers(100), [0.5, 0.5], tn.Generator(seed))[0].indices
    assert split(1) == split(1) != split(2)


@pytest.mark.parametrize("lengths", [[5, 6], [0.5, 0.4], [-1, 11], [float("nan")], [0.9, 0.2], []])
def test_random_split_refuses(lengths):
    with pytest.raises(ValueError, match="random_split: expected"):
        random_split(numbers(10), lengths)


def test_random_split_warns_of_an_empty_part():
    with pytest.warns(UserWarning, match="part 1 of 3 items is empty"):
        assert [len(part) for part in random_split(range(3), [0.9, 0.1])] == [3, 0]


# Datasets made of others


class Lines(IterableDataset):
    def __init__(self, *lines):
        self.lines = lines

    def __iter__(self):
        return iter(self.lines)

    def __len__(self):
        return len(self.lines)


def test_concat_dataset():
    class Letters(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, i):
            return "xy"[i]

    both = ConcatDataset(["ab", [], "cde"])
    assert [both[i] for i in range(-5, 5)] == list("abcde" * 2)
    assert (len(both), both.cumulative_sizes) == (5, [2, 2, 5])
    assert list(Letters() + "z") == ["x", "y", "z"]
    with pytest.raises(IndexError, match="expected an index from -5 to 4, got 5"):
        both[5]
    with pytest.raises(ValueError, match="expected an index from -5 to 4, got -6"):
        both[-6]


def test_chain_dataset():
    chained = Lines("a", "b") + Lines("c")
    assert isinstance(chained, ChainDataset) and list(chained) == list(chained) == ["a", "b", "c"]
    assert len(chained) == 3


def test_stack_dataset():
    x, y = tn.arange(6.0).reshape(3, 2), [1, 2, 3]
    pairs, named = StackDataset(TensorDataset(x), y), StackDataset(image=x, label=y)
    assert len(pairs) == len(named) == 3
    (row,), label = pairs[1]
    assert row.tolist() == [2, 3] and label == 2
    assert list(named[2]) == ["image", "label"] and named[2]["label"] == 3
    for dataset in (pairs, named):
        several = dataset.__getitems__([2, 0])
        assert str(several) == str([dataset[2], dataset[0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda d: d.ConcatDataset([]),
        lambda d: d.ConcatDataset([d.ChainDataset([])]),
        lambda d: d.ConcatDataset(5),
        lambda d: list(d.ChainDataset([[1]])),
        lambda d: len(d.ChainDataset([[1]])),
        lambda d: d.StackDataset(),
        lambda d: d.StackDataset([1], x=[1]),
        lambda d: d.StackDataset([1], [1, 2]),
        lambda d: d.StackDataset(x=[1], y=[1, 2]),
        lambda d: d.IterableDataset(),
        lambda d: d.Dataset()[0],
        lambda d: len(d.Dataset()),
        lambda d: d.RandomSampler([]),
        lambda d: d.RandomSampler([1], num_samples=0),
        lambda d: d.WeightedRandomSampler([1.0], 0),
        lambda d: d.WeightedRandomSampler([[1.0]], 1),
        lambda d: d.BatchSampler([1], 0, False),
        lambda d: d.DistributedSampler([1], 2, 2),
        lambda d: d.DistributedSampler([1], 2, -1),
        lambda d: list(d.Sampler()),
        lambda d: d.DataLoader([], shuffle=True),
        lambda d: d.DataLoader([1], num_workers=-1),
        lambda d: d.DataLoader([1], num_workers=1, timeout=-1),
        lambda d: d.DataLoader([1], prefetch_factor=2),
        lambda d: d.DataLoader([1], persistent_workers=True),
        lambda d: d.DataLoader([1], multiprocessing_context="spawn"),
        lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context="spam"),
        lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context=1),
        lambda d: d.DataLoader([1], shuffle=True, sampler=[0]),
        lambda d: d.DataLoader([1], 2, batch_sampler=[[0]]),
        lambda d: d.DataLoader([1], batch_sampler=[[0]], drop_last=True),
        lambda d: d.DataLoader([1], batch_sampler=[[0]], sampler=[0]),
        lambda d: d.DataLoader([1], None, drop_last=True),
        lambda d: d.DataLoader(d.ChainDataset([]), shuffle=True),
        lambda d: d.DataLoader(d.ChainDataset([]), sampler=[0]),
        lambda d: d.DataLoader(d.ChainDataset([]), batch_sampler=[[0]]),
        lambda d: setattr(d.DataLoader([1]), "batch_size", 3),
        lambda d: next(iter(d.DataLoader([1], sampler=[3]))),
        lambda d: next(iter(d.DataLoader([]))),
        lambda d: len(d.DataLoader(d.ChainDataset(x for x in [1]))),
        lambda d: d.TensorDataset(*d.default_collate([(1, 2), (3, 4)]))[2],
    ],
)
def test_what_pytorch_refuses_is_refused_with_the_same_type(torch, call):
    with pytest.raises(Exception) as theirs:
        call(torch.utils.data)
    with pytest.raises(type(theirs.value)):
        call(data)
