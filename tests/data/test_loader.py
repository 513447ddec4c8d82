"""The loader without worker processes."""

import numpy as np
import pytest
from helpers import described

import tinynet as tn
from tinynet import data
from tinynet.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset


def numbers(n, **options):
    """A dataset whose rows say their own index."""
    return TensorDataset(tn.tensor(np.arange(2 * n, dtype=np.float32).reshape(n, 2)), tn.arange(n), **options)


def labels(loader):
    return [y.tolist() for _, y in loader]


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


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "4"])
def test_loader_refuses_batch_sizes(size):
    with pytest.raises((ValueError, TypeError), match=r"DataLoader: expected batch_size (≥ 1|to be an integer), got"):
        DataLoader(numbers(4), size)


def test_loader_says_what_it_expects_of_a_dataset():
    class Short(Items):
        def __getitems__(self, indices):
            return [0.0]

    with pytest.raises(TypeError, match=r"expected dataset to be a dataset, with __getitem__, .* got generator"):
        DataLoader(x for x in range(3))
    with pytest.raises(TypeError, match=r"default_collate: expected items of .* got NoneType; .* a collate_fn"):
        next(iter(DataLoader([None], 1)))
    with pytest.raises(tn.ShapeError, match=r"Short\.__getitems__: expected 3 items for as many indices, got 1"):
        next(iter(DataLoader(Short(None), 3)))


# Samplers, and datasets without batches or indices


def test_a_loader_without_batches_gives_the_items():
    items = DataLoader([np.zeros(2), "a", (1, np.ones(1))], batch_size=None, sampler=[2, 1])
    assert [str(item) for item in items] == ["[1, tensor([1.], dtype=float64)]", "a"]
    assert len(items) == 2 and items.collate_fn is data.default_convert


def test_a_sampler_says_which_items():
    loader = DataLoader(numbers(10), 2, sampler=[7, 1, 2])
    assert labels(loader) == [[7, 1], [2]] and len(loader) == 2
    loader = DataLoader(numbers(10), batch_sampler=[[7, 1, 1], [2]])
    assert labels(loader) == [[7, 1, 1], [2]] and len(loader) == 2 and loader.batch_size is None
    assert labels(DataLoader({"a": (0, tn.tensor(5))}, sampler=["a"])) == [[5]]  # any index that the dataset takes


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(7))


def test_iterable_datasets():
    assert [x.tolist() for x in DataLoader(Stream(), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [x.tolist() for x in DataLoader(Stream(), 3, drop_last=True)] == [[0, 1, 2], [3, 4, 5]]
    assert list(DataLoader(Stream(), None)) == list(range(7))
    with pytest.raises(TypeError):
        len(DataLoader(Stream()))


def test_a_collate_fn_may_do_to_its_items_whatever_one_does_to_a_list():
    def collate(items):
        items.sort(key=lambda item: -item[1])
        return [y.item() for _, y in items[1:]]

    assert list(DataLoader(numbers(4), 4, collate_fn=collate)) == [[2, 1, 0]]


def test_two_passes_at_a_time():
    loader = DataLoader(numbers(6), 2)
    assert [(a.tolist(), b.tolist()) for (_, a), (_, b) in zip(loader, loader)][2] == ([4, 5], [4, 5])
    assert len(iter(loader)) == 3


def pairs(lib):
    """A dataset as scripts define one: an item at a time, some of it from NumPy."""

    class Pairs(lib.utils.data.Dataset):
        def __init__(self, n):
            self.x = np.arange(2.0 * n, dtype=np.float32).reshape(n, 2)

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            x = lib.from_numpy(self.x[i])
            return 2 * x - x.mean(), {"label": i % 3, "name": f"item {i}", "weight": self.x[i].sum()}

    return Pairs(7)


def stream(lib):
    class Numbers(lib.utils.data.IterableDataset):
        def __iter__(self):
            yield from np.arange(5)

    return Numbers()


@pytest.mark.parametrize(
    "make",
    [
        lambda lib, D: D.DataLoader(pairs(lib), 3),
        lambda lib, D: D.DataLoader(pairs(lib), 3, drop_last=True),
        lambda lib, D: D.DataLoader(pairs(lib), batch_size=None),
        lambda lib, D: D.DataLoader(pairs(lib), 2, sampler=[5, 0, 6]),
        lambda lib, D: D.DataLoader(pairs(lib), batch_sampler=D.BatchSampler(range(6, 0, -1), 4, False)),
        lambda lib, D: D.DataLoader(pairs(lib), 2, collate_fn=lambda items: [x.tolist() for x, _ in reversed(items)]),
        lambda lib, D: D.DataLoader(D.Subset(pairs(lib), [3, 1, -1]), 2),
        lambda lib, D: D.DataLoader(pairs(lib) + pairs(lib), 4),
        lambda lib, D: D.DataLoader(D.StackDataset(a=pairs(lib), b=range(7)), 4),
        lambda lib, D: D.DataLoader(D.StackDataset(pairs(lib), D.TensorDataset(lib.arange(7))), 4),
        lambda lib, D: D.DataLoader(D.TensorDataset(lib.arange(10.0).reshape(5, 2), lib.arange(5)), 2),
        lambda lib, D: D.DataLoader(stream(lib), 2),
        lambda lib, D: D.DataLoader(stream(lib), 2, drop_last=True),
        lambda lib, D: D.DataLoader(stream(lib), None),
        lambda lib, D: D.DataLoader(stream(lib) + stream(lib), 4),
        lambda lib, D: D.DataLoader("abcdef", 4),
        lambda lib, D: D.DataLoader({3: [1.5], 5: [2.5]}, 2, sampler=[5, 3, 5]),
    ],
)
def test_batches_are_those_of_pytorch(torch, make):
    ours, theirs = make(tn, tn.utils.data), make(torch, torch.utils.data)
    assert [described(batch) for batch in ours] == [described(batch) for batch in theirs]
    for name in ("batch_size", "drop_last", "num_workers", "prefetch_factor", "timeout", "persistent_workers"):
        assert getattr(ours, name) == getattr(theirs, name)
    if not isinstance(ours.dataset, IterableDataset):
        assert len(ours) == len(theirs)
