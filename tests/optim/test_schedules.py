"""Schedules: their equations, their algebra, and optimizers that follow them."""

import copy
import math
import re

import numpy as np
import pytest

import tinynet as tn
from tinynet import optim
from tinynet.kernels.runtime import parallel_for
from tinynet.optim import schedules as s
from tinynet.optim.schedules import Schedule

T = np.arange(150)


def values(schedule, steps=T):
    return np.array([schedule(int(t)) for t in steps])


def wave(x):
    return (1 + np.cos(np.pi * x)) / 2


def shift_to(points, values, curve):
    """Straight or half-cosine lines through points, with NumPy's interpolation."""
    i = np.clip(np.searchsorted(points, T, "left") - 1, 0, len(points) - 2)
    a, b = np.take(points, i), np.take(points, i + 1)
    x = np.minimum((T - a) / (b - a), 1)
    x = x if curve == "linear" else 1 - wave(x)
    return np.take(values, i) * (1 - x) + np.take(values, i + 1) * x


# Each schedule, and its equation written a second time, for arrays.
EQUATIONS = [
    (s.constant(0.3), 0.3 + 0 * T),
    (s.constant(), 1 + 0 * T),
    (s.warmup(10), np.minimum((T + 1) / 11, 1)),
    (s.warmup(4, start=0.2, peak=0.1), 0.2 - 0.1 * np.minimum((T + 1) / 5, 1)),
    (s.warmup(0), 1 + 0 * T),
    (s.time_based(0.1, peak=2), 2 / (1 + 0.1 * T)),
    (s.step(10, gamma=0.5, peak=3), 3 * 0.5 ** np.floor(T / 10)),
    (s.exponential(0.9), 0.9**T),
    (s.exponential(0.9, every=7, peak=0.1), 0.1 * 0.9 ** (T / 7)),
    (s.exponential(k=0.1, every=5), np.exp(-0.1 * T / 5)),
    (s.linear(100, 0.1, 0.7), 0.1 + 0.6 * np.minimum(T / 100, 1)),
    (s.polynomial(60, power=2.5, peak=2, end=0.5), 0.5 + 1.5 * np.maximum(1 - T / 60, 0) ** 2.5),
    (s.cosine(100, peak=0.1, end=0.01), 0.01 + 0.09 * wave(np.minimum(T / 100, 1))),
    (s.cosine_restarts(20, peak=2, end=1), 1 + wave(T % 20 / 20)),
    (s.cosine_restarts(10, 2), np.concatenate([wave(np.arange(n) / n) for n in (10, 20, 40, 80)])),
    (s.one_cycle(100, 0.5), shift_to([0, 29, 99], [0.02, 0.5, 2e-6], "cos")),
    (s.one_cycle(80, 0.5, 0.25, 10, 100, "linear", True), shift_to([0, 19, 38, 79], [0.05, 0.5, 0.05, 5e-4], "linear")),
    (s.cyclic(10, low=0.1, peak=0.5), 0.1 + 0.4 * (1 - abs(T % 20 - 10) / 10)),
    (s.cyclic(10, mode="triangular2"), (1 - abs(T % 20 - 10) / 10) / 2 ** (T // 20)),
    (s.cyclic(5, 15, mode="exp_range", gamma=0.9), np.where(T % 20 < 5, T % 20 / 5, (20 - T % 20) / 15) * 0.9**T),
    (s.inverse_sqrt(), 1 / np.sqrt(T + 1)),
    (s.inverse_sqrt(25, peak=0.2), 0.2 / np.sqrt(1 + T / 25)),
    (s.warmup_stable_decay(9, 20, 30, 0.1, 0.01), np.interp(T, [-1, 9, 29, 59], [0, 0.1, 0.1, 0.01])),
    (s.warmup_stable_decay(0, 20, 0, 0.1), 0.1 + 0 * T),
    (s.piecewise({0: 0.1, 20: 0.03, 50: 0.01}), np.select([T < 20, T < 50], [0.1, 0.03], 0.01)),
    (s.piecewise({0: 0.1, 20: 0.5, 50: 0.3}, "linear"), np.interp(T, [0, 20, 50], [0.1, 0.5, 0.3])),
    (s.piecewise({0: 0.1, 20: 0.5, 50: 0.3}, "cos"), shift_to([0, 20, 50], [0.1, 0.5, 0.3], "cos")),
]
COMPOSED = [
    s.warmup(10) >> s.cosine(40, peak=1e-3) >> 1e-5,
    2 * (s.warmup(10) >> s.linear(20)) >> s.constant(0.5),
    s.warmup(10) * s.inverse_sqrt(10) * 0.5,
    (0.3 * s.cosine_restarts(10, 2))[5:25] >> s.exponential(0.9)[:30],
    s.constant(0.1, 5) >> (s.warmup(5) >> s.cosine(5)) >> (s.warmup(5) >> s.cosine(5, peak=0.5)),
    (s.step(5)[:12] >> s.step(5)) * s.warmup(3),
]
SHOWN = [*(schedule for schedule, _ in EQUATIONS), *COMPOSED]


@pytest.mark.parametrize(("schedule", "expected"), EQUATIONS, ids=lambda x: repr(x) if isinstance(x, Schedule) else "")
def test_the_equation(schedule, expected):
    np.testing.assert_allclose(values(schedule), expected, rtol=1e-13, atol=1e-16)


def test_every_schedule_has_an_equation_here():
    assert {repr(schedule).partition("(")[0] for schedule, _ in EQUATIONS} == set(s.__all__)


@pytest.mark.parametrize("schedule", SHOWN, ids=repr)
def test_what_is_shown_is_what_one_would_write(schedule):
    again = eval(repr(schedule), {name: getattr(s, name) for name in s.__all__})
    assert repr(again) == repr(schedule) and again.steps == schedule.steps
    assert (values(again) == values(schedule)).all()


@pytest.mark.parametrize("schedule", SHOWN, ids=repr)
def test_a_schedule_stays_at_its_last_value_and_depends_on_t_alone(schedule):
    assert all(type(schedule(t)) is float for t in (0, 1, np.int64(3), 7.5))
    assert schedule(150) == schedule(np.int64(150)) and (values(schedule)[::-1] == values(schedule, T[::-1])).all()
    if schedule.steps < math.inf:
        assert schedule(10**12) == schedule(schedule.steps)


def test_one_after_the_other():
    lr = s.warmup(10) >> s.cosine(40, peak=1e-3) >> s.linear(10, 1e-4, 0)
    assert lr.steps == 60
    np.testing.assert_allclose(values(lr, range(10)), 1e-3 * np.arange(1, 11) / 11)
    assert (values(lr, range(10, 50)) == values(s.cosine(40, peak=1e-3), range(40))).all()
    assert lr(10) == 1e-3 and lr(50) == 1e-4 and lr(60) == 0.0


def test_warmup_rises_to_what_follows():
    assert (s.warmup(3) >> 0.4)(2) == pytest.approx(0.3)
    assert (s.warmup(3) >> (s.warmup(3) >> 0.4))(3) == pytest.approx(0.1)
    assert (s.warmup(3) >> 8 * s.cosine(5))(0) == pytest.approx(2)
    assert (8 * (s.warmup(3) >> s.cosine(5)))(0) == pytest.approx(2)
    assert (s.warmup(3, peak=0.4) >> s.cosine(5))(1) == pytest.approx(0.2)
    np.testing.assert_allclose(  # Vaswani et al.: min(1/√t, t/√n³), from t = 1
        values(s.warmup(19) >> s.inverse_sqrt(20)), np.minimum((20 / (T + 1)) ** 0.5, (T + 1) / 20)
    )


def test_factors_and_spans():
    a, b = s.cosine(40), s.warmup(10)
    assert (values(3 * a) == 3 * values(a)).all() and (values(a * 3) == values(3 * a)).all()
    assert (values(a * b) == values(a) * values(b)).all() and (a * b).steps == 40
    assert (values(a[5:], T[:30]) == values(a, T[5:35])).all() and a[5:].steps == 35
    assert a[:7].steps == 7 and a[:7](100) == a(7)


BAD = [
    (lambda: s.constant(1) >> s.cosine(3), ValueError, "nothing can follow constant(), which never ends"),
    (lambda: 1e-3 * s.warmup(3) >> s.cosine(4), TypeError, "multiply the whole, 0.001 * (warmup(3) >> ...)"),
    (lambda: s.cosine(0), ValueError, "cosine: steps: expected a whole number of steps ≥ 1, got 0"),
    (lambda: s.step(2.5), ValueError, "step: every: expected a whole number of steps ≥ 1, got 2.5"),
    (lambda: s.cosine(), TypeError, "cosine: missing a required argument: 'steps'"),
    (lambda: s.cosine(True), ValueError, "got True"),
    (lambda: s.cosine(5, peak=math.nan), ValueError, "cosine: peak: expected a finite number, got nan"),
    (lambda: s.warmup(-1), ValueError, "warmup: steps: expected a whole number of steps ≥ 0, got -1"),
    (lambda: s.time_based(-1), ValueError, "time_based: k: expected a number ≥ 0, got -1"),
    (lambda: s.exponential(), TypeError, "expected either gamma or k"),
    (lambda: s.exponential(0.9, k=0.1), TypeError, "expected either gamma or k"),
    (lambda: s.one_cycle(10, pct_start=2), ValueError, "a fraction in [0, 1], got 2"),
    (lambda: s.one_cycle(10, curve="cosine"), ValueError, "expected 'cos' or 'linear'"),
    (lambda: s.cyclic(10, mode="square"), ValueError, "expected one of triangular, triangular2, exp_range"),
    (lambda: s.piecewise({1: 0.1}), ValueError, "the first at step 0"),
    (lambda: s.piecewise({}), ValueError, "the first at step 0"),
    (lambda: s.piecewise({0: 0.1}, "linear"), ValueError, "two points or more"),
    (lambda: s.piecewise({0: math.inf}), ValueError, "expected finite values"),
    (lambda: s.cosine(5)[3], TypeError, "a value is schedule(t)"),
    (lambda: s.cosine(5)[3:2], ValueError, "a span that ends after its start"),
    (lambda: s.cosine(5)(-1), ValueError, "begins at step 0, got step -1"),
    (lambda: s.cosine(5)(math.nan), ValueError, "got step nan"),
    (lambda: iter(s.cosine(5)), TypeError, "not iterable"),
    (lambda: s.cosine(5) * None, TypeError, "unsupported operand"),
    (lambda: s.cosine(5) >> None, TypeError, "unsupported operand"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=range(len(BAD)))
def test_bad_requests(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


# Optimizers


def train(optimizer, steps, before=lambda t: None):
    """Steps on a bowl; the values of the parameters after each."""
    path = []
    for t in range(steps):
        before(t)
        optimizer.zero_grad()
        sum((p * p).sum() for group in optimizer.param_groups for p in group["params"]).backward()
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy() for g in optimizer.param_groups for p in g["params"]]))
    return np.array(path)


def parameter():
    return tn.tensor([1.0, -2.0, 3.0], requires_grad=True)


CURVE = s.warmup(3) >> s.cosine(20, peak=0.1, end=0.01)
FOLLOWING = [
    (optim.SGD, {"lr": CURVE}),
    (optim.SGD, {"lr": CURVE, "momentum": s.linear(20, 0.5, 0.9), "weight_decay": s.step(4)}),
    (optim.RMSprop, {"lr": CURVE, "alpha": s.linear(10, 0.8, 0.9)}),
    (optim.Adam, {"lr": CURVE, "betas": (s.linear(10, 0.8, 0.95), 0.999), "eps": s.exponential(0.5)}),
    (optim.Adam, {"lr": lambda t: 0.1 / (1 + t), "weight_decay": s.constant(0.1)}),
]


def at(setting, t):
    return (
        tuple(at(x, t) for x in setting) if isinstance(setting, tuple) else setting(t) if callable(setting) else setting
    )


@pytest.mark.parametrize(("make", "options"), FOLLOWING)
def test_following_schedules_is_writing_the_numbers(make, options):
    scheduled = make([parameter()], **options)
    by_hand = make([parameter()], **{k: at(v, 0) for k, v in options.items()})
    path = train(by_hand, 25, lambda t: by_hand.param_groups[0].update({k: at(v, t) for k, v in options.items()}))
    assert (train(scheduled, 25) == path).all()


def test_a_group_holds_the_number_of_the_step_to_come():
    optimizer = optim.Adam([parameter()], lr=CURVE, betas=(s.linear(10, 0.8, 0.95), 0.99))
    group, seen = optimizer.param_groups[0], []
    train(optimizer, 25, lambda t: seen.append((optimizer.lr, group["lr"], group["betas"])))
    assert seen == [(CURVE(t), CURVE(t), (s.linear(10, 0.8, 0.95)(t), 0.99)) for t in range(25)]
    assert "lr: 0.01, from warmup(3) >> cosine(20, peak=0.1, end=0.01)" in repr(optimizer)
    assert copy.deepcopy(group["lr"]) == 0.01 and type(copy.copy(group)) is dict


def test_a_number_ends_a_schedule_and_a_schedule_can_begin_later():
    optimizer = optim.SGD([parameter()], lr=CURVE)
    train(optimizer, 5)
    optimizer.param_groups[0]["lr"] *= 0.5
    assert optimizer.lr == CURVE(5) * 0.5
    train(optimizer, 5)
    assert optimizer.lr == CURVE(5) * 0.5
    optimizer.param_groups[0]["lr"] = CURVE
    assert optimizer.lr == CURVE(10)
    train(optimizer, 1)
    assert optimizer.lr == CURVE(11)


def test_groups_follow_schedules_of_their_own():
    optimizer = optim.SGD([{"params": parameter(), "lr": s.step(2)}, {"params": parameter()}], lr=CURVE)
    train(optimizer, 4)
    optimizer.add_param_group({"params": parameter(), "lr": s.linear(8)})
    assert [g["lr"] for g in optimizer.param_groups] == [pytest.approx(0.01), CURVE(4), 0.5]


@pytest.mark.parametrize(("make", "options"), FOLLOWING)
def test_a_resumed_run_has_the_same_bits(make, options):
    whole = train(make([parameter()], **options), 20)
    first = make([p := parameter()], **options)
    train(first, 8)
    second = make([q := parameter()], **options)
    q.data = p.detach()
    second.load_state_dict(first.state_dict())
    assert second.step_count == 8 and second.param_groups[0]["lr"] == first.lr
    assert (train(second, 12) == whole[8:]).all()


def test_the_state_of_other_schedules_is_refused():
    def make(lr):
        optimizer = optim.Adam([parameter()], lr=lr)
        train(optimizer, 3)
        return optimizer

    for mine, other, message in (
        (CURVE, 0.1, "lr = a number in group 0, and this optimizer has lr = warmup(3) >> cosine(20"),
        (
            0.1,
            CURVE,
            "lr = warmup(3) >> cosine(20, peak=0.1, end=0.01) in group 0, and this optimizer has lr = a number",
        ),
        (CURVE, CURVE * 2, "the state is of lr = 2 * (warmup(3) >> cosine"),
        (CURVE, math.sqrt, "the state is of lr = sqrt in group 0"),
    ):
        optimizer = make(mine)
        before = repr((optimizer.state_dict(), optimizer))
        with pytest.raises(ValueError, match=re.escape(message) + ".*assign another to param_groups"):
            optimizer.load_state_dict(make(other).state_dict())
        assert repr((optimizer.state_dict(), optimizer)) == before
    assert make(math.sqrt).state_dict()["schedules"] == [{"lr": "sqrt"}]


def test_a_state_without_schedules_such_as_pytorchs_is_read():
    optimizer = optim.SGD([parameter()], lr=0.1, momentum=0.9)
    train(optimizer, 3)
    saved = {k: v for k, v in optimizer.state_dict().items() if k in ("state", "param_groups")}
    other = optim.SGD([parameter()], lr=0.1, momentum=0.9)
    other.load_state_dict(saved)
    assert other.step_count == 3


def fails(t):
    if t == 3:
        raise RuntimeError("no more")
    return 0.1


def then(value):
    """A function of the step that has this value from step 3 on."""
    return lambda t: 0.1 if t < 3 else value


FALLING = s.linear(4, 0.2, -0.2)[:3] >> s.constant(-1)
WRONG = [
    ({"lr": then(math.nan)}, ValueError, r"Adam: lr must be finite, got nan at step 3 of lr = then.*lambda"),
    ({"lr": then(math.inf)}, ValueError, "lr must be finite, got inf at step 3"),
    (
        {"lr": FALLING},
        ValueError,
        r"lr must be ≥ 0, got -1.0 at step 3 of lr = linear\(4, start=0.2, end=-0.2\)\[:3\] >>",
    ),
    ({"betas": (0.9, then(1.0))}, ValueError, r"beta2 must be in \[0, 1\), got 1.0 at step 3 of betas = \(0.9, then"),
    ({"betas": (then(math.nan), 0.9)}, ValueError, r"betas must be finite, got \(nan, 0.9\)"),
    ({"lr": then("x")}, ValueError, "could not convert"),
    ({"lr": fails}, RuntimeError, "no more"),
    ({"lr": s.exponential(1e200)}, ValueError, "lr must be finite, got inf at step 2"),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG)
def test_a_bad_value_is_an_error_before_anything_is_written(options, error, message):
    optimizer = optim.Adam([p := parameter()], **options)
    with pytest.raises(error, match=message):
        while optimizer.step_count < 4:
            before = p.detach().numpy().copy(), optimizer.step_count
            train(optimizer, 1)
    assert (p.detach().numpy() == before[0]).all() and optimizer.step_count == before[1] >= 2
    assert optimizer.state_dict()["state"][0]["step"] == optimizer.step_count


def test_a_bad_value_at_the_first_step_is_an_error_at_once():
    with pytest.raises(ValueError, match=r"SGD: lr must be finite, got nan at step 0 of lr = .*lambda"):
        optim.SGD([p := parameter()], lr=lambda t: math.nan)
    assert p._leaf.home is None


def test_no_kernel_is_compiled_again_when_the_value_changes(monkeypatch):
    optimizer = optim.SGD([parameter()], lr=CURVE)
    train(optimizer, 1)
    monkeypatch.setattr(parallel_for.ParallelFor, "compile", None)
    train(optimizer, 5)
