"""Initialisers: their distributions, what they promise of matrices, and PyTorch's where nothing is drawn."""

import math

import numpy as np
import pytest
from helpers import close, numpy

import tinynet as tn
from tinynet import nn
from tinynet.nn import init


def test_initialisers_have_the_moments_they_promise():
    w = tn.empty(300, 200)
    for fill, std in (
        (lambda: init.xavier_uniform_(w), (2 / 500) ** 0.5),
        (lambda: init.xavier_normal_(w, gain=2.0), 2 * (2 / 500) ** 0.5),
        (lambda: init.kaiming_uniform_(w, nonlinearity="relu"), (2 / 200) ** 0.5),
        (lambda: init.kaiming_normal_(w, mode="fan_out", nonlinearity="linear"), (1 / 300) ** 0.5),
    ):
        fill()
        assert abs(w.numpy().std() / std - 1) < 0.02 and abs(w.numpy().mean()) < 0.01 * std * 10
    assert (init.constant_(w, 3.0).numpy() == 3).all() and (init.zeros_(w).numpy() == 0).all()


@pytest.mark.parametrize(
    "mean, std, a, b", [(0, 1, -2, 2), (0, 1, 2, 4), (1, 2, -1, 1.5), (0, 0.02, -2, 2), (0, 1, -5, -1.5)]
)
@pytest.mark.filterwarnings("ignore:trunc_normal_. mean=:UserWarning")
def test_truncated_normal_has_its_distribution(mean, std, a, b):
    x = np.sort(init.trunc_normal_(tn.empty(100, 100), mean, std, a, b).numpy().ravel())
    below = np.array([math.erfc((mean - y) / std / math.sqrt(2)) / 2 for y in (a, *x, b)])
    expected = (below[1:-1] - below[0]) / (below[-1] - below[0])
    assert a <= x[0] and x[-1] <= b
    assert np.abs(expected - np.linspace(0, 1, x.size)).max() < 1.95 / math.sqrt(x.size)  # Kolmogorov, p = 0.001


def test_truncation_far_from_the_mean_warns():
    with pytest.warns(UserWarning, match="mean=5.0 is more than 2 std from"):
        init.trunc_normal_(tn.empty(3), 5.0)
    with pytest.raises(ValueError, match="expected a < b and std > 0"):
        init.trunc_normal_(tn.empty(3), std=0)


@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (4, 4), (5, 3, 2), (4, 2, 1, 2)])
def test_orthogonal_rows_or_columns(shape):
    w = nn.Parameter(tn.empty(*shape))
    assert init.orthogonal_(w, gain=2.0) is w and w.requires_grad and w.is_leaf
    m = numpy(w.detach()).reshape(shape[0], -1)
    product = m @ m.T if m.shape[0] < m.shape[1] else m.T @ m
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_matrices_are_uniform():
    signs = np.array([init.orthogonal_(tn.empty(2, 2)).numpy() for _ in range(400)])
    assert np.abs(signs.mean(0)).max() < 0.15 and abs((np.linalg.det(signs) > 0).mean() - 0.5) < 0.1


def test_sparse_columns():
    w = init.sparse_(tn.empty(50, 200), 0.305, std=0.1).numpy()
    assert ((w == 0).sum(0) == 16).all() and abs(w[w != 0].std() - 0.1) < 0.01
    assert ((w == 0).mean(1) < 0.5).all()


DRAWN = ("uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
         "kaiming_normal_", "orthogonal_", "sparse_")  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_draws_come_from_the_generator_given(name):
    def drawn(generator):
        arguments = (0.3,) if name == "sparse_" else ()
        return getattr(init, name)(tn.empty(4, 6), *arguments, generator=generator).tolist()

    state = tn.get_rng_state()
    assert drawn(tn.Generator().manual_seed(1)) == drawn(tn.Generator().manual_seed(1)) != drawn(tn.Generator())
    assert tn.get_rng_state() == state


@pytest.mark.torch
def test_what_draws_nothing_is_pytorchs(torch):
    for shape, groups in (((4, 2, 3), 2), ((3, 5, 2, 3), 1), ((4, 1, 3, 3, 2), 4)):
        close(init.dirac_(tn.empty(*shape), groups), torch.nn.init.dirac_(torch.empty(*shape), groups))
    close(init.eye_(tn.empty(2, 3)), torch.nn.init.eye_(torch.empty(2, 3)))
    gains = "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d sigmoid tanh relu selu"
    for gain in (*gains.split(), "leaky_relu"):
        assert init.calculate_gain(gain) == torch.nn.init.calculate_gain(gain)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)
    assert {n for n in dir(torch.nn.init) if n.endswith("_") and n[0] != "_"} <= set(dir(init))


@pytest.mark.torch
def test_older_names_are_pytorchs(torch):
    for library in (tn, torch):
        for name in "uniform normal xavier_uniform xavier_normal kaiming_uniform kaiming_normal eye orthogonal".split():
            with pytest.warns(FutureWarning, match=f"nn.init.{name}.* is .*deprecated"):
                getattr(library.nn.init, name)(library.empty(2, 3))
        with pytest.warns(FutureWarning):
            assert library.nn.init.constant(library.empty(2), 3.0).tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: init.orthogonal_(tn.empty(3)), "orthogonal_: expected at least 2 dimensions"),
        (lambda: init.eye_(tn.empty(3)), "eye_: expected a matrix"),
        (lambda: init.sparse_(tn.empty(3), 0.5), "sparse_: expected a matrix"),
        (lambda: init.dirac_(tn.empty(3, 3)), "dirac_: expected a weight of 3, 4 or 5 dimensions"),
        (lambda: init.dirac_(tn.empty(3, 3, 3), 2), "dirac_: expected groups that divide 3, got 2"),
        (lambda: init.calculate_gain("gelu"), "calculate_gain: expected nonlinearity to be"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.filterwarnings("ignore:trunc_normal_. mean=:UserWarning")
@pytest.mark.parametrize("bounds", [(0.0, 1e30), (0.0, float("inf")), (-1e30, -6.0), (1.0, 1.0 + 1e-6), (1e30, 1e35)])
def test_truncated_far_from_the_mean(bounds):
    """The numbers are where the density is, however far the other bound lies: within a few tenths of the nearer one."""
    x = init.trunc_normal_(tn.empty(500), -3.0, 1.0, *bounds).numpy()
    near = bounds[0] if bounds[0] > -3 else bounds[1]
    assert (x >= np.float32(bounds[0])).all() and (x <= np.float32(bounds[1])).all()
    assert np.median(np.abs(x - np.float32(near))) < 0.4
