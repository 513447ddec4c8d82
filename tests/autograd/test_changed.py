"""What is changed between the forward and the backward pass is noticed: no kernel trusts what was true before."""

import collections
import functools
import gc
import types

import numpy as np
import pytest
from helpers import TINYNET as F
from helpers import graph_of, leaf, sampled
from numba.core.dispatcher import Dispatcher
from samples import SAMPLES

import tinynet as tn
from tinynet import nn, optim
from tinynet.autograd.graph import record

# Indices: each line takes rows of a tensor (4, 3) by `index`; what lies there is then changed by every road there is

TAKEN = {
    "embedding": lambda x, index: F.embedding(index, x),
    "gather": lambda x, index: x.gather(0, index[:, None]),
    "gather of a node": lambda x, index: (x * 1).gather(0, index[:, None]),
    "indexing": lambda x, index: x[index],
    "cross_entropy": lambda x, index: F.cross_entropy(x, index),
    "cross_entropy, weighted": lambda x, index: F.cross_entropy(x, index, label_smoothing=0.5),
    "nll_loss": lambda x, index: F.nll_loss(x, index),
    "one_hot": lambda x, index: x * F.one_hot(index, 3),
}
ROADS = {
    "in place": lambda index, shared: index.fill_(10**9),
    "assigned": lambda index, shared: index.__setitem__(0, -(10**9)),
    "data": lambda index, shared: index.data.fill_(10**9),
    "numpy": lambda index, shared: index.numpy().__setitem__(0, 10**9),
    "the array that it came from": lambda index, shared: shared.fill(-(10**9)),
    "another array": lambda index, shared: setattr(index, "array", np.full(99, 10**9)),
}


@pytest.mark.parametrize("change", ROADS.values(), ids=ROADS)
@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_indices(take, change):
    """The gradient is the one of the indices that were used, or an error says that they were changed."""
    shared = np.array([0, 2, 1, 2])
    x, index = leaf(np.arange(12.0).reshape(4, 3)), tn.from_numpy(shared)
    (expected,) = tn.autograd.grad(take(x, tn.tensor(shared)).sum(), x)
    y = take(x, index)
    change(index, shared)
    try:
        y.sum().backward()
    except (tn.GraphError, tn.TargetError) as error:
        assert (
            "overwritten" in str(error) or "another array" in str(error) or "expected indices in [0, 4)" in str(error)
        )
    else:
        np.testing.assert_array_equal(x.grad.array, expected.array)


def test_places_of_maxima():
    x = leaf(np.arange(32.0).reshape(1, 2, 4, 4))
    y, places = F.max_pool2d(x, 2, return_indices=True)
    places.fill_(10**9)
    y.sum().backward()
    assert x.grad.sum() == y.numel()
    values, indices = x.max(dim=3)
    indices.data.fill_(10**9)
    with pytest.raises(tn.TargetError, match="indices in"):
        values.sum().backward()


# Arrays: each layer saves its weight or its input; they are then given another array

LAYERS = {
    "Linear": (lambda: nn.Linear(8, 4), (5, 8)),
    "Linear and ReLU": (lambda: nn.Sequential(nn.Linear(8, 4), nn.ReLU()), (5, 8)),
    "Conv1d": (lambda: nn.Conv1d(2, 4, 3), (2, 2, 8)),
    "Conv2d": (lambda: nn.Conv2d(2, 4, 3), (2, 2, 8, 8)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 4, 3), (2, 2, 8, 8)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), (2, 2, 8, 8)),
    "LayerNorm": (lambda: nn.LayerNorm(8), (5, 8)),
    "RMSNorm": (lambda: nn.RMSNorm(8), (5, 8)),
    "MultiheadAttention": (lambda: Itself(8), (2, 5, 8)),
}


class Itself(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, size):
        self.attention = nn.MultiheadAttention(size, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


def smaller(x):
    return x.array.ravel()[:1].copy()


def another_dtype(x):
    return x.array.astype(np.float64)


def same(x):
    return x.array.copy()


@pytest.mark.parametrize("other", [smaller, another_dtype, same])
@pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)
def test_another_array(make, shape, other):
    """Of a parameter, of the input, of the output: an error, or no part of what the gradient needs."""
    model, changed = make(), 0
    for part in ("x", "y", *(name for name, _ in model.named_parameters())):
        model, x = make(), tn.randn(*shape, requires_grad=True)
        y = model(x)
        tensor = {"x": x, "y": y}.get(part) if part in ("x", "y") else dict(model.named_parameters())[part]
        tensor.array = other(tensor)
        try:
            (y * y).sum().backward()
        except tn.GraphError as error:
            assert "was given another array" in str(error) or "the gradient that came has shape" in str(error)
            changed += 1
    assert changed


@pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)
def test_a_module_that_changes_its_dtype(make, shape):
    model, x = make(), tn.randn(*shape, requires_grad=True)
    y = model(x).sum()
    model.double()
    with pytest.raises(tn.GraphError, match=r"needs a tensor .* and float32, and was given another array"):
        y.backward()
    model.float()
    assert np.isfinite(tn.autograd.grad(model(x).sum(), x)[0].array).all()


def test_an_output_of_another_shape():
    x = leaf(np.ones((1, 2, 8, 8)))
    y = F.conv2d(x, leaf(np.ones((3, 2, 3, 3))))
    y.array = y.array[:, :, :2]
    with pytest.raises(
        tn.GraphError, match=r"'convolve' needs .* shape \(1, 3, 6, 6\).* that came has shape \(1, 3, 2"
    ):
        y.sum().backward()


def test_an_optimizer_may_be_made_between_the_passes():
    """It moves the parameters, which keep their values: twice, and the first arena is gone by then."""
    model, x = nn.Linear(3, 2), tn.ones(4, 3)
    expected = tn.autograd.grad(model(x).square().sum(), model.weight)[0].array
    loss = model(x).square().sum()
    optim.SGD(model.parameters(), lr=0.1)
    optim.Adam(model.parameters())
    loss.backward()
    np.testing.assert_array_equal(model.weight.grad.array, expected)


# What rules have saved is found


def held_by(rules):
    """The tensors that rules hold, by all the references that Python knows: an oracle for `record`.

    What Numba has compiled holds the whole compiler, and no tensor.
    """
    found, seen, stack = set(), set(), list(rules)
    while stack:
        x = stack.pop()
        if isinstance(x, tn.Tensor):
            found.add(id(x))
        elif id(x) not in seen and not isinstance(x, type | types.ModuleType | types.CodeType | Dispatcher):
            seen.add(id(x))
            namespace = getattr(x, "__globals__", None), getattr(x, "__builtins__", None)
            stack += [y for y in gc.get_referents(x) if not any(y is space for space in namespace)]
    return found


@pytest.mark.parametrize("sample", sampled(SAMPLES, 10), ids=str)
def test_of_every_operation(sample):
    y = sample.function(F, *[leaf(a.copy()) for a in sample.inputs])
    for node in graph_of(*[out for out in (y if isinstance(y, tuple) else [y]) if isinstance(out, tn.Tensor)]):
        rules = [rule for _, rule, _ in node.inputs] + [node.joint] * (node.joint is not None)
        assert held_by(rules) == {id(x) for x, _ in node.saved}, node


class Scaled:
    """A rule that is an object."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, g):
        return g * self.factor

    def scaled(self, g):
        return self(g)


HIDDEN = {
    "closure": lambda x: lambda g: g * x,
    "closure in a closure": lambda x: (lambda inner: lambda g: inner(g))(lambda g: g * x),
    "default": lambda x: lambda g, y=x: g * y,
    "keyword default": lambda x: functools.partial(lambda g, *, y=x: g * y),
    "partial": lambda x: functools.partial(tn.mul, x),
    "partial, by keyword": lambda x: functools.partial(tn.mul, other=x),
    "method": lambda x: Scaled(x).scaled,
    "object": Scaled,
    "list in a dict": lambda x: (lambda table: lambda g: g * table["x"][0])({"x": [x]}),
    "deque": lambda x: (lambda table: lambda g: g * table[0])(collections.deque([x])),
    "method of a tensor": lambda x: x.mul,
}


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN)
def test_wherever_it_is(hide):
    x, factor = leaf([1.0, 2.0]), leaf([3.0, 4.0], requires_grad=False)
    y = record("scaled", x.array * factor.array, (x,), hide(factor))
    assert [saved is factor for saved, _ in y.grad_fn.saved] == [True]
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [3.0, 4.0]
    factor.mul_(2.0)
    with pytest.raises(tn.GraphError, match=r"'scaled' needs a tensor of shape .* overwritten"):
        y.sum().backward()
