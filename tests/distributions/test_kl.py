"""KL divergences of all pairs for which PyTorch has a formula."""

import numpy as np
import pytest
from helpers import numpy

import tinynet as tn
from tinynet.distributions import kl as own_kl

A, B = np.array([0.3, 1.5, 3.0]), np.array([2.0, 0.7, 4.0])
PROBABILITY, MATRIX = np.array([0.2, 0.5, 0.9]), np.array([[2.0, 0.3], [0.3, 1.0]])
FACTOR = np.array([[0.5], [-1.0]])

ONE_OF_EACH = {
    "Bernoulli": {"probs": PROBABILITY},
    "Beta": {"concentration1": A, "concentration0": B},
    "Binomial": {"total_count": 5, "probs": PROBABILITY},
    "ContinuousBernoulli": {"probs": PROBABILITY},
    "Exponential": {"rate": A},
    "Gamma": {"concentration": B, "rate": A},
    "Gumbel": {"loc": A, "scale": B},
    "Laplace": {"loc": A, "scale": B},
    "LowRankMultivariateNormal": {"loc": A[:2], "cov_factor": FACTOR, "cov_diag": B[:2]},
    "MultivariateNormal": {"loc": B[:2], "covariance_matrix": MATRIX},
    "Normal": {"loc": B, "scale": A},
    "Pareto": {"scale": A, "alpha": B},
    "Poisson": {"rate": B},
    "Uniform": {"low": np.array([0.1, -0.5, 0.4]), "high": np.array([0.8, 0.5, 2.0])},
}
BOUNDARY = {("ContinuousBernoulli", "Uniform")}  # PyTorch takes equal bounds for outside, and some that are inside


def make(library, name):
    values = {
        k: v if isinstance(v, int) else library.tensor(v, requires_grad=True) for k, v in ONE_OF_EACH[name].items()
    }
    return getattr(library.distributions, name)(**values), [v for v in values.values() if not isinstance(v, int)]


def pairs(library):
    """The names of all pairs of one module's classes with a formula."""
    kl = library.distributions.kl
    table = kl._KL_REGISTRY if hasattr(kl, "_KL_REGISTRY") else kl._FORMULAS
    return {(p.__name__, q.__name__) for p, q in table}


@pytest.mark.torch
def test_every_pair_of_pytorch_has_a_formula(torch):
    without = {"ExponentialFamily"}  # for families of users alone
    wanted = {pair for pair in pairs(torch) if not without & set(pair)}
    gaussians = {"MultivariateNormal", "LowRankMultivariateNormal"}
    found = pairs(tn) | {(p, q) for p in gaussians for q in gaussians}
    assert wanted <= found, wanted - found


@pytest.mark.torch
@pytest.mark.parametrize("p", ONE_OF_EACH)
def test_pairs_as_in_pytorch(torch, p):
    for q in ONE_OF_EACH:
        if (p, q) not in pairs(torch) or (p, q) in BOUNDARY:
            continue
        found = []
        for library in (tn, torch):
            (one, leaves), (two, others) = make(library, p), make(library, q)
            y = library.distributions.kl_divergence(one, two)
            found.append([y.detach()])
            if y.isfinite().all() and y.requires_grad:
                y.sum().backward()
                found[-1] += [x.grad for x in [*leaves, *others]]
        for ours, theirs in zip(*found, strict=True):
            ours, theirs = (np.zeros(1) if x is None else numpy(x) for x in (ours, theirs))
            np.testing.assert_allclose(ours, theirs, 1e-6, 1e-7, err_msg=f"{p} {q}")


@pytest.mark.parametrize(
    "low, high, finite", [(0.0, 1.0, True), (-1.0, 2.0, True), (0.1, 2.0, False), (-1.0, 0.9, False)]
)
def test_an_interval_that_holds_the_support_is_enough(low, high, finite):
    """Its bounds may be those of the support."""
    p, q = tn.distributions.ContinuousBernoulli(tn.tensor(0.3)), tn.distributions.Uniform(low, high)
    assert bool(tn.distributions.kl_divergence(p, q).isfinite()) == finite


def test_a_formula_of_ones_own():
    class Mine(tn.distributions.Normal):
        pass

    own_kl.register_kl(Mine, Mine)(lambda p, q: "mine")
    try:
        mine, normal = Mine(0.0, 1.0), tn.distributions.Normal(0.0, 1.0)
        assert tn.distributions.kl_divergence(mine, mine) == "mine"
        assert tn.distributions.kl_divergence(mine, normal).item() == 0  # by that of the class above
    finally:
        del own_kl._FORMULAS[Mine, Mine]
    with pytest.raises(TypeError, match="register_kl: expected classes of distributions"):
        own_kl.register_kl(Mine, int)
