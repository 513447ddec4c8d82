"""The incomplete Γ functions and draws from the gamma distribution: known values, extremes, gradients by a."""

import math

import numpy as np
import pytest
from helpers import leaf, numpy

import tinynet as tn
from tinynet.autograd import gradcheck
from tinynet.ops.incomplete_gamma import log_standard_gamma, quantile_slope, standard_gamma


@pytest.mark.parametrize("x", [1e-3, 0.7, 3.0, 30.0])
def test_whole_and_half_concentrations(x):
    """P(1, x) = 1 − e⁻ˣ, P(½, x) = erf √x, Q(3, x) = e⁻ˣ (1 + x + x²/2)."""
    a = tn.tensor([1.0, 0.5, 3.0], dtype=tn.float64)
    lower = [-math.expm1(-x), math.erf(math.sqrt(x)), 1 - math.exp(-x) * (1 + x + x * x / 2)]
    upper = [math.exp(-x), math.erfc(math.sqrt(x)), math.exp(-x) * (1 + x + x * x / 2)]
    np.testing.assert_allclose(numpy(tn.igamma(a, tn.full((3,), x, dtype=tn.float64))), lower, 1e-13, 1e-16)
    np.testing.assert_allclose(numpy(tn.igammac(a, tn.full((3,), x, dtype=tn.float64))), upper, 1e-13)


@pytest.mark.parametrize(("a", "x", "wanted"), [(1e-12, 1e-12, 2.70538054506629e-11), (1e-3, 0.5, 5.6006665647075e-4)])
def test_the_upper_function_keeps_its_digits_for_small_concentrations(a, x, wanted):
    """Q(a, x) ≈ a E₁(x), and for small x a (−log x − γ)."""
    found = tn.igammac(tn.tensor(a, dtype=tn.float64), tn.tensor(x, dtype=tn.float64)).item()
    assert abs(found / wanted - 1) < 1e-12


INF, NAN = math.inf, math.nan
A = [0.0, 0.0, 2.0, 2.0, INF, INF, -1.0, NAN, 2.0]
X = [0.0, 1.0, 0.0, INF, 1.0, INF, 1.0, 1.0, -1.0]


@pytest.mark.torch
@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_extremes_as_in_pytorch(torch, name):
    ours, theirs = (getattr(lib, name)(lib.tensor(A), lib.tensor(X)) for lib in (tn, torch))
    np.testing.assert_allclose(numpy(ours), numpy(theirs), 1e-5)


def test_a_ratio_of_arguments_that_underflows():
    a, x = tn.tensor(1e308, dtype=tn.float64), tn.tensor(1e-307, dtype=tn.float64)
    assert tn.igamma(a, x).item() == 0.0 and tn.igammac(a, x).item() == 1.0


def test_gradients_by_the_concentration():
    a, x = leaf(np.array([0.3, 2.0, 7.0, 12.0, 40.0])), leaf(np.array([0.5, 0.4, 9.0, 12.5, 30.0]))
    assert gradcheck(tn.igamma, [a, x]) and gradcheck(tn.igammac, [a, x])
    (g,) = tn.autograd.grad(tn.igamma(a, x).sum(), a, create_graph=True)
    with pytest.raises(tn.GraphError, match="second gradients by the concentration"):
        g.sum().backward()


@pytest.mark.parametrize("a", [1e-3, 0.5, 1.0, 3.0, 50.0, 1e4, 1e6])
def test_a_draw_moves_with_its_concentration_as_the_quantile_does(a):
    """P(a, x) does not change with a."""
    tn.manual_seed(0)
    concentration = leaf(np.full(50, a))
    y = log_standard_gamma(concentration)
    y.sum().backward()
    keep, h = numpy(y.detach()) > -300, 1e-5
    moved = lambda sign: tn.igamma(
        tn.tensor(np.full(50, a * (1 + sign * h))), (y + sign * a * h * concentration.grad).exp()
    )
    level = numpy(tn.igamma(concentration, y.exp()).detach())
    np.testing.assert_allclose(numpy((moved(1) - moved(-1)).detach())[keep] / (2 * h), 0, atol=2e-5 * max(1, a**0.5))
    assert 0.05 < level.std() < 0.45 and 0.3 < level.mean() < 0.7


def test_draws_are_those_of_the_logarithm_and_gradients_too():
    found = []
    for draw in (standard_gamma, lambda a: log_standard_gamma(a).exp()):
        tn.manual_seed(5)
        a = tn.tensor([0.2, 1.0, 30.0], dtype=tn.float64, requires_grad=True)
        x = draw(a)
        x.sum().backward()
        found += [numpy(x.detach()), numpy(a.grad)]
    np.testing.assert_allclose(found[0], found[2], 1e-12)
    np.testing.assert_allclose(found[1], found[3], 1e-12)


def test_tiny_and_huge_concentrations():
    y, a = leaf(np.array([-1e4, math.log(1e9)])), leaf(np.array([0.01, 1e9]))
    np.testing.assert_allclose(numpy(quantile_slope(a, y).detach()), [1e6, 1e-9], 1e-3)
    assert (standard_gamma(tn.full((9,), 1e-3)) > 0).all()
    with pytest.raises(ValueError, match="standard_gamma: expected concentrations ≥ 0, got -1"):
        standard_gamma(tn.tensor([-1.0]))
