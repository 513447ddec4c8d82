"""Optimizers in general: the arena, groups, rules of one's own, and errors. `test_all.py` goes through each."""

import linecache
import re

import numpy as np
import pytest
from optim_cases import parameters, quadratic

import tinynet as tn
from tinynet import optim
from tinynet.kernels.launch import observe, run
from tinynet.kernels.runtime import parallel_for
from tinynet.optim import Optimizer, Rule


def adam_by_hand(p, grads, lr, beta1, beta2, eps):
    """Algorithm 1 of the paper, line by line."""
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return p


def test_adam_is_algorithm_1():
    random = np.random.default_rng(1)
    start, grads = random.standard_normal(7), random.standard_normal((20, 7))
    p = tn.tensor(start, requires_grad=True)
    optimizer = optim.Adam([p], lr=0.01)
    for g in grads:
        p.grad = tn.tensor(g)
        optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), adam_by_hand(start, grads, 0.01, 0.9, 0.999, 1e-8), rtol=1e-13)


def test_a_step_is_one_launch_however_many_tensors():
    ps = [tn.randn(3, requires_grad=True) for _ in range(50)]
    optimizer = optim.Adam(ps)
    quadratic(tn, ps).backward()
    optimizer.step()  # the first makes the state
    launched = []

    def note(kernel, arrays):
        launched.append(kernel.name)
        run(kernel, arrays)

    with observe(note):
        optimizer.step()
    assert launched == ["adam"]


def test_parameters_and_gradients_lie_in_the_arena():
    model = tn.nn.Linear(3, 2)
    before = model.weight.detach().numpy().copy()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    (arena,) = optimizer._arenas[0]
    assert (model.weight.detach().numpy() == before).all()
    model(tn.randn(5, 3)).sum().backward()
    for p in model.parameters():
        assert np.shares_memory(p.array, arena.values)
        assert np.shares_memory(p.grad.array, arena.grads)


def test_a_parameter_may_be_the_input_of_a_layer():
    layer, x = tn.nn.Linear(3, 2), tn.ones(4, 3, requires_grad=True)
    optim.SGD([x, *layer.parameters()], lr=0.1)
    layer(x).sum().backward()
    np.testing.assert_allclose(x.grad.array, np.tile(layer.weight.array.sum(0), (4, 1)), rtol=1e-6)


def test_zero_grad_writes_no_memory_and_the_next_gradient_overwrites():
    p = tn.ones(4, requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    (p * 3).sum().backward()
    (arena,) = optimizer._arenas[0]
    optimizer.zero_grad()
    assert p.grad is None and arena.grads[:4].tolist() == [3.0] * 4
    (p * 2).sum().backward()
    assert arena.grads[:4].tolist() == [2.0] * 4 and p.grad.tolist() == [2.0] * 4
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0] * 4


def test_two_optimizers_may_take_turns_on_one_parameter(torch):
    def path(lib):
        p = lib.tensor([1.0, -2.0], dtype=lib.float64, requires_grad=True)
        a, b = lib.optim.Adam([p], lr=0.1), lib.optim.SGD([p], lr=0.1, momentum=0.9)
        for t in range(10):
            optimizer = (a, b)[t % 2]
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
        return p.detach().numpy()

    np.testing.assert_allclose(path(tn), path(torch), rtol=1e-12)


def test_groups_have_hyperparameters_of_their_own_and_more_can_be_added_later(torch):
    def path(lib):
        ps = parameters(lib, lib.float64)
        optimizer = lib.optim.Adam([{"params": ps[:1], "lr": 0.1}, {"params": ps[1:3]}], lr=0.01)
        for t in range(9):
            if t == 4:
                optimizer.add_param_group({"params": ps[3:], "weight_decay": 0.5})
                optimizer.param_groups[0]["lr"] = 0.05
            optimizer.zero_grad()
            quadratic(lib, ps).backward()
            optimizer.step()
        return np.concatenate([p.detach().numpy().ravel() for p in ps])

    np.testing.assert_allclose(path(tn), path(torch), rtol=1e-12, atol=1e-14)


def test_parameters_of_two_dtypes():
    ps = [tn.ones(3, requires_grad=True), tn.ones(2, dtype=tn.float64, requires_grad=True)]
    optimizer = optim.Adam(ps, lr=0.1)
    (ps[0].sum() + ps[1].sum()).backward()
    optimizer.step()
    assert [p.dtype for p in ps] == [tn.float32, tn.float64]
    assert all(np.allclose(p.detach().numpy(), 0.9) for p in ps)


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned():
    p = tn.ones(2, requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with tn.no_grad():
        assert optimizer.step(closure).item() == 2.0
    assert np.allclose(p.detach().numpy(), 0.8)


def test_no_kernel_is_compiled_again_when_hyperparameters_change(monkeypatch):
    p = tn.ones(2, requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    p.grad = tn.ones(2)
    optimizer.step()
    monkeypatch.setattr(parallel_for.ParallelFor, "compile", None)
    monkeypatch.setattr(parallel_for, "compile_only_for", None)
    for lr, beta1 in ((0.1, 0.9), (1, 0), (np.float64(0.01), np.float32(0.5))):
        optimizer.param_groups[0].update(lr=lr, betas=(beta1, 0.999))
        p.grad = tn.ones(2)
        optimizer.step()


def sign_descent(p, m, g, lr, beta):
    m = beta * m + (1 - beta) * g
    return p - lr * (1.0 if m > 0.0 else -1.0), m


def test_a_rule_of_the_users_own():
    rule = Rule(sign_descent)

    class SignDescent(Optimizer):
        def __init__(self, params, lr=0.1, beta=0.5):
            super().__init__(params, {"lr": lr, "beta": beta})

        def rule(self, group):
            return rule

    p = tn.tensor([3.0, -3.0], requires_grad=True)
    optimizer = SignDescent([p])
    for _ in range(5):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
    assert np.allclose(p.detach().numpy(), [2.5, -2.5])
    assert list(optimizer.state_dict()["state"][0]) == ["step", "m"]


@pytest.mark.parametrize(("file", "told"), [("<stdin>", "none before Python 3.13"), ("<string>", "kept for <string>")])
def test_a_rule_whose_source_nobody_keeps_is_refused_at_once(file, told):
    space = {}
    exec(compile("def typed(p, g, lr):\n    return p - lr * g", file, "exec"), space)
    with pytest.raises(TypeError, match=f"update rule typed: its source is needed, and .*{told}; write it in a file"):
        Rule(space["typed"])


def test_a_rule_that_was_typed_is_lifted_where_its_source_is_kept():
    """As IPython keeps it, and Python's own prompt from 3.13 on."""
    text, file, space = "def typed(p, g, lr):\n    return p - lr * g\n", "<python-input-7>", {}
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    exec(compile(text, file, "exec"), space)
    assert "return p - k1 * g" in Rule(space["typed"]).kernel.source("float32")


P = tn.ones(2, requires_grad=True)
BAD = [
    (lambda: optim.Adam([P], betas=(1.2, 0.9)), ValueError, "Adam: beta1 must be in [0, 1), got 1.2"),
    (lambda: optim.Adam([P], lr=-1), ValueError, "Adam: lr must be ≥ 0, got -1"),
    (lambda: optim.Adam([P], lr=float("nan")), ValueError, "lr must be ≥ 0, got nan"),
    (lambda: optim.Adam([P], eps=-1e-8), ValueError, "eps must be ≥ 0"),
    (lambda: optim.RMSprop([P], alpha=-1), ValueError, "RMSprop: alpha must be ≥ 0"),
    (lambda: optim.SGD([P], momentum=-0.1), ValueError, "SGD: momentum must be ≥ 0"),
    (lambda: optim.SGD([P], nesterov=True), ValueError, "nesterov needs a momentum > 0"),
    (lambda: optim.SGD([]), ValueError, "expected at least one parameter, got an empty list"),
    (lambda: optim.SGD(P), TypeError, "got a single tensor"),
    (lambda: optim.SGD([P, P]), ValueError, "given twice"),
    (lambda: optim.SGD([P * 2]), ValueError, "expected leaf tensors, got the result of 'mul'"),
    (lambda: optim.SGD([tn.tensor([1])]), TypeError, "expected floating dtypes, got int64"),
    (lambda: optim.SGD([np.ones(2)]), TypeError, "expected tensors, got ndarray"),
    (lambda: optim.SGD([{"params": {P}}]), TypeError, "expected the parameters of a group in order, got a set"),
    (lambda: optim.SGD([("w", P), P * 1]), ValueError, "expected names for all parameters of a group, or for none"),
    (lambda: optim.Adam([P], capturable=True), ValueError, "Adam: capturable=True is not supported: tn.compile"),
    (lambda: optim.SGD([{"params": P, "differentiable": True}]), ValueError, "SGD: differentiable=True is not"),
    (lambda: optim.AdamW([P], foreach=True, fused=True), ValueError, "one of foreach and fused may be True"),
    (lambda: optim.Adam([P], betas=(0.9, 0.99, 0.9)), TypeError, "Adam: expected betas to be 2 numbers, got (0.9,"),
    (lambda: optim.Adam([P], lr="a"), TypeError, "Adam: expected lr to be a number, got 'a'"),
    (lambda: optim.Adam([P], eps=None), TypeError, "Adam: expected eps to be a number, got None"),
    (lambda: optim.SGD([P], dampening=float("nan")), ValueError, "SGD: dampening must be a number, got nan"),
    (lambda: optim.Adafactor([P], eps=("a", 1)), TypeError, "Adafactor: expected eps1 to be a number, got 'a'"),
    (lambda: optim.LBFGS([P], max_iter=1.5), ValueError, "LBFGS: max_iter must be an int ≥ 0, got 1.5"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=range(len(BAD)))
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()
    assert P._leaf.home is None  # nothing was moved


def test_a_state_of_something_else_is_refused_and_changes_nothing():
    def trained(make, n=2):
        p = tn.ones(n, requires_grad=True)
        optimizer = make([p])
        p.grad = tn.ones(n)
        optimizer.step()
        return optimizer

    optimizer = trained(optim.Adam)
    before = str(optimizer.state_dict())
    for other, message in (
        (trained(optim.SGD), "another optimizer"),
        (trained(optim.Adam, 3), "expected exp_avg of parameter 0 of shape (2,), got (3,)"),
        (optim.Adam([tn.ones(2, requires_grad=True), tn.ones(1, requires_grad=True)]), "expected 1 parameters"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            optimizer.load_state_dict(other.state_dict())
        assert str(optimizer.state_dict()) == before


def test_a_step_between_forward_and_backward_is_noticed():
    p = tn.ones(2, requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    loss = (p * p).sum()
    p.grad = tn.ones(2)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation: 'mul'"):
        loss.backward()


def test_a_write_to_one_parameter_is_no_write_to_its_neighbours():
    p, q = tn.ones(2, requires_grad=True), tn.ones(2, requires_grad=True)
    optimizer = optim.SGD([p, q], lr=0.1)
    loss = (p * p).sum()
    with tn.no_grad():
        q.mul_(2)
    loss.backward()
    assert p.grad.tolist() == [2.0, 2.0]
    assert optimizer.param_groups[0]["params"][1].tolist() == [2.0, 2.0]


def test_a_step_is_noticed_also_by_views_and_after_another_optimizer_took_the_parameter():
    p = tn.ones(2, requires_grad=True)
    first, second = optim.SGD([p], lr=0.1), optim.SGD([p], lr=0.1)
    for optimizer in (second, first):
        view = p.detach()
        x = tn.ones(2, requires_grad=True)
        loss = (x * view).sum()
        p.grad = tn.ones(2)
        optimizer.step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation: 'mul'"):
            loss.backward()
