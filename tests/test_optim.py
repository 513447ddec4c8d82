"""Optimizers: PyTorch's trajectories, the arena, and state that survives saving."""

import re

import numpy as np
import pytest

import tinynet as tn
from tinynet import optim
from tinynet.kernels.launch import observe
from tinynet.optim import Optimizer, Rule

SGD = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    {"momentum": 0.8, "maximize": True},
]
RMSPROP = [
    {},
    {"alpha": 0.9, "eps": 1e-6, "weight_decay": 0.01},
    {"momentum": 0.9},
    {"centered": True},
    {"centered": True, "momentum": 0.5, "weight_decay": 0.1},
    {"maximize": True},
]
ADAM = [
    {},
    {"betas": (0.8, 0.99), "eps": 1e-6},
    {"weight_decay": 0.1},
    {"amsgrad": True},
    {"amsgrad": True, "weight_decay": 0.01, "maximize": True},
]
CASES = [
    *(("SGD", {"lr": 0.02, **o}) for o in SGD),
    *(("RMSprop", {"lr": 0.01, **o}) for o in RMSPROP),
    *(("Adam", {"lr": 0.05, **o}) for o in ADAM),
]
IDS = [f"{name}-{'-'.join(k for k in options if k != 'lr') or 'plain'}" for name, options in CASES]
SHAPES = [(3, 4), (4,), (), (1, 5)]


def quadratic(lib, ps):
    return sum(((i + 1) * p * p).sum() for i, p in enumerate(ps))


def rosenbrock(lib, ps):
    x = lib.cat([p.reshape(-1) for p in ps])
    return ((1 - x[:-1]) ** 2 + 5 * (x[1:] - x[:-1] ** 2) ** 2).sum() * 0.1


def badly_scaled(lib, ps):
    return sum((10.0 ** (2 * i - 3) * p * p).sum() for i, p in enumerate(ps))


PROBLEMS = [quadratic, rosenbrock, badly_scaled]


def parameters(lib, dtype, seed=0):
    random = np.random.default_rng(seed)
    return [lib.tensor(0.5 * random.standard_normal(s), dtype=dtype, requires_grad=True) for s in SHAPES]


def trajectory(lib, name, options, problem, dtype, steps=100):
    ps = parameters(lib, dtype)
    optimizer = getattr(lib.optim, name)(ps, **options)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        problem(lib, ps).backward()
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy().ravel() for p in ps]))
    return np.array(path)


def assert_same_path(ours, theirs, rtol):
    """At every step ‖ours − theirs‖ ≤ rtol ‖theirs‖; single elements cross zero, where a ratio means nothing."""
    assert np.isfinite(theirs).all() and np.abs(theirs[0] - theirs[-1]).max() > 0
    assert (np.linalg.norm(ours - theirs, axis=1) <= rtol * np.linalg.norm(theirs, axis=1)).all()


def stable(name, options, problem):
    """The options with a learning rate at which the path does not multiply rounding errors."""
    if options.get("maximize"):
        return {**options, "lr": 1e-4}
    slow = {("SGD", badly_scaled): 1e-5, ("RMSprop", rosenbrock): 1e-3}
    return {**options, "lr": slow.get((name, problem), options["lr"])}


@pytest.mark.parametrize(("lib_dtype", "rtol"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_the_path_is_pytorchs(name, options, problem, lib_dtype, rtol, torch):
    options = stable(name, options, problem)
    ours = trajectory(tn, name, options, problem, getattr(tn, lib_dtype))
    theirs = trajectory(torch, name, options, problem, getattr(torch, lib_dtype))
    assert_same_path(ours, theirs, rtol)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_parameters_without_gradient_stay_and_count_their_own_steps(name, options, torch):
    def path(lib):
        ps = parameters(lib, lib.float64)
        optimizer = getattr(lib.optim, name)(ps, **{**options, "lr": 1e-3})
        for t in range(12):
            optimizer.zero_grad()
            quadratic(lib, [p for i, p in enumerate(ps) if (t + i) % 3 or t == 5]).backward()
            optimizer.step()
        return np.concatenate([p.detach().numpy().ravel() for p in ps])

    np.testing.assert_allclose(path(tn), path(torch), rtol=1e-12)


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


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_training_on_from_a_saved_state_gives_the_same_bits(name, options):
    def run(ps, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            rosenbrock(tn, ps).backward()
            optimizer.step()

    def make():
        ps = parameters(tn, tn.float32)
        return ps, getattr(optim, name)(ps, **{**options, "lr": 1e-3})

    whole, optimizer = make()
    run(whole, optimizer, 14)

    first, optimizer = make()
    run(first, optimizer, 7)
    saved = optimizer.state_dict()
    second, optimizer = make()
    for p, q in zip(second, first):
        p.data = q.detach()
    run(first, optimizer, 0)
    optimizer.load_state_dict(saved)
    run(second, optimizer, 7)
    assert all(
        (a.numpy() == b.numpy()).all() for a, b in zip([p.detach() for p in whole], [p.detach() for p in second])
    )


def test_a_step_is_one_launch_however_many_tensors():
    ps = [tn.randn(3, requires_grad=True) for _ in range(50)]
    optimizer = optim.Adam(ps)
    quadratic(tn, ps).backward()
    launched = []

    def note(kernel, arrays):
        launched.append(kernel.__name__)
        kernel(*arrays)

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


def test_zero_grad_writes_no_memory_and_the_next_gradient_overwrites():
    p = tn.ones(4, requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    (p * 3).sum().backward()
    kept = p.grad.numpy()
    optimizer.zero_grad()
    assert p.grad is None and (kept == 3).all()
    (p * 2).sum().backward()
    assert (kept == 2).all() and p.grad.tolist() == [2.0] * 4
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

    np.testing.assert_allclose(path(tn), path(torch), rtol=1e-12)


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


def test_no_kernel_is_compiled_again_when_hyperparameters_change():
    p = tn.ones(2, requires_grad=True)
    optimizer = optim.Adam([p], lr=0.1)
    for lr, beta1 in ((0.1, 0.9), (1, 0), (np.float64(0.01), np.float32(0.5))):
        optimizer.param_groups[0].update(lr=lr, betas=(beta1, 0.999))
        p.grad = tn.ones(2)
        optimizer.step()
    kernel = optimizer.rule(optimizer.param_groups[0]).kernel
    assert [len(d.signatures) for d in kernel._serial.values()] == [1] * len(kernel._serial)


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
    (lambda: optim.SGD([{"params": [P], "learning_rate": 1}]), ValueError, "'learning_rate' is not one of its"),
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
