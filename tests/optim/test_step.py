"""What a step can do to gradients first, sums over the arena, and denormal numbers."""

import time

import numpy as np
import pytest
from helpers import launches

import tinynet as tn
from tinynet import formulas, optim, rules
from tinynet.kernels.lifting.lift import ALIGN, lift
from tinynet.kernels.lifting.sums import lift_sum, total
from tinynet.kernels.runtime.denormals import ON_X86
from tinynet.kernels.runtime.threads import ARITHMETIC, UPDATES

SHAPES = [(40, 50), (7,), (0,), (9000,), ()]


def values(seed=0):
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape) for shape in SHAPES]


def clip_norm(torch, ps):
    return torch.nn.utils.clip_grad_norm_(ps, 1.0).item()


def clip_value(torch, ps):
    torch.nn.utils.clip_grad_value_(ps, 0.1)


def divide(torch, ps):
    for p in ps:
        p.grad = p.grad / 8


OPTIONS = [({"max_norm": 1.0}, clip_norm), ({"clip_value": 0.1}, clip_value), ({"grad_scale": 8}, divide)]


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize(("options", "beforehand"), OPTIONS, ids=lambda o: next(iter(o)) if type(o) is dict else "")
def test_gradients_are_scaled_and_clipped_as_by_hand(options, beforehand, maximize, torch):
    ours = [tn.tensor(v, requires_grad=True) for v in values()]
    theirs = [torch.tensor(v, requires_grad=True) for v in values()]
    a = optim.Adam(ours, weight_decay=0.1, maximize=maximize)
    b = torch.optim.Adam(theirs, weight_decay=0.1, maximize=maximize)
    for step in range(3):
        grads = values(step + 1)
        for p, q, g in zip(ours, theirs, grads):
            p.grad, q.grad = tn.tensor(g), torch.tensor(g)
        norm = beforehand(torch, theirs)
        a.step(**options)
        b.step()
        assert norm is None or abs(a.grad_norm / norm - 1) < 1e-12
        assert all((p.grad.numpy() == g).all() for p, g in zip(ours, grads))  # they are left as they were
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-12)


def test_the_norm_is_that_of_all_groups_and_of_gradients_that_are_there():
    ps = [tn.zeros(3, requires_grad=True), tn.zeros(5, requires_grad=True), tn.zeros(2, dtype=tn.float64)]
    optimizer = optim.SGD([{"params": ps[:2]}, {"params": ps[2:], "lr": 0.5}], lr=1.0)
    ps[1].grad = tn.full((5,), 100.0)
    optimizer.step()
    ps[0].grad, ps[1].grad, ps[2].grad = tn.tensor([3.0, 0.0, 0.0]), None, tn.tensor([4.0, 0.0], dtype=tn.float64)
    optimizer.step(max_norm=1.0)
    assert optimizer.grad_norm == 5.0
    np.testing.assert_allclose(ps[0].detach().numpy(), [-0.6, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(ps[2].detach().numpy(), [-0.4, 0], rtol=1e-6)


def test_clipping_is_part_of_the_one_launch():
    ps = [tn.randn(3, requires_grad=True) for _ in range(50)]
    optimizer = optim.Adam(ps)
    (tn.cat(ps) ** 2).sum().backward()
    optimizer.step()  # the first makes the state
    optimizer.step(clip_value=1.0)  # and the constants
    by_norm = ["sum_square", "total_norm", "clip_factor", "cast", "adam"]
    for options, expected in (({"clip_value": 1.0}, ["adam"]), ({"max_norm": 1.0}, by_norm)):
        with launches() as names:
            optimizer.step(**options)
        assert names == expected


def trained(bad):
    p = tn.ones(4, requires_grad=True)
    q = tn.ones(3, requires_grad=True)
    optimizer = optim.Adam([p, q], lr=0.1)
    for g in (1.0, bad):
        p.grad, q.grad = tn.ones(4), tn.tensor([1.0, g, 1.0])
        yield optimizer, q


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_becomes_of_gradients_that_are_not_finite(bad):
    for policy in ("pass", "skip", "raise"):
        for optimizer, q in trained(bad):
            before, state = q.detach().numpy().copy(), str(optimizer.state_dict())
            if policy == "raise" and state.count("'step':"):
                with pytest.raises(ArithmeticError, match=r"the gradient of parameter 1, of shape \(3,\), has a NaN"):
                    optimizer.step(nonfinite=policy)
            else:
                optimizer.step(nonfinite=policy)
        if policy == "pass":
            assert np.isnan(q.detach().numpy()).tolist() == [False, True, False]
        else:
            assert (q.detach().numpy() == before).all() and str(optimizer.state_dict()) == state
            assert not np.isfinite(optimizer.grad_norm)


def test_finite_gradients_of_any_size_are_taken():
    p = tn.ones(2, dtype=tn.float64, requires_grad=True)
    p.grad = tn.tensor([1e200, 0.0], dtype=tn.float64)
    optim.SGD([p], lr=1e-200).step(nonfinite="raise")  # though the square is infinite
    assert abs(p[0].item()) < 1e-16 and p[1].item() == 1.0  # a fused product keeps what 1e200 · 1e-200 lacks of 1


def test_a_nan_is_not_clipped_away():
    for options in ({"clip_value": 1.0}, {"max_norm": 1.0}):
        p = tn.ones(2, requires_grad=True)
        p.grad = tn.tensor([1.0, float("nan")])
        optim.SGD([p], lr=0.1).step(**options)
        assert np.isnan(p.detach().numpy()[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nonfinite": "ignore"}, "SGD: nonfinite must be 'pass', 'raise' or 'skip', got 'ignore'"),
        ({"max_norm": 1, "clip_value": 1}, "SGD: expected max_norm or clip_value, got both"),
        ({"max_norm": -1}, "SGD: max_norm must be ≥ 0, got -1"),
        ({"clip_value": float("nan")}, "SGD: clip_value must be ≥ 0, got nan"),
        ({"grad_scale": 0}, "SGD: grad_scale must be > 0, got 0"),
    ],
)
def test_options_are_checked(options, message):
    p = tn.ones(2, requires_grad=True)
    p.grad = tn.ones(2)
    optimizer = optim.SGD([p])
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        optimizer.step(**options)
    assert p.tolist() == [1.0, 1.0] and not optimizer.state


# Sums over the arena, and numbers per tensor


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 5000, ARITHMETIC + 5])
def test_sums_are_taken_in_float64(n, dtype):
    x = (1e3 * np.random.default_rng(0).standard_normal(n)).astype(dtype)
    assert abs(total(lift_sum(formulas.square), x) - np.sum(x.astype(float) ** 2)) <= 1e-13 * n * 1e6
    exact = np.sum(np.abs(x.astype(float)) ** 1.5)
    assert abs(total(lift_sum(formulas.power, scalars=("p",)), x, 1.5) - exact) <= 1e-12 * exact


def test_sums_by_tensor():
    ps = [tn.tensor(v, requires_grad=True) for v in values()]
    optimizer = optim.SGD(ps)
    span = optimizer._arenas[0][0].whole
    found = span.sums(lift_sum(formulas.square), span.values)
    np.testing.assert_allclose(found, [np.sum(v**2) for v in values()], rtol=1e-13)


@pytest.mark.parametrize("n", [ALIGN, 4096, 4096 + ALIGN, ARITHMETIC + 5 * ALIGN])
def test_numbers_per_tensor(n):
    kernel = lift(rules.lamb_step, inplace=("p",), per_tensor=("ratio",), scalars=("lr",), flush=True)
    random = np.random.default_rng(0)
    p, r = random.standard_normal(n).astype("f"), random.standard_normal(n).astype("f")
    ratio = random.standard_normal(n // ALIGN).astype("f")
    expected = p - np.float32(0.5) * np.repeat(ratio, ALIGN) * r
    kernel.cpu(p, r, ratio, 0.5)
    np.testing.assert_allclose(p, expected, rtol=1e-5, atol=1e-6)


# Denormal numbers


@pytest.mark.skipif(not ON_X86, reason="denormals are flushed on x86 alone")
@pytest.mark.parametrize("n", [100, UPDATES + 100])
def test_moments_that_decay_end_at_zero(n):
    p = tn.ones(n, requires_grad=True)
    optimizer = optim.Adam([p])
    p.grad = tn.ones(n)
    optimizer.step()
    p.grad = tn.zeros(n)
    (arena,) = optimizer._arenas[0]
    for state in ("exp_avg", "exp_avg_sq"):
        arena.buffer(state)[:] = np.finfo(np.float32).smallest_normal
    optimizer.step()
    assert not arena.buffer("exp_avg")[:n].any() and not arena.buffer("exp_avg_sq")[:n].any()
    tiny = np.full(3, 1e-40, np.float32)
    assert (tiny * np.float32(0.5) > 0).all()  # nobody else computes differently


@pytest.mark.skipif(not ON_X86, reason="denormals are flushed on x86 alone")
def test_a_step_takes_no_longer_after_100_000_steps_of_decay():
    p = tn.zeros(4000, requires_grad=True)
    optimizer = optim.Adam([p])

    def seconds():
        times = []
        for _ in range(50):
            start = time.perf_counter()
            for _ in range(20):
                optimizer.step()
            times.append(time.perf_counter() - start)
        return min(times)

    p.grad = tn.ones(4000)
    usual = seconds()
    p.grad = tn.full((4000,), 1e-20)  # the square is denormal
    assert seconds() < 1.5 * usual
    p.grad = tn.zeros(4000)
    for _ in range(100_000):
        optimizer.step()
    (arena,) = optimizer._arenas[0]
    assert not arena.buffer("exp_avg").any() and not arena.buffer("exp_avg_sq").any()
    assert seconds() < 1.5 * usual
