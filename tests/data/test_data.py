"""Datasets, splits, loaders, and images from files."""

import zlib
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from helpers import run_python

import tinynet as tn
from tinynet import data
from tinynet.data import DataLoader, Dataset, Subset, TensorDataset, random_split


def numbers(n, **options):
    """A dataset whose rows say their own index."""
    return TensorDataset(tn.tensor(np.arange(2 * n, dtype=np.float32).reshape(n, 2)), tn.arange(n), **options)


def labels(loader):
    return [y.tolist() for _, y in loader]


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


def test_the_names_of_torch_utils_data():
    from tinynet.utils.data import DataLoader as same

    assert same is DataLoader


@pytest.mark.parametrize(
    "name",
    [
        "utils.data.DataLoader",
        "data.DataLoader",
        "nn.utils.clip_grad_norm_",
        "optim.lr_scheduler.StepLR",
        "training.fit",
    ],
)
def test_a_part_is_there_without_an_import_of_its_own(name):
    run_python(f"import sys, tinynet as tn; assert 'tinynet.data' not in sys.modules; tn.{name}")


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
        ((tn.tensor([[0, 1], [2, float("nan")]]),), tn.NonFiniteError, r"the first, nan, at \(1, 1\)"),
        ((tn.zeros(2), tn.tensor([1.0, float("inf")])), tn.NonFiniteError, "got 1 that .* in argument 1"),
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


@pytest.mark.parametrize(
    ("indices", "error"), [([0, 10], IndexError), ([-1], IndexError), ([0.5], TypeError), ([[1]], TypeError)]
)
def test_subset_refuses(indices, error):
    with pytest.raises(error, match="Subset: expected"):
        Subset(numbers(10), indices)


@pytest.mark.parametrize(
    ("n", "lengths", "expected"),
    [(10, [7, 3], [7, 3]), (10, [0.8, 0.2], [8, 2]), (11, [0.5, 0.5], [6, 5]), (5, [0.5, 0.3, 0.2], [3, 1, 1])],
)
def test_random_split_covers_everything_once(n, lengths, expected):
    parts = random_split(numbers(n), lengths, generator=tn.Generator(1))
    assert [len(part) for part in parts] == expected
    assert sorted(i for part in parts for i in part.indices) == list(range(n))


def test_random_split_is_decided_by_its_generator():
    split = lambda seed: random_split(numbers(100), [0.5, 0.5], tn.Generator(seed))[0].indices.tolist()
    assert split(1) == split(1) != split(2)


@pytest.mark.parametrize("lengths", [[5, 6], [0.5, 0.4], [-1, 11], [float("nan")], [0.9, 0.2], []])
def test_random_split_refuses(lengths):
    with pytest.raises(ValueError, match="random_split: expected"):
        random_split(numbers(10), lengths)


# DataLoader


def test_loader_keeps_the_order_and_the_last_batch():
    loader = DataLoader(numbers(10), 4)
    assert labels(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3
    assert all((x.numpy()[:, 0] == 2 * y.numpy()).all() for x, y in loader)


def test_loader_drops_the_last_batch():
    loader = DataLoader(numbers(10), 4, drop_last=True)
    assert labels(loader) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(loader) == 2
    assert labels(DataLoader(numbers(8), 4, drop_last=True)) == labels(DataLoader(numbers(8), 4))


def test_loader_shuffles_anew_in_each_epoch_and_repeats_from_the_seed():
    def epochs(seed):
        tn.manual_seed(seed)
        loader = DataLoader(numbers(50), 8, shuffle=True)
        return [[i for batch in labels(loader) for i in batch] for _ in range(3)]

    first, second, third = epochs(1)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second != third != first
    assert epochs(1) == [first, second, third]
    assert epochs(2)[0] != first


def test_loader_takes_its_order_from_its_own_generator():
    order = lambda: labels(DataLoader(numbers(50), 50, shuffle=True, generator=tn.Generator(3)))
    before = tn.get_rng_state()
    assert order() == order()
    assert tn.get_rng_state() == before


class Items(Dataset):
    """A dataset that keeps a list of the indices it was asked for."""

    def __init__(self, item, n=10):
        self.item, self.n, self.asked = item, n, []

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.asked.append(i)
        return self.item(i)


def test_a_dataset_is_asked_for_one_item_at_a_time():
    x = tn.tensor([[1.0, 2.0], [30.0, 50.0], [0.0, 1.0]])
    dataset = Items(lambda i: (x[i] - x[i].mean()) / x[i].std(), n=3)
    (batch,) = DataLoader(dataset, 3)
    assert dataset.asked == [0, 1, 2] and {type(i) for i in dataset.asked} == {int}
    assert batch.tolist() == [[pytest.approx(-(0.5**0.5)), pytest.approx(0.5**0.5)]] * 3
    part = Subset(dataset, [2, 0])
    assert [len(batch) for batch in DataLoader(part, 2)] == [2] and dataset.asked[3:] == [2, 0]
    assert {type(i) for i in dataset.asked} == {int}


@pytest.mark.parametrize("rows", [lambda i: [(np.sqrt(k), k) for k in i], lambda i: data.Rows(np.sqrt(i), np.array(i))])
def test_a_dataset_with_getitems_is_asked_once_for_each_batch(rows):
    class Whole(Items):
        def __getitems__(self, indices):
            self.asked.append(indices)
            return rows(indices)

    dataset = Whole(None)
    for loader in (DataLoader(dataset, 4), DataLoader(Subset(dataset, range(10)), 4)):
        batches = list(loader)
        assert [len(x) for x, _ in batches] == [4, 4, 2] and batches[2][1].tolist() == [8, 9]
        assert batches[0][0].tolist() == np.sqrt(range(4)).tolist()
    assert dataset.asked == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] * 2


@pytest.mark.parametrize("base", [TensorDataset, Subset])
def test_a_subclass_may_change_each_item(base):
    class Doubled(base):
        def __getitem__(self, i):
            x, y = super().__getitem__(i)
            assert y.ndim == 0
            return 2 * x, y

    dataset = Doubled(*numbers(4).tensors) if base is TensorDataset else Doubled(numbers(4), range(4))
    x, y = next(iter(DataLoader(dataset, 4)))
    assert x[:, 0].tolist() == [0, 4, 8, 12] and y.tolist() == [0, 1, 2, 3]


class Point(NamedTuple):
    x: object
    y: object


COLLATED = [
    [0.5, 1.5],
    [1, 2.5],
    [1, 2],
    [True, False],
    [np.float32(1), np.float32(2)],
    [np.float64(1), np.float64(2)],
    [np.int32(1), np.int32(2)],
    [np.True_, np.False_],
    [np.zeros(2), np.ones(2)],
    [np.zeros((2, 1), np.float32)] * 3,
    [np.array(1.0), np.array(2.0)],
    [np.broadcast_to(1.0, 3)] * 2,
    ["a", "b"],
    [b"a"],
    [(1, 2.0), (3, 4.0)],
    [[1, (2.0, "a")], [3, (4.0, "b")]],
    [range(3), range(3)],
    [{"a": 1, "b": (1, np.zeros(2))}] * 2,
    [OrderedDict(b=1.0, a=2)] * 2,
    [{"a": 1}, {"a": 2, "b": 3}],
    [Point(1, 2.0), Point(3, 4.0)],
    [(1,)],
    [()],
    [None],
    [object()],
    [np.array("a")],
    [(1, 2), (3,)],
    [np.zeros(2), np.zeros(3)],
    [{"a": 1}, {"b": 2}],
    [1, None],
]


def described(batch):
    """A batch of either library, with each tensor as its values, dtype and shape."""
    if isinstance(batch, dict):
        return type(batch), {key: described(value) for key, value in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch), [described(value) for value in batch]
    return (batch.tolist(), str(batch.dtype).split(".")[-1]) if hasattr(batch, "tolist") else batch


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
@pytest.mark.parametrize("items", COLLATED, ids=str)
def test_items_are_collated_as_in_pytorch(torch, items):
    try:
        expected = torch.utils.data.default_collate(items)
    except (TypeError, RuntimeError, KeyError) as error:
        with pytest.raises(KeyError if isinstance(error, KeyError) else (TypeError, RuntimeError)):
            data.default_collate(items)
    else:
        assert described(data.default_collate(items)) == described(expected)


def test_tensors_are_stacked_and_keep_their_gradients():
    x = tn.ones(2, requires_grad=True)
    batch = data.default_collate([x * 2, x * 3])
    batch.sum().backward()
    assert batch.shape == (2, 2) and x.grad.tolist() == [5, 5]


def test_a_collate_fn_gets_the_items():
    (batch,) = DataLoader(numbers(3), 3, collate_fn=lambda items: [y.item() for _, y in items])
    assert batch == [0, 1, 2]
    (batch,) = DataLoader(["a", "bc"], 2, collate_fn="".join)
    assert batch == "abc"


def test_a_batch_is_contiguous_whatever_the_tensors_are_and_has_their_gradients():
    columns = tn.arange(6.0).reshape(2, 3).t()
    weighted = tn.ones(3, requires_grad=True)
    x, w = next(iter(DataLoader(TensorDataset(columns, weighted), 3)))
    assert x.is_contiguous() and x.tolist() == columns.tolist()
    w.sum().backward()
    assert weighted.grad.tolist() == [1, 1, 1]


def test_a_batch_is_a_copy():
    dataset = numbers(4)
    for x, _ in DataLoader(dataset, 2):
        x.zero_()
    assert dataset.tensors[0].sum().item() == 28


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "4", None])
def test_loader_refuses_batch_sizes(size):
    with pytest.raises((ValueError, TypeError), match=r"DataLoader: expected batch_size (≥ 1|to be an integer), got"):
        DataLoader(numbers(4), size)


def test_loader_says_what_it_expects_of_a_dataset():
    class Short(Items):
        def __getitems__(self, indices):
            return [0.0]

    with pytest.raises(TypeError, match="expected a dataset with __len__, got generator"):
        DataLoader(x for x in range(3))
    with pytest.raises(TypeError, match=r"default_collate: expected items of .* got NoneType; .* a collate_fn"):
        next(iter(DataLoader([None], 1)))
    with pytest.raises(tn.ShapeError, match=r"Short\.__getitems__: expected 3 items for as many indices, got 1"):
        next(iter(DataLoader(Short(None), 3)))
