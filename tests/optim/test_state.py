"""The state of optimizers: PyTorch's are read, what is no state is refused whole, one of one's own is kept."""

import copy
import inspect
import json

import numpy as np
import pytest
from optim_cases import TORCH, cases, ids, make, parameters, quadratic, rosenbrock, train

import tinynet as tn
from tinynet import optim

CASES = [case for case in cases(TORCH) if case[0] not in ("Muon", "SparseAdam")]  # bfloat16; sparse gradients


# PyTorch's states


@pytest.mark.parametrize("in_between", [lambda state: state, copy.deepcopy], ids=["as it is", "copied"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=ids(CASES))
def test_a_state_of_pytorchs_is_continued(name, options, in_between, torch):
    ps = parameters(torch, torch.float64, name)
    theirs = make(name, ps, options, torch)
    list(train(theirs, ps, rosenbrock, 4, torch, name=name))
    qs = parameters(tn, tn.float64, name)
    for p, q in zip(ps, qs):
        q.data = tn.tensor(p.detach().numpy())
    ours = make(name, qs, {"lr": 0.5})
    ours.load_state_dict(in_between(theirs.state_dict()))
    assert {k: v for k, v in ours.param_groups[0].items() if k != "params"} == {
        k: v for k, v in theirs.param_groups[0].items() if k != "params"
    }
    expected = np.array(list(train(theirs, ps, rosenbrock, 5, torch, start=4, name=name)))
    actual = np.array(list(train(ours, qs, rosenbrock, 5, start=4, name=name)))
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-9)  # numbers of its state are float32


@pytest.mark.parametrize("name", TORCH)
def test_arguments_and_groups_are_pytorchs(name, torch):
    ours, theirs = (inspect.signature(getattr(lib.optim, name).__init__).parameters for lib in (tn, torch))
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]
    a, b = (make(name, [lib.ones(2, 2, requires_grad=True)], {}, lib) for lib in (tn, torch))
    assert set(a.param_groups[0]) == set(b.param_groups[0])


@pytest.mark.parametrize("name", ["ASGD", "NAdam"])
def test_numbers_of_the_state_follow_the_hyperparameters_of_each_step_past(name, torch):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)

    def path(lib):
        ps = parameters(lib, lib.float64)
        optimizer, found = make(name, ps, {"lr": 0.05}, lib), []
        for t in range(9):
            if t in (3, 6):
                optimizer.param_groups[0].update(lr=0.01 * t, lambd=0.1 * t, momentum_decay=0.01 * t, t0=1)
            found += train(optimizer, ps, quadratic, 1, lib, t)
        return np.array(found)

    ours, theirs = path(tn), path(torch)
    torch.set_default_dtype(before)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def trained(make=optim.Adam, steps=2, **options):
    p = tn.ones(3, requires_grad=True)
    optimizer = make([p], **options)
    for _ in range(steps):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
    return optimizer


def test_a_state_that_went_through_json_is_read():
    def plain(x):
        return x.tolist() if isinstance(x, tn.Tensor) else x

    saved = trained().state_dict()
    text = json.dumps(saved, default=plain)
    other = optim.Adam([tn.ones(3, requires_grad=True)])
    other.load_state_dict(json.loads(text))
    assert json.dumps(other.state_dict(), default=plain) == text


def test_a_step_is_a_number_or_a_tensor_and_may_be_missing_where_it_does_not_matter():
    for step in (2, 2.0, np.float32(2), np.array(2), tn.tensor(2.0)):
        optimizer, saved = optim.Adam([tn.ones(3, requires_grad=True)]), trained().state_dict()
        saved["state"][0]["step"] = step
        optimizer.load_state_dict(saved)
        assert optimizer.state_dict()["state"][0]["step"] == optimizer.step_count == 2
    sgd = trained(optim.SGD, momentum=0.9)
    saved = sgd.state_dict()
    del saved["state"][0]["step"]
    other = optim.SGD([tn.ones(3, requires_grad=True)])
    other.load_state_dict(saved)
    (state,) = other.state.values()
    assert (state["momentum_buffer"].array == saved["state"][0]["momentum_buffer"].array).all()
    saved["state"][0]["momentum_buffer"] = None  # as PyTorch has it without momentum
    other.load_state_dict(saved)
    assert not other.state
    saved = trained().state_dict()
    del saved["state"][0]["step"]
    with pytest.raises(ValueError, match="the state has no step, and Adam depends on it"):
        trained().load_state_dict(saved)


# Groups


def test_what_else_a_group_holds_is_kept():
    layer = tn.nn.Linear(2, 2)
    optimizer = optim.SGD([{"params": layer.weight, "name": "w", "layer": layer, "depth": lambda t: t}], lr=0.1)
    (group,) = optimizer.param_groups
    assert group["name"] == "w" and group["layer"] is layer and group["depth"](3) == 3
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["name"] == "w"
    saved["param_groups"][0].update(name="v", more=[1])
    optimizer.load_state_dict(saved)
    assert group["name"] == "v" and group["more"] == [1]


def test_an_empty_group_is_a_group():
    p = tn.ones(2, requires_grad=True)
    optimizer = optim.Adam([{"params": [], "lr": 0.5}, {"params": [p]}], lr=0.1)
    p.sum().backward()
    optimizer.step(max_norm=1.0)
    assert p.tolist() == pytest.approx([0.9, 0.9])
    other = optim.Adam([{"params": []}, {"params": [tn.ones(2, requires_grad=True)]}])
    other.load_state_dict(optimizer.state_dict())
    assert [g["lr"] for g in other.param_groups] == [0.5, 0.1]
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0] and "Parameter Group 1" in repr(optimizer)


def test_parameters_with_names():
    layer = tn.nn.Linear(2, 2)
    optimizer = optim.SGD(layer.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"] == [layer.weight, layer.bias]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_a_tensor_as_learning_rate_is_its_number():
    p = tn.ones(1, requires_grad=True)
    optimizer = optim.Adam([p], lr=tn.tensor(0.5), betas=(tn.tensor(0.5), 0.9))
    assert optimizer.lr == 0.5 and optimizer.param_groups[0]["betas"] == (0.5, 0.9)
    optimizer.param_groups[0]["lr"] = tn.tensor(0.25)
    assert optimizer.lr == 0.25


# `optimizer.state`


def test_the_state_can_be_read_written_and_forgotten():
    p = tn.ones(3, requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    state = optimizer.state[p]
    assert len(state) == 0 and p not in optimizer.state and len(optimizer.state) == 0
    p.sum().backward()
    optimizer.step()
    assert list(state) == ["step", "exp_avg", "exp_avg_sq"] and list(optimizer.state) == [p]
    state["exp_avg"].zero_()
    assert optimizer.state[p]["exp_avg"].tolist() == [0.0] * 3
    state["exp_avg"] = tn.ones(3)
    state["step"] = tn.tensor(7.0)
    state["mine"] = "kept"
    saved = optimizer.state_dict()
    assert saved["state"][0]["step"] == 7 and saved["state"][0]["exp_avg"].tolist() == [1.0] * 3
    other = optim.Adam([tn.ones(3, requires_grad=True)])
    other.load_state_dict(saved)
    assert str(other.state_dict()) == str(saved) and saved["state"][0]["mine"] == "kept"
    with pytest.raises(ValueError, match=r"expected exp_avg of shape \(3,\), got \(2,\)"):
        state["exp_avg"] = tn.ones(2)
    with pytest.raises(KeyError):
        state["nothing"]
    del optimizer.state[p]
    assert not optimizer.state and state.get("exp_avg") is None
    optimizer.state = {p: {"step": 1, "exp_avg": tn.ones(3), "exp_avg_sq": tn.ones(3)}}
    assert optimizer.state[p]["exp_avg"].tolist() == [1.0] * 3
    optimizer.state.clear()
    q = tn.ones(3, requires_grad=True)
    fresh = optim.Adam([q], lr=0.1)
    for x, o in ((p, optimizer), (q, fresh)):
        x.data = tn.ones(3)
        x.grad = tn.ones(3)
        o.step()
    assert p.tolist() == q.tolist()


# Optimizers of the user's own, in PyTorch's style


def program(lib):
    class Heavy(lib.optim.Optimizer):
        """Momentum and an average of the path, as one would write it by hand."""

        def __init__(self, params, lr, momentum=0.9):
            super().__init__(params, {"lr": lr, "momentum": momentum})

        @lib.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with lib.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["buffer"] = lib.zeros_like(p)
                        state["average"] = p.data.clone()
                        state["seen"] = []
                    state["step"] += 1
                    state["buffer"].mul_(group["momentum"]).add_(p.grad)
                    p.data.add_(state["buffer"] * -group["lr"])
                    state["average"].lerp_(p.data, 1 / state["step"]) if lib is not tn else state["average"].add_(
                        (p.data - state["average"]) * (1 / state["step"])
                    )
                    state["seen"].append(state["step"])
            self.state["calls"] = self.state["calls"] + 1 if "calls" in self.state else 1
            return loss

    return Heavy


def numbers(x):
    """Tensors as lists, also inside of dicts and lists."""
    if hasattr(x, "items"):
        return {k: numbers(v) for k, v in x.items()}
    return [*map(numbers, x)] if isinstance(x, list) else x.tolist() if hasattr(x, "tolist") else x


def assert_close(a, b):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        a, b = list(a.values()), list(b.values())
    if isinstance(a, list):
        for x, y in zip(a, b, strict=True):
            assert_close(x, y)
    else:
        assert a == pytest.approx(b, rel=1e-5)


def test_an_optimizer_of_ones_own_is_as_in_pytorch(torch):
    def run(lib):
        def loss_of(ps):
            loss = sum((p * p).sum() for p in ps)
            loss.backward()
            return loss

        ps = [lib.tensor([1.0, -2.0], requires_grad=True), lib.tensor([3.0], requires_grad=True)]
        optimizer = program(lib)([{"params": ps[:1]}, {"params": ps[1:], "lr": 0.2}], lr=0.1)
        scheduler = lib.optim.lr_scheduler.StepLR(optimizer, 2)
        for _ in range(5):
            optimizer.zero_grad()
            loss_of(ps)
            optimizer.step()
            scheduler.step()
        saved = optimizer.state_dict()
        groups = [{k: g[k] for k in ("lr", "momentum", "params", "initial_lr")} for g in saved["param_groups"]]
        found = [numbers(saved["state"]), groups]
        qs = [lib.tensor(p.detach().numpy().copy(), requires_grad=True) for p in ps]
        other = program(lib)([{"params": qs[:1]}, {"params": qs[1:]}], lr=0.3)
        other.load_state_dict(copy.deepcopy(saved))
        for _ in range(3):
            loss = other.step(lambda: (other.zero_grad(), loss_of(qs))[1])
        return numbers([*found, other.state_dict()["state"], *ps, *qs, loss])

    assert_close(run(tn), run(torch))


def test_an_optimizer_of_ones_own_follows_schedules_and_is_copied():
    p = tn.ones(2, requires_grad=True)
    optimizer = program(tn)([p], lr=optim.schedules.piecewise({0: 0.5, 1: 0.25}))
    p.sum().backward()
    optimizer.step()
    assert optimizer.step_count == 1 and optimizer.lr == 0.25
    q, other = copy.deepcopy((p, optimizer))
    other.step()
    assert q.tolist() != p.tolist() == [0.5, 0.5]
    assert other.state[q]["seen"] == [1, 2] and optimizer.state[p]["seen"] == [1]


def test_without_a_rule_and_a_step_nothing_is_done():
    class Empty(optim.Optimizer):
        pass

    with pytest.raises(NotImplementedError, match="Empty: an optimizer has a rule, or a step of its own"):
        Empty([tn.ones(1, requires_grad=True)], {}).step()
