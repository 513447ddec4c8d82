"""Copies and pickles of tensors, models, optimizers and schedulers, in this process and into others."""

import copy
import math
import multiprocessing
import pickle

import numpy as np
import pytest
from helpers import numpy
from optim_cases import CODED, PAPERS, TORCH, make
from spawned import steps, train_there

import tinynet as tn
from tinynet import nn, optim
from tinynet.optim import lr_scheduler, schedules, swa_utils

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
    assert q._version is None
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


# Models, optimizers and schedulers


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def vector(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def optimizer_of(name, model):
    if name == "Muon":
        model[0].bias = model[2].bias = None
    return make(name, list(model.parameters()), {"lr": EVERY_LR[name]})


EVERY_LR = {name: lr for table in (TORCH, PAPERS, CODED) for name, (lr, _) in table.items()}


@pytest.mark.parametrize("way", ["deepcopy", "pickle 5"])
@pytest.mark.parametrize("name", EVERY_LR)
def test_the_copy_of_an_optimizer_moves_the_copy_of_its_model_and_nothing_else(name, way):
    model = network()
    optimizer = optimizer_of(name, model)
    steps(model, optimizer)
    other, its = WAYS[way]((model, optimizer))
    assert str(its.state_dict()) == str(optimizer.state_dict())
    before = vector(model).copy()
    theirs = steps(other, its, start=3)
    assert (vector(model) == before).all() and (vector(other) != before).any()
    assert steps(model, optimizer, start=3) == theirs  # to the bit
    assert (vector(model) == vector(other)).all()


SCHEDULERS = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1, 4]),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, math.cos),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 3, cycle_momentum=False),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, 20),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o), lr_scheduler.ExponentialLR(o, 0.9)], [4]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
}


@pytest.mark.parametrize("way", ["deepcopy", "pickle 5"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_copy_of_a_scheduler_schedules_the_copy_of_its_optimizer(name, way):
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    scheduler = SCHEDULERS[name](optimizer)
    steps(model, optimizer, scheduler)
    its, other, copied = WAYS[way]((scheduler, model, optimizer))
    assert its.optimizer is copied is not optimizer
    lr = optimizer.lr
    theirs = steps(other, copied, its, n=6, start=3)
    assert optimizer.lr == lr
    assert steps(model, optimizer, scheduler, n=6, start=3) == theirs and optimizer.lr == copied.lr


@pytest.mark.parametrize("way", ["deepcopy", "pickle 5"])
def test_schedules_are_followed_by_the_copy(way):
    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=schedules.warmup(2) >> schedules.cosine(6, peak=0.1)[1:] >> 0.01)
    steps(model, optimizer)
    other, its = WAYS[way]((model, optimizer))
    assert repr(its) == repr(optimizer)
    assert steps(other, its, n=6, start=3) == steps(model, optimizer, n=6, start=3)


@pytest.mark.parametrize("way", ["deepcopy", "pickle 5"])
@pytest.mark.parametrize(
    "average", [None, swa_utils.get_ema_multi_avg_fn(0.9), swa_utils.get_ema_multi_avg_fn(debias=True)]
)
def test_averages_go_on_in_the_copy(way, average):
    model = network()
    averaged = swa_utils.AveragedModel(model, multi_avg_fn=average)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        steps(model, optimizer, n=1)
        averaged.update_parameters(model)
    other = WAYS[way](averaged)
    steps(model, optimizer, n=1)
    before = vector(averaged).copy()
    other.update_parameters(model)
    assert (vector(averaged) == before).all()
    averaged.update_parameters(model)
    assert (vector(averaged) == vector(other)).all() and other.n_averaged.item() == 3


def test_an_optimizer_alone_is_copied_with_its_parameters():
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    steps(model, optimizer)
    its = copy.deepcopy(optimizer)
    mine, theirs = optimizer.param_groups[0]["params"], its.param_groups[0]["params"]
    assert all(p is not q and (p.array == q.array).all() for p, q in zip(mine, theirs, strict=True))
    (arena,) = its._arenas[0]
    assert all(np.shares_memory(q.array, arena.values) for q in theirs)


def test_into_another_process_and_back():
    with tn.no_grad():  # the counts of writes of the two processes differ
        for _ in range(10):
            tn.ones(1).add_(1)
    model = network()
    optimizer = optim.AdamW(model.parameters(), lr=0.05)
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    steps(model, optimizer, scheduler)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        losses, other, its, copied = pool.apply(train_there, (model, optimizer, scheduler))
    assert losses == steps(model, optimizer, scheduler, start=3)
    assert (vector(model) == vector(other)).all() and copied.optimizer is its
    assert steps(other, its, copied, start=6) == steps(model, optimizer, scheduler, start=6)


@pytest.mark.cuda
@pytest.mark.parametrize("way", ["deepcopy", "pickle 5"])
@pytest.mark.parametrize("name", ["Adam", "Adam8bit", "ASGD", "LBFGS", "Lookahead"])
def test_copies_of_what_lies_on_the_gpu_lie_there(name, way):
    ps = [tn.ones(n, device="cuda").requires_grad_() for n in (3, 2)]
    optimizer = make(name, ps, {"lr": EVERY_LR[name]})

    def step(optimizer, ps):
        def closure():
            optimizer.zero_grad()
            loss = sum((p * p).sum() for p in ps)
            loss.backward()
            return loss

        optimizer.step(closure)

    step(optimizer, ps)
    p = tn.ones(2, device="cuda").requires_grad_()
    p.sum().backward()
    optim.SGD([p], lr=0.1).step(clip_value=1.0)  # after which the library holds an array on the GPU
    qs, other = WAYS[way]((ps, optimizer))
    before = [numpy(p).copy() for p in ps]
    step(other, qs)
    assert all(q.is_cuda for q in qs) and all((numpy(p) == b).all() for p, b in zip(ps, before))
    step(optimizer, ps)
    assert all((numpy(p) == numpy(q)).all() for p, q in zip(ps, qs))


def test_a_tensor_of_memory_that_may_not_be_written_is_a_copy():
    """As joblib maps files, which it shares between processes."""
    buffers, x = [], tn.arange(6.0)
    data = pickle.dumps(x, 5, buffer_callback=buffers.append)
    twin = pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])
    assert twin.add_(1).tolist() == [1, 2, 3, 4, 5, 6] and x[0] == 0
