"""PyTorch's learning rate schedulers: its numbers, step by step, and state that survives saving."""

import inspect
import re

import numpy as np
import pytest

import tinynet as tn
from tinynet import optim
from tinynet.optim import lr_scheduler
from tinynet.optim.lr_scheduler.closed_form import ClosedForm
from tinynet.optim.schedules import cosine, linear

STEPS = 120


def scheduler_class(lib, name):
    if lib is tn:
        return getattr(lr_scheduler, name)
    return getattr(lib.optim.swa_utils if name == "SWALR" else lib.optim.lr_scheduler, name)


def make_optimizer(lib, kind="SGD"):
    ps = [lib.tensor([1.0], requires_grad=True) for _ in range(2)]
    options = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(lib.optim, kind)([{"params": ps[:1]}, {"params": ps[1:], "lr": 0.02}], lr=0.1, **options)


def build(lib, optimizer, name, options):
    """A scheduler; of one made of others the options hold their cases."""
    options = dict(options)
    parts = [build(lib, optimizer, *part) for part in options.pop("schedulers", [])]
    if name == "SequentialLR":
        return scheduler_class(lib, name)(optimizer, parts, **options)
    if name == "ChainedScheduler":
        return scheduler_class(lib, name)(parts, **options)
    return scheduler_class(lib, name)(optimizer, **options)


def metric(t):
    """Falls, with plateaus of fifteen epochs and a few bumps."""
    return 1 / (1 + t // 15) + 0.3 * (t % 7 == 3)


def read(optimizer):
    return [(g["lr"], g["betas"][0] if "betas" in g else g["momentum"]) for g in optimizer.param_groups]


def advance(optimizer, scheduler, steps, start=0, disturb=False):
    """The learning rates and momentums at each step; disturbed, the user changes a learning rate in between."""
    seen = []
    for t in range(start, start + steps):
        seen.append(read(optimizer))
        assert list(scheduler.get_last_lr()) == [lr for lr, _ in seen[-1]] or disturb
        optimizer.step()
        scheduler.step(*([metric(t)] if type(scheduler).__name__ == "ReduceLROnPlateau" else []))
        if disturb and t % 40 == 25:
            optimizer.param_groups[t % 2]["lr"] *= 0.5
    return [*seen, read(optimizer)]


class Halving:
    """A function of the epoch with a state of its own."""

    def __init__(self, period):
        self.period = period

    def __call__(self, t):
        return 0.5 ** (t // self.period)


CONSTANT, LINEAR = ("ConstantLR", {"factor": 0.1, "total_iters": 20}), ("LinearLR", {"total_iters": 10})
COSINE, MULTISTEP = ("CosineAnnealingLR", {"T_max": 50}), ("MultiStepLR", {"milestones": [4, 30]})
LAMBDA = ("LambdaLR", {"lr_lambda": lambda t: 0.9**t})
CASES = {
    "LambdaLR": [{"lr_lambda": lambda t: 0.95**t}, {"lr_lambda": [lambda t: 1 / (1 + t), Halving(10)]}],
    "MultiplicativeLR": [{"lr_lambda": lambda t: 0.97}, {"lr_lambda": [lambda t: 1 - (t % 9 == 0) / 2, Halving(99)]}],
    "StepLR": [{"step_size": 30}, {"step_size": 7, "gamma": 0.5}, {"step_size": 1, "gamma": 1.01}],
    "MultiStepLR": [{"milestones": [30, 80]}, {"milestones": [5, 5, 70, 20], "gamma": 0.5}, {"milestones": [0, 9]}],
    "ConstantLR": [{}, {"factor": 0.5, "total_iters": 40}, {"factor": 1.0}],
    "LinearLR": [
        {},
        {"start_factor": 0.05, "total_iters": 40},
        {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 90},
        {"start_factor": 0.9, "end_factor": 0.0, "total_iters": 30},
    ],
    "ExponentialLR": [{"gamma": 0.95}, {"gamma": 1.01}],
    "PolynomialLR": [{}, {"total_iters": 100}, {"total_iters": 60, "power": 2.5}, {"total_iters": 200, "power": 0.5}],
    "CosineAnnealingLR": [{"T_max": 120}, {"T_max": 25, "eta_min": 1e-3}, {"T_max": 7}, {"T_max": 1, "eta_min": 0.01}],
    "CosineAnnealingWarmRestarts": [{"T_0": 10}, {"T_0": 5, "T_mult": 2, "eta_min": 1e-3}, {"T_0": 1, "T_mult": 3}],
    "CyclicLR": [
        {"base_lr": 0.01, "max_lr": 0.1},
        {"base_lr": 0.01, "max_lr": [0.1, 0.05], "step_size_up": 10},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 5, "step_size_down": 20, "mode": "triangular2"},
        {"base_lr": [0.01, 0.02], "max_lr": 0.1, "step_size_up": 13, "mode": "exp_range", "gamma": 0.99},
        {"base_lr": 0.0, "max_lr": 0.1, "step_size_up": 10, "scale_fn": Halving(2), "base_momentum": [0.7, 0.5]},
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 9,
            "scale_fn": lambda t: 1 / (1 + t),
            "scale_mode": "iterations",
        },
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 10, "cycle_momentum": False},
    ],
    "OneCycleLR": [
        {"max_lr": 0.1, "total_steps": 121},
        {"max_lr": 0.1, "total_steps": 120},
        {"max_lr": [0.1, 0.5], "epochs": 13, "steps_per_epoch": 10, "anneal_strategy": "linear"},
        {"max_lr": 0.1, "total_steps": 130, "three_phase": True, "pct_start": 0.2, "base_momentum": 0.5},
        {"max_lr": 0.1, "total_steps": 120, "three_phase": True, "anneal_strategy": "linear", "div_factor": 10.0},
        {"max_lr": 0.1, "total_steps": 150, "cycle_momentum": False, "final_div_factor": 10.0, "pct_start": 0.9},
    ],
    "ReduceLROnPlateau": [
        {},
        {"factor": 0.5, "patience": 3, "cooldown": 4, "min_lr": [0.01, 0.001]},
        {"mode": "max", "patience": 2, "threshold": 0.1, "threshold_mode": "abs", "min_lr": 1e-3},
        {"mode": "max", "patience": 20, "threshold": 0.1},
        {"patience": 5, "threshold": 0.2, "threshold_mode": "abs", "eps": 1e-3},
    ],
    "SWALR": [
        {"swa_lr": 0.05},
        {"swa_lr": [0.05, 0.5], "anneal_epochs": 50, "anneal_strategy": "linear"},
        {"swa_lr": 0.01, "anneal_epochs": 0},
    ],
    "SequentialLR": [
        {"schedulers": [CONSTANT, ("ExponentialLR", {"gamma": 0.9})], "milestones": [20]},
        {"schedulers": [LINEAR, COSINE, ("StepLR", {"step_size": 9})], "milestones": [10, 60]},
        {"schedulers": [LAMBDA, ("CosineAnnealingWarmRestarts", {"T_0": 9}), COSINE], "milestones": [15, 45]},
        {"schedulers": [MULTISTEP, ("PolynomialLR", {"total_iters": 60})], "milestones": [50]},
        {"schedulers": [("CosineAnnealingWarmRestarts", {"T_0": 6, "T_mult": 2})], "milestones": []},
        {"schedulers": [LINEAR, ("MultiplicativeLR", {"lr_lambda": lambda t: 0.9})], "milestones": [10]},
        {"schedulers": [MULTISTEP, ("SWALR", {"swa_lr": 0.05})], "milestones": [40]},
    ],
    "ChainedScheduler": [
        {"schedulers": [CONSTANT, ("ExponentialLR", {"gamma": 0.95})]},
        {"schedulers": [LINEAR, COSINE, ("StepLR", {"step_size": 25})]},
        {"schedulers": [("MultiplicativeLR", {"lr_lambda": lambda t: 0.99}), ("PolynomialLR", {"total_iters": 100})]},
        {"schedulers": [("SequentialLR", {"schedulers": [LINEAR, MULTISTEP], "milestones": [9]}), MULTISTEP]},
    ],
}  # fmt: skip
ALL = [(name, options) for name, cases in CASES.items() for options in cases]
IDS = [f"{name}-{i}" for name, cases in CASES.items() for i in range(len(cases))]


def kinds(name):
    return ("SGD", "Adam") if name in ("CyclicLR", "OneCycleLR") else ("SGD",)


def test_every_class_has_a_case():
    classes = {
        n for n, c in vars(lr_scheduler).items() if inspect.isclass(c) and issubclass(c, lr_scheduler.LRScheduler)
    }
    public = {n for n in classes if not n.startswith("_")} - {"LRScheduler", "ClosedForm"}
    assert set(CASES) == public == set(lr_scheduler.__all__) - {"LRScheduler"}


def test_there_is_every_class_of_pytorch_with_its_arguments(torch):
    theirs = torch.optim.lr_scheduler
    names = [n for n in theirs.__all__ if n != "LRScheduler"]
    assert set(CASES) == {*names, "SWALR"}
    for name in CASES:
        ours, expected = (inspect.signature(scheduler_class(lib, name)).parameters for lib in (tn, torch))
        assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in expected.values()]


@pytest.mark.parametrize(("name", "options"), ALL, ids=IDS)
def test_the_numbers_are_pytorchs(name, options, torch):
    for kind in kinds(name):
        ours, theirs = (
            advance(optimizer := make_optimizer(lib, kind), build(lib, optimizer, name, options), STEPS)
            for lib in (tn, torch)
        )
        assert np.ptp(theirs, axis=0).any() or options.get("factor") == 1.0 or options.get("swa_lr") == 0.01
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-15)


DISTURBED = [
    c for c in ALL if c[0] not in ("SequentialLR", "ChainedScheduler") and c[1] != {"T_max": 1, "eta_min": 0.01}
]


@pytest.mark.parametrize(("name", "options"), DISTURBED)
def test_they_go_on_from_what_others_have_written_as_pytorchs(name, options, torch):
    ours, theirs = (
        advance(optimizer := make_optimizer(lib), build(lib, optimizer, name, options), STEPS, disturb=True)
        for lib in (tn, torch)
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("at", [1, 50, 77])
@pytest.mark.parametrize(("name", "options"), ALL, ids=IDS)
def test_resumed_in_the_middle_the_numbers_have_the_same_bits(name, options, at):
    def make():
        optimizer = make_optimizer(tn, kinds(name)[-1])
        return optimizer, build(tn, optimizer, name, options)

    whole = advance(*make(), STEPS)
    first = make()
    advance(*first, at)
    second = make()
    for new, old in zip(second, first):
        new.load_state_dict(old.state_dict())
    assert second[1].get_last_lr() == first[1].get_last_lr()
    assert advance(*second, STEPS - at, start=at) == whole[at:]


CLOSED = [c for c in ALL if issubclass(scheduler_class(tn, c[0]), ClosedForm) and c[0] != "SWALR"]


@pytest.mark.parametrize(("name", "options"), CLOSED)
def test_they_can_jump_to_an_epoch_as_pytorchs(name, options, torch):
    def jump(lib):
        optimizer = make_optimizer(lib)
        scheduler, lrs = build(lib, optimizer, name, options), []
        optimizer.step()
        for epoch in (3, 40, 10, 0, 99):
            with pytest.warns(UserWarning, match="epoch|deprecated"):
                scheduler.step(epoch)
            lrs.append(scheduler.get_last_lr())
        return lrs

    np.testing.assert_allclose(jump(tn), jump(torch), rtol=1e-12, atol=1e-16)


def test_warm_restarts_take_fractions_of_an_epoch(torch):
    def path(lib):
        scheduler, lrs = build(lib, make_optimizer(lib), "CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2}), []
        for i in range(100):
            scheduler.step(i / 7)
            lrs.append([*scheduler.get_last_lr(), scheduler.T_cur, scheduler.T_i, scheduler.last_epoch])
        return lrs

    np.testing.assert_allclose(path(tn), path(torch), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("name", "options"), [*CLOSED, *(("SWALR", options) for options in CASES["SWALR"])])
def test_from_last_epoch_on(name, options):
    whole = advance(optimizer := make_optimizer(tn), build(tn, optimizer, name, options), 40)
    ps = [tn.ones(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": p, "initial_lr": lr} for p, lr in zip(ps, (0.1, 0.02))]
    optimizer = optim.SGD(groups, lr=0.1, momentum=0.9)
    scheduler = build(tn, optimizer, name, {**options, "last_epoch": 11})
    assert scheduler.last_epoch == 12
    np.testing.assert_allclose(advance(optimizer, scheduler, 20), whole[12:33], rtol=1e-14, atol=1e-18)


def test_a_scheduler_drives_the_steps(torch):
    def path(lib):
        p = lib.tensor([1.0, -2.0], dtype=lib.float64, requires_grad=True)
        optimizer = lib.optim.Adam([p], lr=0.1)
        scheduler = scheduler_class(lib, "OneCycleLR")(optimizer, max_lr=0.1, total_steps=30)
        for _ in range(30):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
            scheduler.step()
        return p.detach().numpy()

    np.testing.assert_allclose(path(tn), path(torch), rtol=1e-11)


def test_a_scheduler_of_the_users_own():
    class Third(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / 3**self.last_epoch for base in self.base_lrs]

    optimizer = make_optimizer(tn)
    seen = advance(optimizer, Third(optimizer), 3)
    assert [lr for (lr, _), _ in seen] == pytest.approx([0.1, 0.1 / 3, 0.1 / 9, 0.1 / 27])


def test_an_optimizers_state_is_read_with_and_without_a_scheduler():
    plain, scheduled = make_optimizer(tn), make_optimizer(tn)
    advance(scheduled, lr_scheduler.StepLR(scheduled, 2), 3)
    plain.load_state_dict(scheduled.state_dict())
    assert plain.param_groups[0]["lr"] == pytest.approx(0.01) and plain.param_groups[0]["initial_lr"] == 0.1
    scheduled.load_state_dict(make_optimizer(tn).state_dict())
    assert scheduled.param_groups[0]["lr"] == scheduled.param_groups[0]["initial_lr"] == 0.1


def test_a_step_before_the_optimizers_is_noticed():
    scheduler = lr_scheduler.StepLR(make_optimizer(tn), 2)
    with pytest.warns(UserWarning, match=r"StepLR.step\(\) was called before optimizer.step\(\)"):
        scheduler.step()


def test_a_state_of_another_scheduler_changes_nothing():
    optimizer = make_optimizer(tn)
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    before = str(scheduler.state_dict())
    other = lr_scheduler.PolynomialLR(make_optimizer(tn)).state_dict()
    with pytest.raises(ValueError, match=r"of another scheduler: gamma, power, step_size, total_iters in one"):
        scheduler.load_state_dict(other)
    chained = lr_scheduler.ChainedScheduler([scheduler])
    with pytest.raises(ValueError, match="expected a state of 1 schedulers"):
        chained.load_state_dict({"_last_lr": [], "_schedulers": []})
    assert str(scheduler.state_dict()) == before


def test_parts_of_a_sequence_may_be_made_of_parts():
    chain = (
        "ChainedScheduler",
        {"schedulers": [("LinearLR", {"start_factor": 0.5}), ("ExponentialLR", {"gamma": 0.5})]},
    )
    inner = ("SequentialLR", {"schedulers": [("ConstantLR", {"factor": 0.1}), ("ConstantLR", {})], "milestones": [2]})
    optimizer = make_optimizer(tn)
    whole = {"schedulers": [("ConstantLR", {"factor": 0.2}), chain, inner], "milestones": [3, 6]}
    seen = [lr for (lr, _), _ in advance(optimizer, build(tn, optimizer, "SequentialLR", whole), 9)]
    assert seen == pytest.approx([*[0.02] * 3, 0.05, 0.03, 0.0175, 0.01, 0.01, 0.1 / 3, 0.1 / 3])


O, P = make_optimizer(tn), make_optimizer(tn)
FOLLOWER = optim.SGD([tn.ones(1, requires_grad=True)], lr=cosine(5))
STEP = lr_scheduler.StepLR(P, 2)
BAD = [
    (lambda: lr_scheduler.StepLR("x", 3), TypeError, "StepLR: str is not an Optimizer"),
    (lambda: lr_scheduler.StepLR(FOLLOWER, 3), ValueError, "the optimizer follows lr = cosine(5) already"),
    (lambda: lr_scheduler.StepLR(O, 3, last_epoch=3), KeyError, "needs an 'initial_lr' in param_groups[0]"),
    (lambda: lr_scheduler.LambdaLR(P, [abs]), ValueError, "expected 2 values, one for each parameter group, got 1"),
    (lambda: lr_scheduler.LambdaLR(P, 3), TypeError, "expected functions as lr_lambda, got int"),
    (lambda: lr_scheduler.ConstantLR(P, 1.5), ValueError, "ConstantLR: expected factor in [0, 1], got 1.5"),
    (lambda: lr_scheduler.LinearLR(P, 0), ValueError, "expected a start_factor in (0, 1], got 0"),
    (lambda: lr_scheduler.LinearLR(P, 1, 2), ValueError, "expected end_factor in [0, 1], got 2"),
    (lambda: lr_scheduler.CosineAnnealingWarmRestarts(P, 0), ValueError, "T_0: expected a whole number of steps ≥ 1"),
    (lambda: lr_scheduler.CyclicLR(P, 0, 1, mode="x"), ValueError, "expected mode to be 'triangular', 'triangular2'"),
    (lambda: lr_scheduler.OneCycleLR(P, 1), ValueError, "expected total_steps, or epochs and steps_per_epoch"),
    (lambda: lr_scheduler.OneCycleLR(P, 1, 9, pct_start=2), ValueError, "expected pct_start in [0, 1], got 2"),
    (lambda: lr_scheduler.ReduceLROnPlateau(P, "mean"), ValueError, "expected mode to be 'min' or 'max', got 'mean'"),
    (lambda: lr_scheduler.ReduceLROnPlateau(P, factor=1), ValueError, "expected a factor < 1, got 1"),
    (lambda: lr_scheduler.SWALR(P, 0.1, -1), ValueError, "expected anneal_epochs ≥ 0, got -1"),
    (lambda: lr_scheduler.SequentialLR(P, [STEP], [3]), ValueError, "expected 0 milestones, got [3]"),
    (lambda: lr_scheduler.ChainedScheduler([]), ValueError, "expected at least one scheduler"),
    (lambda: lr_scheduler.ChainedScheduler([STEP], O), ValueError, "number 0, StepLR, belongs to another optimizer"),
    (lambda: lr_scheduler.ChainedScheduler([linear(3)]), TypeError, "expected schedulers, got Schedule as number 0"),
    (lambda: lr_scheduler.ChainedScheduler([lr_scheduler.ReduceLROnPlateau(P)]), ValueError, "needs a metric"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=range(len(BAD)))
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_one_cycle_ends_and_groups_cannot_be_added_later():
    optimizer = make_optimizer(tn)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, 5)
    advance(optimizer, scheduler, 5)
    with pytest.raises(ValueError, match="step 6 is beyond its total of 5 steps"):
        scheduler.step()
    scheduler = lr_scheduler.LambdaLR(optimizer, abs)
    optimizer.add_param_group({"params": tn.ones(1, requires_grad=True)})
    with pytest.raises(ValueError, match="made for 2 parameter groups, the optimizer now has 3"):
        scheduler.step()
