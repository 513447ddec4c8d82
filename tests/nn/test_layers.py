"""Activations, losses and distances as modules: PyTorch's outputs, gradients, state and text."""

import numpy as np
import pytest
from helpers import launches, numpy
from twins import array, compare, twins

import tinynet as tn


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


PAIR = normal(4, 3), normal(4, 3, seed=1)
LIKELY = np.array([[0.1, 0.9], [0.5, 0.99]], np.float32)
SIGNS = np.array([1.0, -1.0, 1.0, -1.0], np.float32)
COUNTS = np.array([[0, 1, 4], [2, 0, 7], [1, 1, 1], [3, 5, 0]], np.float32)

ACTIVATIONS = {
    name: (arguments, (normal(4, 6),))
    for name, *arguments in [
        ("CELU", 0.7), ("ELU", 1.5), ("GLU",), ("GELU", "tanh"), ("Hardshrink", 0.3), ("Hardsigmoid",), ("Hardswish",),
        ("Hardtanh", -0.5, 0.8), ("LeakyReLU", 0.2), ("LogSigmoid",), ("LogSoftmax", 1), ("Mish",), ("PReLU", 6),
        ("ReLU",), ("ReLU6",), ("SELU",), ("Sigmoid",), ("SiLU",), ("Softmax", 1), ("Softmin", 1),
        ("Softplus", 2.0, 3.0), ("Softshrink", 0.3), ("Softsign",), ("Tanh",), ("Tanhshrink",), ("Threshold", 0.1, 5.0),
    ]
}  # fmt: skip
MODULES = {
    **ACTIVATIONS,
    "GroupNorm": ((2, 4), (normal(3, 4, 2),)),
    "InstanceNorm1d": ((3,), (normal(2, 3, 4),)),
    "InstanceNorm2d": ((3, 1e-5, 0.2, True, True), (normal(2, 3, 4, 2),)),
    "InstanceNorm3d": ((3, 1e-5, 0.2, True), (normal(3, 4, 2, 2),)),
    "ChannelShuffle": ((2,), (normal(2, 4, 3, 2),)),
    "LocalResponseNorm": ((3, 0.5), (normal(2, 4, 3, 2),)),
    "PixelShuffle": ((2,), (normal(4, 3, 2),)),
    "PixelUnshuffle": ((2,), (normal(2, 3, 4, 6),)),
    "Unflatten": ((1, (2, -1)), (normal(2, 6, 3),)),
    "Softmax2d": ((), (normal(2, 3, 2, 2),)),
    "BCELoss": ((), (LIKELY, LIKELY[::-1].copy())),
    "BCEWithLogitsLoss": ((), (PAIR[0], (PAIR[1] > 0).astype(np.float32))),
    "CosineEmbeddingLoss": ((0.1,), (*PAIR, SIGNS)),
    "CosineSimilarity": ((), PAIR),
    "CrossEntropyLoss": ((), (PAIR[0], np.array([0, 2, 1, 0]))),
    "GaussianNLLLoss": ((), (*PAIR, np.abs(normal(4, 3, seed=2)) + 0.1)),
    "HingeEmbeddingLoss": ((), (normal(4), SIGNS)),
    "HuberLoss": (("mean", 0.4), PAIR),
    "KLDivLoss": ((None, None, "batchmean"), (PAIR[0], np.abs(PAIR[1]))),
    "L1Loss": ((), PAIR),
    "MarginRankingLoss": ((0.2,), (normal(4), normal(4, seed=1), SIGNS)),
    "MSELoss": ((), PAIR),
    "MultiLabelMarginLoss": ((), (PAIR[0], np.array([[0, -1, 1], [2, 1, -1], [-1, 0, 0], [1, 2, 0]]))),
    "MultiLabelSoftMarginLoss": ((), (PAIR[0], (PAIR[1] > 0).astype(np.float32))),
    "MultiMarginLoss": ((2, 0.5), (PAIR[0], np.array([0, 2, 1, 0]))),
    "NLLLoss": ((), (PAIR[0], np.array([0, 2, 1, 0]))),
    "PairwiseDistance": ((), PAIR),
    "PoissonNLLLoss": ((), (PAIR[0], COUNTS)),
    "SmoothL1Loss": ((None, None, "sum", 0.3), PAIR),
    "SoftMarginLoss": ((), (normal(4), SIGNS)),
    "TripletMarginLoss": ((0.7,), (*PAIR, normal(4, 3, seed=2))),
    "TripletMarginWithDistanceLoss": ((), (*PAIR, normal(4, 3, seed=2))),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", MODULES)
def test_modules_are_pytorchs(torch, name):
    arguments, arrays = MODULES[name]
    results = []
    for library in (tn, torch):
        module = getattr(library.nn, name)(*arguments)
        x, *others = (library.tensor(a) for a in arrays)
        y = module(x.requires_grad_(), *others)
        y.sin().sum().backward()
        gradients = [x.grad, *(p.grad for p in module.parameters())]
        results.append([y.detach(), *gradients, *module.state_dict().values()])
    assert repr(getattr(tn.nn, name)(*arguments)) == repr(getattr(torch.nn, name)(*arguments))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5, 1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n not in ("GELU", "Softmax", "LogSoftmax", "Softmin")])
def test_activations_written_over_their_input_are_pytorchs(torch, name):
    if "inplace" not in getattr(torch.nn, name).__init__.__annotations__:
        pytest.skip("it has no such form")
    results = []
    for library in (tn, torch):
        x = library.tensor(normal(4, 6), requires_grad=True)
        y = x * 1
        module = getattr(library.nn, name)(*ACTIVATIONS[name][0], inplace=True)
        assert module(y) is y
        (y * y).sum().backward()
        results.append([repr(module), y.detach(), x.grad])
    assert results[0].pop(0) == results[1].pop(0)
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5, 1e-6)


def test_random_slopes_lie_within_their_bounds():
    module, x = tn.nn.RReLU(0.1, 0.3), -tn.ones(1000)
    slopes = -module(x).numpy()
    assert 0.1 <= slopes.min() < 0.11 and 0.29 < slopes.max() <= 0.3
    assert (module.eval()(x) == -0.2).all()


@pytest.mark.torch
def test_running_statistics_of_instances_are_pytorchs(torch):
    results = []
    for library in (tn, torch):
        module = library.nn.InstanceNorm2d(3, momentum=0.3, affine=True, track_running_stats=True)
        for seed in range(3):
            module(library.tensor(normal(2, 3, 4, 2, seed=seed)))
        y = module.eval()(library.tensor(normal(2, 3, 4, 2, seed=9)))
        results.append([y.detach(), *module.state_dict().values()])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5, 1e-6)


ONE_LAUNCH = {
    "CELU": "elu", "ELU": "elu", "GELU": "gelu", "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish",
    "Hardtanh": "hardtanh", "LeakyReLU": "leaky_relu", "LogSigmoid": "log_sigmoid", "Mish": "mish", "ReLU": "relu",
    "ReLU6": "hardtanh", "SELU": "elu", "SiLU": "silu", "Sigmoid": "sigmoid", "Softplus": "softplus", "Tanh": "tanh",
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_LAUNCH)
def test_an_activation_is_one_launch_and_its_gradient_another(name):
    x = tn.tensor(normal(4, 6), requires_grad=True)
    with launches() as names:
        y = getattr(tn.nn, name)()(x)
        tn.autograd.grad(y, x, tn.ones(4, 6))
    names = [n for n in names if n != "fill"]
    assert names == [ONE_LAUNCH[name], f"{ONE_LAUNCH[name]}_grad"]


@pytest.mark.torch
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (2, 3, 4, 2)])
def test_nll_loss_of_any_dimensions_is_pytorchs(torch, shape, reduction):
    results = []
    for library in (tn, torch):
        x = library.tensor(normal(*shape), requires_grad=True)
        labels = np.arange(np.prod(shape) // 3).reshape(shape[:1] * (len(shape) > 1) + shape[2:]) % 3
        y = library.nn.NLLLoss(library.tensor([0.5, 1.0, 2.0]), ignore_index=1, reduction=reduction)
        y = y(x, library.tensor(labels))
        y.cos().sum().backward()
        results.append([y.detach(), x.grad])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5, 1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("head_bias", [False, True])
def test_adaptive_softmax_is_pytorchs(torch, head_bias):
    ours, theirs = twins(torch, "AdaptiveLogSoftmaxWithLoss", 8, 12, [3, 7], 2.0, head_bias)

    def run(library, module):
        x = library.tensor(array(6, 8))
        out, loss = module(x, library.tensor([0, 11, 4, 2, 3, 8]))
        return out, loss, module(x[0], library.tensor(5)), module.log_prob(x), module.predict(x)

    compare(torch, ours, theirs, run)
    x = array(6, 8)
    assert ours.predict(tn.tensor(x)).tolist() == theirs.predict(torch.tensor(x)).tolist()
    for labels in ([12], [-1]):
        with pytest.raises(tn.TargetError, match=r"targets in \[0, 11\]"):
            ours(tn.tensor(x[:1]), tn.tensor(labels))
    with pytest.raises(ValueError, match="cutoffs that increase"):
        tn.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [7, 3])


def test_sync_batch_norm_is_batch_norm():
    model = tn.nn.Sequential(tn.nn.Conv2d(4, 3, 1), tn.nn.Sequential(tn.nn.BatchNorm2d(3, momentum=None, affine=False)))
    model[1][0].eval()
    parameters, state = list(model.parameters()), model.state_dict()
    found = tn.nn.SyncBatchNorm.convert_sync_batchnorm(model)
    layer = found[1][0]
    assert found is model and type(layer) is tn.nn.SyncBatchNorm and not layer.training
    assert list(found.state_dict()) == list(state) and all(a is b for a, b in zip(parameters, found.parameters()))
    assert (layer.momentum, layer.affine, layer.weight) == (None, False, None)
    for shape, kind in (((4, 3), "1d"), ((4, 3, 5), "1d"), ((2, 3, 4, 5), "2d"), ((2, 3, 2, 2, 2), "3d")):
        sync, plain = tn.nn.SyncBatchNorm(3), getattr(tn.nn, f"BatchNorm{kind}")(3)
        x = tn.tensor(normal(*shape))
        assert (sync(x) == plain(x)).all() and (sync.running_var == plain.running_var).all()
    with pytest.raises(tn.ShapeError, match="at least 2 dimensions"):
        sync(tn.ones(3))


@pytest.mark.torch
def test_sync_batch_norm_has_pytorchs_state_and_text(torch):
    ours, theirs = tn.nn.SyncBatchNorm(3, 1e-4, 0.2), torch.nn.SyncBatchNorm(3, 1e-4, 0.2)
    assert list(ours.state_dict()) == list(theirs.state_dict()) and repr(ours) == repr(theirs)
