"""What the graph leaves behind: nothing. No recursion, no reference cycles, no growth."""

import gc
import weakref

import numpy as np
import pytest
from helpers import TINYNET, close, leaf, no_cycles, sampled
from samples import SAMPLES

import tinynet as tn
from tinynet.autograd import grad


def test_the_walk_frees_as_it_goes():
    x = leaf(np.ones(10))
    alive = []

    def watch(g):
        alive.append(sum(ref() is not None for ref in arrays))

    y, arrays = x, []
    for _ in range(5):
        y = y * tn.full((10,), 2.0, dtype=tn.float64)
        y.register_hook(watch)
        arrays += [weakref.ref(array) for _, array in y.grad_fn.saved]
    y.sum().backward()
    assert alive == [5, 4, 3, 2, 1]


def test_a_chain_of_100_000_operations():
    x = leaf([1.0, 2.0])
    y = x
    for _ in range(50_000):
        y = (y + 1.0) * 1.0
    y.sum().backward()
    close(x.grad, np.ones(2))


@pytest.mark.parametrize("link", [lambda y, x: y * x, lambda y, x: y.exp(), lambda y, x: y[0:], lambda y, x: y.mul_(x)],
                         ids=["mul", "exp", "view", "in-place"])  # fmt: skip
def test_dropping_a_chain_of_30_000_operations(link):
    x = leaf([1.0, 1.0])
    y = x * 0
    for _ in range(30_000):
        y = link(y, x)
    first = weakref.ref(y)
    del y
    assert first() is None


def test_a_wide_graph_of_30_000_operations():
    x = leaf(1.0)
    y = sum(x * 1.0 for _ in range(10_000))
    (g,) = grad(y, x, create_graph=True)
    assert g.item() == 10_000


# No reference cycles


@pytest.mark.parametrize("sample", sampled(SAMPLES, 10), ids=str)
def test_no_cycles(sample):
    """Dropped without a backward, after one, and after one that made a graph of gradients."""
    for walk in (lambda y, xs: None, lambda y, xs: y.sum().backward(), second_order):
        with no_cycles():
            xs = [leaf(a.copy()) for a in sample.inputs]
            y = sample.function(TINYNET, *xs)
            if y.requires_grad:
                walk(y, xs)
            del y, xs


def second_order(y, xs):
    grads = [g for g in grad(y.sum(), xs, create_graph=True, allow_unused=True) if g is not None and g.requires_grad]
    if grads:
        sum(g.sum() for g in grads).backward()


def test_no_cycles_with_views_written_through_their_base():
    with no_cycles():
        x = leaf(np.ones(4))
        y = x * 1
        for i in range(3):
            y[i] = y[i + 1] * 2
        v = y[0]
        y.mul_(3.0)
        del y, v, x
    with no_cycles():
        x = leaf(np.ones(4))
        y = x * 1
        y[0] = y[1] * 2
        y.register_hook(lambda g: None)
        y.sum().backward()
        del y, x


def test_arrays_die_with_their_tensors():
    gc.disable()
    try:
        x = leaf(np.ones(3))
        y = x.exp()
        z = y * y
        dead = [weakref.ref(y), weakref.ref(y.array), weakref.ref(z), weakref.ref(z.array)]
        z.sum().backward()
        del y, z
        assert [r() for r in dead] == [None] * 4
    finally:
        gc.enable()


def test_training_does_not_grow():
    """With the cycle collector off: what reference counts do not free, stays and is counted."""
    x, t = tn.randn(8, 4), tn.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    w1, w2 = tn.randn(5, 4, requires_grad=True), tn.randn(3, 5, requires_grad=True)

    def step():
        loss = TINYNET.cross_entropy(TINYNET.linear(TINYNET.linear(x, w1).relu(), w2), t)
        w1.grad = w2.grad = None
        loss.backward()
        with tn.no_grad():
            w1.sub_(w1.grad, alpha=0.01)
            w2.sub_(w2.grad, alpha=0.01)

    gc.disable()
    try:
        for _ in range(10):
            step()
        before = len(gc.get_objects())
        for _ in range(10_000):
            step()
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


def test_a_rule_that_nobody_needs_keeps_nothing_alive():
    x = tn.ones(3, requires_grad=True)
    h = x * 2
    array = weakref.ref(h.array)
    y = h * 0.5  # the gradient by 0.5 would need h
    del h
    assert array() is None and y.requires_grad


def test_launches_beside_float16_make_no_cycles():
    x, y = tn.ones(3), tn.ones(3).half()  # from now on each launch looks for float16
    gc.disable()
    try:
        (x * 2).exp(), (y * 2).exp()
        before = len(gc.get_objects())
        for _ in range(100):
            (x * 2).exp(), (y * 2).exp()
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()
