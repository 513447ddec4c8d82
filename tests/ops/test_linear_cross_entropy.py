"""The cross entropy of a linear layer: as PyTorch's, and in parts as in whole."""

import numpy as np
import pytest
from helpers import close

import tinynet as tn
from tinynet.kernels.launch import observe, run

N, IN, C = 7, 4, 9
DRAW = np.random.default_rng(0)
X, WEIGHT = DRAW.standard_normal((N, IN)), DRAW.random(C)
CASES = {
    "labels": ((C,), DRAW.integers(0, C, N)),
    "probabilities": ((C,), DRAW.random((N, C))),
    "labels of several outputs": ((C, 2), DRAW.integers(0, C, (N, 2))),
    "probabilities of several outputs": ((C, 2), DRAW.random((N, C, 2))),
}
OPTIONS = [
    {}, {"weight": True}, {"label_smoothing": 0.1, "reduction": "sum"}, {"reduction": "none", "weight": True},
    {"ignore_index": 3, "weight": True, "label_smoothing": 0.2}, {"ignore_index": 3},
]  # fmt: skip
IN_PARTS = [None, {"batch_chunk_size": 3}, {"chunking_method": "aspect_ratio:2"}, {"chunking_method": None}]


def derivatives(lib, name, options, parts):
    size, target = CASES[name]
    W = np.cos(np.arange(np.prod(size) * IN)).reshape(*size, IN)
    leaves = [lib.tensor(a, requires_grad=True) for a in (X, W, W[..., 0])]
    options = {**options, "weight": lib.tensor(WEIGHT) if "weight" in options else None}
    how = None if parts is None else lib.nn.LinearCrossEntropyOptions(**parts)
    y = lib.nn.functional.linear_cross_entropy(
        *leaves[:2], lib.tensor(target), linear_bias=leaves[2], options=how, **options
    )
    return [y, *lib.autograd.grad((y * y).sum(), leaves)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_in_parts_and_in_whole_it_is_pytorchs(torch, name, options):
    if "ignore_index" in options and "probabilities" in name:
        return
    expected = derivatives(torch, name, options, None)
    for parts in IN_PARTS:
        for ours, theirs in zip(derivatives(tn, name, options, parts), expected, strict=True):
            close(ours, theirs, ulp=64, scale=max(1.0, theirs.abs().max().item()))


def test_the_logits_of_a_part_are_there_at_a_time():
    sizes = []

    def observer(kernel, arguments):
        sizes.extend([x.size for x in arguments if isinstance(x, np.ndarray)])
        run(kernel, arguments)

    whole = derivatives(tn, "labels", {}, None)
    with observe(observer):
        parts = derivatives(tn, "labels", {}, {"batch_chunk_size": 2})
    assert max(sizes) == max(C * IN, 2 * C) < N * C
    for ours, theirs in zip(parts, whole, strict=True):
        close(ours, theirs, ulp=16, scale=1)


def test_gradients_of_gradients_and_of_nothing():
    how, labels = tn.nn.LinearCrossEntropyOptions(batch_chunk_size=3), tn.tensor(CASES["labels"][1])
    x, W = tn.tensor(X, requires_grad=True), tn.tensor(np.ones((C, IN)), requires_grad=True)
    loss = lambda x, W, labels=labels: tn.nn.functional.linear_cross_entropy(x, W, labels, options=how)
    assert tn.autograd.gradgradcheck(loss, (x, W))
    nothing = loss(x, W, tn.full((N,), -100))
    assert nothing.isnan() and not tn.autograd.grad(nothing, x)[0].any()


@pytest.mark.filterwarnings("ignore:linear_cross_entropy:UserWarning")  # PyTorch's, of what it does not cut
def test_module(lib):
    lib.manual_seed(0)
    how = lib.nn.LinearCrossEntropyOptions(batch_chunk_size=1)
    module = lib.nn.LinearCrossEntropyLoss(IN, C, out_features=(2,), bias=True, reduction="none", options=how)
    assert {name: tuple(t.shape) for name, t in module.state_dict().items()} == {
        "linear.weight": (2 * C, IN), "linear.bias": (2 * C,)
    }  # fmt: skip
    assert module(lib.ones(3, IN), lib.zeros(3, 2, dtype=lib.int64)).shape == (3, 2)
    assert "in_features=4, num_classes=9, out_features=(2,), bias=True, reduction=none" in repr(module)


@pytest.mark.parametrize("wrong", [
    {"batch_chunk_size": 0}, {"chunking_method": "x"}, {"chunking_method": "aspect_ratio:0"}, {"acc_policy": "fast"},
    {"acc_dtype": 3}, {"batch_chunk_size": 3, "chunking_method": "aspect_ratio"},
])  # fmt: skip
def test_wrong_options(lib, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        how = lib.nn.LinearCrossEntropyOptions(**wrong)
        lib.nn.functional.linear_cross_entropy(
            lib.tensor(X), lib.ones(C, IN, dtype=lib.float64), lib.zeros(N, dtype=lib.int64), options=how
        )
