"""Containers: the operators and methods of lists and mappings, on both libraries."""

import pytest

import tinynet as tn
from tinynet import nn


def numbered(lib, kind, n=3):
    modules = [lib.nn.Linear(i + 1, 1) for i in range(n)]
    return lib.nn.Sequential(*modules) if kind == "Sequential" else lib.nn.ModuleList(modules)


def named(lib):
    return lib.nn.ParameterDict({name: lib.full((1,), float(i)) for i, name in enumerate("abc")})


def changed(x, *changes):
    for change in changes:
        change(x)
    return x


NUMBERED = {
    "insert": lambda lib, x, y: changed(x, lambda x: x.insert(1, lib.nn.ReLU())),
    "insert at the end": lambda lib, x, y: changed(x, lambda x: x.insert(3, lib.nn.ReLU())),
    "pop": lambda lib, x, y: [x.pop(1), x, x.pop(-1), x],
    "del": lambda lib, x, y: changed(x, lambda x: x.__delitem__(0)),
    "del a slice": lambda lib, x, y: changed(x, lambda x: x.__delitem__(slice(0, 2))),
    "+": lambda lib, x, y: [x + y, x],
    "+=": lambda lib, x, y: x.__iadd__(y),
    "extend": lambda lib, x, y: x.extend(y),
    "slice": lambda lib, x, y: x[1:],
    "names": lambda lib, x, y: ["1" in dir(x), [n for n, _ in x.named_parameters()]],
    "append": lambda lib, x, y: [x.append(lib.nn.ReLU()), len(x), lib.nn.Sequential(x)],
}
SEQUENTIAL = {
    "*": lambda lib, x: [x * 2, 2 * x, x],
    "*=": lambda lib, x: x.__imul__(3),
    "insert returns it": lambda lib, x: x.insert(0, lib.nn.ReLU()) is x,
    "of names": lambda lib, x: changed(
        lib.nn.Sequential(__import__("collections").OrderedDict(a=lib.nn.ReLU(), b=lib.nn.Tanh(), c=lib.nn.ELU())),
        lambda x: x.pop(0),
    ),
    "subclass": lambda lib, x: type(type("Mine", (lib.nn.Sequential,), {})(*x)[:2]).__name__,
}
NAMED = {
    "copy": lambda lib, x: [list(x.copy()), x.copy()["a"] is x["a"]],
    "popitem": lambda lib, x: [x.popitem()[0], list(x)],
    "setdefault": lambda lib, x: [x.setdefault("a", 3) is x["a"], x.setdefault("d", lib.ones(1)).tolist(), list(x)],
    "fromkeys": lambda lib, x: list(x.fromkeys(["x", "y"], lib.ones(1))),
    "|": lambda lib, x: [list(x | lib.nn.ParameterDict({"z": lib.ones(1)})), list(x)],
    "|=": lambda lib, x: list(x.__ior__(lib.nn.ParameterDict({"a": lib.ones(1), "z": lib.ones(1)}))),
    "reversed": lambda lib, x: list(reversed(x)),
}


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
@pytest.mark.parametrize("name", NUMBERED)
def test_numbered_modules_are_pytorchs(torch, name, kind):
    ours, theirs = (repr(NUMBERED[name](lib, numbered(lib, kind), numbered(lib, kind, 2))) for lib in (tn, torch))
    assert ours == theirs


@pytest.mark.torch
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_is_pytorchs(torch, name):
    ours, theirs = (repr(SEQUENTIAL[name](lib, numbered(lib, "Sequential"))) for lib in (tn, torch))
    assert ours == theirs


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMED)
def test_parameters_by_name_are_pytorchs(torch, name):
    ours, theirs = (NAMED[name](lib, named(lib)) for lib in (tn, torch))
    assert ours == theirs


@pytest.mark.torch
def test_equal_modules_of_a_list_are_shown_once(torch):
    for lib in (tn, torch):
        lib.shown = repr(lib.nn.ModuleList([lib.nn.ReLU(), *(lib.nn.Sequential(lib.nn.ELU()) for _ in range(2))]))
    assert tn.shown == torch.shown and "(1-2): 2 x Sequential(" in tn.shown
    del tn.shown, torch.shown


def test_what_does_not_fit_changes_nothing():
    x = numbered(tn, "Sequential")
    for change, error in [
        (lambda: x.insert(9, nn.ReLU()), ValueError), (lambda: x.insert(0, 3), TypeError),
        (lambda: x.pop(3), IndexError), (lambda: x + nn.ModuleList(), ValueError), (lambda: x * 0, ValueError),
        (lambda: x.append(None), TypeError),
    ]:  # fmt: skip
        with pytest.raises(error):
            change()
    assert [m.in_features for m in x] == [1, 2, 3] and list(dict(x.named_children())) == ["0", "1", "2"]


def test_modules_and_buffers_by_path():
    net = nn.Sequential(nn.Sequential(nn.BatchNorm1d(2)), nn.ReLU())
    assert net.get_buffer("0.0.running_mean") is net[0][0].running_mean
    with pytest.raises(AttributeError, match="Sequential has no buffer"):
        net.get_buffer("0.0.weight")
    net.set_submodule("0.0", nn.Tanh())
    assert isinstance(net[0][0], nn.Tanh)
    net.set_submodule("0.1", nn.ELU())
    assert len(net[0]) == 2
    with pytest.raises(AttributeError, match="nothing is called '2'"):
        net.set_submodule("0.2", nn.ELU(), strict=True)
    with pytest.raises(ValueError, match="expected module to be a Module, got int"):
        net.set_submodule("0", 3)


def test_types():
    model = nn.BatchNorm1d(2)
    assert model.type(tn.float64) is model and model.weight.dtype == model.running_mean.dtype == tn.float64
    assert model.num_batches_tracked.dtype == tn.float64  # all of them, as in PyTorch
    assert nn.Linear(2, 2).type("torch.DoubleTensor").weight.dtype == tn.float64
    assert nn.Linear(2, 2).to_empty(device="cpu").weight.shape == (2, 2)
