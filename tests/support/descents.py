"""Descents that the tests on Adam share: steps for given gradients, and paths by a function of θ."""

import numpy as np

import tinynet as tn

ALPHA = 0.25  # a power of two, so that a step in these units is exact


def steps(make, gradients, dtype=tn.float64, **options):
    """Δₜ in units of α, for gradients given one row a step."""
    theta = tn.zeros(len(gradients[0]), dtype=dtype, requires_grad=True)
    optimizer = make([theta], **{"lr": ALPHA, **options})
    found = []
    for g in gradients:
        with tn.no_grad():
            theta.zero_()  # Δₜ is then what stands there, without rounding
        theta.grad = tn.tensor(g, dtype=dtype)
        optimizer.step()
        found.append(theta.detach().numpy() / ALPHA)
    return np.array(found)


def descend(make, gradient, start, count, after=None, **options):
    """The path from `start` by `gradient(θ, t)`."""
    theta = tn.tensor(np.asarray(start, float), requires_grad=True)
    optimizer = make([theta], **options)
    path = [theta.detach().numpy().copy()]
    for t in range(1, count + 1):
        theta.grad = tn.tensor(gradient(theta.detach().numpy(), t), dtype=tn.float64)
        optimizer.step()
        if after:
            with tn.no_grad():
                after(theta)
        path.append(theta.detach().numpy().copy())
    return np.array(path)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)
