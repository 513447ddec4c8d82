"""Activations that are computed again. What is asserted of `lib` is asserted of PyTorch too."""

import weakref

import numpy as np
import pytest
from helpers import no_cycles, numpy

import tinynet as tn


def network(lib):
    """A network, its parameters the same in both libraries, and an input."""
    random = np.random.default_rng(0)
    nn = lib.nn
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    with lib.no_grad():
        for p in net.parameters():
            p.copy_(lib.tensor(random.standard_normal(tuple(p.shape))))
    return net, lib.tensor(random.standard_normal((5, 3)))


def gradients(lib, run, requires_grad=True):
    """The gradients by the input and the parameters of ⟨output, output⟩, where `run(net, x)` is the output."""
    net, x = network(lib)
    x.requires_grad_(requires_grad)
    (run(net, x) ** 2).sum().backward()
    return [x.grad, *[p.grad for p in net.parameters()]]


def the_same(found, expected):
    for f, e in zip(found, expected, strict=True):
        assert (f is None) == (e is None)
        if f is not None:
            np.testing.assert_allclose(numpy(f), numpy(e), rtol=1e-12)


WAYS = {
    "whole": lambda cp, net, x, r: cp.checkpoint(net, x, use_reentrant=r),
    "part": lambda cp, net, x, r: net[3:](cp.checkpoint(net[:3], x, use_reentrant=r)),
    "middle": lambda cp, net, x, r: net[4:](cp.checkpoint(net[1:4], net[:1](x), use_reentrant=r)),
    "nested": lambda cp, net, x, r: cp.checkpoint(
        lambda x: net[2:](cp.checkpoint(net[:2], x, use_reentrant=r)), x, use_reentrant=r
    ),
    "sequential": lambda cp, net, x, r: cp.checkpoint_sequential(net, 2, x, use_reentrant=r),
    "list": lambda cp, net, x, r: cp.checkpoint_sequential(list(net), 5, x, use_reentrant=r),
}


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_same_gradients(lib, way, reentrant):
    from_checkpoints = gradients(lib, lambda net, x: way(lib.utils.checkpoint, net, x, reentrant))
    the_same(from_checkpoints, gradients(lib, lambda net, x: net(x)))


def test_gradients_by_parameters_alone(lib):
    run = lambda net, x: lib.utils.checkpoint.checkpoint(net, x, use_reentrant=False)
    the_same(gradients(lib, run, requires_grad=False), gradients(lib, lambda net, x: net(x), requires_grad=False))
    net, x = network(lib)
    with pytest.warns(UserWarning, match="inputs? .*require"):
        assert not lib.utils.checkpoint.checkpoint(net, x, use_reentrant=True).requires_grad
    with lib.no_grad():
        assert not run(net, x).requires_grad


def test_the_default_warns(lib):
    net, x = network(lib)
    with pytest.warns(UserWarning, match="use_reentrant"):
        assert lib.utils.checkpoint.checkpoint(net, x.requires_grad_()).requires_grad
    with pytest.warns(UserWarning, match="use_reentrant"):
        lib.utils.checkpoint.checkpoint_sequential(net, 2, x)


def test_an_input_that_leads_to_another(lib):
    """Each gets its part of the gradient once."""

    def run(call):
        x = lib.tensor([2.0]).requires_grad_()
        y = x * x
        call(lambda a, b: a * b * x, x, y).backward()
        return x.grad

    with_it = run(lambda f, *args: lib.utils.checkpoint.checkpoint(f, *args, use_reentrant=False))
    assert with_it.item() == run(lambda f, *args: f(*args)).item() == 32


def test_trees_of_inputs_and_outputs(lib):
    def function(pair, scale=1, more=None):
        a, b = pair
        return {"sum": (a + b) * scale, "rest": [a * b * more, 7]}, a

    x, y, z = (lib.tensor([v]).requires_grad_() for v in (2.0, 3.0, 5.0))
    out, same = lib.utils.checkpoint.checkpoint(function, (x, y), scale=10, more=z, use_reentrant=False)
    assert out["rest"][1] == 7 and same is x
    (out["sum"] + out["rest"][0] * 100).sum().backward()
    assert [v.grad.item() for v in (x, y, z)] == [1510, 1010, 600]


def test_gradients_of_gradients(lib):
    net, x = network(lib)

    def second(run):
        v = x.clone().requires_grad_()
        (g,) = lib.autograd.grad((run(v) ** 2).sum(), v, create_graph=True)
        net.zero_grad()
        (g**2).sum().backward()
        return [v.grad, *[p.grad for p in net.parameters()]]

    cp = lib.utils.checkpoint
    the_same(second(lambda v: cp.checkpoint_sequential(net, 2, v, use_reentrant=False)), second(net))


@pytest.mark.parametrize("reentrant", [True, False])
def test_the_same_draws(lib, reentrant):
    x = lib.ones(1000).requires_grad_()
    dropout = lib.nn.Dropout(0.5)
    y = lib.utils.checkpoint.checkpoint(dropout, x, use_reentrant=reentrant)
    lib.randn(3)
    state = lib.get_rng_state()
    y.sum().backward()
    assert (x.grad == y).all() and list(lib.get_rng_state()) == list(state)


def test_draws_that_are_not_kept(lib):
    x = lib.ones(1000).requires_grad_()
    y = lib.utils.checkpoint.checkpoint(lib.nn.Dropout(0.5), x, use_reentrant=False, preserve_rng_state=False)
    y.sum().backward()
    assert (x.grad != y).any()


def test_contexts(lib):
    seen = []

    class Noted:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            seen.append(self.name)

        def __exit__(self, *error):
            seen.append("end")

    x = lib.ones(1).requires_grad_()
    contexts = lambda: (Noted("first"), Noted("again"))
    y = lib.utils.checkpoint.checkpoint(lambda x: x.exp(), x, use_reentrant=False, context_fn=contexts)
    assert seen == ["first", "end"]
    y.backward()
    assert seen == ["first", "end", "again", "end"]


def test_backward_twice(lib):
    net, x = network(lib)
    y = lib.utils.checkpoint.checkpoint(net, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_an_input_that_is_changed(lib):
    x = lib.ones(1).requires_grad_() * 1
    y = lib.utils.checkpoint.checkpoint(lambda x: x.exp(), x, use_reentrant=False)
    with lib.no_grad():
        x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_function_that_does_something_else_the_second_time(lib):
    shapes = iter([slice(None), slice(1)])
    x = lib.ones(2).requires_grad_()
    y = lib.utils.checkpoint.checkpoint(lambda x: x[next(shapes)].exp(), x, use_reentrant=False)
    with pytest.raises(RuntimeError):
        y.sum().backward()


def test_a_tensor_that_was_not_used_the_first_time():
    x, w, v = (tn.ones(1).requires_grad_() for _ in range(3))
    weights = iter([w, v])
    y = tn.utils.checkpoint.checkpoint(lambda x: x * next(weights), x, use_reentrant=False)
    with pytest.raises(tn.GraphError, match="did not use the first time"):
        y.backward()


def test_nothing_is_kept():
    arrays, calls = [], []

    def function(x):
        calls.append(1)
        y = (x * 2).exp()
        arrays.append(weakref.ref(y.array))
        return y.exp()

    x = tn.ones(3).requires_grad_()
    with no_cycles():
        y = tn.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
        assert arrays[0]() is None and len(calls) == 1
        y.sum().backward()
        assert arrays[1]() is None and len(calls) == 2
        del y


def test_bad_calls(lib):
    net, x = network(lib)
    x.requires_grad_()
    checkpoint, sequential = lib.utils.checkpoint.checkpoint, lib.utils.checkpoint.checkpoint_sequential
    for wrong in (
        lambda: checkpoint(net, x, use_reentrant=True, input=3),
        lambda: checkpoint(net, x, use_reentrant=True, context_fn=lambda: None),
        lambda: sequential(net, 2, x, use_reentrant=False, more=3),
    ):
        with pytest.raises(ValueError):
            wrong()
