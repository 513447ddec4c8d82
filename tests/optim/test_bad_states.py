"""States that are damaged in all ways: refused whole with a clear error, or taken, and then a step can be taken."""

import copy
import math
import random
import re

import numpy as np
import pytest
from optim_cases import CODED, PAPERS, TORCH, make

import tinynet as tn
from tinynet import nn, optim
from tinynet.optim import lr_scheduler, swa_utils

NASTY = [
    None, True, False, -1, 0, 1, 2, 3, 7, -0.5, 0.5, 1.5, 10**9, 2**62, 10**400, -(10**400), 1e308, -1e308, math.nan,
    math.inf, -math.inf, 1j, "", "a", "0", "1", "-1", b"0", (), [], {}, [1], [1, 2, 3], (0.9,), (0.9, 0.99, 0.9),
    ("a", "b"), (None, None), {"a": 1}, {0: 1}, {"0": 1}, {1}, object(), len, lambda t: -1.0,
    np.zeros(3), np.zeros(3, complex), np.zeros(3, object), np.zeros(3, "U1"), np.zeros((2, 2)), np.zeros(0),
    np.float32(0.5), np.int64(3), np.bool_(True), np.array(5), np.array([5]), np.full(3, math.nan),
    np.zeros(3, np.int8), np.zeros(3, np.float16), np.zeros(3, ">f4"), np.zeros(3, bool),
    tn.zeros(3), tn.zeros(2), tn.tensor(2.0), tn.tensor(-3), tn.ones(3, requires_grad=True),
    tn.ones(1, dtype=tn.float64),
]  # fmt: skip


def children(x):
    if isinstance(x, dict):
        return list(x)
    return list(range(len(x))) if isinstance(x, list | tuple) else []


def mutated(state, draw):
    """The state with one thing in it deleted, replaced, added, renamed, or put elsewhere."""
    state = copy.deepcopy(state)
    path, here = [], state
    while children(here) and (not path or draw.random() < 0.75):
        path.append((here, draw.choice(children(here))))
        here = path[-1][0][path[-1][1]]
    parent, key = path[-1]
    how = draw.choice(["replace", "replace", "replace", "delete", "add", "rename", "duplicate", "swap"])
    if isinstance(parent, tuple):  # made anew by its own parent
        values = list(parent)
        values[key] = draw.choice(NASTY)
        if how == "delete":
            del values[key]
        if len(path) > 1:
            path[-2][0][path[-2][1]] = tuple(values) if draw.random() < 0.5 else values
    elif how == "delete":
        del parent[key]
    elif how == "add" and isinstance(parent, dict):
        parent[draw.choice(["extra", "step", "lr", 5, "0", None, ("a",), *list(parent)])] = draw.choice(NASTY)
    elif how == "add":
        parent.append(draw.choice(NASTY))
    elif how == "rename" and isinstance(parent, dict):
        parent[draw.choice([str(key), f"{key}s", 17, -1, True, 0.0])] = parent.pop(key)
    elif how == "duplicate" and isinstance(parent, list):
        parent.append(parent[key])
    elif how == "swap":
        other = draw.choice(children(parent))
        parent[key], parent[other] = parent[other], parent[key]
    else:
        parent[key] = draw.choice(NASTY)
    return state if draw.random() < 0.97 else draw.choice(NASTY)


def seen(x):
    """All that can be seen of a state, as text."""
    if isinstance(x, dict):
        return {repr(k): seen(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [*map(seen, x)]
    return x.array.tobytes() if isinstance(x, tn.Tensor) else repr(x)


def optimizers(name):
    """(what has a state, all that must not change, what must be possible afterwards)."""
    shape = (3, 1) if name == "Muon" else (3,)
    ps = [tn.ones(shape, requires_grad=True), tn.full(shape, 2.0).requires_grad_()]
    table = {**TORCH, **PAPERS, **CODED}
    optimizer = make(name, ps, {"lr": table[name][0]})

    def step():
        def closure():
            optimizer.zero_grad()
            loss = sum((p * p).sum() for p in ps)
            loss.backward()
            return loss

        if hasattr(optimizer, "train"):
            optimizer.train()
        with np.errstate(all="ignore"):
            optimizer.step(closure)

    for _ in range(2):
        step()
    return optimizer, lambda: (optimizer.state_dict(), optimizer.param_groups, ps), step


SCHEDULERS = {
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, math.cos),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.9),
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1, 4]),
    "ConstantLR": lr_scheduler.ConstantLR,
    "LinearLR": lr_scheduler.LinearLR,
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "PolynomialLR": lr_scheduler.PolynomialLR,
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2, 2),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 3),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.1, 30),
    "SWALR": lambda o: lr_scheduler.SWALR(o, 0.01),
    "ReduceLROnPlateau": lr_scheduler.ReduceLROnPlateau,
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o), lr_scheduler.ExponentialLR(o, 0.9)], [4]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
}


def schedulers(name):
    p = tn.ones(1, requires_grad=True)
    optimizer = optim.SGD([{"params": [p]}, {"params": []}], lr=0.1, momentum=0.9)
    scheduler = SCHEDULERS[name](optimizer)

    def step():
        optimizer.step()
        scheduler.step(*[1.0] * (name == "ReduceLROnPlateau"))

    step()
    return scheduler, lambda: (scheduler.state_dict(), optimizer.state_dict()), step


def modules(name):
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    if name == "AveragedModel":
        module = swa_utils.AveragedModel(module)
    return module, lambda: dict(module.state_dict()), lambda: module(tn.ones(4, 3))


MAKERS = {
    **{name: optimizers for table in (TORCH, PAPERS, CODED) for name in table},
    **dict.fromkeys(SCHEDULERS, schedulers),
    **dict.fromkeys(["Sequential", "AveragedModel"], modules),
}


CLEAR = "expected|needs|must|lacks|another|fit|twice|no step|number|gives|depends|supported:"
PYTHONS = "object has no attribute|not subscriptable|not supported between|truth value|no len|'NoneType'"


def try_mutations(name, seeds):
    """How many were taken and refused."""
    taken = refused = 0
    owner, view, step = MAKERS[name](name)
    state = owner.state_dict()
    for seed in seeds:
        bad, before = mutated(state, random.Random(f"{name} {seed}")), seen(view())
        try:
            owner.load_state_dict(bad)
        except (ValueError, TypeError, RuntimeError) as error:
            refused += 1
            assert seen(view()) == before, f"seed {seed}: changed, although {error!r}"
            message = str(error)
            assert re.search(CLEAR, message) and not re.search(PYTHONS, message), f"seed {seed}: {error!r}"
        else:
            taken += 1
            try:
                step()
            except Exception as error:
                raise AssertionError(f"seed {seed}: after loading {bad}, a step fails: {error!r}") from error
            owner, view, step = MAKERS[name](name)
    return taken, refused


@pytest.mark.parametrize("name", MAKERS)
def test_damaged_states(name):
    taken, refused = try_mutations(name, range(30))
    assert taken and refused
