"""What is true of every optimizer, found by looking into `tinynet.optim`."""

import copy
import inspect

import numba.core.dispatcher as dispatcher
import numpy as np
import pytest
from helpers import sampled
from optim_cases import (
    CODED,
    EVERY,
    PAPERS,
    TORCH,
    WRAPPERS,
    cases,
    flat,
    ids,
    make,
    parameters,
    quadratic,
    rosenbrock,
    train,
)

import tinynet as tn
from tinynet import optim
from tinynet.optim.engine.wrapper import Wrapper

NAMES = [
    name
    for name in optim.__all__
    if inspect.isclass(getattr(optim, name))
    and issubclass(getattr(optim, name), optim.Optimizer)
    and name != "Optimizer"
]
EACH = pytest.mark.parametrize("name", NAMES)
EVERY_CASE = pytest.mark.parametrize(("name", "options"), EVERY, ids=ids(EVERY))


def lr_of(name):
    return {**TORCH, **PAPERS, **CODED}[name][0]


def closure(optimizer, ps, problem, t=0):
    def run():
        optimizer.zero_grad()
        loss = problem(tn, ps, t)
        loss.backward()
        return loss

    return run


def step(name, optimizer, ps, problem=quadratic):
    if name in ("LBFGS", "SAM"):
        optimizer.step(closure(optimizer, ps, problem))
    else:
        closure(optimizer, ps, problem)()
        optimizer.step()


def test_every_optimizer_has_its_cases():
    assert sorted(NAMES) == sorted([*TORCH, *PAPERS, *CODED])
    exported = {
        cls.__name__
        for module in vars(optim).values()
        if inspect.ismodule(module)
        for cls in vars(module).values()
        if inspect.isclass(cls) and issubclass(cls, optim.Optimizer) and cls.__name__[0] != "_"
    }
    assert exported - {"Optimizer", "Wrapper", "Moments", "ScheduleFree"} == set(NAMES)


@EACH
def test_it_says_where_it_comes_from(name):
    text = getattr(optim, name).__doc__
    assert "←" in text and any(str(year) in text for year in range(1960, 2027)), "no equation, or no year"
    assert len(inspect.getsource(getattr(optim, name).__init__).splitlines()) < 25


@pytest.mark.parametrize(
    "problem", [quadratic, pytest.param(rosenbrock, marks=pytest.mark.thorough)], ids=lambda f: f.__name__
)
@EACH
def test_it_converges(name, problem):
    ps = parameters(tn, tn.float32, name)
    optimizer = make(name, ps, {"lr": lr_of(name)})
    steps = 2000 if name in ("Adadelta", "Lion") else 10 if name == "LBFGS" else 250
    for _ in train(optimizer, ps, problem, steps, name=name):
        pass
    if hasattr(optimizer, "eval"):
        optimizer.eval()
    start = problem(tn, parameters(tn, tn.float32, name)).item()
    end = problem(tn, ps).item()
    assert end < (0.05 if problem is quadratic else 0.5) * start, f"from {start:.3g} to {end:.3g}"


@pytest.mark.parametrize("dtype", sampled([tn.float32, tn.float64], 2), ids=str)
@EACH
def test_it_keeps_the_dtype(name, dtype):
    ps = parameters(tn, dtype, name)
    optimizer = make(name, ps, {"lr": lr_of(name)})
    for _ in range(2):
        step(name, optimizer, ps)
    assert {p.dtype for p in ps} == {dtype}
    for entry in optimizer.state.values():
        assert {v.dtype for v in entry.values() if isinstance(v, tn.Tensor) and v.is_floating_point()} <= {dtype}


@EVERY_CASE
def test_nothing_is_compiled_in_the_second_step_nor_when_hyperparameters_change(name, options, monkeypatch):
    ps = parameters(tn, tn.float32, name)
    optimizer = make(name, ps, options)
    for _ in range(8 if name == "RAdam" else 2 if name == "ADOPT" else 1):  # whose first steps have other rules
        step(name, optimizer, ps)
    compiled = []
    compile_ = dispatcher.Dispatcher.compile
    monkeypatch.setattr(
        dispatcher.Dispatcher, "compile", lambda self, *args: (compiled.append(self), compile_(self, *args))[1]
    )
    for change in ({}, {"lr": 1}, {"weight_decay": np.float32(0.25)}, {"eps": 0.125}, {"momentum": 0.5}):
        for key, value in change.items():
            now = optimizer.param_groups[0].get(key)
            if isinstance(now, float) and now:  # with a momentum of 0, SGD and RMSprop follow other rules
                optimizer.param_groups[0][key] = value
        step(name, optimizer, ps)
    assert not compiled


@pytest.mark.parametrize("problem", [rosenbrock], ids=lambda f: f.__name__)
@EVERY_CASE
def test_training_on_from_a_saved_state_gives_the_same_bits(name, options, problem):
    def fresh():
        ps = parameters(tn, tn.float32, name)
        return ps, make(name, ps, options)

    whole, optimizer = fresh()
    paths = list(train(optimizer, whole, problem, 14, name=name))

    first, optimizer = fresh()
    list(train(optimizer, first, problem, 7, name=name))
    saved = copy.deepcopy(optimizer.state_dict())
    values = [p.detach().numpy().copy() for p in first]
    list(train(optimizer, first, problem, 3, name=name))  # which must not change what was saved
    second, optimizer = fresh()
    list(train(optimizer, second, problem, 2, name=name))
    for p, v in zip(second, values):
        p.data = tn.tensor(v)
    optimizer.load_state_dict(saved)
    assert str(optimizer.state_dict()) == str(saved)
    resumed = list(train(optimizer, second, problem, 7, start=7, name=name))
    np.testing.assert_array_equal(resumed, paths[7:])


@EACH
def test_parameters_without_gradient_stay(name):
    ps = parameters(tn, tn.float64, name)
    optimizer = make(name, ps, {"lr": lr_of(name)})
    before = flat(ps[1:2]).copy()
    for _ in range(3):
        step(name, optimizer, ps, lambda lib, ps, t: quadratic(lib, [ps[0], *ps[2:]]))
    assert (flat(ps[1:2]) == before).all()
    assert ps[1] not in optimizer.state
    step(name, optimizer, ps)
    assert (flat(ps[1:2]) != before).any() or name == "ADOPT"


@pytest.mark.parametrize(("name", "options"), cases(TORCH), ids=ids(cases(TORCH)))
def test_late_parameters_and_missing_gradients_are_as_in_pytorch(name, options, torch):
    if name in ("LBFGS", "Muon"):
        pytest.skip("one group of parameters; bfloat16")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # in which PyTorch keeps numbers of its state

    def path(lib):
        ps = parameters(lib, lib.float64, name)
        optimizer = make(name, ps[:2], {**options, "lr": 1e-3}, lib)
        for t in range(12):
            if t == 4:
                optimizer.add_param_group({"params": ps[2:], "lr": 2e-3})
            optimizer.zero_grad()
            quadratic(lib, [p for i, p in enumerate(ps) if (t + i) % 3 or t == 5]).backward()
            for p in ps:
                if name == "SparseAdam" and lib is torch and p.grad is not None:
                    p.grad = p.grad.to_sparse()
            optimizer.step()
        return flat(ps)

    ours, theirs = path(tn), path(torch)
    torch.set_default_dtype(before)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)


def test_a_gradient_that_was_always_zero_moves_nothing():
    for name in sorted({*NAMES} - {"LBFGS", "SAM"}):
        ps = parameters(tn, tn.float32, name)
        options = {"weight_decay": 0.0} if "weight_decay" in inspect.signature(getattr(optim, name)).parameters else {}
        optimizer = make(name, ps, {"lr": lr_of(name), **options})
        start = flat(ps).copy()
        for _ in range(3):
            for p in ps:
                p.grad = tn.zeros_like(p)
            optimizer.step()
        if name == "ASGD":  # which decays by lambd
            assert np.isfinite(flat(ps)).all()
        else:
            np.testing.assert_allclose(flat(ps), start, rtol=1e-6, err_msg=name)
    p = tn.ones(2, requires_grad=True)
    p.grad = tn.zeros(2)
    optim.Adamax([p], eps=0.0).step()  # 0 / 0 in the paper
    assert p.tolist() == [1.0, 1.0]


def test_wrappers_take_the_optimizers_groups():
    for name in WRAPPERS:
        p = tn.ones(2, requires_grad=True)
        inner = optim.SGD([p], lr=0.1)
        outer = getattr(optim, name)(inner)
        assert isinstance(outer, Wrapper) and outer.param_groups is inner.param_groups
        outer.add_param_group({"params": [tn.ones(1, requires_grad=True)], "lr": 0.5})
        assert [g["lr"] for g in inner.param_groups] == [0.1, 0.5]
        assert repr(inner) in repr(outer)


P, M = tn.ones(2, requires_grad=True), tn.ones(2, 2, requires_grad=True)
BAD = [
    ("Adam", {"betas": (1.2, 0.9)}, "Adam: beta1 must be in [0, 1), got 1.2"),
    ("AdamW", {"betas": (0.9, 1)}, "AdamW: beta2 must be in [0, 1), got 1"),
    ("AdamW", {"weight_decay": -1}, "AdamW: weight_decay must be ≥ 0, got -1"),
    ("Adamax", {"eps": -1}, "Adamax: eps must be ≥ 0, got -1"),
    ("NAdam", {"momentum_decay": -1}, "NAdam: momentum_decay must be ≥ 0, got -1"),
    ("RAdam", {"betas": (-0.1, 0.9)}, "RAdam: beta1 must be in [0, 1), got -0.1"),
    ("SparseAdam", {"eps": 0}, "SparseAdam: eps must be > 0, got 0"),
    ("Adagrad", {"lr_decay": -1}, "Adagrad: lr_decay must be ≥ 0, got -1"),
    ("Adagrad", {"initial_accumulator_value": -1}, "Adagrad: initial_accumulator_value must be ≥ 0, got -1"),
    ("Adadelta", {"rho": 1.5}, "Adadelta: rho must be in [0, 1], got 1.5"),
    ("Adafactor", {"d": 0.5}, "Adafactor: d must be ≥ 1, got 0.5"),
    ("Adafactor", {"beta2_decay": 0.1}, "Adafactor: beta2_decay must be ≤ 0, got 0.1"),
    ("Adafactor", {"eps": (None, -1)}, "Adafactor: eps2 must be ≥ 0, got -1"),
    ("Rprop", {"etas": (1.1, 1.2)}, "Rprop: etas must be below and above 1, got (1.1, 1.2)"),
    ("ASGD", {"weight_decay": -1}, "ASGD: weight_decay must be ≥ 0, got -1"),
    ("LBFGS", {"line_search_fn": "armijo"}, "LBFGS: line_search_fn must be one of (None, 'strong_wolfe'), got armijo"),
    ("Muon", {}, "Muon: parameters must be matrices, got one of shape (2,)"),
    ("Momentum", {"momentum": -1}, "Momentum: momentum must be ≥ 0, got -1"),
    ("Lion", {"betas": (0.9, 1.0)}, "Lion: beta2 must be in [0, 1), got 1.0"),
    ("Adan", {"betas": (0.9, 0.9, 1.0)}, "Adan: beta3 must be in [0, 1), got 1.0"),
    ("LARS", {"trust_coefficient": -1}, "LARS: trust_coefficient must be ≥ 0, got -1"),
    ("Prodigy", {"d0": 0}, "Prodigy: d0 must be > 0, got 0"),
    ("Prodigy", {"growth_rate": 1}, "Prodigy: growth_rate must be > 1, got 1"),
    ("SGDScheduleFree", {"momentum": 0}, "SGDScheduleFree: momentum must be in (0, 1), got 0"),
    ("AdamWScheduleFree", {"betas": (0, 0.9)}, "AdamWScheduleFree: beta1 must be in (0, 1), got 0"),
    ("SAM", {"rho": -1}, "SAM: rho must be ≥ 0, got -1"),
    ("Lookahead", {"alpha": 2}, "Lookahead: alpha must be in [0, 1], got 2"),
    ("Lookahead", {"k": 0}, "Lookahead: k must be ≥ 1, got 0"),
]


@pytest.mark.parametrize(("name", "options", "message"), BAD, ids=[f"{b[0]}-{'-'.join(b[1])}" for b in BAD])
def test_bad_arguments(name, options, message):
    with pytest.raises(ValueError) as caught:
        make(name, [P], {"lr": 0.1, **options})
    assert str(caught.value) == message
    if name not in WRAPPERS:
        assert P._leaf.home is None  # nothing was moved


@EACH
def test_a_learning_rate_must_not_be_negative(name):
    if name not in WRAPPERS:
        for lr in (-1, float("nan")):
            with pytest.raises(ValueError, match=f"{name}: lr must be ≥ 0, got {lr}"):
                make(name, [M], {"lr": lr})


def test_what_needs_a_closure_says_so():
    for name in ("LBFGS", "SAM"):
        with pytest.raises(TypeError, match=f"{name}: step needs a closure"):
            make(name, [tn.ones(2, requires_grad=True)], {"lr": 0.1}).step()
    with pytest.raises(TypeError, match="Lookahead: expected an optimizer, got list"):
        optim.Lookahead([P])
    with pytest.raises(ValueError, match="LBFGS: parameter groups must be one"):
        optim.LBFGS([{"params": [P]}, {"params": [M]}])
