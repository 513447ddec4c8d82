"""Copies and pickles of tensors, models, optimizers and schedulers, in this process and into others."""

import copy
import pickle

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn

WAYS = {"deepcopy": copy.deepcopy, **{f"pickle {p}": lambda x, p=p: pickle.loads(pickle.dumps(x, p)) for p in range(6)}}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def copied(request):
    return request.param


class Named(tn.nn.Parameter):
    """A user's class, whose objects have attributes."""


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "bool"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors(copied, dtype, shape):
    x = tn.ones(*shape, dtype=getattr(tn, dtype)) if shape else tn.tensor(1, dtype=getattr(tn, dtype))
    y = copied(x)
    assert type(y) is tn.Tensor and y.dtype == x.dtype and (numpy(y) == numpy(x)).all() and not y.requires_grad
    assert not np.shares_memory(x.array, y.array)


def test_views_and_expanded_tensors_become_tensors_of_their_own(copied):
    x = tn.arange(6).reshape(2, 3)
    for view in (x.T, x[:, 1], x[:1].expand(4, 3)):
        y = copied(view)
        assert y.tolist() == view.tolist()
        y.add_(1)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_parameters_keep_their_class_and_attributes(copied):
    p = Named(tn.ones(2))
    p.layer = [p]
    q = copied(p)
    assert type(q) is Named and q.requires_grad and q.layer[0] is q
    assert not copied(tn.nn.Parameter(tn.ones(2), requires_grad=False)).requires_grad


def test_the_count_of_writes_does_not_travel(copied):
    p = tn.nn.Parameter(tn.ones(2))
    with tn.no_grad():
        for _ in range(3):
            p.mul_(2)
    q = copied(p)
    assert q._written is None
    (q * q).sum().backward()
    assert q.grad.tolist() == [16.0, 16.0] and p.grad is None


def test_one_parameter_under_two_names_stays_one(copied):
    model = tn.nn.Module()
    model.a, model.b = tn.nn.Linear(2, 2), tn.nn.Linear(2, 2)
    model.b.weight = model.a.weight
    other = copied(model)
    assert other.b.weight is other.a.weight is not model.a.weight
    assert list(other.state_dict()) == list(model.state_dict())


def test_gradients_are_copied_and_not_pickled():
    p = tn.nn.Parameter(tn.ones(2))
    p.sum().backward()
    assert copy.deepcopy(p).grad.tolist() == [1.0, 1.0]
    assert pickle.loads(pickle.dumps(p)).grad is None


def test_a_tensor_in_the_middle_of_a_graph():
    y = tn.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="only leaf tensors can be deep-copied"):
        copy.deepcopy(y)
    z = pickle.loads(pickle.dumps(y))
    assert z.is_leaf and z.requires_grad and z.tolist() == [2.0, 2.0]
