"""Softmax and the norms: any size and layout beside PyTorch, running statistics, the same bits on any threads."""

import math
from collections import OrderedDict

import numba
import numpy as np
import pytest
from helpers import LAYOUTS, close, leaf, on_threads, run_here, run_python
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinynet as tn
from tinynet import nn
from tinynet.autograd import gradcheck, gradgradcheck
from tinynet.kernels.runtime.threads import ARITHMETIC, SOFTMAX
from tinynet.nn import functional as F
from tinynet.tensor import wrap

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

SIZES = st.sampled_from([1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 33, 64, 65])
SHAPES = array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6)
DTYPES = st.sampled_from([np.float32, np.float64])
ARRANGED = st.sampled_from([*LAYOUTS])
SEEDS = st.integers(0, 2**32 - 1)


def channels_last(a):
    """The same values with the channels, dimension 1, side by side in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1)


LAYOUTS_4D = {**LAYOUTS, "channels last": channels_last}


def both(function, arrays):
    """Output and gradients of the same function of leaves, from each library."""
    results = []
    for framework, functional, tensor in ((tn, F, wrap), (torch, torch.nn.functional, torch.tensor)):
        xs = [tensor(a.copy() if framework is torch else a).requires_grad_() for a in arrays]
        y = function(framework, functional, *xs)
        y.backward(framework.tensor(np.cos(np.arange(y.numel(), dtype=arrays[0].dtype)).reshape(tuple(y.shape))))
        results.append([y, *(x.grad for x in xs)])
    return zip(*results)


def agree(pairs, ulp=64):
    for actual, expected in pairs:
        size = np.abs(expected.detach().numpy()).max(initial=1.0)
        close(actual, expected, ulp=ulp, scale=float(size))


@given(SHAPES, SIZES, DTYPES, ARRANGED, SEEDS, st.sampled_from(["softmax", "log_softmax"]))
def test_softmax(lead, n, dtype, layout, seed, name):
    rng = np.random.default_rng(seed)
    shape = (*lead[1:], n)
    x = LAYOUTS[layout](rng.standard_normal(shape).astype(dtype) * 5)
    dim = int(rng.integers(-len(shape), len(shape)))
    agree(both(lambda lib, f, x: getattr(f, name)(x, dim), [x]))


@given(SIZES, SIZES, st.booleans(), SEEDS, st.sampled_from(["mean", "sum", "none"]))
def test_cross_entropy_of_any_size(rows, classes, many, seed, reduction):
    rows = rows * 97 if many else rows
    rng = np.random.default_rng(seed)
    x, labels = rng.standard_normal((rows, classes)).astype(np.float32), rng.integers(0, classes, rows)
    labels[rng.random(rows) < 0.2] = -100
    if (labels == -100).all():
        labels[0] = 0

    def loss(lib, f, x):
        return f.cross_entropy(x, lib.tensor(labels), reduction=reduction)

    agree(both(loss, [x]), ulp=256)


@given(SHAPES, SIZES, DTYPES, ARRANGED, SEEDS, st.booleans(), st.sampled_from(["layer_norm", "rms_norm"]))
def test_row_norms(lead, n, dtype, layout, seed, several, name):
    rng = np.random.default_rng(seed)
    shape = (*lead, n)
    last = shape[-2:] if several and len(shape) > 1 and shape[-2] else (n,)
    parameters = [rng.standard_normal(last).astype(dtype) for _ in range(2 if name == "layer_norm" else 1)]
    x = LAYOUTS[layout](rng.standard_normal(shape).astype(dtype) + 3)
    options = {"eps": 1e-3}  # a row of one number is all rounding otherwise
    agree(both(lambda lib, f, x, *p: getattr(f, name)(x, last, *p, **options), [x, *parameters]), 512)


@given(st.integers(1, 6), SIZES, array_shapes(min_dims=0, max_dims=2, max_side=9), DTYPES, st.data(), SEEDS)
def test_batch_norm(n, channels, rest, dtype, data, seed):
    rng = np.random.default_rng(seed)
    shape, training = (n + 1, channels, *rest), data.draw(st.booleans())
    layout = data.draw(st.sampled_from([*(LAYOUTS_4D if rest else LAYOUTS)]))
    x = LAYOUTS_4D[layout](rng.standard_normal(shape).astype(dtype) * 2 + 1)
    weight, bias, mean = (rng.standard_normal(channels).astype(dtype) for _ in range(3))
    var, seen = rng.random(channels).astype(dtype) + 0.5, []

    def norm(lib, f, x, w, b):
        running = lib.tensor(mean.copy()), lib.tensor(var.copy())
        y = f.batch_norm(x, *running, w, b, training=training, momentum=0.3, eps=1e-2)
        seen.append(running)
        return y

    agree(both(norm, [x, weight, bias]), 1024)
    agree(zip(*seen))


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), SEEDS, st.sampled_from(["batch", "eval", "layer", "rms"])
)
@settings(max_examples=40)
def test_gradients(n, channels, length, seed, kind):
    rng = np.random.default_rng(seed)
    x, w, b = (leaf(rng.standard_normal(s)) for s in ((n + 1, channels, length + 1), (channels,), (channels,)))
    running = tn.tensor(rng.standard_normal(channels)), tn.tensor(rng.random(channels) + 0.5)
    last = leaf(rng.standard_normal(length + 1))
    function, inputs = {
        "batch": (lambda *xs: F.batch_norm(xs[0], None, None, *xs[1:], training=True, eps=0.1), (x, w, b)),
        "eval": (lambda *xs: F.batch_norm(xs[0], *running, *xs[1:]), (x, w, b)),
        "layer": (lambda *xs: F.layer_norm(xs[0], last.shape, *xs[1:], eps=0.1), (x, last)),
        "rms": (lambda *xs: F.rms_norm(xs[0], last.shape, *xs[1:], eps=0.1), (x, last)),
    }[kind]
    assert gradcheck(function, inputs) and gradgradcheck(function, inputs)


def test_third_gradient():
    x = leaf(np.random.default_rng(0).standard_normal((3, 4)))

    def second(x):
        (g,) = tn.autograd.grad(F.layer_norm(x, (4,)).sin().sum(), x, create_graph=True)
        return tn.autograd.grad((g * g).sum(), x, create_graph=True)[0]

    assert gradcheck(second, x)


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 3, 5)])
@pytest.mark.parametrize("last", [False, True])
def test_batch_norm_keeps_the_layout(shape, last):
    x = leaf((channels_last if last else np.array)(np.random.default_rng(0).standard_normal(shape)))
    y = F.batch_norm(x, None, None, training=True)
    y.backward(tn.ones_like(y))
    assert y.stride() == x.grad.stride() == x.stride() if len(shape) == 2 or not last else y.stride() == x.stride()


MODULES = {
    "BatchNorm1d": [((7, 3), {}), ((4, 3, 5), {"momentum": None}), ((4, 3), {"affine": False})],
    "BatchNorm2d": [((4, 3, 2, 5), {}), ((2, 3, 2, 2), {"track_running_stats": False, "bias": False, "eps": 0.1})],
}


@pytest.mark.parametrize(("name", "shape", "options"), [(n, *c) for n, cases in MODULES.items() for c in cases])
def test_batch_norm_trains_and_evaluates_as_in_pytorch(name, shape, options):
    ours, theirs = getattr(nn, name)(3, **options), getattr(torch.nn, name)(3, **options)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    rng = np.random.default_rng(0)
    for step in range(5):
        if step == 3:
            ours.eval(), theirs.eval()
        x = rng.standard_normal(shape).astype(np.float32) + step
        agree([(ours(tn.tensor(x)), theirs(torch.tensor(x)))])
        agree(zip(ours.state_dict().values(), theirs.state_dict().values()))
    ours.reset_running_stats()
    theirs.reset_running_stats()
    agree(zip(ours.state_dict().values(), theirs.state_dict().values()))


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"elementwise_affine": False, "eps": 0.1}])
def test_row_norm_modules(options):
    for name, shape in (("LayerNorm", 4), ("LayerNorm", (3, 4)), ("RMSNorm", [4])):
        options = {k: v for k, v in options.items() if name == "LayerNorm" or k != "bias"}
        ours, theirs = getattr(nn, name)(shape, **options), getattr(torch.nn, name)(shape, **options)
        assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
        x = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
        agree([(ours(tn.tensor(x)), theirs(torch.tensor(x)))])


def test_large_means_cost_no_digits():
    """The variance is that of the differences from the mean, not E[x²] − E[x]²."""
    x = np.random.default_rng(0).standard_normal((4096, 8))
    for shifted in (x, channels_last(x.reshape(16, 8, 16, 16)), x.reshape(16, 8, 256)):
        y = F.batch_norm(tn.tensor((shifted + 1000).astype(np.float32)), None, None, training=True)
        exact = F.batch_norm(
            tn.tensor((shifted + 1000).astype(np.float32).astype(np.float64)), None, None, training=True
        )
        assert np.abs(y.array - exact.array).max() < 1e-3
    y = F.layer_norm(tn.tensor((x + 1000).astype(np.float32)), (8,))
    assert np.abs(y.array - F.layer_norm(tn.tensor((x + 1000).astype(np.float32)).double(), (8,)).array).max() < 1e-2


def test_parameter_gradients_land_in_the_arena():
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.LayerNorm(6), nn.RMSNorm(6))
    twin = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.LayerNorm(6), nn.RMSNorm(6))
    twin.load_state_dict(model.state_dict())
    optimizer = tn.optim.SGD(model.parameters(), lr=0.1)
    x = tn.randn(5, 4)
    for net in (model, twin):
        for _ in range(2):  # the second gradient is added to the first
            (net(x) ** 3).sum().backward()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.grad.array, q.grad.array)
    arena = model[0].weight._edge.arena().grads
    assert all(np.shares_memory(p.grad.array, arena) for p in model.parameters())
    optimizer.step()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm1d(3)(tn.zeros(2, 4)), r"BatchNorm1d\(3, .*expected \(N, 3, ...\), got \(2, 4\)"),
        (lambda: nn.BatchNorm2d(3)(tn.zeros(2, 3)), r"expected a 4-dimensional input, got shape \(2, 3\)"),
        (lambda: nn.BatchNorm1d(3)(tn.zeros(1, 3)), r"more than 1 value per channel when training, got shape \(1, 3\)"),
        (lambda: F.batch_norm(tn.zeros(2, 3), None, None), "expected running_mean and running_var in evaluation"),
        (lambda: F.batch_norm(tn.zeros(2, 3).long(), None, None, training=True), "floating dtype, got int64"),
        (lambda: nn.LayerNorm(3)(tn.zeros(2, 4)), r"shape \(\*, 3\), got \(2, 4\)"),
        (lambda: F.layer_norm(tn.zeros(2, 4), (4,), tn.ones(3)), r"expected weight of shape \(4,\), got \(3,\)"),
        (lambda: F.rms_norm(tn.zeros(2, 4), (4,), tn.ones(4).double()), "input's dtype float32, got float64"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises((ValueError, tn.DTypeError), match=message):
        call()


def test_a_parameter_overwritten_before_backward_is_noticed():
    x, w = leaf(np.ones((2, 3), np.float32)), leaf(np.ones(3, np.float32))
    y = F.layer_norm(x, (3,), w)
    with tn.no_grad():
        w.mul_(2)
    with pytest.raises(tn.GraphError, match="overwritten"):
        y.sum().backward()


# Large inputs: parallel

LARGE = {
    "softmax": ((8000, 33), lambda x: F.softmax(x, 1)),
    "log_softmax": ((8000, 33), lambda x: F.log_softmax(x, 1)),
    "cross_entropy": ((8000, 33), lambda x: F.cross_entropy(x, tn.arange(8000) % 33)),
    "layer_norm": ((8000, 33), lambda x: F.layer_norm(x, (33,), x[0].detach() * 1)),
    "rms_norm": ((8000, 33), lambda x: F.rms_norm(x, (33,), x[0].detach() * 1)),
    "batch_norm rows": ((8000, 33), lambda x: F.batch_norm(x, None, None, training=True)),
    "batch_norm planes": ((81, 33, 100), lambda x: F.batch_norm(x, None, None, training=True)),
}


def gradients(name):
    shape, function = LARGE[name]
    assert math.prod(shape) >= max(ARITHMETIC, SOFTMAX)
    x = leaf(np.random.default_rng(0).standard_normal(shape).astype(np.float32))
    y = function(x)
    y.backward(tn.tensor(np.cos(np.arange(y.numel(), dtype=np.float32)).reshape(y.shape)))
    return y.array, x.grad.array


@pytest.mark.parametrize("name", LARGE)
def test_the_same_bits_on_any_number_of_threads(name):
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        found.append(on_threads(threads, gradients, name))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "batch_norm rows", "batch_norm planes"])
def test_large_inputs_beside_pytorch(name):
    shape = LARGE[name][0]
    kind, options = name.split()[0], {"dim": 1} if "softmax" in name else {"training": True}
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    t = torch.tensor(x).requires_grad_()
    arguments = (t,) if "softmax" in name else (t, None, None)
    y = getattr(torch.nn.functional, kind)(*arguments, **options)
    y.backward(torch.cos(torch.arange(y.numel(), dtype=torch.float32)).reshape(y.shape))
    agree(zip(gradients(name), (y, t.grad)), 256)


def test_without_compilation():
    """The same code in plain Python."""
    text = """
import numpy as np, tinynet as tn
from tinynet.nn import functional as F
x = tn.tensor(np.sin(np.arange(24.0)).reshape(4, 3, 2)).requires_grad_()
total = F.batch_norm(x, None, None, training=True).cos().sum() + F.layer_norm(x, (3, 2)).cos().sum()
total = total + F.rms_norm(x, (2,)).cos().sum() + F.softmax(x, 1).cos().sum() + F.log_softmax(x, 2).cos().sum()
total = total + F.scaled_dot_product_attention(x[:, :2] * 2, x, x, is_causal=True).cos().sum()
total = total + F.embedding(tn.tensor([1, 0]), x[0]).sum() + F.cross_entropy(x[0], tn.tensor([1, 0, 1]))
total.backward()
print(f"{total.item():.10f} {(x.grad * x).sum().item():.10f}")
"""
    assert run_python(text, NUMBA_DISABLE_JIT="1") == run_here(text)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("versions", [False, True])
def test_a_state_of_before_there_was_num_batches_tracked(nested, versions, torch):
    """It can be loaded if nothing in it says that it is of after."""
    results = []
    for lib in (tn, torch):
        model = lib.nn.Sequential(lib.nn.BatchNorm1d(2)) if nested else lib.nn.BatchNorm1d(2)
        model(lib.ones(3, 2))
        state = model.state_dict()
        keys = list(state)
        state.pop("0.num_batches_tracked" if nested else "num_batches_tracked")
        try:
            model.load_state_dict(state if versions else dict(state))
            results.append([keys, state._metadata[""]["version"], model.state_dict()[keys[-1]].item()])
        except RuntimeError as error:
            assert "num_batches_tracked" in str(error)
            results.append(None)
    assert results[0] == results[1] and (results[0] is None) == versions
    theirs, ours = torch.nn.BatchNorm1d(2), tn.nn.BatchNorm1d(2)
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    assert dict(theirs.state_dict()._metadata) == dict(ours.state_dict()._metadata)
    at = {lib: lib.nn.BatchNorm1d(2).state_dict(destination=OrderedDict(), prefix="a.") for lib in (tn, torch)}
    assert list(at[tn]) == list(at[torch])
