"""Transforms: PyTorch's values and Jacobians, inverses, caches; constraints and the transforms onto them."""

import numpy as np
import pytest
from helpers import leaf, numpy

import tinynet as tn
from tinynet import distributions as own

rng = np.random.default_rng(1)
NUMBERS, MATRICES = rng.standard_normal((2, 3)), rng.standard_normal((2, 3, 3))

# name: a function that makes the transform, and an x
TRANSFORMS = {
    "exp": (lambda D, lib: D.ExpTransform(), NUMBERS),
    "power": (lambda D, lib: D.PowerTransform(lib.tensor(2.5)), NUMBERS**2),
    "sigmoid": (lambda D, lib: D.SigmoidTransform(), NUMBERS),
    "softplus": (lambda D, lib: D.SoftplusTransform(), NUMBERS),
    "tanh": (lambda D, lib: D.TanhTransform(), NUMBERS),
    "abs": (lambda D, lib: D.AbsTransform(), NUMBERS**2),
    "affine": (lambda D, lib: D.AffineTransform(0.5, -2.0), NUMBERS),
    "affine of vectors": (lambda D, lib: D.AffineTransform(lib.tensor([1.0, 2.0, 3.0]), 2.0, event_dim=1), NUMBERS),
    "softmax": (lambda D, lib: D.SoftmaxTransform(), NUMBERS),
    "stick breaking": (lambda D, lib: D.StickBreakingTransform(), NUMBERS),
    "lower Cholesky": (lambda D, lib: D.LowerCholeskyTransform(), MATRICES),
    "positive definite": (lambda D, lib: D.PositiveDefiniteTransform(), MATRICES),
    "correlation": (lambda D, lib: D.CorrCholeskyTransform(), NUMBERS),
    "reshape": (lambda D, lib: D.ReshapeTransform((3,), (3, 1)), NUMBERS),
    "independent": (lambda D, lib: D.IndependentTransform(D.ExpTransform(), 1), NUMBERS),
    "compose": (lambda D, lib: D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.StickBreakingTransform()]), NUMBERS),
    "inverse": (lambda D, lib: D.ExpTransform().inv, NUMBERS**2),
    "cat": (lambda D, lib: D.CatTransform([D.ExpTransform(), D.TanhTransform()], -1, [1, 2]), NUMBERS),
    "stack": (lambda D, lib: D.StackTransform([D.ExpTransform(), D.TanhTransform()], 0), NUMBERS),
    "cdf": (lambda D, lib: D.CumulativeDistributionTransform(D.Normal(0.0, lib.tensor(np.array(2.0)))), NUMBERS),
    "identity": (lambda D, lib: D.identity_transform, NUMBERS),
}
MATRIX_VALUED = "lower Cholesky", "positive definite"
NOT_BIJECTIVE = "abs", "softmax", *MATRIX_VALUED


def described(lib, name):
    """[y, x, log |det|] and shapes."""
    maker, x = TRANSFORMS[name]
    t, x = maker(lib.distributions, lib), lib.tensor(x)
    y = t(x)
    values = [y, t.inv(y)] + ([t.log_abs_det_jacobian(x, y)] if name not in NOT_BIJECTIVE else [])
    shapes = [tuple(t.forward_shape(x.shape)), tuple(t.inverse_shape(y.shape))]
    return [numpy(v) for v in values], [*shapes, t.bijective, t.domain.event_dim, t.codomain.event_dim]


@pytest.mark.torch
@pytest.mark.parametrize("name", TRANSFORMS)
def test_as_in_pytorch(torch, name):
    (ours, questions), (theirs, wanted) = (described(lib, name) for lib in (tn, torch))
    assert questions == wanted
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, 1e-6, 1e-9)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_inverses_and_codomains(name):
    maker, x = TRANSFORMS[name]
    t, x = maker(own, tn), tn.tensor(x)
    y = t(x)
    assert t.inv.inv is t and t == t and numpy(t.codomain.check(y)).all() and numpy(t.domain.check(x)).all()
    again = t(t.inv(y))
    np.testing.assert_allclose(numpy(again), numpy(y), 1e-6, 1e-9)
    if name not in NOT_BIJECTIVE:
        np.testing.assert_allclose(numpy(t.inv(y)), numpy(x), 1e-6, 1e-9)


SQUARE = "exp", "power", "sigmoid", "softplus", "tanh", "affine", "affine of vectors", "independent", "inverse", "cdf"


@pytest.mark.parametrize("name", SQUARE)
def test_jacobians(name):
    """log |det| is the logarithm of the derivative, summed over an event."""
    maker, values = TRANSFORMS[name]
    t, x = maker(own, tn), leaf(values)
    y = t(x)
    (g,) = tn.autograd.grad(y.sum(), x, retain_graph=True)
    wanted = np.log(np.abs(numpy(g)))
    wanted = wanted.sum(-1) if t.event_dim else wanted
    np.testing.assert_allclose(numpy(t.log_abs_det_jacobian(x, y).detach()), wanted, 1e-9)


def test_a_cache_gives_back_what_was_given():
    for t in (
        own.SigmoidTransform(cache_size=1),
        own.ExpTransform().with_cache(),
        own.AffineTransform(0.0, 2.0).with_cache(),
    ):
        x = tn.tensor([40.0, -3.0])
        assert t.inv(t(x)) is x and t.with_cache(1) is t and t.with_cache(0).inv(t(x)) is not x
    with pytest.raises(ValueError, match="cache_size"):
        own.ExpTransform(cache_size=2)


def test_equality_is_that_of_functions():
    assert own.ExpTransform() == own.ExpTransform() != own.TanhTransform()
    assert own.AffineTransform(0.0, 2.0) == own.AffineTransform(0.0, tn.tensor(2.0)) != own.AffineTransform(1.0, 2.0)
    assert own.ComposeTransform([own.ExpTransform().inv]) == own.ComposeTransform([own.ExpTransform().inv])


C = own.constraints
ONTO = {
    "real": C.real, "real_vector": C.real_vector, "positive": C.positive, "nonnegative": C.nonnegative,
    "greater_than": C.greater_than(2.0), "less_than": C.less_than(-1.0), "interval": C.interval(-2.0, 3.0),
    "unit_interval": C.unit_interval, "half_open": C.half_open_interval(tn.tensor(0.0), 5.0), "simplex": C.simplex,
    "corr_cholesky": C.corr_cholesky, "independent": C.independent(C.positive, 1),
    "lower_cholesky": C.lower_cholesky, "positive_definite": C.positive_definite,
    "cat": C.cat([C.positive, C.real], -1, [1, 2]), "stack": C.stack([C.positive, C.real], 0),
}  # fmt: skip


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize("name", ONTO)
def test_registered_transforms_lead_into_the_constraint(registry, name):
    matrices = name in ("lower_cholesky", "positive_definite")
    if registry == "biject_to" and matrices:
        with pytest.raises(NotImplementedError, match="no transform onto"):
            own.biject_to(ONTO[name])
        return
    y = getattr(own, registry)(ONTO[name])(tn.tensor(MATRICES if matrices else NUMBERS))
    assert numpy(ONTO[name].check(y)).all()


CHECKS = {
    "boolean": [0.0, 1.0, 0.5], "nonnegative_integer": [0.0, 2.0, 0.5, -1.0], "positive_integer": [0.0, 1.0],
    "unit_interval": [0.0, 1.0, 1.5], "positive": [0.0, 1.0], "nonnegative": [0.0, -1.0], "real": [0.0, np.nan, np.inf],
    "simplex": [[0.5, 0.5], [0.5, 0.6], [-0.5, 1.5]], "one_hot": [[0.0, 1.0], [1.0, 1.0], [0.5, 0.5]],
    "lower_triangular": [[[1.0, 0.0], [2.0, -1.0]], [[1.0, 1.0], [0.0, 1.0]]],
    "lower_cholesky": [[[1.0, 0.0], [2.0, -1.0]], [[1.0, 0.0], [3.0, 1.0]]],
    "corr_cholesky": [[[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [0.6, 0.6]]],
    "square": [[[1.0, 0.0], [0.6, 0.8]]], "symmetric": [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 2.0], [1.0, 2.0]]],
    "positive_definite": [[[1.0, 2.0], [2.0, 1.0]], [[2.0, 1.0], [1.0, 2.0]]],
    "positive_semidefinite": [[[1.0, 2.0], [2.0, 1.0]], [[2.0, 0.0], [0.0, 0.0]]],
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", CHECKS)
def test_constraints_as_in_pytorch(torch, name):
    ours, theirs = (getattr(lib.distributions.constraints, name) for lib in (tn, torch))
    assert ours.check(tn.tensor(CHECKS[name])).tolist() == theirs.check(torch.tensor(CHECKS[name])).tolist()
    assert (ours.is_discrete, ours.event_dim) == (theirs.is_discrete, theirs.event_dim)


def test_transformed_distributions_transform_draws_and_densities():
    tn.manual_seed(0)
    stretched = own.TransformedDistribution(own.Normal(tn.zeros(3), 1.0), [own.AffineTransform(1.0, -2.0)])
    exact, x = own.Normal(tn.ones(3), 2.0), tn.tensor([0.5, -1.0, 4.0])
    for name in ("log_prob", "cdf"):
        np.testing.assert_allclose(numpy(getattr(stretched, name)(x)), numpy(getattr(exact, name)(x)), 1e-5)
    np.testing.assert_allclose(numpy(stretched.icdf(exact.cdf(x))), numpy(x), 1e-4)
    assert own.kl_divergence(stretched, stretched.expand((2, 3))).tolist() == [[0.0] * 3] * 2
    points = own.TransformedDistribution(own.Normal(tn.zeros(4, 2), 1.0), own.StickBreakingTransform())
    assert (points.batch_shape, points.event_shape, points.log_prob(points.sample((5,))).shape) == ((4,), (3,), (5, 4))
