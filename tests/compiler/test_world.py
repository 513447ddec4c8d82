"""What a function can reach, and what it does besides computing: a change counts at the next call, or is refused."""

import collections
import contextlib
import contextvars
import functools
import itertools
import math
import os
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinynet as tn
from tests.compiler.test_compile import CLASSES, REGRESSION, bits, mlp, refused, trainer
from tinynet import capture, nn, optim
from tinynet.kernels.kernel import KERNELS

F = nn.functional
namespace = types.SimpleNamespace(factor=1.0, inner={"factor": 1.0})
table, names, queue, numbers = {"factor": 1.0}, {"one"}, collections.deque([1.0]), np.ones(2)


context = contextvars.ContextVar("context", default=1.0)
of_globals = 1.0


def scaled(x):
    x = x * namespace.factor * namespace.inner["factor"] * len(table) * len(names) * queue[0] * float(numbers[0])
    return x * context.get() * float(os.environ.get("FACTOR", "1")) * globals()["of_globals"]


def put_back():
    context.set(1.0)
    os.environ.pop("FACTOR", None)
    globals()["of_globals"] = 1.0
    namespace.factor, namespace.inner["factor"], queue[0], numbers[0] = 1.0, 1.0, 1.0, 1.0
    table.pop("other", None)
    names.discard("two")


CHANGES = {
    "namespace": lambda: setattr(namespace, "factor", 2.0),
    "dict in a namespace": lambda: namespace.inner.update(factor=2.0),
    "a new key": lambda: table.update(other=1.0),
    "a new element": lambda: names.add("two"),
    "a deque": lambda: queue.__setitem__(0, 2.0),
    "an array": lambda: numbers.__setitem__(0, 2.0),
    "a context": lambda: context.set(2.0),
    "the environment": lambda: os.environ.update(FACTOR="2"),
    "a global by a string": lambda: globals().update(of_globals=2.0),
}


def settled(function, *args):
    """The function compiled, after it has become a program."""
    step = tn.compile(function)
    for _ in range(4):
        step(*args)
    assert step.programs
    return step


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_is_inside_of_globals(change):
    step = settled(scaled, tn.ones(2))
    try:
        change()
        assert (step(tn.ones(2)) == 2).all()
    finally:
        put_back()
    assert (step(tn.ones(2)) == 1).all()


def test_signed_zeros_kinds_of_numbers_and_unhashable_arguments():
    step = tn.compile(lambda x, k: x * math.copysign(1.0, k) if isinstance(k, float) else x * 5)
    for k, expected in [(0.0, 1), (-0.0, -1), (0, 5), (False, 5)] * 4:
        assert step(tn.ones(1), k).item() == expected
    step = tn.compile(lambda x, options: x * options["factor"])
    for factor in (1.0, 1.0, 1.0, 2.0):
        assert step(tn.ones(1), {"factor": factor}).item() == factor
    options = types.SimpleNamespace(factor=1.0)
    step = settled(lambda x, options: x * options.factor, tn.ones(1), options)
    options.factor = 3.0
    assert step(tn.ones(1), options).item() == 3


def test_defaults_partials_and_configurations_of_modules():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.options = {"factor": 1.0}

        def forward(self, x, shift=0.0):
            return x * self.options["factor"] + shift

    net = Net()
    step = settled(functools.partial(net, shift=0.0), tn.ones(1))
    net.options["factor"] = 4.0
    assert step(tn.ones(1)).item() == 4
    Net.forward.__defaults__ = (2.0,)
    assert tn.compile(net)(tn.ones(1)).item() == 6


def test_functions_and_methods_that_somebody_replaces(monkeypatch):
    helper, relu, p = (lambda x: x * 1), nn.ReLU(), nn.Parameter(tn.ones(1))
    optimizer = optim.SGD([p], lr=1.0)
    step = settled(lambda x: (optimizer.step(), helper(relu(F.relu(x))))[1], tn.ones(1))
    monkeypatch.setattr(F, "relu", lambda x, *_: x * 2)
    assert step(tn.ones(1)).item() == 4
    monkeypatch.setattr(nn.ReLU, "forward", lambda self, x: x * 3)
    assert step(tn.ones(1)).item() == 6
    helper.__code__ = (lambda x: x * 5).__code__
    assert step(tn.ones(1)).item() == 30
    monkeypatch.setattr(optim.SGD, "step", lambda self: p.detach().fill_(7))
    step(tn.ones(1))
    assert p.item() == 7


@pytest.mark.parametrize("name", ["boost", "weight", "scale"])  # each read by another method
def test_what_an_optimizer_of_ones_own_reads(name):
    class Boosted(optim.SGD):
        boost = weight = scale = 1.0

        def step(self):
            self.count = getattr(self, "count", 0) + 1
            for p in self.param_groups[0]["params"]:
                p.grad.mul_(self.boost)
            super().step()

        def weighted(self, loss):
            return loss * self.weight

        def scaled(self, loss):
            return loss * self.scale

    p = nn.Parameter(tn.zeros(1))
    optimizer = Boosted([p], lr=1.0)
    loss_of = lambda: optimizer.scaled(optimizer.weighted(p.sum()))
    step = settled(lambda: (optimizer.zero_grad(), loss_of().backward(), optimizer.step())[0])
    assert p.item() == -4
    setattr(optimizer, name, 3.0)
    step()
    assert p.item() == -7 and optimizer.count == 5


def test_a_rate_that_the_function_reads():
    m = mlp(nn.ReLU())
    optimizer = optim.SGD(m.parameters(), lr=0.5)
    step = settled(lambda x: x * optimizer.param_groups[0]["lr"], tn.ones(1))
    optimizer.param_groups[0]["lr"] = 0.25
    assert step(tn.ones(1)).item() == 0.25


def test_a_schedule_of_ones_own():
    class Halved(optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [rate * 0.5**self.last_epoch for rate in self.base_lrs]

    p = nn.Parameter(tn.ones(1))
    optimizer = optim.SGD([p], lr=1.0)
    schedule = Halved(optimizer)

    @tn.compile
    def step():
        optimizer.zero_grad()
        p.sum().backward()
        optimizer.step()
        schedule.step()

    for k in range(1, 7):
        step()
        assert p.item() == 1 - 2 * (1 - 0.5**k)
    assert step.programs


def test_a_hook_that_is_added_and_taken_away():
    m = mlp(nn.ReLU())
    optimizer = optim.SGD(m.parameters(), lr=0.1)
    step = settled(trainer(m, optimizer), *REGRESSION[0])
    handle = m[0].weight.register_hook(lambda g: g * 0)
    step(*REGRESSION[0])
    assert (m[0].weight.grad == 0).all()
    handle.remove()
    step(*REGRESSION[0])
    assert (m[0].weight.grad != 0).any()


def test_a_parameter_that_leaves_its_group():
    m = mlp(nn.ReLU())
    optimizer = optim.SGD(m.parameters(), lr=0.1)
    step = settled(trainer(m, optimizer), *REGRESSION[0])
    optimizer.param_groups[0]["params"].pop()
    before = bits(m[2].bias.detach())
    for _ in range(4):
        step(*REGRESSION[0])
    assert bits(m[2].bias.detach()) == before


def test_gradients_that_add_up_without_an_optimizer():
    w = tn.ones(3, requires_grad=True)
    step = tn.compile(lambda x: (w * x).sum().backward())
    for total in range(1, 5):
        step(tn.ones(3))
        assert (w.grad == total).all()
    for _ in range(4):
        w.grad = None
        step(tn.ones(3))
        assert (w.grad == 1).all()
    step(tn.ones(3))
    assert (w.grad == 2).all()


def test_a_copy_onto_itself():
    def shift(x):
        y = x.clone()
        y[1:] = y[:-1]
        return y

    step = tn.compile(shift)
    for _ in range(5):
        assert step(tn.arange(6.0)).tolist() == [0, 0, 1, 2, 3, 4]


def test_arguments_that_are_the_same():
    step = settled(lambda x, y: x + 2 * y, *[tn.ones(1)] * 2)
    assert step(tn.ones(1), tn.zeros(1)).item() == 1


def test_a_function_that_calls_a_compiled_one():
    inner = tn.compile(lambda x: x + 1)
    outer = tn.compile(lambda x: inner(x) * 2)
    for _ in range(5):
        assert outer(tn.ones(1)).item() == 4
    assert outer.programs and inner(tn.ones(1)).item() == 2


def test_fallback_runs_each_call_once():
    calls = []
    step = tn.compile(lambda x: (calls.append(1), (x + 1).sum().item())[1], fallback=True)
    with pytest.warns(UserWarning, match="reads the value"):
        assert step(tn.ones(1)) == 2
    assert len(calls) == 1


def test_other_threads_compute_while_a_step_runs():
    m = mlp(nn.ReLU())
    step = settled(trainer(m, optim.Adam(m.parameters()), F.cross_entropy), *CLASSES[0])
    x = tn.arange(64.0)
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(lambda: [step(*CLASSES[0]) for _ in range(300)])
        while not running.done():
            assert (x + 1).sum().item() == 64 * 65 / 2


def test_one_thread_is_watched_at_a_time():
    def other():
        with capture.watched_by("second"):
            seen.append(capture.watcher)

    seen, thread = [], threading.Thread(target=other)
    with capture.watched_by("first") as outer:
        thread.start(), seen.append(capture.watcher)
    thread.join()
    assert seen == ["first", "second"] and capture.watcher is None is outer


def test_threads_run_steps_of_their_own(monkeypatch):
    """What one's optimizer launches is no business of the other's, even while both are asked for their launches."""

    def trained():
        m = mlp(nn.ReLU())
        return trainer(m, optim.Adam(m.parameters()), F.cross_entropy)

    both, postponing = threading.Barrier(2, timeout=30), capture.postponing

    @contextlib.contextmanager
    def together():
        with postponing() as postponed:
            both.wait()
            yield postponed

    steps = [settled(step, *CLASSES[0]) for step in (trained(), trained())]
    programs = [step.programs[0] for step in steps]
    monkeypatch.setattr(capture, "postponing", together)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda step: [step(*CLASSES[0]) for _ in range(3)], steps))
    assert [step.programs[0] for step in steps] == programs and [program.misses for program in programs] == [0, 0]


def test_a_step_that_names_only_the_optimizer():
    p = nn.Parameter(tn.ones(1))
    optimizer = optim.SGD([p], lr=0.1)
    step = tn.compile(lambda: (optimizer.step(), optimizer.zero_grad())[1])
    for _ in range(6):
        (p * p).sum().backward()
        step()
        assert p.grad is None
    assert p.item() == pytest.approx(0.8**6)


def test_an_argument_that_the_step_writes_by_another_name():
    w = tn.tensor([2.0])
    step = tn.compile(lambda a: (w.mul_(2), a + w)[1])
    for k in range(4):
        assert step(tn.ones(1)).item() == 1 + 2 ** (k + 2)
    assert step(w).item() == 128


def test_arguments_that_overlap():
    step = tn.compile(lambda a, b: (a.add_(1), a * b)[1])
    for _ in range(4):
        t = tn.arange(4.0)
        step(t[:2], tn.ones(2))
    t = tn.arange(4.0)
    assert step(t[:2], t[1:3]).tolist() == [2, 4]


def test_what_a_hook_reaches_and_attributes_of_parameters():
    p, factors = nn.Parameter(tn.ones(1)), [1.0]
    p.register_hook(lambda g: g * factors[0])
    p.factor = 1.0

    def gradient():
        p.grad = None
        (p * 2 * p.factor).sum().backward()
        return p.grad.clone()

    step = settled(gradient)
    factors[0] = 5.0
    assert step().item() == 10
    p.factor = 2.0
    assert step().item() == 20


def test_train_inside_a_step_methods_and_what_a_compiled_model_has():
    class Trainer:
        def __init__(self):
            self.model = mlp(nn.Dropout(0.5))
            self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

        @tn.compile
        def step(self, x, y):
            self.model.train()
            return trainer(self.model, self.optimizer)(x, y)

    one = Trainer()
    for x, y in REGRESSION * 2:
        one.step(x, y)
    assert one.step.programs
    assert len(list(tn.compile(one.model).parameters())) == 4


REFUSED = {
    "random integers": (lambda x: tn.randint(0, 9, (3,)), "no kernel has computed"),
    "a gradient": (lambda x: ((weight * x).sum().backward(), weight.grad)[1], "returns a gradient"),
    "an iterator": (lambda x: x * next(counter), "reaches .*counter, which gives something else each time"),
    "a stream of NumPy's": (lambda x: x * (5 if stream.random() < 0.5 else 1), "reaches .*stream"),
    "a dict of its own kind": (lambda x: collections.defaultdict(int, a=x + 1), "a container of a kind of its own"),
    "the time": (lambda x: x + (time.time() > 0), r"test_world.py:\d+: calls time.time, whose answer"),
    "a file": (lambda x: x * len(open(__file__).readline()), "calls open, whose answer"),
    "a rate": (lambda x: (optimizer.param_groups[0].update(lr=0.1), x + 1)[1], "sets 'lr' of a parameter group"),
    "a number": (lambda x: (x + 1, 0.5), "returns float"),
    "an argument": (lambda x: x, "returns an argument"),
    "views": (lambda x: (lambda y: (y, y[0]))(x + 1), "share their memory"),
    "a seed": (lambda x: (tn.manual_seed(0), x + 1)[1], "seeds a random stream"),
}
weight, counter, stream = tn.ones(3, requires_grad=True), itertools.count(), np.random.default_rng(0)
optimizer = optim.SGD([tn.ones(1, requires_grad=True)], lr=0.1)


@pytest.mark.parametrize("function, match", REFUSED.values(), ids=REFUSED.keys())
def test_refused(function, match):
    refused(function, match, tn.ones(3))


def test_what_is_asked_is_listened_to_between_launches_alone(monkeypatch):
    """While Python tells of each call, to compile a kernel takes twice as long."""
    kernel, heard = KERNELS["exp"], []
    exp = kernel.cpu
    monkeypatch.setattr(kernel, "cpu", lambda out, x: (heard.append(sys.getprofile()), exp(out, x)))
    step = tn.compile(lambda x: (x.exp(), heard.append(sys.getprofile()))[0])
    step(tn.ones(3))
    *launches, between = heard
    assert launches and set(launches) == {None} and between is not None
