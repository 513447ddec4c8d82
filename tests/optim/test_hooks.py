"""Hooks on optimizers, and groups whose parameters are changed by hand, beside PyTorch's."""

import copy
import importlib
import pickle

import numpy as np
import pytest

import tinynet as tn
from tinynet import optim
from tinynet.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

HOOKS = ["step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post"]


def trained(lib, ps, optimizer):
    optimizer.zero_grad()
    sum((p * p).sum() for p in ps).backward()
    optimizer.step()


def calls(lib):
    """What hooks are called with, over two steps, a state that is saved, one that is loaded, and no more hooks."""
    p = lib.ones(2, requires_grad=True)
    optimizer, seen = lib.optim.SGD([p], 0.1, momentum=0.9), []
    for name in HOOKS:
        register = getattr(optimizer, f"register_{name}_hook")
        handles = [register(lambda *args, i=i, name=name: seen.append((name, i, *map(type_of, args)))) for i in (1, 2)]
        if "dict" in name:
            register(lambda *args, name=name: seen.append((name, 0)), prepend=True)
        handles[0].remove()
    module = importlib.import_module(f"{lib.__name__}.optim.optimizer")
    with module.register_optimizer_step_pre_hook(lambda *args: seen.append(("any_pre", *map(type_of, args)))):
        with module.register_optimizer_step_post_hook(lambda *args: seen.append(("any_post", *map(type_of, args)))):
            trained(lib, [p], optimizer)
    optimizer.step(closure=None)
    optimizer.load_state_dict(optimizer.state_dict())
    copy.deepcopy(optimizer).step()
    return seen


def type_of(x):
    return [type(v).__name__ for v in x] if isinstance(x, tuple) else type(x).__name__


@pytest.mark.torch
def test_hooks_are_called_as_in_pytorch(torch):
    ours, theirs = calls(tn), calls(torch)
    assert ours == theirs and len(ours) > 10


@pytest.mark.parametrize(
    "make", [optim.LBFGS, lambda ps: optim.SAM(optim.SGD(ps)), lambda ps: optim.Lookahead(optim.SGD(ps))]
)
def test_hooks_of_steps_of_another_form_run_once(make):
    p, seen = tn.ones(2, requires_grad=True), []
    optimizer = make([p])
    for name in HOOKS:
        getattr(optimizer, f"register_{name}_hook")(lambda *args, name=name: seen.append(name))

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen == HOOKS


def test_a_step_of_the_users_own_has_hooks_too_and_may_call_another():
    class Twice(optim.SGD):
        def step(self, closure=None):
            super().step()
            super().step()

    p, seen = tn.ones(1, requires_grad=True), []
    optimizer = Twice([p], 0.25)
    optimizer.register_step_post_hook(lambda *args: seen.append(p.item()))
    (p * 2).sum().backward()
    optimizer.step()
    assert seen == [0.0]


def test_a_hook_that_another_adds_before_the_step_is_called_after_it():
    optimizer, seen = tn.optim.SGD([tn.nn.Parameter(tn.zeros(1))], lr=0.1), []

    def add(*arguments):
        optimizer.register_step_post_hook(lambda *arguments: seen.append("after"))

    with optimizer.register_step_pre_hook(add):
        optimizer.step()
    assert seen == ["after"]


def test_what_hooks_return_takes_the_place_of_what_came():
    p = tn.ones(1, requires_grad=True)
    optimizer = optim.SGD([p], 0.25)
    (p * 4).sum().backward()
    handle = optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: (args, {"grad_scale": 4}))
    optimizer.step()
    assert p.item() == 0.75
    handle.remove()
    optimizer.register_state_dict_post_hook(lambda optimizer, state: {**state, "more": 1})
    optimizer.register_load_state_dict_pre_hook(
        lambda optimizer, state: {k: v for k, v in state.items() if k != "more"}
    )
    state = optimizer.state_dict()
    assert state["more"] == 1
    optimizer.load_state_dict(state)
    optimizer.register_step_pre_hook(lambda *args: 3)
    with pytest.raises(RuntimeError, match=r"expected a hook before a step to return None or \(args, kwargs\), got 3"):
        optimizer.step()


@pytest.mark.parametrize("register", [register_optimizer_step_pre_hook, register_optimizer_step_post_hook])
def test_a_hook_is_a_function(register):
    with pytest.raises(TypeError, match="expected hook to be a function, got 3"):
        register(3)


def test_hooks_are_not_pickled():
    optimizer = optim.Adam([tn.ones(1, requires_grad=True)])
    optimizer.register_step_pre_hook(lambda *args: None)
    assert not pickle.loads(pickle.dumps(optimizer))._hooks


# Groups whose parameters are changed by hand

CHANGES = {
    "append": lambda group, ps: group["params"].append(ps[2]),
    "extend": lambda group, ps: group["params"].extend(ps[2:]),
    "+=": lambda group, ps: group.__setitem__("params", group["params"].__iadd__(ps[2:])),
    "assign": lambda group, ps: group.__setitem__("params", [ps[1], ps[2]]),
    "replace": lambda group, ps: group["params"].__setitem__(0, ps[2]),
    "slice": lambda group, ps: group["params"].__setitem__(slice(None), ps[::-1]),
    "remove": lambda group, ps: group["params"].pop(0),
    "delete": lambda group, ps: group["params"].__delitem__(1),
    "update": lambda group, ps: group.update(params=ps[1:]),
    "reverse": lambda group, ps: group["params"].reverse(),
}


def after_change(lib, change):
    ps = [lib.full((n,), float(n), requires_grad=True) for n in (1, 2, 3)]
    optimizer = lib.optim.Adam(ps[:2], lr=0.1)
    trained(lib, ps, optimizer)
    CHANGES[change](optimizer.param_groups[0], ps)
    for p in ps:
        p.grad = None
    for _ in range(2):
        trained(lib, ps, optimizer)
    entries = [optimizer.state.get(p, {}) for p in ps]
    return ps, [float(entry.get("step", 0)) for entry in entries]


@pytest.mark.torch
@pytest.mark.parametrize("change", CHANGES)
def test_parameters_that_are_changed_by_hand_are_followed_as_in_pytorch(change, torch):
    (ours, our_steps), (theirs, their_steps) = after_change(tn, change), after_change(torch, change)
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-6)
    assert our_steps == their_steps


@pytest.mark.parametrize(("bad", "error"), [(3, TypeError), ("same", ValueError)], ids=str)
def test_what_is_no_parameter_is_an_error_of_the_next_step(bad, error):
    p = tn.ones(1, requires_grad=True)
    optimizer = optim.Adam([p])
    p.grad = tn.ones(1)
    optimizer.param_groups[0]["params"].append(p if bad == "same" else bad)
    with pytest.raises(error, match="parameter 1"):
        optimizer.step()
    assert p.item() == 1


@pytest.mark.parametrize("make", [optim.LBFGS, lambda ps: optim.Lookahead(optim.SGD(ps))])
def test_vectors_that_belong_to_the_old_parameters_are_an_error(make):
    ps = [tn.ones(1, requires_grad=True) for _ in range(2)]
    optimizer = make(ps[:1])
    closure = lambda: (ps[0] * 0 + ps[1]).sum()
    optimizer.step(closure)
    optimizer.param_groups[0]["params"].append(ps[1])
    with pytest.raises(ValueError, match="make a new optimizer"):
        optimizer.step(closure)


def test_a_parameter_that_has_left_is_not_in_the_state_dict():
    ps = [tn.ones(1, requires_grad=True) for _ in range(2)]
    optimizer = optim.Adam(ps)
    trained(tn, ps, optimizer)
    del optimizer.param_groups[0]["params"][0]
    trained(tn, ps, optimizer)
    assert list(optimizer.state_dict()["state"]) == [0] and optimizer.state[ps[0]]["step"] == 1
