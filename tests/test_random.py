"""The random stream: the published vectors, the distributions, and that a draw depends on seed and place alone."""

import numpy as np
import pytest
from helpers import TINYNET, leaf

import tinynet as tn
from tinynet import philox
from tinynet.kernels import reference as kernels

F = philox


# Known answers of Philox4x32-10: kat_vectors of Random123 (Salmon et al., SC 2011). Counter, key, words.
VECTORS = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


def philox(counter, key):
    """The formula in Python's integers."""
    return F.philox(*counter, *key, F.PHILOX_M0, F.PHILOX_M1, F.PHILOX_W0, F.PHILOX_W1, F.LOW, 32)


@pytest.mark.parametrize(("counter", "key", "words"), VECTORS)
def test_known_answers(counter, key, words):
    assert list(philox(counter, key)) == words


@pytest.mark.parametrize(("seed", "block"), [(0, 0), (2**63 - 1, 12345), (7, 2**40), (2**33, 2**32 - 1)])
def test_the_kernels_draw_from_it(seed, block):
    low = 0xFFFFFFFF
    expected = [w for b in (block, block + 1) for w in philox([b & low, b >> 32, 0, 0], [seed & low, seed >> 32])]
    u = np.empty(7, np.float32)
    kernels.uniform.cpu(u, seed, block, 0.0, 1.0)
    assert u.tolist() == [(w >> 8) * 2.0**-24 for w in expected[:7]]
    v = np.empty(3)
    kernels.uniform.cpu(v, seed, block, 0.0, 1.0)
    pairs = zip(expected[::2], expected[1::2])
    assert v.tolist() == [((a >> 5) * 2.0**26 + (b >> 6)) * 2.0**-53 for a, b in pairs][:3]
    words = np.empty(4, np.int64)
    kernels.bits.cpu(words, seed, block)
    assert words.tolist() == [(a << 32 | b) >> 1 for a, b in zip(expected[::2], expected[1::2])]


N = 200_000


@pytest.mark.parametrize("dtype", [tn.float32, tn.float64])
def test_uniform(dtype):
    u = tn.rand(N, dtype=dtype).numpy().astype(np.float64)
    assert 0 <= u.min() and u.max() < 1 and len(np.unique(u)) > 0.98 * N
    for k in (1, 2, 3):
        assert abs((u**k).mean() - 1 / (k + 1)) < 4 * (1 / (2 * k + 1)) ** 0.5 / N**0.5
    counts = np.histogram(u, 100, (0, 1))[0]
    chi2 = ((counts - N / 100) ** 2 / (N / 100)).sum()
    assert 50 < chi2 < 160  # 99 degrees of freedom
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.01
    v = tn.empty(1000, dtype=dtype).uniform_(-3, 5)
    assert v.dtype == dtype and -3 <= v.min().item() < -2.9 and 4.9 < v.max().item() <= 5


@pytest.mark.parametrize("dtype", [tn.float32, tn.float64])
def test_normal(dtype):
    z = tn.randn(N, dtype=dtype).numpy().astype(np.float64)
    assert np.isfinite(z).all()
    for k, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**k).mean() - moment) < 4 * (spread / N) ** 0.5
    assert abs(np.corrcoef(z[::2], z[1::2])[0, 1]) < 0.015  # the two of one Box-Muller pair
    x = tn.empty(N, dtype=dtype).normal_(5, 0.1).numpy()
    assert abs(x.mean() - 5) < 0.002 and abs(x.std() - 0.1) < 0.001


def test_whole_numbers():
    x = tn.randint(-3, 4, (N,)).numpy()
    assert x.dtype == np.int64 and set(np.unique(x)) == set(range(-3, 4))
    assert (np.abs(np.bincount(x + 3) - N / 7) < 5 * (N / 7) ** 0.5).all()
    assert tn.randint(5, (2, 3)).shape == tn.randint(5, size=(2, 3)).shape == (2, 3)
    assert tn.randint(0, 2, (4,), dtype=tn.int32).dtype == tn.int32
    p = tn.randperm(1000).tolist()
    assert sorted(p) == list(range(1000)) and p != list(range(1000)) and p != tn.randperm(1000).tolist()


def test_bernoulli():
    x = tn.bernoulli(tn.full((N,), 0.3)).numpy()
    assert set(np.unique(x)) == {0.0, 1.0} and abs(x.mean() - 0.3) < 0.005
    assert tn.bernoulli(tn.tensor([0.0, 1.0] * 1000)).tolist() == [0, 1] * 1000


# Seed and place


DRAWS = [
    lambda: tn.rand(5), lambda: tn.randn(3, 3), lambda: tn.randn(3, dtype=tn.float64), lambda: tn.randint(10, (4,)),
    lambda: tn.randperm(6), lambda: tn.bernoulli(tn.full((6,), 0.5)), lambda: TINYNET.dropout(tn.ones(6), 0.5),
    lambda: tn.empty(3).uniform_(), lambda: tn.rand_like(tn.ones(2)),
]  # fmt: skip


def test_a_seed_fixes_all_draws():
    def all_draws():
        return [d().tolist() for d in DRAWS]

    tn.manual_seed(1)
    first = all_draws()
    assert all_draws() != first
    tn.manual_seed(1)
    assert all_draws() == first
    tn.manual_seed(2)
    assert all_draws() != first
    assert tn.initial_seed() == 2


@pytest.mark.parametrize("draw", DRAWS)
def test_the_place_moves_on_and_can_be_restored(draw):
    tn.manual_seed(5)
    tn.rand(3)
    state = tn.get_rng_state()
    first, second = draw().tolist(), draw().tolist()
    assert first != second
    tn.set_rng_state(state)
    assert [draw().tolist(), draw().tolist()] == [first, second]


def test_a_draw_does_not_depend_on_shape_or_layout():
    def after_seed(f):
        tn.manual_seed(3)
        return f().numpy().ravel().tolist()

    whole = after_seed(lambda: tn.randn(100_000))
    assert after_seed(lambda: tn.randn(1000, 100)) == whole
    assert after_seed(lambda: tn.randn(10)) == whole[:10]
    assert after_seed(lambda: tn.empty(100, 1000).T.normal_()) == whole


def test_a_generator_of_ones_own():
    g = tn.Generator(7)
    before = tn.get_rng_state()
    first = tn.randn(4, generator=g).tolist()
    assert tn.get_rng_state() == before
    tn.manual_seed(7)
    assert tn.randn(4).tolist() == first
    assert tn.randn(4, generator=g.manual_seed(7)).tolist() == first
    assert repr(g) == "Generator(seed=7, block=1)" and g.initial_seed() == 7
    g.set_state((7, 0))
    assert tn.randn(4, generator=g).tolist() == first and g.get_state() == (7, 1)
    tn.randperm(5, generator=g), tn.randint(5, (2,), generator=g), tn.bernoulli(tn.ones(2), generator=g)
    assert g.get_state() == (7, 1 + 3 + 1 + 1)


def test_manual_seed_takes_any_whole_number():
    for seed in (0, -1, 2**64, 10**30):
        tn.manual_seed(seed)
        first = tn.rand(3).tolist()
        tn.manual_seed(seed)
        assert tn.rand(3).tolist() == first


# Dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout(p):
    x = leaf(np.ones((300, 100)), np.float32)
    y = TINYNET.dropout(x, p)
    kept = y.array != 0
    assert abs(kept.mean() - (1 - p)) < 0.015
    assert np.unique(y.array[kept]) == np.float32(1 / (1 - p))
    g = np.random.default_rng(0).standard_normal(x.shape).astype(np.float32)
    y.backward(tn.tensor(g))
    np.testing.assert_array_equal(x.grad.array != 0, kept)  # the same mask
    np.testing.assert_allclose(x.grad.array[kept], g[kept] / (1 - np.float32(p)), rtol=1e-6)


def test_dropout_at_the_ends():
    x = leaf([1.0, 2.0])
    state = tn.get_rng_state()
    assert TINYNET.dropout(x, 0.0) is x and TINYNET.dropout(x, 0.7, training=False) is x
    assert tn.get_rng_state() == state
    y = TINYNET.dropout(x, 1.0)
    y.sum().backward()
    assert y.tolist() == [0, 0] and x.grad.tolist() == [0, 0]


def test_dropout_keeps_its_mask_when_other_draws_come_between():
    x = leaf(np.ones(50))
    y = TINYNET.dropout(x, 0.5)
    tn.rand(1000)
    tn.manual_seed(99)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.array)


def test_two_dropouts_have_two_masks():
    x = tn.ones(200)
    assert TINYNET.dropout(x, 0.5).tolist() != TINYNET.dropout(x, 0.5).tolist()
