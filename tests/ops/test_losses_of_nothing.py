"""Losses where little or nothing counts: the loss may be NaN, what does not count gets gradient 0, as in PyTorch."""

import itertools

import numpy as np
import pytest
from helpers import TINYNET, close, torch_library

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
LIBRARIES = (TINYNET, tn), (torch_library(torch), torch)

WEIGHTS = [None, (0, 0, 0), (0, 0, 1), (1, -1, 0), (1, 1, np.nan), (np.inf, 0, 0)]
TARGETS = [(0, 1), (0, -100), (-100, -100)]


def agree(run, *shape):
    """Loss and gradient of `run(lib, framework, x)` in both libraries."""
    results = []
    for lib, framework in LIBRARIES:
        x = framework.tensor(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)).requires_grad_()
        y = run(lib, framework, x)
        y.backward(framework.ones_like(y))
        results.append((y, x.grad))
    for a, e in zip(*results):
        close(a, e, ulp=16, scale=1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_classes(reduction, smoothing):
    for weight, target in itertools.product(WEIGHTS, TARGETS):

        def options(framework, weight=weight):
            return {"weight": None if weight is None else framework.tensor(np.array(weight, float)),
                    "reduction": reduction}  # fmt: skip

        def entropy(lib, framework, x, target=target, options=options):
            return lib.cross_entropy(x, framework.tensor(target), label_smoothing=smoothing, **options(framework))

        def likelihood(lib, framework, x, target=target, options=options):
            return lib.nll_loss(x, framework.tensor(target), **options(framework))

        agree(entropy, 2, 3)
        if not smoothing:
            agree(likelihood, 2, 3)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0,), (0, 3, 2)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized:UserWarning")
def test_of_no_rows_and_no_classes(shape, reduction):
    agree(lambda lib, framework, x: lib.cross_entropy(x, x.detach() * 0, reduction=reduction), *shape)
    agree(lambda lib, framework, x: lib.mse_loss(x, x.detach() * 0, reduction=reduction), *shape)
    agree(lambda lib, framework, x: lib.binary_cross_entropy_with_logits(x, x.detach(), reduction=reduction), *shape)


MEANS = {
    "mean": lambda x: x.mean(), "var": lambda x: x.var(), "std": lambda x: x.std(), "std of lines": lambda x: x.std(0),
    "mean of a mask": lambda x: x[x > 9].mean(), "std of a mask": lambda x: x[x > 9].std(),
    "weighted mean": lambda x: (x * 0).sum() / (x.detach() * 0).sum(), "norm": lambda x: ((x * 0) ** 2).sum().sqrt(),
    "masked": lambda x: (x * (x.detach() > 9)).sum() / 0.0,
}  # fmt: skip


@pytest.mark.parametrize("run", MEANS.values(), ids=MEANS)
@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")
def test_means_of_what_may_be_empty(run):
    for shape in ((0,), (1,), (3,), (0, 3), (1, 3)):
        agree(lambda lib, framework, x: run(x), *shape)


def test_dtypes_of_losses():
    """Of logits and targets of two dtypes; PyTorch's results are then no more exact than float32."""
    for a, b in itertools.product([np.float32, np.float64], repeat=2):
        for name in ("binary_cross_entropy_with_logits", "mse_loss"):
            results = []
            for lib, framework in LIBRARIES:
                x = framework.tensor(np.array([0.3, -2], a)).requires_grad_()
                y = getattr(lib, name)(x, framework.tensor(np.array([0.2, 1], b)))
                y.backward()
                results.append((y, x.grad))
            for ours, theirs in zip(*results):
                close(ours, theirs, ulp=4 if a is b else 1e9)
