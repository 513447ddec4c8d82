"""Activations, losses and distances as modules: PyTorch's outputs, gradients, state and text."""

import numpy as np
import pytest
from helpers import numpy

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
