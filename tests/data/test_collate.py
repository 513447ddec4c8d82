"""From items to a batch, and from arrays to tensors: as PyTorch does it."""

from collections import OrderedDict, UserDict, UserList
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
from helpers import described, launches

import tinynet as tn
from tinynet import data
from tinynet.data import DataLoader, TensorDataset


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
    [np.uint8(1), np.uint8(2)],
    [np.zeros((2, 2), np.uint8)] * 2,
    [np.ones(2, np.float16)] * 2,
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
    [UserDict(a=1)] * 2,
    [UserList([1, 2])] * 2,
    [MappingProxyType({"a": 1})] * 2,
    [[1.0, [2]], [3.0, [4]]],
    [np.array([1, 2], np.int32), np.array([3, 4], np.int64)],
    [None],
    [object()],
    [np.array("a")],
    [(1, 2), (3,)],
    [np.zeros(2), np.zeros(3)],
    [{"a": 1}, {"b": 2}],
    [1, None],
    [],
    5,
]


CONVERTED = [
    1,
    1.5,
    "a",
    None,
    np.ones((2, 1)),
    np.float32(2.5),
    np.int64(1),
    np.bool_(True),
    np.str_("a"),
    np.array(["a"]),
    np.array([None]),
    {"a": np.ones(2), "b": 1},
    OrderedDict(b=np.ones(1), a="x"),
    (np.ones(1), 2),
    [np.ones(1), (1, np.zeros(1))],
    Point(np.ones(1), 0),
    range(2),
    {1, 2},
]


@pytest.mark.parametrize("value", CONVERTED, ids=str)
def test_items_are_converted_as_in_pytorch(torch, value):
    assert described(data.default_convert(value)) == described(torch.utils.data.default_convert(value))


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
@pytest.mark.parametrize("items", COLLATED, ids=str)
def test_items_are_collated_as_in_pytorch(torch, items):
    try:
        expected = torch.utils.data.default_collate(items)
    except (TypeError, RuntimeError, LookupError) as error:
        with pytest.raises(type(error) if isinstance(error, LookupError) else (TypeError, RuntimeError)):
            data.default_collate(items)
    else:
        assert described(data.default_collate(items)) == described(expected)


def test_tensors_are_stacked_and_keep_their_gradients():
    x = tn.ones(2, requires_grad=True)
    batch = data.default_collate([x * 2, x * 3])
    batch.sum().backward()
    assert batch.shape == (2, 2) and x.grad.tolist() == [5, 5]


def test_tensors_of_several_dtypes_become_one_and_of_several_shapes_an_error():
    assert data.default_collate([tn.tensor([1]), tn.tensor([0.5])]).tolist() == [[1.0], [0.5]]
    for items in ([tn.zeros(2), tn.zeros(3)], [np.zeros(2), np.zeros(3)]):
        with pytest.raises(tn.ShapeError, match="expected tensors of one shape"):
            data.default_collate(items)


def test_no_kernel_is_launched():
    """So no worker process compiles one, and none waits for the threads of kernels."""
    x = tn.arange(6.0).reshape(3, 2)
    with launches() as names:
        for batch in DataLoader([(x[i], np.ones(3), i, {"a": 1.5}) for i in range(3)], 2):
            assert len(batch) == 4
        next(iter(DataLoader(TensorDataset(x), 2)))
    assert names == []
