"""float16: stored in 16 bits, computed in float32, as by PyTorch on the CPU; and uint8, int8, int16 beside it."""

import numpy as np
import pytest
from helpers import TINYNET, close, torch_library

import tinynet as tn
from tinynet import nn, optim

X = np.array([1.5, -2.0, 1e-3, 100.0, 0.25, -7.5], np.float16)


def test_a_number_beside_float16_need_not_fit():
    x = tn.tensor(X)
    assert (1e6 * x)[:3].tolist() == (x / 1e-6)[:3].tolist() == [np.inf, -np.inf, 1000.5]
    assert (3 * x[0]).dtype == (x[0] * 3).dtype == (x + tn.tensor(1)).dtype == tn.float16
    with pytest.raises(ValueError, match="fits float16"):
        x.fill_(1e9)


def test_means_do_not_overflow():
    x = tn.ones(70_000, dtype=tn.float16)
    assert x.mean().item() == 1 and x.var().item() == 0 and x.sum().isinf()


def test_it_trains():
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)).half()
    assert {p.dtype for p in model.parameters()} == {tn.float16}
    optimizer, losses = optim.SGD(model.parameters(), lr=0.1, momentum=0.9), []
    x, y = tn.tensor(X[None] / 10), tn.tensor([2])
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3 and loss.dtype == model[0].weight.grad.dtype == tn.float16


def test_an_image():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    x = tn.from_numpy(pixels)
    assert x.dtype == tn.uint8 and x.permute(2, 0, 1).float().div(255).shape == (3, 2, 4)
    assert x.sum().dtype == tn.int64 and x.max().item() == 23 and (x + 250)[1, 3, 2].item() == 17
    assert x[x > 20].tolist() == [21, 22, 23] and tn.stack([x, x]).dtype == tn.uint8
    with pytest.warns(UserWarning, match="uint8 is deprecated"):
        assert tn.arange(3)[tn.tensor([1, 0, 1], dtype=tn.uint8)].tolist() == [0, 2]


FUNCTIONS = {
    "exp": lambda F, x: x.exp() / 3, "gelu": lambda F, x: F.gelu(x), "softmax": lambda F, x: F.softmax(x, dim=0),
    "std": lambda F, x: x.std(), "norm": lambda F, x: F.layer_norm(x, (6,)), "pow": lambda F, x: (x * x + 1) ** 0.5,
    "outer": lambda F, x: x[:, None] @ x[None], "loss": lambda F, x: F.mse_loss(x, x * 2),
    "relu": lambda F, x: F.relu(x).sum(), "clamp": lambda F, x: x.clamp(-1, 1), "sigmoid": lambda F, x: F.sigmoid(x),
    "max": lambda F, x: x.max(0)[0], "mask": lambda F, x: x.masked_fill(x > 1, 0.0), "item": lambda F, x: x[1:4] * x[0],
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    found = []
    for library, F in ((tn, TINYNET), (torch, torch_library(torch))):
        x = library.tensor(X / 16, requires_grad=True)
        y = FUNCTIONS[name](F, x)
        y.backward(library.tensor(np.cos(np.arange(y.numel(), dtype=np.float16)).reshape(tuple(y.shape))))
        assert y.dtype == x.grad.dtype == library.float16
        found.append((y, x.grad))
    for actual, expected in zip(*found):
        # PyTorch rounds between the operations that it is composed of, where a kernel here rounds once.
        close(actual, expected, ulp=4, scale=float(np.abs(np.asarray(expected.detach())).max()))


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16"])
def test_small_integers_on_the_gpu(dtype):
    x = tn.tensor(np.array([7, 2, 3, 100], dtype)).cuda()
    for f in (lambda x: x + x, lambda x: x * 2 - 1, lambda x: x.float() / 2, lambda x: tn.cat([x, x]), lambda x: x > 2,
              lambda x: x.sum(), lambda x: x[1:3], lambda x: x.max()):  # fmt: skip
        close(f(x).cpu(), f(x.cpu()))


@pytest.mark.cuda
def test_float16_is_refused_on_the_gpu():
    with pytest.raises(tn.DTypeError, match="lie on the CPU"):
        tn.tensor(X).cuda()
    with pytest.raises(tn.DTypeError, match="lie on the CPU"):
        tn.ones(3, device="cuda").half()
