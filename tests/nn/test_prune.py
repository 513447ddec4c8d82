"""`nn.utils.prune`: masks, states and gradients as PyTorch's, from the same weights."""

import numpy as np
import pytest
from helpers import numpy
from twins import array, twins

import tinynet as tn
from tinynet import nn
from tinynet.errors import ArgumentTypeError, ArgumentValueError, ShapeError
from tinynet.nn.utils import prune

SCORES = array(6, 4, seed=3)
WAYS = {
    "l1": lambda lib, p, m: p.l1_unstructured(m, "weight", 0.3),
    "l1, so many": lambda lib, p, m: p.l1_unstructured(m, "weight", amount=5),
    "l1 by scores": lambda lib, p, m: p.l1_unstructured(m, "weight", 0.5, lib.tensor(SCORES)),
    "rows": lambda lib, p, m: p.ln_structured(m, "weight", 0.34, 2, 0),
    "columns": lambda lib, p, m: p.ln_structured(m, name="weight", amount=2, n=float("inf"), dim=-1),
    "mask": lambda lib, p, m: p.custom_from_mask(m, "weight", lib.tensor(SCORES > 0)),
    "nothing": lambda lib, p, m: p.identity(m, "weight"),
    "bias": lambda lib, p, m: p.l1_unstructured(m, "bias", 2),
    "again": lambda lib, p, m: p.l1_unstructured(p.l1_unstructured(m, "weight", 0.3), "weight", 0.5),
    "rows, then elements": lambda lib, p, m: p.l1_unstructured(p.ln_structured(m, "weight", 2, 1, 0), "weight", 4),
    "elements, then columns": lambda lib, p, m: p.ln_structured(p.l1_unstructured(m, "weight", 9), "weight", 1, 2, 1),
    "mask, then rows": lambda lib, p, m: p.ln_structured(
        p.custom_from_mask(m, "weight", lib.tensor(SCORES > 0)), "weight", 0.5, 2, 0
    ),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", WAYS)
def test_what_is_pruned_is_pytorchs(torch, name):
    from torch.nn.utils import prune as theirs

    states = []
    for lib, tools, module in zip((tn, torch), (prune, theirs), twins(torch, "Linear", 4, 6)):
        assert WAYS[name](lib, tools, module) is module and tools.is_pruned(module)
        optimizer = lib.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            (module(lib.tensor(array(5, 4))) ** 2).sum().backward()
            optimizer.step()
        masked = {key: numpy(value).copy() for key, value in module.state_dict().items()}
        y = numpy(module(lib.tensor(array(5, 4))).detach())
        tools.remove(module, "bias" if name == "bias" else "weight")
        assert not tools.is_pruned(module) and isinstance(module.weight, lib.nn.Parameter)
        assert set(dict(module.named_parameters())) == {"weight", "bias"}
        after = {key: numpy(value) for key, value in module.state_dict().items()}
        states.append({**masked, **{f"{key}, after": value for key, value in after.items()}, "y": y})
    assert list(states[0]) == list(states[1])
    for key, value in states[0].items():
        np.testing.assert_allclose(value, states[1][key], 1e-5, 1e-6, err_msg=key)


@pytest.mark.torch
def test_several_tensors_are_pruned_as_one(torch):
    from torch.nn.utils import prune as theirs

    found = []
    for lib, tools in ((tn, prune), (torch, theirs)):
        layers = [lib.nn.Linear(4, 6), lib.nn.Linear(6, 3)]
        for i, layer in enumerate(layers):
            layer.load_state_dict({k: lib.tensor(array(*v.shape, seed=i)) for k, v in layer.state_dict().items()})
        tools.l1_unstructured(layers[0], "weight", 3)
        pairs = [(layers[0], "weight"), (layers[1], "weight")]
        tools.global_unstructured(pairs, pruning_method=tools.L1Unstructured, amount=0.4)
        found.append([numpy(layer.weight_mask) for layer in layers])
    for ours, expected in zip(*found):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("amount, left", [(0.25, 18), (4, 20), (0, 24), (1.0, 0)])
def test_any_elements_and_any_rows(amount, left):
    module = prune.random_unstructured(nn.Linear(4, 6), "weight", amount)
    assert module.weight_mask.sum() == left and ((module.weight != 0) == (module.weight_mask == 1)).all()
    module = prune.random_structured(nn.Linear(4, 6), "weight", 0.5, 0)
    assert sorted(module.weight_mask.sum(1).tolist()) == [0] * 3 + [4] * 3


def test_a_state_of_a_pruned_module_loads_into_another():
    a, b = (prune.random_unstructured(nn.Linear(4, 6), "weight", 0.5) for _ in range(2))
    b.load_state_dict(a.state_dict())
    x = tn.ones(2, 4)
    assert (a(x) == b(x)).all() and (b.weight == a.weight).all()


@pytest.mark.parametrize(
    "run, error, words",
    [
        (lambda m: prune.l1_unstructured(m, "weight", 1.5), ArgumentValueError, "amount"),
        (lambda m: prune.l1_unstructured(m, "weight", 25), ArgumentValueError, "amount"),
        (lambda m: prune.l1_unstructured(m, "weight", "all"), ArgumentTypeError, "amount"),
        (lambda m: prune.l1_unstructured(m, "weights", 1), ArgumentValueError, "name of a parameter"),
        (lambda m: prune.ln_structured(m, "bias", 1, 2, 0), ShapeError, "at least 2 dimensions"),
        (lambda m: prune.ln_structured(m, "weight", 1, 2, 2), IndexError, "2"),
        (lambda m: prune.custom_from_mask(m, "weight", tn.ones(2)), ShapeError, r"mask of shape \(6, 4\)"),
        (lambda m: prune.remove(m, "weight"), ArgumentValueError, "not pruned"),
        (
            lambda m: prune.global_unstructured([(m, "weight")], prune.LnStructured, amount=1, n=2),
            TypeError,
            "unstruct",
        ),
    ],
)
def test_what_cannot_be_pruned_is_an_error_and_changes_nothing(run, error, words):
    module = nn.Linear(4, 6)
    with pytest.raises(error, match=words):
        run(module)
    assert list(module.state_dict()) == ["weight", "bias"] and not prune.is_pruned(module)
