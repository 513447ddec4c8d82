"""Distributions: PyTorch's densities, moments, divergences and gradients; draws that have the moments they should."""

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn
from tinynet import distributions as own
from tinynet.errors import ArgumentValueError, ShapeError

LOGITS = np.array([[0.3, -1.2, 0.5], [0.0, 2.0, -0.7]], np.float32)
P = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], np.float32)
LOC, SCALE = np.array([[0.5, -1.0, 2.0]], np.float32), np.array([[0.3, 1.5, 2.0], [1.0, 0.7, 4.0]], np.float32)
COUNTS = np.array([[0, 1, 3], [2, 0, 5]], np.float32)

# name: parameters, and a value for each index of the batch
FAMILIES = {
    "Bernoulli probs": ({"probs": P}, (COUNTS > 0).astype(np.float32)),
    "Bernoulli logits": ({"logits": LOGITS}, (COUNTS > 0).astype(np.float32)),
    "Categorical probs": ({"probs": P}, np.array([2, 0])),
    "Categorical logits": ({"logits": LOGITS}, np.array([1, 2])),
    "Cauchy": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "Exponential": ({"rate": SCALE}, COUNTS),
    "Geometric": ({"probs": P}, COUNTS),
    "Laplace": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "Normal": ({"loc": LOC, "scale": SCALE}, COUNTS),
    "OneHotCategorical": ({"probs": P}, np.eye(3, dtype=np.float32)[[2, 0]]),
    "Poisson": ({"rate": SCALE}, COUNTS),
    "Uniform": ({"low": LOC, "high": LOC + SCALE}, LOC + SCALE / 3),
}
CONTINUOUS = "Cauchy", "Exponential", "Laplace", "Normal", "Uniform"


def make(library, name, parameters, **changed):
    values = {key: library.tensor(value * changed.get(key, 1), requires_grad=True) for key, value in parameters.items()}
    return getattr(library.distributions, name.split()[0])(**values), list(values.values())


@pytest.mark.torch
@pytest.mark.parametrize("what", ["log_prob", "entropy", "mean", "variance", "mode", "cdf", "icdf", "kl", "shapes"])
@pytest.mark.parametrize("name", FAMILIES)
def test_as_in_pytorch(torch, name, what):
    parameters, value = FAMILIES[name]
    if what in ("cdf", "icdf") and name not in CONTINUOUS:
        pytest.skip("a discrete family has none in PyTorch")
    results = []
    for library in (tn, torch):
        d, leaves = make(library, name, parameters)
        x = library.tensor(value)
        if what == "shapes":
            expanded = d.expand((4, *d.batch_shape))
            results.append(
                [d.batch_shape, d.event_shape, expanded.batch_shape, d.sample((5, 2)).shape, expanded.sample().shape]
            )
            continue
        if what == "kl":
            changed = {key: 0.5 for key in parameters if key in ("loc", "scale", "rate", "logits", "low")}
            y = library.distributions.kl_divergence(d, make(library, name, parameters, **changed)[0])
        elif what == "icdf":
            y = d.icdf(library.tensor(np.full((2, 3), 0.3, np.float32)))
        elif what == "entropy" and name == "Poisson":
            with pytest.raises(NotImplementedError):
                d.entropy()
            return
        else:
            y = getattr(d, what)
            y = y(x) if what in ("log_prob", "cdf") else y() if what == "entropy" else y
        if y.requires_grad:
            y.sin().sum().backward()
        results.append([numpy(y.detach()), *(None if p.grad is None else numpy(p.grad) for p in leaves)])
    if what == "shapes":
        assert [tuple(s) for s in results[0]] == [tuple(s) for s in results[1]]
        return
    for ours, theirs in zip(*results, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, 1e-4, 1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_draws_have_the_moments_of_the_family(name):
    tn.manual_seed(3)
    d, _ = make(tn, name, FAMILIES[name][0])
    x = d.sample((20_000,))
    assert not x.requires_grad and numpy(d.support.check(x)).all()
    if "Categorical" == name.split()[0]:
        frequencies = np.stack([(numpy(x) == i).mean(0) for i in range(3)], -1)
        np.testing.assert_allclose(frequencies, numpy(d.probs.detach()), atol=0.02)
    elif name != "Cauchy":
        deviation = numpy(d.variance.detach()) ** 0.5
        assert (abs(numpy(x).mean(0) - numpy(d.mean.detach())) < 4.5 * deviation / 20_000**0.5).all()
        np.testing.assert_allclose(numpy(x).std(0), deviation, rtol=0.06)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_reparametrized_draws_carry_gradients(name):
    d, leaves = make(tn, name, FAMILIES[name][0])
    d.rsample((2,)).sum().backward()
    assert d.has_rsample and all(p.grad is not None and numpy(p.grad).any() for p in leaves)


def test_a_policy_learns_which_arm_pays():
    """REINFORCE on three arms of which the last pays."""
    tn.manual_seed(0)
    logits = tn.zeros(3, requires_grad=True)
    optimizer = tn.optim.Adam([logits], lr=0.1)
    for _ in range(60):
        policy = own.Categorical(logits=logits)
        arms = policy.sample((32,))
        loss = -(policy.log_prob(arms) * ((arms == 2).float() - 0.3)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert own.Categorical(logits=logits).probs[2].item() > 0.9


def test_independent_dimensions_are_one_event():
    base = own.Normal(tn.zeros(4, 3), tn.ones(4, 3))
    d, x = own.Independent(base, 1), tn.ones(4, 3)
    assert (d.batch_shape, d.event_shape, d.sample((2,)).shape) == ((4,), (3,), (2, 4, 3))
    np.testing.assert_allclose(numpy(d.log_prob(x)), numpy(base.log_prob(x)).sum(-1), rtol=1e-6)
    assert numpy(own.kl_divergence(d, d)).tolist() == [0] * 4


@pytest.mark.parametrize(
    "run, error, words",
    [
        (lambda: own.Normal(0.0, -1.0), ArgumentValueError, "scale to satisfy greater_than"),
        (lambda: own.Bernoulli(tn.tensor(1.5)), ArgumentValueError, r"probs to satisfy interval\(0, 1\)"),
        (lambda: own.Bernoulli(), ArgumentValueError, "either probs or logits"),
        (lambda: own.Uniform(1.0, 0.0), ArgumentValueError, "low < high"),
        (lambda: own.Normal(tn.zeros(2), tn.ones(3)), ShapeError, "broadcast"),
        (lambda: own.Normal(0.0, 1.0).log_prob(tn.tensor(float("nan"))), ArgumentValueError, "value to satisfy real"),
        (lambda: own.Categorical(tn.ones(3)).log_prob(tn.tensor(3)), ArgumentValueError, "integer_interval"),
        (lambda: own.kl_divergence(own.Normal(0.0, 1.0), own.Poisson(1.0)), NotImplementedError, "Normal and Poisson"),
    ],
)
def test_errors_say_what_was_expected(run, error, words):
    with pytest.raises(error, match=words):
        run()
