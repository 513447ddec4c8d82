"""What the paper claims of Adam on kinds of problems, beside rules that fare worse there; and where Adam fails.

Every rule gets the best of a grid of learning rates, except where the claim is that the default will do.
"""

from itertools import pairwise

import numpy as np
import pytest
from descents import descend, noise

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import digits
from tinynet.nn import functional as F

RATES = [10.0**k for k in np.arange(-4, 1.6, 0.5)]


def best(measure, make, **options):
    """The least of `measure` over the learning rates."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = [measure(make, lr=lr, **options) for lr in RATES]
    return min(value for value in found if np.isfinite(value))


# "Appropriate for non-stationary objectives"


def tracking_error(make, **options):
    """How far θ is on the average from a minimum that jumps to and fro, of a bowl that is steep in the beginning."""
    z = noise(3000, 10)

    def minimum(t):
        return 1.0 if t // 250 % 2 else -1.0

    def gradient(x, t):
        return (100.0 if t < 500 else 1.0) * (x - minimum(t) + 0.3 * z[t - 1])

    path = descend(make, gradient, np.zeros(10), 3000, **options)
    return np.mean([np.abs(path[t] - minimum(t)).mean() for t in range(1000, 3000)])


def test_a_moving_minimum_is_followed():
    adam, adagrad = best(tracking_error, optim.Adam), best(tracking_error, optim.Adagrad)
    assert 2 * adam < adagrad


# "Problems with very noisy and/or sparse gradients"


def logistic_loss(frequency):
    """A measure: the loss of a logistic regression after 300 batches of 32, feature i being there that often."""
    random, n = np.random.default_rng(0), len(frequency)
    x = (random.random((2000, n)) < frequency) * 1.0
    sign = np.where(x @ random.standard_normal(n) > 0, 1, -1)
    batches = random.integers(0, 2000, (300, 32))

    def gradient(w, t):
        x_, sign_ = x[batches[t - 1]], sign[batches[t - 1]]
        return x_.T @ (-sign_ / (1 + np.exp(np.minimum(sign_ * (x_ @ w), 500)))) / 32

    def measure(make, **options):
        w = descend(make, gradient, np.zeros(n), 300, **options)[-1]
        return np.logaddexp(0, -sign * (x @ w)).mean()

    return measure


def test_on_sparse_features_adagrad_is_ahead_of_momentum_and_adam_keeps_up():
    def ratios(measure):
        nesterov = best(measure, optim.SGD, momentum=0.9, nesterov=True)
        return best(measure, optim.Adagrad) / nesterov, best(measure, optim.Adam) / nesterov

    adagrad, adam = ratios(logistic_loss(0.9 / np.arange(1, 1001)))  # as often as words are
    assert adagrad < 0.6 and adam < 0.6
    adagrad, adam = ratios(logistic_loss(np.full(300, 0.5)))
    assert adagrad > 0.9 and adam > 0.9


def test_noise_with_heavy_tails_is_borne_better_than_by_gradient_descent():
    """Now and then a gradient is a thousand times too large. RMSprop and AdaGrad bear that too, without momentum."""
    z = noise(1000, 20)
    z *= np.where(np.random.default_rng(1).random(z.shape) < 0.01, 1000, 1)

    def error(make, **options):
        return np.abs(descend(make, lambda x, t: x - 3 + z[t - 1], np.zeros(20), 1000, **options)[-200:] - 3).mean()

    assert 1.5 * best(error, optim.Adam) < min(best(error, optim.SGD), best(error, optim.SGD, momentum=0.9))


# "The hyper-parameters require little tuning"


def cnn():
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 10))


def mlp(*widths):
    layers = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def reconstruction(model, x, y):
    return ((model(x) - x) ** 2).sum()


def classification(model, x, y):
    return F.cross_entropy(model(x), y)


PROBLEMS = {
    "logistic regression": (lambda: mlp(64, 10), classification),
    "two layers": (lambda: mlp(64, 64, 10), classification),
    "a convolutional network": (cnn, lambda model, x, y: classification(model, x.reshape(-1, 1, 8, 8), y)),
    "autoencoder, a sum of squares": (lambda: mlp(64, 32, 64), reconstruction),
    "a loss in thousandths": (lambda: mlp(64, 64, 10), lambda *a: 0.001 * classification(*a)),
}


def progress(name, make, **options):
    """What is left of the loss, in [0, 1], after 400 batches of digits; NaN counts as all."""
    tn.manual_seed(0)
    model, loss_of = PROBLEMS[name][0](), PROBLEMS[name][1]
    x, y = digits()[:]
    optimizer = make(model.parameters(), **options)
    first = loss_of(model, x, y).item()
    for t in range(400):
        i = np.arange(t * 64, t * 64 + 64) % len(x)
        optimizer.zero_grad()
        loss_of(model, x[i], y[i]).backward()
        optimizer.step()
    return np.nan_to_num(loss_of(model, x, y).item() / first, nan=1.0)


def test_the_default_learning_rate_serves_problems_of_all_kinds():
    assert max(progress(name, optim.Adam) for name in PROBLEMS) < 0.5


@pytest.mark.parametrize("lr", RATES[::2])
def test_no_learning_rate_of_gradient_descent_does(lr):
    assert any(progress(name, optim.SGD, lr=lr) > 0.9 for name in reversed(PROBLEMS))


# Where Adam fails


def test_a_convex_problem_on_which_adam_goes_the_wrong_way():
    """Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond" (ICLR 2018), theorem 1, and its cure AMSGrad.

    On [−1, 1] every third gradient is C, the others −1, so the best θ is −1.
    """

    def gradient(_, t):
        return [4.0 if t % 3 == 1 else -1.0]

    def end(**options):
        rate = {"lr": lambda t: 0.1 / np.sqrt(t + 1), "betas": (0.0, 1 / 17), "eps": 0.0}
        return descend(optim.Adam, gradient, [0.5], 3000, after=lambda x: x.clamp_(-1, 1), **rate, **options)[-1, 0]

    assert end() > 0.99 and end(amsgrad=True) < -0.99


def test_adam_sees_axes_and_gradient_descent_does_not():
    """A ravine along an axis is no ravine to Adam, since it rescales the axes; turned by 45° it is one."""
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)

    def left(make, rotation, **options):
        a = rotation @ np.diag([1.0, 1000.0]) @ rotation.T
        path = descend(make, lambda x, _: a @ x, rotation @ [1.0, 0.7], 60, **options)
        return path[-1] @ a @ path[-1]

    adam = [best(left, optim.Adam, rotation=r) for r in (np.eye(2), turn)]
    momentum = [best(left, optim.SGD, rotation=r, momentum=0.9) for r in (np.eye(2), turn)]
    assert 100 * adam[0] < adam[1] and momentum[0] == pytest.approx(momentum[1])
