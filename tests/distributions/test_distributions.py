"""Distributions: draws against densities and cdfs, gradients of draws, transforms, mixtures, errors."""

import math

import numpy as np
import pytest
from families import FAMILIES, make
from helpers import leaf, numpy

import tinynet as tn
from tinynet import distributions as own
from tinynet.errors import ArgumentTypeError, ArgumentValueError, ShapeError

DRAWS = 5_000


def drawn(name):
    """(the distribution, draws of it as an array), from a fixed seed."""
    tn.manual_seed(3)
    d, _ = make(tn, name, FAMILIES[name][0])
    x = d.sample((DRAWS,))
    assert not x.requires_grad and numpy(d.support.check(x)).all() and numpy(d.log_prob(x).detach() > -math.inf).all()
    return d, numpy(x)


def kolmogorov_smirnov(levels):
    """√n sup |F_n − F|, for cdf values of n draws along the first dimension."""
    levels, n = np.sort(levels, axis=0), len(levels)
    steps = np.arange(1, n + 1).reshape((n, *[1] * (levels.ndim - 1)))
    return math.sqrt(n) * max(np.abs(levels - steps / n).max(), np.abs(levels - (steps - 1) / n).max())


# Families whose cdf PyTorch lacks too: it is the integral of the density, over an interval that holds nearly all
INTEGRATED = {
    "Beta": (0, 1), "FisherSnedecor": (0, 2000), "StudentT": (-4e4, 4e4), "VonMises": (-math.pi, math.pi),
    "RelaxedBernoulli": (0, 1),
}  # fmt: skip
WITH_CDF = (
    "Cauchy", "Chi2", "ContinuousBernoulli probs", "ContinuousBernoulli logits", "Exponential", "Gamma", "Gumbel",
    "HalfCauchy", "HalfNormal", "InverseGamma", "Kumaraswamy", "Laplace", "LogNormal", "Normal", "Pareto", "Uniform",
    "Weibull",
)  # fmt: skip


@pytest.mark.parametrize("name", WITH_CDF)
def test_draws_follow_the_cdf(name):
    d, x = drawn(name)
    assert kolmogorov_smirnov(numpy(d.cdf(tn.tensor(x)).detach())) < 2.0


def cdf_by_integration(d, low, high):
    """A function of x: ∫ p up to x, by the trapezoidal rule over points that are dense at the ends and the middle."""
    t = np.linspace(-1, 1, 4_001)[1:-1]
    points = low + (high - low) * (1 + np.tanh(6 * t) / math.tanh(6)) / 2 if low == 0 else (
        (low + high) / 2 + (high - low) / 2 * t**7)  # fmt: skip
    grid = points.reshape((-1, *[1] * len(d.batch_shape)))
    p = numpy(d.log_prob(tn.tensor(np.broadcast_to(grid, (len(t), *d.batch_shape)).copy())).exp().detach())
    total = np.concatenate([np.zeros((1, *d.batch_shape)), np.cumsum((p[1:] + p[:-1]) / 2 * np.diff(grid, axis=0), 0)])
    return lambda x: np.stack(
        [np.interp(x[(slice(None), *i)], points, total[(slice(None), *i)]) for i in np.ndindex(d.batch_shape)], -1
    )


@pytest.mark.parametrize("name", INTEGRATED)
def test_draws_follow_the_integral_of_the_density(name):
    d, x = drawn(name)
    assert kolmogorov_smirnov(cdf_by_integration(d, *INTEGRATED[name])(x)) < 2.2


OTHERS = [name for name in FAMILIES if name not in (*WITH_CDF, *INTEGRATED)]


@pytest.mark.parametrize("name", OTHERS)
def test_other_draws_have_the_moments_of_the_family(name):
    d, x = drawn(name)
    if "Categorical" in name:  # the largest element of a relaxed vector is where the one would be
        x = x[..., None] == np.arange(3) if x.ndim == 2 else x == x.max(-1, keepdims=True)
        mean = numpy(d.probs.detach())
        deviation = (mean * (1 - mean)) ** 0.5
    elif name == "LogisticNormal":
        x, mean, deviation = (numpy(v.detach()) for v in (d.transforms[0].inv(tn.tensor(x)), d.loc, d.scale))
    else:
        if name == "LKJCholesky":  # a correlation has the mean 0 and the variance 1 / (2 η + n − 1)
            x = (x @ x.swapaxes(-1, -2))[..., [0, 0, 1], [1, 2, 2]]
            mean, deviation = 0.0, numpy(1 / (2 * d.concentration.detach()[:, None] + d.dim - 1)) ** 0.5
        else:
            mean, deviation = numpy(d.mean.detach()), numpy(d.variance.detach()) ** 0.5
    np.testing.assert_allclose(x.std(0), np.broadcast_to(deviation, x.shape[1:]), rtol=0.12)
    assert (abs(x.mean(0) - mean) <= 4.5 * deviation / DRAWS**0.5).all()


@pytest.mark.parametrize("name", [n for n in WITH_CDF if "Uniform" not in n])
def test_draws_move_with_parameters_as_quantiles_do(name):
    """dx/dθ = −(∂F/∂θ) / p(x): implicit differentiation of F(x; θ) = u."""
    tn.manual_seed(1)
    d, leaves = make(tn, name, FAMILIES[name][0])
    if not d.has_rsample:
        return
    x = d.rsample()
    moved = tn.autograd.grad(x.sum(), leaves, retain_graph=True)
    levels, density = d.cdf(x.detach()), d.log_prob(x.detach()).exp().detach()
    for by_draw, by_level in zip(moved, tn.autograd.grad((levels / density).sum(), leaves), strict=True):
        np.testing.assert_allclose(numpy(by_draw), -numpy(by_level), 1e-5, 1e-7)


def test_gradients_of_beta_and_dirichlet_draws_are_those_of_the_expectation():
    """d E x² / dθ as the mean of 2 x dx/dθ."""
    tn.manual_seed(0)
    for make_one in (own.Beta, lambda a, b: own.Dirichlet(tn.stack([a, b], -1))):
        a, b = leaf(np.array(0.6)), leaf(np.array(2.5))
        d = make_one(a, b)
        pick = (lambda x: x[..., 0]) if d.event_shape else (lambda x: x)
        estimate = tn.autograd.grad(pick(d.rsample((40_000,))).square().mean(), [a, b])
        d = make_one(a, b)
        exact = tn.autograd.grad(pick(d.variance) + pick(d.mean) ** 2, [a, b])
        np.testing.assert_allclose([float(g) for g in estimate], [float(g) for g in exact], rtol=0.05)


@pytest.mark.parametrize("name", [n for n in FAMILIES if own.__dict__[n.split()[0]].has_rsample is not False])
def test_reparametrized_draws_carry_gradients(name):
    d, leaves = make(tn, name, FAMILIES[name][0])
    if d.has_rsample:
        d.rsample((2,)).sin().sum().backward()
        assert all(p.grad is not None and numpy(p.grad).any() for p in leaves)


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
        (lambda: own.Dirichlet(tn.tensor(1.0)), ShapeError, "at least one dimension"),
        (lambda: own.MultivariateNormal(tn.zeros(2)), ArgumentValueError, "one of covariance_matrix"),
        (lambda: own.MultivariateNormal(tn.zeros(2), tn.eye(3)), ShapeError, r"got shapes \(2,\) and \(3, 3\)"),
        (lambda: own.MultivariateNormal(tn.zeros(2), -tn.eye(2)), ArgumentValueError, "positive_definite"),
        (lambda: own.Binomial(2.5, 0.5), ArgumentValueError, "total_count to satisfy integer"),
        (lambda: own.Multinomial(2.5, tn.ones(2)), ArgumentTypeError, "total_count to be an integer"),
        (lambda: own.MixtureSameFamily(own.Normal(0.0, 1.0), own.Normal(0.0, 1.0)), ArgumentTypeError, "a Categorical"),
        (lambda: own.MixtureSameFamily(own.Categorical(tn.ones(2)), own.Normal(tn.ones(3), 1.0)), ShapeError, "fit"),
        (lambda: own.TransformedDistribution(own.Normal(0.0, 1.0), [tn.exp]), ArgumentTypeError, "transforms, got"),
        (lambda: own.Beta(1.0, 1.0).cdf(tn.tensor(0.5)), NotImplementedError, "Beta has no cdf"),
        (lambda: own.kl_divergence(own.Normal(0.0, 1.0), own.Poisson(1.0)), NotImplementedError, "Normal and Poisson"),
    ],
)
def test_errors_say_what_was_expected(run, error, words):
    with pytest.raises(error, match=words):
        run()


def mixture():
    components = own.Normal(tn.tensor([[-2.0, 0.0, 3.0], [1.0, 2.0, 4.0]]), tn.tensor([0.5, 1.0, 0.2]))
    return own.MixtureSameFamily(own.Categorical(tn.tensor([0.2, 0.5, 0.3])), components)


def test_mixtures():
    tn.manual_seed(0)
    d = mixture()
    x = d.sample((DRAWS,))
    assert kolmogorov_smirnov(numpy(d.cdf(x))) < 2.0
    np.testing.assert_allclose(numpy(x.mean(0)), numpy(d.mean), atol=0.15)
    np.testing.assert_allclose(numpy(x.var(0)), numpy(d.variance), rtol=0.1)
    assert (d.batch_shape, d.expand((3, 2)).sample((4,)).shape) == ((2,), (4, 3, 2))
    vectors = own.MixtureSameFamily(own.Categorical(tn.ones(3)), own.Independent(own.Normal(tn.zeros(3, 2), 1.0), 1))
    assert (vectors.sample((5,)).shape, vectors.log_prob(tn.zeros(5, 2)).shape, vectors.mean.shape) == (
        (5, 2),
        (5,),
        (2,),
    )


@pytest.mark.torch
def test_mixtures_as_in_pytorch(torch):
    x = np.array([0.3, 2.5], np.float32)
    for what in ("log_prob", "cdf", "mean", "variance"):
        found = []
        for library in (tn, torch):
            D = library.distributions
            components = D.Normal(library.tensor([[-2.0, 0.0, 3.0], [1.0, 2.0, 4.0]]), library.tensor([0.5, 1.0, 0.2]))
            y = getattr(D.MixtureSameFamily(D.Categorical(library.tensor([0.2, 0.5, 0.3])), components), what)
            found.append(numpy(y(library.tensor(x)) if callable(y) else y))
        np.testing.assert_allclose(*found, 1e-5)


def test_tiny_concentrations_give_draws_inside_the_support():
    """Where gamma draws underflow in float32."""
    for d in (
        own.Beta(tn.full((99,), 1e-3), 1e-3),
        own.Dirichlet(tn.full((99, 3), 1e-3)),
        own.Gamma(tn.full((99,), 1e-3), 1.0),
    ):
        x = d.rsample()
        assert numpy(d.support.check(x)).all() and numpy(d.log_prob(x).isfinite()).all()
