"""Elementwise operations and their gradients keep the order in which an image lies in memory."""

import itertools

import numpy as np
import pytest
from helpers import TINYNET as ops
from helpers import close

import tinynet as tn

SHAPES = [(2, 3, 4, 5), (4, 8, 64, 48)]  # small, and large enough for threads


def channels_last(shape, seed=0):
    """A tensor of shape (N, C, H, W) that lies in memory as (N, H, W, C)."""
    n, c, h, w = shape
    values = np.random.default_rng(seed).standard_normal((n, h, w, c), np.float32)
    return tn.Tensor(values.transpose(0, 3, 1, 2)).requires_grad_()


UNARY = "neg abs exp sqrt sin floor relu sigmoid tanh gelu clone sign isnan".split()
BINARY = "add sub mul div maximum minimum lt eq".split()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_one_operand(name, shape):
    x = channels_last(shape)
    y = getattr(ops, name)(x)
    same = getattr(ops, name)(tn.Tensor(np.ascontiguousarray(x.array)))
    assert np.argsort(y.array.strides).tolist() == np.argsort(x.array.strides).tolist()
    close(y, same, ulp=8)
    if y.requires_grad and name not in ("sign", "floor"):
        y.backward(channels_last(shape, 1).detach())
        assert x.grad.array.strides == x.array.strides


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("other", ["alike", "number", "per channel", "contiguous", "left number", "left per channel"])
@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name, other, shape):
    x = channels_last(shape)
    y = {
        "alike": lambda: channels_last(shape, 1),
        "number": lambda: tn.tensor(0.5),
        "per channel": lambda: tn.Tensor(np.linspace(0.5, 1, shape[1], dtype=np.float32)[None, :, None, None]),
        "contiguous": lambda: tn.Tensor(np.ascontiguousarray(channels_last(shape, 1).array)),
    }[other.removeprefix("left ")]()
    left, right = (y, x) if other.startswith("left") else (x, y)
    out = getattr(ops, name)(left, right)
    if other != "contiguous":
        assert np.argsort(out.array.strides).tolist() == np.argsort(x.array.strides).tolist()
    plain = [tn.Tensor(np.ascontiguousarray(v.array)) for v in (left, right)]
    close(out, getattr(ops, name)(*plain))
    if out.requires_grad and name in ("add", "mul", "div") and other != "contiguous":
        out.backward(channels_last(shape, 2).detach())
        assert x.grad.array.strides == x.array.strides


def test_a_broadcast_array_says_nothing_of_order():
    """The gradient of a sum has strides of 0; what is computed from it is contiguous."""
    x = tn.ones(3, 4, requires_grad=True)
    (x * x).sum(0).backward(tn.ones(4))
    assert x.grad.array.flags.c_contiguous


def test_the_step_along_an_axis_of_length_1_does_not_matter():
    x = tn.tensor(np.random.default_rng(0).standard_normal((9, 3, 2, 1)).astype(np.float32))
    for axes in itertools.permutations(range(4)):
        y = x.permute(axes)
        close(y.clamp(-1, 1).sigmoid().exp(), x.clamp(-1, 1).sigmoid().exp().permute(axes), ulp=0)


def test_results_are_dense():
    x = tn.Tensor(np.ones((4, 6, 8), np.float32)[::2, ::-1, ::4].transpose(2, 0, 1))
    for y in (ops.relu(x), ops.exp(x), ops.add(x, x), ops.add(x, 1.0)):
        assert y.array.strides == (4, 4 * 2 * 6, 4 * 2)
        assert (y.array == y.array.flat[0]).all()


# What a script sees of the order: that of PyTorch's results, however the memory lies

MADE = {
    "conv2d": lambda f, F, x: F.conv2d(x, f.ones(4, 3, 3, 3)),
    "conv_transpose2d": lambda f, F, x: F.conv_transpose2d(x, f.ones(3, 4, 2, 2)),
    "max_pool2d": lambda f, F, x: F.max_pool2d(x, 2),
    "avg_pool2d": lambda f, F, x: F.avg_pool2d(x, 2),
    "adaptive_avg_pool2d": lambda f, F, x: F.adaptive_avg_pool2d(x, 2),
    "relu of conv": lambda f, F, x: F.relu(F.conv2d(x, f.ones(4, 3, 3, 3))),
    "sum of convs": lambda f, F, x: F.conv2d(x, f.ones(4, 3, 1, 1)) + F.conv2d(x, f.ones(4, 3, 1, 1)) * 2,
    "batch_norm of conv": lambda f, F, x: F.batch_norm(F.conv2d(x, f.ones(4, 3, 3, 3)), None, None, training=True),
    "conv of an image": lambda f, F, x: F.conv2d(x[0], f.ones(4, 3, 3, 3)),
    "conv1d": lambda f, F, x: F.conv1d(x[:, :, 0], f.ones(4, 3, 3)),
    "softmax of channels": lambda f, F, x: F.softmax(x, 1),
    "cat": lambda f, F, x: f.cat([F.conv2d(x, f.ones(4, 3, 3, 3))] * 2, 1),
}  # fmt: skip
SEEN = {
    "view": lambda y: y.view(y.shape[0], -1), "view as is": lambda y: y.view(*y.shape), "row": lambda y: y[0],
    "flatten": lambda y: y.flatten(1), "reshape": lambda y: y.reshape(-1), "transpose": lambda y: y.transpose(1, -1),
    "permuted": lambda y: y.permute(1, 0, *range(2, y.dim())), "slices": lambda y: y[:, 1:3],
    "column": lambda y: y[..., 0], "row seen flat": lambda y: y[1].view(-1), "unsqueezed": lambda y: y.unsqueeze(1),
    "squeezed": lambda y: y[:1].squeeze(0), "contiguous": lambda y: y.contiguous(), "detached": lambda y: y.detach(),
    "chunk": lambda y: y.chunk(2, 1)[1], "transposed twice": lambda y: y.transpose(0, 1).transpose(0, 1).view(-1),
    "expanded": lambda y: y.unsqueeze(0).expand(2, *y.shape),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_the_order_that_is_seen(make):
    """Shape, strides, contiguity, values, what NumPy gets, and whether writing to it writes to the result."""
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(0).standard_normal((2, 3, 6, 8)).astype(np.float32)
    for name, see in SEEN.items():
        results = []
        for framework, F in ((tn, tn.nn.functional), (torch, torch.nn.functional)):
            y = make(framework, F, framework.tensor(values))
            z = see(y)
            facts = [tuple(z.shape), z.stride(), z.is_contiguous(), y.is_contiguous(), y.stride()]
            array, as_array = y.numpy(), z.numpy()
            facts += [array.flags.c_contiguous, array.strides, as_array.strides]
            before = z.numpy().copy()
            if name != "expanded":
                z.fill_(7.0)
            results.append((facts, before, y.numpy().copy(), as_array.copy()))
        (ours, *arrays), (theirs, *expected) = results
        assert ours == theirs, name
        for a, e in zip(arrays, expected):
            np.testing.assert_allclose(a, e, rtol=1e-4, atol=1e-5, err_msg=name)


def test_gradients_through_what_is_seen():
    """The same gradient whether the result was looked at, re-laid and written to, or not."""
    x, w = tn.randn(2, 3, 6, 6), tn.randn(4, 3, 3, 3, requires_grad=True)
    run = lambda y: (ops.relu(y) * tn.arange(16.0)).sum()
    (expected,) = tn.autograd.grad(run(ops.conv2d(x, w).reshape(2, 4, 16)), w)
    y = ops.conv2d(x, w)
    kept = ops.tanh(y).sum() * 0  # a node that saved its output, and one that saved y
    product = (y * y).sum() * 0
    seen = y.view(2, 4, 16)
    assert np.shares_memory(seen.array, y.array)
    (actual,) = tn.autograd.grad(run(seen) + kept + product, w)
    close(actual, expected, ulp=64, scale=10)
    y = ops.conv2d(x, w)
    product = (y * y).sum()
    with tn.no_grad():
        y.view(-1).zero_()
    with pytest.raises(tn.GraphError, match="overwritten"):
        product.backward()


def test_memory_of_others_stays_where_it_is():
    """A tensor over a NumPy array that is not contiguous keeps its strides, and no view of it in one row exists."""
    array = np.zeros((4, 6), np.float32).T
    for x in (tn.from_numpy(array), tn.Tensor(array), tn.as_tensor(array).detach()):
        assert (x.stride(), x.is_contiguous()) == ((1, 6), False) and x.numpy().strides == array.strides
        x[1, 2] = 5.0
        assert array[1, 2] == 5
        with pytest.raises(tn.ShapeError, match="no view"):
            x.view(-1)
        array[1, 2] = 0


# Memory formats that a script asks for

FORMATS = {
    "contiguous": lambda f, x: x.contiguous(memory_format=f.channels_last),
    "to": lambda f, x: x.to(memory_format=f.channels_last),
    "to with dtype": lambda f, x: x.to(f.float64, memory_format=f.channels_last),
    "double": lambda f, x: x.double(memory_format=f.channels_last),
    "clone": lambda f, x: x.clone(memory_format=f.channels_last),
    "and back": lambda f, x: x.to(memory_format=f.channels_last).contiguous(),
    "itself": lambda f, x: x.to(memory_format=f.channels_last).to(memory_format=f.preserve_format),
    "empty": lambda f, x: f.empty(2, 3, 4, 5, memory_format=f.channels_last).fill_(1),
    "empty of volumes": lambda f, x: f.empty(2, 3, 4, 5, 2, memory_format=f.channels_last_3d).fill_(1),
    "empty_like": lambda f, x: f.empty_like(x, memory_format=f.channels_last).fill_(1),
    "like one": lambda f, x: f.zeros_like(x.to(memory_format=f.channels_last)),
    "like one, in order": lambda f, x: f.ones_like(
        x.to(memory_format=f.channels_last), memory_format=f.contiguous_format),
    "like a transposed one": lambda f, x: f.full_like(x[0, 0].T, 2.0),
    "like a part of one": lambda f, x: f.zeros_like(x[0, :, ::2].transpose(0, 2)),
    "like an expanded one": lambda f, x: f.zeros_like(x[:1, :1, :1, :1].expand(2, 3, 4, 5)),
    "rand_like": lambda f, x: f.rand_like(x.to(memory_format=f.channels_last)).fill_(1),
    "randint_like": lambda f, x: f.randint_like(x, 1, memory_format=f.channels_last),
    "volumes": lambda f, x: x[..., None].to(memory_format=f.channels_last_3d),
    "one channel": lambda f, x: x[:, :1].to(memory_format=f.channels_last),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("make", FORMATS.values(), ids=FORMATS)
def test_memory_formats_are_pytorchs(make, torch):
    values, results = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32), []
    for framework in (tn, torch):
        x = framework.tensor(values, requires_grad=True)
        y = make(framework, x)
        facts = [tuple(y.shape), y.is_contiguous(), str(y.dtype).split(".")[-1]]
        facts += [y.is_contiguous(memory_format=f) for f in (framework.channels_last, framework.channels_last_3d)]
        facts.append(y.stride())
        gradient = None
        if y.requires_grad:
            y.sum().backward()
            gradient = x.grad
        results.append((facts, y.detach().numpy(), gradient))
    (ours, a, ga), (theirs, b, gb) = results
    assert ours == theirs and (ga is None) == (gb is None)
    np.testing.assert_array_equal(a, b)


@pytest.mark.torch
def test_a_module_in_a_memory_format(torch):
    results = []
    for framework in (tn, torch):
        nn = framework.nn
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))
        with framework.no_grad():
            for p in model.parameters():
                p.fill_(1 / 7)
        model = model.to("cpu", non_blocking=True, memory_format=framework.channels_last)
        found = [p.stride() for p in model.parameters()]
        optimizer = framework.optim.SGD(model.parameters(), 0.1)
        x = framework.arange(96.0).sin().reshape(2, 3, 4, 4).to(memory_format=framework.channels_last)
        model(x).sin().sum().backward()
        optimizer.step()
        results.append((found, [p.detach().numpy() for p in model.parameters()]))
    assert results[0][0] == results[1][0]
    for actual, expected in zip(results[0][1], results[1][1]):
        np.testing.assert_allclose(actual, expected, 1e-5, 1e-6)


def test_formats_that_do_not_fit():
    for call, kind, message in [
        (lambda: tn.ones(2, 3).to(memory_format=tn.channels_last), tn.ShapeError, "expected 4 dimensions"),
        (lambda: tn.empty(2, 3, memory_format=tn.channels_last_3d), tn.ShapeError, "empty: expected 5 dimensions"),
        (lambda: tn.zeros_like(tn.ones(2), memory_format=3), ValueError, "zeros_like: expected memory_format"),
        (lambda: tn.ones(2).is_contiguous(memory_format=tn.preserve_format), ValueError, "names an order"),
    ]:
        with pytest.raises(kind, match=message):
            call()
