"""Adam on 8-bit state on the GPU, or its simulator: the codes, the path and the checkpoints of the CPU."""

import math

import numpy as np
import pytest
from cuda_cases import on
from helpers import launches, numpy

import tinynet as tn
from tinynet import optim
from tinynet.kernels.lifting.codec import BLOCK, decode

pytestmark = pytest.mark.cuda

SIZES = (BLOCK + 44, 1, 17)  # a tensor of two blocks, and small ones
BOTH = [optim.Adam8bit, optim.AdamW8bit]
NAMES = "exp_avg", "exp_avg_sq"
LR = 0.05


def fresh(device, dtype="float64", cls=optim.Adam8bit, **options):
    """(parameters, an optimizer with two groups, of which one has a schedule)."""
    random = np.random.default_rng(0)
    ps = [on(device, random.standard_normal(n), dtype) for n in SIZES]
    groups = [{"params": ps[:1]}, {"params": ps[1:], "lr": lambda t: LR / (t + 1), "weight_decay": 0.1}]
    return ps, cls(groups, lr=LR, **options)


def gradients(t, sizes=SIZES):
    random = np.random.default_rng(100 + t)
    return [random.standard_normal(n) * 10.0 ** random.uniform(-3, 0, n) for n in sizes]


def walk(ps, optimizer, start, stop, of=gradients, **options):
    """Take the steps from `start` to before `stop`."""
    for t in range(start, stop):
        for p, g in zip(ps, of(t)):
            p.grad = None if g is None else on(p.device, g, numpy(p.detach()).dtype, False)
        optimizer.step(**options)


def state(optimizer):
    """All its state, parameter after parameter, by name."""
    entries = [entry for _, entry in sorted(optimizer.state_dict()["state"].items())]
    return {k: np.concatenate([numpy(e[k]) for e in entries]) for k in entries[0] if k != "step"}


def values(ps):
    return np.concatenate([numpy(p.detach()) for p in ps])


def assert_same(a, b):
    """Two (parameters, optimizer) of float64 have taken the same path: the same codes, the rest to rounding."""
    np.testing.assert_allclose(values(b[0]), values(a[0]), rtol=1e-11)
    for (name, x), y in zip(state(a[1]).items(), state(b[1]).values(), strict=True):
        np.testing.assert_allclose(y, x, rtol=0 if x.dtype.itemsize == 1 else 1e-12, err_msg=name)


# The path


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("options", [{}, {"amsgrad": True}, {"maximize": True, "eps": 1e-3}], ids=str)
def test_the_codes_and_the_path_are_those_of_the_cpu(cls, options):
    found = [fresh(device, cls=cls, **options) for device in ("cpu", "cuda")]
    for ps, optimizer in found:
        walk(ps, optimizer, 0, 4)
    assert all(p.is_cuda for p in found[1][0]) and state(found[1][1])["exp_avg"].any()
    assert_same(*found)


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}], ids=str)
def test_in_float32_a_step_from_the_same_state_ends_in_the_same_codes_or_in_the_next(options):
    """On one device products and sums may be fused in one, which now and then turns a rounding."""
    (ps, a), (qs, b) = (fresh(device, "float32", **options) for device in ("cpu", "cuda"))
    alike = []
    for t in range(4):
        walk(ps, a, t, t + 1)
        walk(qs, b, t, t + 1)
        np.testing.assert_allclose(values(qs), values(ps), rtol=1e-5, atol=LR * 1e-5)
        ours, theirs = state(b), state(a)
        for name in (k for k in theirs if k + "_scale" in theirs):
            apart = np.abs(ours[name].astype(int) - theirs[name])
            assert apart.max() <= 1
            alike.append((apart == 0).mean())
            np.testing.assert_allclose(ours[f"{name}_scale"], theirs[f"{name}_scale"], rtol=1e-6)
        b.load_state_dict(a.state_dict())
        with tn.no_grad():
            for p, q in zip(ps, qs):
                q.copy_(p.cuda())
    assert np.mean(alike) > 0.998


@pytest.mark.parametrize(
    "options", [{"max_norm": 0.1}, {"clip_value": 0.01}, {"grad_scale": 8.0}, {"nonfinite": "raise"}], ids=str
)
def test_what_a_step_does_to_gradients_first(options):
    found = [fresh(device) for device in ("cpu", "cuda")]
    for ps, optimizer in found:
        walk(ps, optimizer, 0, 2, **options)
    assert_same(*found)


def test_parameters_without_a_gradient_stay_out_of_a_step():
    def of(t):
        return [g if (t + i) % 3 else None for i, g in enumerate(gradients(t))]

    found = [fresh(device) for device in ("cpu", "cuda")]
    for ps, optimizer in found:
        walk(ps, optimizer, 1, 5, of)
    assert_same(*found)


def test_a_step_is_one_launch_for_each_group_and_waits_for_nothing(monkeypatch):
    from tinynet.kernels.cuda.device import driver

    ps, optimizer = fresh("cuda")
    for first in (True, False):
        optimizer.zero_grad()
        sum((p * p).sum() for p in ps).backward()
        if not first:  # the first step makes room for the state
            for wait in ("to_host", "to_device"):
                monkeypatch.setattr(driver, wait, lambda *arguments: pytest.fail("the host waits for the device"))
        with launches() as names:
            optimizer.step()
    assert names == ["adam", "adam"]


# What is not usual


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_stays_in_its_block_or_stops_the_step(bad):
    def of(t):
        first, *rest = gradients(t)
        first[BLOCK + 7] = bad if t == 1 else 1
        return [first, *rest]

    (ps, optimizer), (qs, other) = fresh("cuda"), fresh("cuda")
    walk(ps, optimizer, 0, 3, of)
    spoilt = np.arange(sum(SIZES)) // BLOCK == 1
    spoilt[SIZES[0] :] = False
    assert np.isnan(values(ps)[spoilt]).all() and np.isfinite(values(ps)[~spoilt]).all()
    walk(qs, other, 0, 1, of)
    before = values(qs), state(other)
    walk(qs, other, 1, 2, of, nonfinite="skip")
    with pytest.raises(tn.NonFiniteError, match="gradient of parameter 0"):
        walk(qs, other, 1, 2, of, nonfinite="raise")
    assert (values(qs) == before[0]).all() and all((x == before[1][k]).all() for k, x in state(other).items())


def test_a_gradient_of_zero_moves_nothing_and_tiny_moments_become_zero():
    p = on("cuda", np.ones(40), "float32")
    optimizer = optim.Adam8bit([p], lr=LR)
    for g in (np.where(np.arange(40) % 2, 0.0, 1.0), np.where(np.arange(40) % 2, 0.0, -1.0)):
        p.grad = on("cuda", g, "float32", False)
        optimizer.step()
    assert (values([p])[1::2] == 1).all() and (values([p])[::2] != 1).all()
    assert not state(optimizer)["exp_avg"][1::2].any() and state(optimizer)["exp_avg_sq"][::2].all()
    q = on("cuda", np.ones(300), "float32")
    tiny = optim.Adam8bit([q], lr=LR)
    q.grad = on("cuda", np.full(300, 1e-38), "float32", False)
    tiny.step()
    assert np.isfinite(values([q])).all() and not any(x.any() for x in state(tiny).values())


def test_other_dtypes_are_refused_as_on_the_cpu():
    for device in ("cpu", "cuda"):
        with pytest.raises(TypeError, match=r"Adam8bit: expected floating dtypes, got .*int64 as parameter 1"):
            optim.Adam8bit([tn.ones(2, device=device, requires_grad=True), tn.ones(2, dtype=tn.int64, device=device)])


def test_state_lies_on_the_device_in_a_quarter_of_the_memory():
    held = []
    for cls in (optim.Adam8bit, optim.Adam):
        p = tn.ones(4096, device="cuda", requires_grad=True)
        p.grad = tn.ones(4096, device="cuda")
        optimizer = cls([p])
        optimizer.step()
        assert all(x.is_cuda for k, x in optimizer.state[p].items() if k != "step")
        held.append(sum(buffer.nbytes for buffer in optimizer._arenas[0][0].state.values()))
    assert 0.25 < held[0] / held[1] < 0.255


# Checkpoints


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize(("first", "second"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_a_run_goes_on_where_the_other_device_left_it(cls, first, second):
    whole, (ps, before), (qs, after) = fresh(first, cls=cls), fresh(first, cls=cls), fresh(second, cls=cls)
    walk(*whole, 0, 4)
    walk(ps, before, 0, 2)
    after.load_state_dict(before.state_dict())
    with tn.no_grad():
        for p, q in zip(ps, qs):
            q.copy_(p.to(second))
    walk(qs, after, 2, 4)
    assert_same(whole, (qs, after))


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_state_of_32_bits_on_the_device_is_taken_and_given(device):
    ps, wide = fresh("cuda", cls=optim.Adam)
    walk(ps, wide, 0, 2)
    (_, small), (_, large) = fresh(device), fresh(device, cls=optim.Adam)
    small.load_state_dict(wide.state_dict())
    large.load_state_dict(small.state_dict())
    for name, x in state(large).items():
        np.testing.assert_allclose(x, state(wide)[name], rtol=1 / 14, atol=1e-6)
    codes, again = state(small), state(large)
    for name in NAMES:
        parts = [codes[name][: SIZES[0]], codes[f"{name}_scale"][:2]]
        np.testing.assert_array_equal(decode(*parts), again[name][: SIZES[0]])
