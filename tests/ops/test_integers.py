"""Operations of layers on integers: beside PyTorch."""

import numpy as np
import pytest
from helpers import close

import tinynet as tn

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("seed", range(9))
def test_convolution_and_pooling(torch, seed):
    rng, n, groups = np.random.default_rng(seed), seed % 3 + 1, seed % 2 + 1
    ints = lambda low, high: rng.integers(low, high, n, endpoint=True).tolist()
    kernel, stride, dilation, ceil_mode = ints(1, 3), ints(1, 3), ints(1, 2), bool(seed % 4 > 1)
    padding = [int(rng.integers(0, k // 2 + 1)) for k in kernel]
    x, weight = rng.integers(-9, 9, (2, 4, *ints(5, 8))), rng.integers(-9, 9, (2, 4 // groups, *kernel))
    results = []
    for lib in (tn, torch):
        t, w = lib.tensor(x), lib.tensor(weight)
        of = lambda name, lib=lib: getattr(lib.nn.functional, f"{name}{n}d")
        y = of("conv")(t, w, lib.tensor([3, -5]), stride, padding, dilation, groups)
        transposed = of("conv_transpose")(y, w, None, stride, padding, 0, groups, dilation)
        mean = of("avg_pool")(t, kernel, stride, padding, ceil_mode, not ceil_mode)
        results.append([y, transposed, *of("max_pool")(t, kernel, stride, padding, dilation, ceil_mode, True), mean])
    for ours, theirs in zip(*results):
        close(ours, theirs)


LAYERS = {
    "conv2d": lambda F, x: F.conv2d(x.reshape(1, 1, 4, 5), x[:2, :2].reshape(1, 1, 2, 2)),
    "max_pool2d": lambda F, x: F.max_pool2d(x[None], 2, 1, 1),
    "softsign": lambda F, x: F.softsign(x), "tanhshrink": lambda F, x: F.tanhshrink(x),
    "relu6": lambda F, x: F.relu6(x),
    "threshold": lambda F, x: F.threshold(x, 1.5, 7.9), "hardtanh": lambda F, x: F.hardtanh(x, -0.5, 2.5),
    "relu6 in place": lambda F, x: F.relu6(x.clone(), True),
    "dropout": lambda F, x: [F.dropout(x, 0.5, False), F.dropout1d(x, 0.0), F.feature_alpha_dropout(x)],
    "cosine_embedding_loss": lambda F, x: F.cosine_embedding_loss(x, x + 1, x[:, 0].sign()),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers(torch, name, dtype):
    x = (np.arange(20).reshape(4, 5) % 7 + (0 if dtype == "uint8" else -2)).astype(dtype)
    ours, theirs = (LAYERS[name](lib.nn.functional, lib.tensor(x)) for lib in (tn, torch))
    for a, b in zip(ours, theirs) if isinstance(ours, list) else [(ours, theirs)]:
        close(a, b, scale=1)


def test_of_int64_or_bool_alone(torch):
    x = np.arange(-10, 14).reshape(2, 3, 2, 2)
    for call in (
        lambda F, x: F.local_response_norm(x, 2), lambda F, x: F.lp_pool2d(x, 2, 2),
        lambda F, x: F.avg_pool2d(x, 2, divisor_override=-3), lambda F, x: F.unfold(x > 0, 2, padding=1),
        lambda F, x: F.fold((x > 0).reshape(2, 4, 3)[:, :, :1], (2, 2), 2),
    ):  # fmt: skip
        close(*[call(lib.nn.functional, lib.tensor(x)) for lib in (tn, torch)])


def test_what_integers_are_refused():
    x, F = tn.tensor([[1, 0]]), tn.nn.functional
    for call in (
        lambda: F.hardtanh(x.byte()), lambda: F.max_pool1d(x[None].bool(), 1), lambda: F.unfold(x[None], 1),
        lambda: F.dropout(x), lambda: x.bool() @ x.bool().T, lambda: F.conv1d(x[None], x[None] * 1.0),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="expected"):
            call()
