"""Lazy modules: what they become, what they are before, and PyTorch's beside them."""

import copy
import pickle

import numpy as np
import pytest
from helpers import close, numpy

import tinynet as tn
from tinynet import nn
from tinynet.errors import UninitializedError
from tinynet.nn.lazy import LazyModuleMixin

# name: arguments after the number of inputs, options, and the shape of an input
LAZY = {
    "Linear": ((5,), {}, (2, 3, 4)),
    "Linear without bias": ((5, False), {}, (2, 4)),
    "Conv1d": ((4, 3, 2, 1), {}, (2, 3, 8)),
    "Conv2d": ((6, (3, 2)), {"groups": 3, "dilation": 2}, (2, 3, 8, 8)),
    "Conv2d of one image": ((2, 3), {"padding": "same", "bias": False}, (3, 8, 8)),
    "Conv3d": ((2, 3), {"padding": 1, "padding_mode": "circular"}, (2, 3, 4, 4, 4)),
    "ConvTranspose3d": ((2, (1, 2, 3)), {}, (2, 3, 2, 2, 2)),
    "BatchNorm3d": ((), {}, (2, 3, 2, 4, 2)),
    "ConvTranspose1d": ((4, 3, 2), {}, (2, 3, 5)),
    "ConvTranspose2d": ((2, 3, 2, 1, 1), {}, (2, 3, 4, 4)),
    "BatchNorm1d": ((), {}, (4, 3)),
    "BatchNorm1d of sequences": ((1e-3, None), {}, (4, 3, 2)),
    "BatchNorm2d": ((1e-5, 0.2, False), {}, (2, 3, 4, 4)),
    "BatchNorm2d without statistics": ((), {"track_running_stats": False, "bias": False}, (2, 3, 4, 4)),
    "InstanceNorm1d": ((), {}, (2, 3, 4)),
    "InstanceNorm2d": ((), {"affine": False}, (2, 3, 4, 4)),
    "InstanceNorm3d": ((), {"track_running_stats": False}, (2, 3, 4, 4, 2)),
}


def lazy(library, case):
    arguments, options, shape = LAZY[case]
    return getattr(library.nn, f"Lazy{case.split()[0]}")(*arguments, **options), shape


@pytest.mark.torch
@pytest.mark.parametrize("case", LAZY)
def test_lazy_modules_are_pytorchs(torch, case):
    (ours, shape), (theirs, _) = lazy(tn, case), lazy(torch, case)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    ours(tn.tensor(x)), theirs(torch.tensor(x))
    assert type(ours) is getattr(nn, case.split()[0]) and repr(ours) == repr(theirs)
    ours.load_state_dict({k: numpy(v) for k, v in theirs.state_dict().items()})
    close(ours(tn.tensor(x)).detach(), theirs(torch.tensor(x)).detach(), ulp=64, scale=1)


@pytest.mark.parametrize("case", LAZY)
def test_first_values_are_those_of_the_ordinary_module(case):
    module, shape = lazy(tn, case)
    tn.manual_seed(3)
    module(tn.ones(*shape))
    arguments, options, _ = LAZY[case]
    tn.manual_seed(3)
    inputs = shape[-1] if "Linear" in case else 3
    expected = getattr(nn, case.split()[0])(inputs, *arguments, **options)
    if hasattr(expected, "affine"):  # which LazyInstanceNorm has by default, and InstanceNorm has not
        return
    for name, value in expected.state_dict().items():
        assert module.state_dict()[name].tolist() == value.tolist()


def network():
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.shape, lambda p: p + 1, lambda p: p.sum(), lambda p: p.numel(), len, lambda p: p.detach(),
        lambda p: tn.optim.Adam([p]), lambda p: p.tolist(), lambda p: nn.init.zeros_(p), lambda p: p[0],
    ],
)  # fmt: skip
def test_before_the_first_call_whatever_needs_a_shape_is_an_error(use):
    with pytest.raises(UninitializedError, match="run the model on a batch first"):
        use(network()[0].weight)


def test_before_the_first_call_what_needs_none_works():
    model = network().double()
    p = model[0].weight
    assert repr(p) == "<UninitializedParameter>" and p.dtype == tn.float64 and p.device == tn.device("cpu")
    assert p.requires_grad and p.is_leaf and p.grad is None and not p.is_cuda
    model[0].requires_grad_(False).requires_grad_(True).requires_grad_(False)
    model.zero_grad()
    model(tn.ones(2, 3, 5, 5, dtype=tn.float64))
    assert p is model[0].weight and type(p) is nn.Parameter and p.shape == (4, 3, 3, 3)
    assert p.dtype == tn.float64 and not p.requires_grad and model[1].running_mean.dtype == tn.float64


def test_training():
    model, x = network(), tn.randn(8, 3, 5, 5)
    model(x)
    assert not any(isinstance(m, LazyModuleMixin) for m in model.modules())
    optimizer = tn.optim.Adam(model.parameters(), 0.01)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), tn.arange(8) % 2)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_lazy_too(copied):
    model = copied(network().double())
    assert isinstance(model[0].weight, nn.UninitializedParameter) and model[0].weight.dtype == tn.float64
    assert isinstance(model[1].running_var, nn.UninitializedBuffer)
    model(tn.ones(2, 3, 5, 5, dtype=tn.float64))
    assert model[4].in_features == 36


def test_states():
    known, model = network(), network()
    known(tn.randn(2, 3, 5, 5))
    assert model.load_state_dict(network().state_dict()) == ([], [])
    with pytest.raises(RuntimeError, match="weight: expected a tensor with values"):
        known.load_state_dict(model.state_dict())
    model.load_state_dict(known.state_dict())
    assert model[0].weight.shape == (4, 3, 3, 3) and model[4].in_features == 0
    x = tn.randn(2, 3, 5, 5)
    assert model.eval()(x).tolist() == known.eval()(x).tolist() and model[4].in_features == 36


def test_a_lazy_module_of_ones_own():
    class Scale(LazyModuleMixin, nn.Module):
        calls = 0

        def __init__(self):
            super().__init__()
            self.weight = nn.UninitializedParameter()

        def initialize_parameters(self, x):
            self.calls += 1
            self.weight.materialize(x.shape[1:])
            nn.init.constant_(self.weight, 2.0)

        def forward(self, x):
            return x * self.weight

    scale = Scale()
    assert scale.has_uninitialized_params() and list(scale.parameters())
    assert [scale(tn.ones(2, 3)).tolist() for _ in range(2)] == [[[2.0] * 3] * 2] * 2
    assert scale.calls == 1 and not scale.has_uninitialized_params()
    Scale.initialize_parameters = lambda self, x: None
    with pytest.raises(RuntimeError, match="Scale: initialize_parameters left parameters uninitialized"):
        Scale()(tn.ones(2, 3))


def test_an_input_that_does_not_fit_says_where():
    model = nn.Sequential(nn.LazyConv2d(4, 3, groups=2))
    with pytest.raises(tn.ShapeError, match=r"at model.0: expected channels that groups=2 divides, got shape \(1, 3"):
        model(tn.ones(1, 3, 4, 4))
    with pytest.raises(tn.ShapeError, match="expected 3 or 4 dimensions"):
        model(tn.ones(1, 3))
    model(tn.ones(1, 2, 4, 4))


def test_buffers_are_registered():
    module = nn.Module()
    module.a, module.b = nn.Buffer(tn.ones(2)), nn.Buffer(tn.ones(2), persistent=False)
    assert [n for n, _ in module.named_buffers()] == ["a", "b"] and list(module.state_dict()) == ["a"]
    module.a = tn.zeros(2)
    assert module.state_dict()["a"].tolist() == [0, 0] and not list(module.parameters())
