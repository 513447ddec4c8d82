"""Adam on 8-bit state: the codes, what chance does to them, and training beside 32 bits."""

import math

import numba
import numpy as np
import pytest
from helpers import gpt_losses, launches, run_here, run_python
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from optim_cases import PROBLEMS, parameters, train

import tinynet as tn
from tinynet import optim
from tinynet.kernels.lifting import codec
from tinynet.kernels.lifting.codec import BLOCK, SIGNED, UNSIGNED, decode, encode
from tinynet.kernels.runtime.threads import UPDATES
from tinynet.nn import functional as F

KINDS = pytest.mark.parametrize("kind", [SIGNED, UNSIGNED], ids=str)
START = {SIGNED: 2.0**-16, UNSIGNED: 2.0**-32}  # of the binades, as a part of the largest number
DTYPES = ["float32", "float64"]
LIMIT = 2.0**127  # a scale is 16/15 of the largest number


def numbers(kind):
    elements = st.floats(-LIMIT if kind == SIGNED else 0.0, LIMIT, width=32)
    return arrays("float32", st.integers(0, 3 * BLOCK), elements=elements)


def block_maxima(x):
    """For each element the largest magnitude in its block."""
    return np.repeat([np.abs(x[i : i + BLOCK]).max() for i in range(0, x.size, BLOCK)], BLOCK)[: x.size]


# The format


@KINDS
@given(data=st.data())
def test_a_number_is_kept_to_a_sixteenth_or_to_a_part_of_the_largest(kind, data):
    x = data.draw(numbers(kind)).astype(data.draw(st.sampled_from(DTYPES)))
    found, scales = encode(x, kind)
    assert found.dtype == kind and scales.dtype == x.dtype and scales.size == max(1, -(-x.size // BLOCK))
    y = decode(found, scales)
    largest = block_maxima(x).astype(float) if x.size else x.astype(float)
    step = (np.abs(x.astype(float)) + 1.07 * START[kind] * largest) / 8  # at most; the largest code stands for 15/16
    limit = np.where(largest < np.finfo(x.dtype).smallest_normal, largest, (0.5 if kind == SIGNED else 1) * step)
    assert (np.abs(y.astype(float) - x) <= limit * (1 + 1e-5) + np.finfo(x.dtype).smallest_normal).all()
    assert (y[x == 0] == 0).all() and (np.signbit(y) <= (x < 0)).all()


@KINDS
def test_every_code_stands_for_a_number_of_its_own_in_order(kind):
    every = np.arange(-127 if kind == SIGNED else 0, 128 if kind == SIGNED else 256).astype(kind)
    x = decode(every, np.ones(1, "f"))
    assert (np.diff(x) > 0).all() and x[every == 0] == 0
    again, scales = encode(x, kind)
    assert abs(scales[0] - 1) < 1e-6 and (again == every).all()


@KINDS
@given(data=st.data())
def test_codes_keep_the_order_of_numbers(kind, data):
    x = np.sort(data.draw(numbers(kind))[:BLOCK])
    assert (np.diff(encode(x, kind)[0].astype(int)) >= 0).all()


@KINDS
@given(data=st.data())
def test_whatever_chance_says_the_code_is_one_of_the_two_nearest(kind, data):
    x = data.draw(numbers(kind))[:BLOCK]
    chance = np.uint32(data.draw(st.integers(0, int(codec.LOW_BITS))))
    function, top = (codec.signed, codec.TOP_SIGNED) if kind == SIGNED else (codec.unsigned, codec.TOP_UNSIGNED)
    inverse = codec.inverse(np.abs(x).max(initial=np.float32(0)), top, np.finfo("f").smallest_normal)
    found = np.array([function(v, inverse, chance) for v in x], kind)
    assert (np.abs(found.astype(int) - encode(x, kind)[0]) <= 1).all()
    assert (np.sign(x) * found >= 0).all()
    assert (found[x == 0] == 0).all() and (kind == SIGNED or (found[x > np.finfo("f").smallest_normal] > 0).all())


def test_the_mean_over_chances_is_the_number_itself():
    n = 1 << 14
    places = np.resize(codec.POSITION_BITS, n)
    chance = [codec.rounding_bits(p, codec.key(k, 3, 0)) for k, p in enumerate(places)]
    for function, back, c, kind in (
        (codec.signed, codec.from_signed, codec.C_SIGNED, codec.upper),
        (codec.unsigned, codec.from_unsigned, codec.C_UNSIGNED, codec.lower),
    ):
        for x in np.float32([0.9, 0.1234, 3e-4, 1.3 * 2.0**-18]):
            y = np.array([back(function(x, np.float32(1), kind(r)), np.float32(1), c) for r in chance], float)
            assert len(set(y)) == 2 and y.min() < x < y.max()
            assert abs(y.mean() - x) < 5 * y.std() / math.sqrt(n)
    bits = np.array([[r >> 31, r >> 19 & 1] for r in chance], float)  # what decides over m and over v
    assert np.abs(np.corrcoef(bits.T) - np.eye(2)).max() < 5 / math.sqrt(n)


# The state


def trained(cls, size, steps=3, threads=2, grad=None, dtype=tn.float32, **options):
    tn.manual_seed(0)
    p = tn.randn(size, dtype=dtype, requires_grad=True)
    optimizer = cls([p], lr=0.01, **options)
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    for t in range(steps):
        p.grad = tn.randn(size, dtype=dtype) if grad is None else tn.tensor(grad(t), dtype=dtype)
        optimizer.step()
    numba.set_num_threads(before)
    return p.detach().numpy(), optimizer


def state(optimizer, i=0):
    return {k: v.numpy() for k, v in optimizer.state_dict()["state"][i].items() if k != "step"}


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}], ids=str)
def test_state_takes_a_quarter_of_the_memory(options):
    small, large = (trained(cls, 100_000, **options)[1] for cls in (optim.Adam8bit, optim.Adam))
    held = [sum(buffer.nbytes for buffer in o._arenas[0][0].state.values()) for o in (small, large)]
    saved = [sum(array.nbytes for array in state(o).values()) for o in (small, large)]
    assert 0.25 < held[0] / held[1] < 0.255 and 0.25 < saved[0] / saved[1] < 0.255
    assert not small._arenas[0][0].scratch


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1000, UPDATES + 1000])
def test_one_thread_or_two_give_the_same_bits(size, dtype):
    (p, a), (q, b) = (trained(optim.AdamW8bit, size, threads=n, dtype=getattr(tn, dtype)) for n in (1, 2))
    assert (p == q).all() and all((x == state(b)[k]).all() for k, x in state(a).items())


def test_a_block_does_not_reach_into_another_tensor():
    tiny, huge = tn.zeros(300, requires_grad=True), tn.zeros(5, requires_grad=True)
    optimizer = optim.Adam8bit([tiny, huge], lr=0.1)
    tiny.grad, huge.grad = tn.full((300,), 1e-12), tn.full((5,), 1e12)
    optimizer.step()
    assert {k: v.shape for k, v in state(optimizer).items() if "scale" in k} == {
        "exp_avg_scale": (2,),
        "exp_avg_sq_scale": (2,),
    }
    np.testing.assert_allclose(decode(*(state(optimizer)[k] for k in ("exp_avg", "exp_avg_scale"))), 1e-13, rtol=1e-5)
    np.testing.assert_allclose(decode(*(state(optimizer, 1)[k] for k in ("exp_avg", "exp_avg_scale"))), 1e11, rtol=1e-5)


def test_a_gradient_of_zero_moves_nothing_and_a_moment_of_zero_stays_zero():
    mask = np.arange(600) % 3 == 0
    p, optimizer = trained(optim.Adam8bit, 600, steps=20, grad=lambda t: np.where(mask, 0, np.cos(np.arange(600) + t)))
    tn.manual_seed(0)
    assert (p[mask] == tn.randn(600).numpy()[mask]).all()
    assert not any(state(optimizer)[k][mask].any() for k in ("exp_avg", "exp_avg_sq"))
    assert state(optimizer)["exp_avg_sq"][~mask].all()


def test_moments_below_the_normal_numbers_become_zero():
    p, optimizer = trained(optim.Adam8bit, 300, steps=2, grad=lambda t: np.full(300, 1e-38))
    assert np.isfinite(p).all() and not any(x.any() for x in state(optimizer).values())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_never_hidden_and_stays_in_its_block(bad):
    def grad(t):
        g = np.ones(3 * BLOCK)
        g[BLOCK + 7] = bad if t == 1 else 1
        return g

    p, _ = trained(optim.Adam8bit, 3 * BLOCK, steps=4, grad=grad)
    assert np.isnan(p[BLOCK : 2 * BLOCK]).all() and np.isfinite(np.delete(p, np.s_[BLOCK : 2 * BLOCK])).all()
    _, other = trained(optim.Adam8bit, 3 * BLOCK, steps=1, grad=grad)
    other.param_groups[0]["params"][0].grad = tn.tensor(grad(1), dtype=tn.float32)
    before = str(other.state_dict())
    other.step(nonfinite="skip")
    assert str(other.state_dict()) == before


def test_a_moment_decays_also_where_a_step_is_less_than_half_the_distance_of_two_codes():
    """Rounded to the nearest, v would never leave its first code, as 0.999 v is nearer to v than to the next."""

    def grad(t):
        g = np.full(BLOCK, 1.0 if t == 0 else 0.0)
        g[0] = 1.0  # the scale stays
        return g

    _, optimizer = trained(optim.Adam8bit, BLOCK, steps=500, grad=grad)
    v = decode(*(state(optimizer)[k] for k in ("exp_avg_sq", "exp_avg_sq_scale")))[1:] / 1e-3
    assert abs(v.mean() - 0.999**499) < 5 * v.std() / math.sqrt(BLOCK) < 0.15


# Checkpoints


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}], ids=str)
@pytest.mark.parametrize(("narrow", "wide"), [(optim.Adam8bit, optim.Adam), (optim.AdamW8bit, optim.AdamW)])
def test_a_state_of_32_bits_is_taken_and_given(narrow, wide, options):
    def fresh(cls):
        return cls([tn.zeros(700, requires_grad=True)], lr=0.01, **options)

    saved = trained(wide, 700, **options)[1].state_dict()
    small, large = fresh(narrow), fresh(wide)
    small.load_state_dict(saved)
    large.load_state_dict(small.state_dict())
    for name, x in state(large).items():
        np.testing.assert_allclose(x, saved["state"][0][name].numpy(), rtol=1 / 14, atol=1e-6)
    assert large.state_dict()["state"][0]["step"] == 3
    again = fresh(narrow)
    again.load_state_dict(large.state_dict())
    for name, x in state(again).items():
        np.testing.assert_allclose(x, state(small)[name], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "wrong", "error", "message"),
    [
        ("exp_avg_scale", tn.ones(2), ValueError, r"exp_avg_scale.* of shape \(3,\), got \(2,\)"),
        ("exp_avg", tn.ones(700), TypeError, r"expected exp_avg beside its scales as int8.*, got float32"),
    ],
)
def test_a_state_that_fits_not_is_refused_and_changes_nothing(name, wrong, error, message):
    saved = trained(optim.Adam8bit, 700)[1].state_dict()
    saved["state"][0][name] = wrong
    for cls in (optim.Adam8bit, optim.Adam):
        _, optimizer = trained(cls, 700)
        before = str(optimizer.state_dict())
        with pytest.raises(error, match=message):
            optimizer.load_state_dict(saved)
        assert str(optimizer.state_dict()) == before


# Training


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("narrow", "wide"), [("Adam8bit", "Adam"), ("AdamW8bit", "AdamW")])
def test_the_path_is_near_that_of_32_bits(narrow, wide, problem):
    def path(name):
        ps = parameters(tn, tn.float32)
        return np.array(list(train(getattr(optim, name)(ps, lr=0.01), ps, problem, 50)))

    ours, theirs = path(narrow), path(wide)
    moved = np.linalg.norm(theirs[-1] - theirs[0])
    assert 0 < np.linalg.norm(ours - theirs, axis=1).max() < 0.1 * moved


def test_clipping_and_groups_are_those_of_every_optimizer():
    def path(by_hand):
        tn.manual_seed(1)
        ps = [tn.randn(n, requires_grad=True) for n in (400, 30)]
        optimizer = optim.Adam8bit([{"params": ps[:1], "lr": 0.1}, {"params": ps[1:]}], lr=lambda t: 0.01 / (t + 1))
        for _ in range(4):
            for p in ps:
                p.grad = tn.randn(*p.shape)
            if by_hand:
                tn.nn.utils.clip_grad_value_(ps, 0.5)
            with launches() as names:
                optimizer.step(**({} if by_hand else {"clip_value": 0.5}))
            assert [name for name in names if name != "fill"][-2:] == ["adam", "adam"]  # the first step makes the state
        return np.concatenate([p.detach().numpy() for p in ps])

    np.testing.assert_allclose(path(True), path(False), rtol=1e-5)


def test_without_compilation_the_same_code_runs():
    program = """
import tinynet as tn
from tinynet import optim
tn.manual_seed(0)
p = tn.randn(300, requires_grad=True)
optimizer = optim.Adam8bit([p], lr=0.01)
for t in range(3):
    p.grad = tn.randn(300)
    optimizer.step()
state = optimizer.state_dict()["state"][0]
print(p.tolist(), *(state[k].numpy().astype(int).tolist() for k in ("exp_avg", "exp_avg_sq")), sep=";")
"""

    printed = run_here(program), run_python(program, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="error")
    (p, *compiled), (q, *plain) = ([np.array(eval(part)) for part in text.split(";")] for text in printed)
    np.testing.assert_allclose(p, q, rtol=1e-4)
    for a, b in zip(compiled, plain):  # products and sums are fused in one, which now and then turns a rounding
        assert (np.abs(a - b) <= 1).all() and (a == b).mean() > 0.98


def final_loss(cls, seed):
    """Of a small network that classifies by a rule with exceptions; the mean of the last 50 steps."""
    tn.manual_seed(seed)
    x = tn.randn(512, 16)
    y = ((x[:, :8] * x[:, 8:]).sum(1) > 0).long()
    model = tn.nn.Sequential(tn.nn.Linear(16, 64), tn.nn.GELU(), tn.nn.Linear(64, 2))
    optimizer = cls(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(300):
        at = tn.randint(512, size=(64,))
        loss = F.cross_entropy(model(x[at]), y[at])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses[-50:])


def test_a_network_learns_as_well_as_with_32_bits():
    narrow, wide = (np.array([final_loss(cls, seed) for seed in range(5)]) for cls in (optim.Adam8bit, optim.Adam))
    assert narrow.mean() < wide.mean() + 2 * (wide - narrow).std(ddof=1) + 0.005
    assert narrow.max() < 0.2


def test_a_small_gpt_learns_as_well_as_with_32_bits():
    def end(cls):
        sizes = {"layers": 1, "heads": 2, "width": 32, "length": 32}
        return np.mean(gpt_losses(lambda ps: cls(ps, lr=3e-3), seed=0, steps=150, batch=8, **sizes)[-30:])

    narrow, wide = end(optim.Adam8bit), end(optim.Adam)
    assert abs(narrow - wide) < 0.03 and wide < 3.1
