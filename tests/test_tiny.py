"""The whole of tinynet in one short file: each test is one idea, with the values that are expected written out."""

import math

import numpy as np
import pytest

import tinynet as tn
from tinynet import nn, optim, training
from tinynet.data import DataLoader, TensorDataset, digits, random_split
from tinynet.nn import functional as F
from tinynet.optim import schedules

# Tensors


def test_a_tensor_is_an_array_of_numbers_of_one_type():
    x = tn.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.shape == (2, 2) and x.dtype is tn.float32
    assert (x @ x).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    assert (x.T * 10 - x).tolist() == [[9.0, 28.0], [17.0, 36.0]]
    assert x.sum(0).tolist() == [4.0, 6.0] and x.mean().item() == 2.5 and x.argmax(1).tolist() == [1, 1]


def test_shapes_are_broadcast_from_their_last_dimension():
    column, row = tn.tensor([[0], [10], [20]]), tn.tensor([1, 2])
    assert (column + row).tolist() == [[1, 2], [11, 12], [21, 22]]
    with pytest.raises(tn.ShapeError, match=r"got \(2,\) and \(3,\)"):
        row + tn.tensor([1, 2, 3])


def test_an_index_gives_a_view_of_the_same_memory():
    x = tn.arange(6).view(2, 3)
    x[:, 1] += 10
    assert x.tolist() == [[0, 11, 2], [3, 14, 5]]
    assert x[x > 4].tolist() == [11, 14, 5]


def test_the_same_seed_gives_the_same_numbers():
    tn.manual_seed(7)
    x = tn.randn(3)
    assert x.tolist() != tn.randn(3).tolist()
    tn.manual_seed(7)
    assert x.tolist() == tn.randn(3).tolist()


# Gradients


def test_a_gradient_by_hand():
    x = tn.tensor(3.0, requires_grad=True)
    y = x * x + 2 * x
    y.backward()
    assert y.item() == 15.0 and x.grad.item() == 8.0  # dy/dx = 2x + 2


def test_gradients_of_several_paths_add_up():
    a, b = (tn.tensor(v, requires_grad=True) for v in (2.0, 5.0))
    c = a * b  # used twice: d(c² + 3c)/da = (2c + 3) b
    (c * c + 3 * c).backward()
    assert (a.grad.item(), b.grad.item()) == (23 * 5.0, 23 * 2.0)


def test_the_gradient_of_a_gradient():
    x = tn.tensor(3.0, requires_grad=True)
    (first,) = tn.autograd.grad(x**3, x, create_graph=True)
    (second,) = tn.autograd.grad(first, x)
    assert (first.item(), second.item()) == (27.0, 18.0)  # 3x², 6x


def test_every_gradient_can_be_checked_by_finite_differences():
    x = tn.randn(3, 4, dtype=tn.float64, requires_grad=True)
    assert tn.autograd.gradcheck(lambda x: (F.softmax(x, dim=1) * x.sin()).sum(), [x])


def test_nothing_is_recorded_without_grad():
    w = tn.ones(2, requires_grad=True)
    with tn.no_grad():
        w -= 0.25
        assert not (w * 2).requires_grad
    assert w.tolist() == [0.75, 0.75] and w.is_leaf


def test_a_value_that_a_gradient_needs_must_not_be_changed():
    x = tn.ones(2, requires_grad=True)
    y = x.exp()
    y.mul_(2)  # the gradient of exp is its result
    with pytest.raises(tn.GraphError, match="exp"):
        y.sum().backward()


# Modules


def train(model, optimizer, x, target, steps, loss_of=F.mse_loss):
    """What all training is: a loss, its gradients, and a step against them."""
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of(model(x), target)
        loss.backward()
        optimizer.step()
    assert math.isfinite(loss.item())


def test_a_linear_layer_is_its_equation():
    layer, x = nn.Linear(3, 2), tn.tensor([[1.0, 2.0, 3.0]])
    y = layer(x)
    y.sum().backward()
    np.testing.assert_allclose(y.tolist(), (x @ layer.weight.T + layer.bias).tolist(), rtol=1e-6)
    assert layer.weight.grad.tolist() == [[1.0, 2.0, 3.0]] * 2 and layer.bias.grad.tolist() == [1.0, 1.0]


def test_a_linear_layer_learns_a_line():
    x = tn.linspace(-1, 1, 20).reshape(20, 1)
    model = nn.Linear(1, 1)
    train(model, optim.SGD(model.parameters(), lr=0.3), x, 2 * x + 1, steps=100)
    assert model.weight.item() == pytest.approx(2, abs=1e-3) and model.bias.item() == pytest.approx(1, abs=1e-3)


def test_a_hidden_layer_learns_xor():
    x, target = tn.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), tn.tensor([[0.0], [1], [1], [0]])
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    train(model, optim.Adam(model.parameters(), lr=0.05), x, target, steps=200)
    assert (model(x) > 0.5).float().tolist() == target.tolist()


def test_a_convolution_learns_the_filter_that_made_its_target():
    x, edges = tn.randn(4, 1, 8, 8), tn.tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
    model = nn.Conv2d(1, 1, 3, padding=1)
    train(model, optim.Adam(model.parameters(), lr=0.1), x, F.conv2d(x, edges, padding=1), steps=200)
    np.testing.assert_allclose(model.weight.detach().numpy(), edges.numpy(), atol=0.02)


def test_an_embedding_learns_which_letter_follows():
    letters = "tinynet " * 4
    codes = tn.tensor([ord(c) for c in letters])
    model = nn.Sequential(nn.Embedding(128, 16), nn.Linear(16, 128))
    train(model, optim.Adam(model.parameters(), lr=0.1), codes[:-1], codes[1:], steps=30, loss_of=F.cross_entropy)
    follows = {c: chr(k) for c, k in zip(letters, model(codes).argmax(1).tolist())}
    assert follows["i"] == "n" and follows["y"] == "n" and follows["t"] in "i "


def test_dropout_acts_only_in_training():
    model, x = nn.Dropout(0.5), tn.ones(1000)
    assert set(model(x).tolist()) == {0.0, 2.0}
    assert model.eval()(x).tolist() == x.tolist()


def test_a_model_is_saved_and_loaded(tmp_path):
    one, other = (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)) for _ in range(2))
    assert list(one.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    training.save(one, tmp_path / "model.safetensors")
    training.load(other, tmp_path / "model.safetensors")
    assert other(tn.ones(3)).tolist() == one(tn.ones(3)).tolist()


# Optimizers


def test_adam_is_its_equation():
    p = tn.tensor([1.0, -2.0], dtype=tn.float64, requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1, betas=(0.9, 0.99), eps=1e-8)
    w, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for t in range(1, 6):
        optimizer.zero_grad()
        (p**2).sum().backward()
        optimizer.step()
        g = 2 * w
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
        np.testing.assert_allclose(p.detach().numpy(), w, rtol=1e-12)


def sign_of_momentum(p, m, g, lr, beta):
    """A rule of one's own: its parameter, its state, the gradient, hyperparameters; it returns the new p and m."""
    m = beta * m + (1 - beta) * g
    return p - lr * (1.0 if m > 0.0 else -1.0), m


def test_a_formula_becomes_an_optimizer():
    """It is compiled into one loop over all parameters."""

    class SignOfMomentum(optim.Optimizer):
        def __init__(self, params, lr, beta=0.5):
            super().__init__(params, {"lr": lr, "beta": beta})

        def rule(self, group):
            return optim.Rule(sign_of_momentum)

    p = tn.tensor([1.0, -1.0], requires_grad=True)
    optimizer = SignOfMomentum([p], lr=0.25)
    p.grad = tn.tensor([3.0, -3.0])
    optimizer.step()
    assert p.tolist() == [0.75, -0.75]
    assert optimizer.state_dict()["state"][0]["m"].tolist() == [1.5, -1.5]


def test_a_learning_rate_can_be_a_schedule():
    rate = schedules.warmup(3) >> schedules.linear(4, 1.0, 0.0)
    assert [rate(t) for t in range(8)] == [0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0]
    p = tn.zeros(1, requires_grad=True)
    optimizer = optim.SGD([p], lr=rate)
    for _ in range(8):
        p.grad = tn.ones(1)
        optimizer.step()
    assert p.item() == -4.0


def test_gradients_are_clipped_to_a_norm():
    p = tn.zeros(2, requires_grad=True)
    p.grad = tn.tensor([3.0, 4.0])
    assert nn.utils.clip_grad_norm_([p], 1.0).item() == 5.0
    np.testing.assert_allclose(p.grad.tolist(), [0.6, 0.8], rtol=1e-5)


# Data


def test_a_loader_cuts_a_dataset_into_batches():
    dataset = TensorDataset(tn.arange(5), tn.arange(5) ** 2)
    assert [y.tolist() for _, y in DataLoader(dataset, batch_size=2)] == [[0, 1], [4, 9], [16]]
    shuffled = tn.cat([x for x, _ in DataLoader(dataset, batch_size=2, shuffle=True)])
    assert sorted(shuffled.tolist()) == [0, 1, 2, 3, 4]


def test_handwritten_digits_are_recognized():
    train_set, test_set = random_split(digits(), [0.8, 0.2])
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(5):
        for x, y in DataLoader(train_set, batch_size=32, shuffle=True):
            train(model, optimizer, x, y, steps=1, loss_of=F.cross_entropy)
    x, y = test_set[:]
    assert (model(x).argmax(1) == y).float().mean().item() > 0.93


# The GPU


@pytest.mark.cuda
def test_a_gpu_computes_the_same():
    layer, x = nn.Linear(5, 4), tn.randn(3, 5)
    expected = layer(x).sigmoid()
    y = layer.to("cuda")(x.cuda()).sigmoid()
    assert y.device.type == "cuda" and layer.weight.is_cuda
    np.testing.assert_allclose(y.tolist(), expected.tolist(), rtol=1e-6)
