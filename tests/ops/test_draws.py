"""Random numbers of further distributions: their moments, their ranges, one seed one draw, and dtypes."""

import math

import pytest

import tinynet as tn
from tinynet.nn import functional as F

N = 20_000


def drawn(name, *args, dtype=tn.float64):
    return getattr(tn.empty(N, dtype=dtype), name)(*args, generator=tn.Generator(7)).to(tn.float64)


@pytest.mark.parametrize(
    ("x", "mean", "var"),
    [
        (lambda: drawn("exponential_", 2.0), 0.5, 0.25),
        (lambda: drawn("log_normal_", 0.1, 0.5), math.exp(0.225), (math.exp(0.25) - 1) * math.exp(0.45)),
        (lambda: drawn("geometric_", 0.3, dtype=tn.int64), 1 / 0.3, 0.7 / 0.09),
        (lambda: drawn("bernoulli_", 0.3, dtype=tn.int32), 0.3, 0.21),
        (lambda: drawn("random_", 4, 10, dtype=tn.float64), 6.5, 35 / 12),
        (lambda: drawn("cauchy_", 1.0, 2.0).sub(1).div(2).atan(), 0.0, math.pi**2 / 12),
        (lambda: tn.poisson(tn.full((N,), 3.5), tn.Generator(7)), 3.5, 3.5),
        (lambda: tn.normal(1.0, 2.0, (N,), generator=tn.Generator(7)), 1.0, 4.0),
        (lambda: tn.normal(tn.ones(N), tn.tensor(2.0), generator=tn.Generator(7)), 1.0, 4.0),
        (lambda: tn.normal(tn.ones(N), 2.0), 1.0, 4.0),
        (lambda: tn.normal(1.0, tn.full((N,), 2.0)), 1.0, 4.0),
        (lambda: tn.randint_like(tn.zeros(N), 4, 10), 6.5, 35 / 12),
    ],
)
def test_moments(x, mean, var):
    x = x().to(tn.float64)
    centred = (x - mean).square()
    close_to(x.mean(), mean, math.sqrt(var))
    close_to(centred.mean(), var, centred.std().item())


def close_to(found, wanted, spread):
    assert abs(float(found) - wanted) < 5 * spread / math.sqrt(N)


def test_what_is_drawn_depends_on_the_seed_alone():
    for name, args in [("exponential_", ()), ("cauchy_", ()), ("log_normal_", ()), ("geometric_", (0.5,)),
                       ("random_", (9,)), ("bernoulli_", (0.5,))]:  # fmt: skip
        draws = [getattr(tn.empty(50), name)(*args, generator=tn.Generator(seed)) for seed in (1, 1, 2)]
        assert draws[0].tolist() == draws[1].tolist() != draws[2].tolist(), name
    draws = [tn.poisson(tn.full((50,), 9.0), tn.Generator(seed)).tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_all_that_a_dtype_holds():
    for dtype, most in ((tn.uint8, 255), (tn.int8, 127), (tn.bool, 1), (tn.float32, 2**24), (tn.int64, 2**63 - 1)):
        x = tn.empty(N, dtype=dtype).random_().to(tn.float64)
        assert 0 <= x.min().item() < 0.05 * most + 1 and 0.95 * most <= x.max().item() <= most


def test_bernoulli_in_place_takes_probabilities_for_each_element():
    assert tn.empty(2, 3, dtype=tn.int64).bernoulli_(tn.tensor([0.0, 1.0, 0.0])).tolist() == [[0, 1, 0]] * 2
    assert tn.empty(2).bernoulli(1.0).tolist() == [1, 1]


def test_exponential_numbers_are_positive():
    assert (tn.empty(N, dtype=tn.float32).exponential_() > 0).all()


def test_draws_have_gradients_that_are_zero():
    mean = tn.ones(3, requires_grad=True)
    tn.normal(mean, 1.0).sum().backward()
    assert mean.grad.tolist() == [0, 0, 0]
    x = tn.ones(3, requires_grad=True) * 1
    assert x.exponential_().requires_grad


def test_gumbel_softmax():
    logits = tn.tensor([[0.0, 1.0, 2.0]]).expand(N, 3).contiguous().requires_grad_()
    soft, hard = F.gumbel_softmax(logits, tau=0.5), F.gumbel_softmax(logits, hard=True)
    assert tn.allclose(soft.sum(1), tn.ones(N))
    assert set(hard.unique().round(decimals=6).tolist()) == {0.0, 1.0}
    shares = tn.softmax(logits.detach()[0], 0)
    for share, found in zip(shares.tolist(), hard.mean(0).tolist()):
        close_to(found, share, math.sqrt(share * (1 - share)))
    (hard * tn.arange(3.0)).sum().backward()
    assert logits.grad.abs().sum().item() > 0  # as if the samples were soft


@pytest.mark.parametrize(
    "call",
    [
        lambda: tn.empty(2).exponential_(0), lambda: tn.empty(2).geometric_(1.0), lambda: tn.empty(2).cauchy_(0, -1),
        lambda: tn.empty(2).random_(3, 3), lambda: tn.empty(2).log_normal_(0, 0), lambda: tn.poisson(-tn.ones(1)),
        lambda: tn.normal(tn.ones(2), -1.0), lambda: tn.empty(2).bernoulli_(1.5),
    ],
)  # fmt: skip
def test_bad_parameters(call):
    with pytest.raises(ValueError, match="expected"):
        call()


def test_binomial():
    n, p = tn.tensor([10.0, 10.0, 0.0, 7.0]), tn.tensor([0.0, 1.0, 0.5, 0.3])
    x = tn.binomial(n.expand(N, 4), p.expand(N, 4), tn.Generator(7)).to(tn.float64)
    assert x.amin(0).tolist()[:3] == x.amax(0).tolist()[:3] == [0, 10, 0]
    close_to(x[:, 3].mean(), 2.1, 1.47**0.5)
    close_to((x[:, 3] - 2.1).square().mean(), 1.47, 2)
    with pytest.raises(ValueError, match="whole counts ≥ 0"):
        tn.binomial(n - 0.5, p)
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\]"):
        tn.binomial(n, p + 1)
