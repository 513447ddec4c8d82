"""A compiled step does what the step does: the same bits, the same state, for as long as it may."""

import copy
import inspect
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from math import fabs

import numpy as np
import pytest

import tinynet as tn
from tinynet import nn, optim
from tinynet.compiler.text import Text
from tinynet.kernels.runtime import memory

F = nn.functional
WIDTH = 8
FOUR = 4


def batches(make, count=3):
    tn.manual_seed(1)
    return [make() for _ in range(count)]


REGRESSION = batches(lambda: (tn.randn(16, 8), tn.randn(16, 3)))
CLASSES = batches(lambda: (tn.randn(16, 8), tn.randint(3, (16,))))
PICTURES = batches(lambda: (tn.randn(4, 1, 12, 12), tn.randint(3, (4,))))


def mlp(*between):
    return nn.Sequential(nn.Linear(8, 12), *between, nn.Linear(12, 3))


def trainer(model, optimizer, loss=F.mse_loss, after=lambda: None, before=lambda: None):
    """A training step in the usual form."""

    def step(x, y):
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        before()
        optimizer.step()
        after()
        return value

    return step


def bits(x):
    return x.dtype, x.shape, x.numpy().tobytes()


def follow(build, data, steps=9, compiled=True):
    """`build()` gives (step, tensors), twice from one seed: calls as they are, and compiled, have the same bits."""
    runs = []
    for compile in (lambda step: step, tn.compile):
        tn.manual_seed(0)
        step, tensors = build()
        step, seen = compile(step), []
        for k in range(steps):
            out = step(*data[k % len(data)])
            seen.append([bits(x.detach()) for x in (*(out if isinstance(out, tuple) else (out,)), *tensors())])
        runs.append((seen, tn.get_rng_state(), step))
    (eager, state, _), (found, state_too, step) = runs
    for k, (x, y) in enumerate(zip(eager, found)):
        assert x == y, f"step {k}"
    assert state == state_too
    assert not compiled or step.programs, "no program was made"
    return step


def training(model, optimizer=lambda m: optim.Adam(m.parameters(), lr=0.01), loss=F.mse_loss):
    """A `build` for `follow`: what is compared are parameters, buffers and gradients."""

    def build():
        m = model()
        state = lambda: [*m.parameters(), *m.buffers(), *(p.grad.clone() for p in m.parameters())]
        return trainer(m, optimizer(m), loss), state

    return build


@pytest.mark.parametrize(
    "between",
    [
        *(nn.ReLU, nn.Tanh, nn.GELU, nn.Softplus, lambda: nn.Dropout(0.3)),
        *(lambda: nn.BatchNorm1d(12), lambda: nn.LayerNorm(12)),
    ],
)
def test_a_training_step(between):
    follow(training(lambda: mlp(between())), REGRESSION)


def test_cross_entropy_is_a_program_without_python():
    step = follow(training(lambda: mlp(nn.ReLU()), loss=F.cross_entropy), CLASSES)
    assert [part.call for part in step.programs[0].steps] == [-1, 0]  # all but the update, and the update


def test_scans_are_rows_too():
    def build():
        w = nn.Parameter(tn.rand(4, 6))

        def step():
            w.grad = None
            y = w.cumprod(1) + w.logcumsumexp(0) + w.cumsum(0) + w.cummax(1).values
            y.sum().backward()
            return y.detach()

        return step, lambda: [w.grad]

    kernels = {launch.kernel.name: launch.runs for launch in follow(build, [()]).programs[0].trace.launches}
    assert all(kernels[name] for name in ("cumsum", "cumprod", "logcumsumexp", "cummax", "recurrence"))


def test_a_convolutional_network():
    def model():
        layers = (
            nn.Conv2d(1, 3, 3, padding=1),
            nn.BatchNorm2d(3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(3, 4, 3),
            nn.ReLU(),
        )
        return nn.Sequential(*layers, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 3))

    follow(training(model, loss=F.cross_entropy), PICTURES)


def test_a_transformer_layer_with_dropout():
    data = batches(lambda: (tn.randn(2, 5, 8), tn.randn(2, 5, 8)))
    follow(training(lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)), data)


def test_a_recurrent_layer():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(self.lstm(x.reshape(4, 4, 8))[0][:, -1])

    follow(training(Net, loss=lambda p, y: F.cross_entropy(p, y[:4])), CLASSES)


def test_schedule_clipping_groups_accumulation_and_averages_together():
    def build():
        m = mlp(nn.Tanh())
        groups = [{"params": m[0].parameters(), "lr": 0.1}, {"params": m[2].parameters(), "weight_decay": 0.1}]
        optimizer = optim.AdamW(groups, lr=0.01)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
        average = optim.swa_utils.AveragedModel(m, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(0.9))

        def step(x, y):
            (F.mse_loss(m(x), y) / 2).backward()
            loss = F.mse_loss(m(x * 2), y) / 2
            loss.backward()
            norm = nn.utils.clip_grad_norm_(m.parameters(), 0.5)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            average.update_parameters(m)
            return loss, norm

        rates = lambda: tn.tensor([group["lr"] for group in optimizer.param_groups])
        return step, lambda: [*m.parameters(), *average.parameters(), *average.buffers(), rates()]

    follow(build, REGRESSION, 12)


def test_the_norm_that_an_optimizer_finds():
    def build():
        m = mlp(nn.ReLU())
        optimizer = optim.Adam(m.parameters())

        def step(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(m(x), y)
            loss.backward()
            optimizer.step(max_norm=0.5)
            return loss

        return step, lambda: [*m.parameters(), tn.tensor(optimizer.grad_norm)]

    follow(build, REGRESSION)


def test_without_an_optimizer():
    def build():
        m = mlp(nn.ReLU())

        def step(x, y):
            loss = F.mse_loss(m(x), y)
            m.zero_grad()
            loss.backward()
            with tn.no_grad():
                for p in m.parameters():
                    p -= 0.1 * p.grad
            return loss

        return step, lambda: [*m.parameters(), *(p.grad for p in m.parameters())]

    follow(build, REGRESSION)


def test_random_numbers_go_on_as_they_would():
    def build():
        m = mlp(nn.Dropout(0.5))
        optimizer = optim.SGD(m.parameters(), lr=0.1)

        def step(x, y):
            optimizer.zero_grad()
            h = m(x + 0.1 * tn.randn_like(x))
            loss = (h - y).abs().mean() + F.dropout(h, 0.2).square().sum()
            loss.backward()
            optimizer.step()
            return loss

        return step, lambda: [*m.parameters(), tn.rand(2)]

    follow(build, REGRESSION)


def test_evaluation():
    def build():
        m = mlp(nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout()).eval()

        @tn.no_grad()
        def evaluate(x, y):
            p = m(x).softmax(1)
            return p, F.mse_loss(p, y)

        return evaluate, m.parameters

    follow(build, REGRESSION)


# What changes between calls


@pytest.fixture
def pair():
    """(steps, models, optimizers): a step that runs as it is, and the same one compiled and captured."""

    def make(compile):
        tn.manual_seed(0)
        m = mlp(nn.ReLU(), nn.Dropout(0.5))
        optimizer = optim.Adam(m.parameters(), lr=0.01)
        return compile(trainer(m, optimizer)), m, optimizer

    made = [make(lambda step: step), make(tn.compile)]
    run = lambda *data: [_seeded(step, data) for step, _, _ in made]
    for _ in range(4):
        run(*REGRESSION[0])
    assert made[1][0].programs
    return run, [m for _, m, _ in made], [o for _, _, o in made], made[1][0]


def _seeded(step, data):
    tn.manual_seed(3)
    return step(*data)


def agree(run, models, data=REGRESSION, calls=5):
    for k in range(calls):
        x, y = run(*data[k % len(data)])
        assert bits(x.detach()) == bits(y.detach()), k
        a, b = ([bits(p.detach()) for p in m.parameters()] for m in models)
        assert a == b, k


def test_other_shapes_make_programs_of_their_own(pair):
    run, models, _, step = pair
    short = [(x[:5], y[:5]) for x, y in REGRESSION]
    agree(run, models, short)
    agree(run, models, [*REGRESSION, *short], 12)
    assert len(step.programs) == 2


CHANGES = {
    "eval": lambda m, o: m.eval(),
    "p of dropout": lambda m, o: setattr(m[2], "p", 0.1),
    "a frozen layer": lambda m, o: m[0].requires_grad_(False),
    "learning rate": lambda m, o: o.param_groups[0].update(lr=0.5),
    "betas": lambda m, o: o.param_groups[0].update(betas=(0.5, 0.6)),
    "another layer": lambda m, o: setattr(m, "1", nn.Tanh()),
    "a state": lambda m, o: m.load_state_dict({k: v * 0.5 for k, v in m.state_dict().items()}),
    "data": lambda m, o: setattr(m[0].weight, "data", m[0].weight.data * 2),
    "in place": lambda m, o: m[0].bias.data.fill_(0.25),
    "gradients": lambda m, o: o.zero_grad(),
    "gradients of zeros": lambda m, o: o.zero_grad(set_to_none=False),
    "an optimizer's state": lambda m, o: o.load_state_dict(o.state_dict()),
    "a hook": lambda m, o: m[0].register_forward_hook(lambda module, args, out: out * 2),
    "float64 and back": lambda m, o: m.double().float(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_counts_at_the_next_call(pair, change):
    run, models, optimizers, _ = pair
    for m, o in zip(models, optimizers):
        change(m, o)
    agree(run, models)


def test_a_gradient_that_is_held_stays_what_it_is(pair):
    run, models, _, _ = pair
    held = [[p.grad for p in m.parameters()] for m in models]
    before = [bits(g) for g in held[1]]
    agree(run, models)
    assert [bits(g) for g in held[1]] == before
    kept = [[(p.grad, bits(p.grad)) for p in models[1].parameters()] for _ in range(3) if run(*REGRESSION[0])]
    assert all(bits(g) == b for step in kept for g, b in step)


def test_results_are_tensors_of_their_own(pair):
    run, _, _, _ = pair
    losses = [run(*REGRESSION[0])[1] for _ in range(4)]
    assert len({x.item() for x in losses}) == 4
    assert losses[0].requires_grad and losses[0].grad_fn is not None
    with pytest.raises(tn.GraphError, match="second time"):
        losses[0].backward()


def test_a_graph_from_before_notices_the_update(pair):
    run, models, _, _ = pair
    loss = models[1](REGRESSION[0][0]).square().sum()
    run(*REGRESSION[0])
    with pytest.raises(tn.GraphError, match="inplace"):
        loss.backward()


scale, numbers = 1.0, [1.0, 2.0]


@pytest.mark.parametrize("change", [lambda: globals().update(scale=3.0), lambda: numbers.__setitem__(1, 5.0)])
def test_globals_and_their_elements(change):
    step = tn.compile(lambda x: x * scale + numbers[1])
    x = tn.ones(3)
    for _ in range(4):
        step(x)
    change()
    assert (step(x) == x * scale + numbers[1]).all()


def test_variables_of_an_outer_function_and_attributes_of_an_object():
    class Trainer:
        weight = None

        def step(self, x):
            return x * self.weight + offset

    trainer, offset, x = Trainer(), 1.0, tn.ones(3)
    trainer.weight = 2.0
    step = tn.compile(trainer.step)
    for _ in range(4):
        assert step(x)[0] == 3
    offset = 5.0
    assert step(x)[0] == 7
    trainer.weight = 4.0
    assert step(x)[0] == 9


def test_two_threads_share_no_memory_by_mistake():
    m = mlp(nn.ReLU()).eval()
    predict = tn.compile(tn.no_grad()(lambda x: m(x)))
    data = batches(lambda: tn.randn(16, 8), 40)
    for x in data[:4]:
        predict(x)
    expected = [bits(m(x).detach()) for x in data]
    with ThreadPoolExecutor(4) as pool:
        assert [bits(x) for x in pool.map(predict, data)] == expected


# What cannot be compiled


def refused(function, match, *args):
    step = tn.compile(function)
    with pytest.raises(tn.CaptureError, match=match):
        for _ in range(10):
            step(*args)


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x.sum().item(), lambda x: bool(x.sum() > 0), lambda x: float(x[0]), lambda x: x.tolist(),
        lambda x: x.numpy(), lambda x: repr(x), lambda x: x[x > 0], lambda x: tn.nonzero(x), lambda x: tn.unique(x),
    ],
)  # fmt: skip
def test_a_value_that_is_read(read):
    refused(lambda x: (read(x), x + 1)[1], r"test_compile.py:\d+.*reads the value", tn.ones(3))


def test_numbers_of_numpy():
    refused(lambda x: x + tn.tensor(np.random.rand(3).astype("f4")), "NumPy array", tn.ones(3))
    many = np.zeros(1000)
    refused(lambda x: (np.add(many, 1, many), x * float(many[0]))[1], "no two did the same", tn.ones(3))
    refused(lambda x: x * int.from_bytes(os.urandom(3), "little"), "calls os.urandom", tn.ones(3))


def test_what_is_set_or_kept():
    class Net(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x + 1

    refused(tn.no_grad()(Net()), "sets", tn.ones(3))
    kept = []
    refused(lambda x: (kept.append(1), x + 1)[1], "kept", tn.ones(3))


def test_fallback_runs_the_function_and_says_so():
    step = tn.compile(lambda x: x + x.sum().item(), fallback=True)
    with pytest.warns(UserWarning, match="reads the value"):
        assert step(tn.ones(2)).tolist() == [3, 3]
    assert step(tn.ones(3)).tolist() == [4, 4, 4]


def test_a_wrong_label_leaves_everything_as_it_was():
    m = mlp(nn.ReLU())
    optimizer = optim.Adam(m.parameters())
    step = tn.compile(trainer(m, optimizer, F.cross_entropy))
    for x, y in CLASSES * 2:
        step(x, y)
    assert step.programs
    before, count = [bits(p.detach()) for p in m.parameters()], optimizer.step_count
    with pytest.raises(tn.TargetError, match=r"expected labels in \[0, 3\), got 7"):
        step(CLASSES[0][0], tn.full((16,), 7))
    assert ([bits(p.detach()) for p in m.parameters()], optimizer.step_count) == (before, count)


def test_a_result_with_a_graph_is_not_compiled():
    m = mlp(nn.ReLU())
    compiled = tn.compile(m)
    for x, y in REGRESSION * 3:
        m.zero_grad()
        F.mse_loss(compiled(x), y).backward()
        assert m[0].weight.grad is not None
    with tn.no_grad():
        for x, _ in REGRESSION * 2:
            assert bits(compiled(x)) == bits(m(x))
    assert len(compiled.programs) == 1


def test_a_module_compiles_itself():
    m = mlp(nn.ReLU())
    expected = m(REGRESSION[0][0]).detach()
    m.compile()
    with tn.no_grad():
        for _ in range(4):
            assert bits(m(REGRESSION[0][0])) == bits(expected)
    assert list(m.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    twin = copy.deepcopy(m)
    twin[0].weight.data.zero_()
    with tn.no_grad():
        assert bits(m(REGRESSION[0][0])) == bits(expected) != bits(twin(REGRESSION[0][0]))


# The text


def run_text(step, x, y):
    """What the program's text computes, by the definitions of its kernels, in copies of all arrays."""
    program = step.programs[0]
    text = Text(program, "step", ["x", "y"])
    names = {}
    exec(text.source, names)
    arrays = {name: program.memory.array(ref).copy(order="K") for name, ref in text.arguments.items()}
    arrays.update(x=x.numpy(), y=y.numpy())
    numbers = {name: program.trace.launches[k].arguments[i] for name, (k, i) in text.numbers.items()}
    return names["step"](**arrays, **numbers)


def test_the_text_is_a_module_that_computes_the_same():
    m = mlp(nn.Tanh())
    step = tn.compile(trainer(m, optim.Adam(m.parameters())))
    for x, y in REGRESSION * 2:
        step(x, y)
    x, y = REGRESSION[0]
    expected = F.mse_loss(m(x), y).item()
    np.testing.assert_allclose(run_text(step, x, y), expected, rtol=1e-5)
    for part in ("# model.0", "linear(", "= hyperbolic_tangent(", "backward of model.2", "adam(", "test_compile.py:"):
        assert part in step.source


def plain_sgd(p, g, lr):
    return p - lr * halved(FOUR * g)


def halved(x):
    return abs(x) / 2 if x > 0 else -fabs(x) / 2


def test_a_rule_of_ones_own_stands_in_the_text():
    class Own(optim.Optimizer):
        def __init__(self, params, lr=1e-3):
            super().__init__(params, {"lr": lr})

        def rule(self, group):
            return rule

    rule, m = optim.Rule(plain_sgd), mlp(nn.Tanh())
    step = tn.compile(trainer(m, Own(m.parameters())))
    for x, y in REGRESSION * 2:
        step(x, y)
    assert f"\n\nFOUR = {FOUR}\n\n\n{inspect.getsource(halved)}\n\n{inspect.getsource(plain_sgd)}\n\n" in step.source
    assert "from math import fabs\n" in step.source and "import plain_sgd" not in step.source
    run_text(step, *REGRESSION[0])


def test_without_the_compiler_the_same_program():
    program = (
        "import tinynet as tn; m = tn.nn.Linear(2, 2); o = tn.optim.SGD(m.parameters(), lr=0.1); x = tn.ones(3, 2)\n"
        "def f(x):\n    o.zero_grad(); y = m(x).square().mean(); y.backward(); o.step(); return y\n"
        "step = tn.compile(f); values = [step(x).item() for _ in range(6)]\n"
        "print(values[0] > values[5], len(step.programs))"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    out = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert out.stdout.split() == ["True", "1"], out.stderr


def test_what_was_kept_to_watch_two_steps_is_given_back():
    model, x = nn.Sequential(*[nn.Linear(256, 256) for _ in range(6)]), tn.randn(300, 256)
    step = trainer(model, optim.SGD(model.parameters(), lr=0.1), lambda y, _: y.square().mean())
    step(x, x)
    cached, compiled = memory.cached_bytes(), tn.compile(step)
    for _ in range(3):
        compiled(x, x)
    assert compiled.programs and memory.cached_bytes() < cached


def test_memory_is_shared_by_what_is_never_needed_together():
    m = nn.Sequential(*[layer for _ in range(6) for layer in (nn.Linear(8, 8), nn.Tanh())]).eval()
    predict = tn.compile(tn.no_grad()(lambda x: m(x)))
    x = tn.randn(2048, 8)
    for _ in range(3):
        predict(x)
    assert predict.programs[0].memory.size < 5 * x.nbytes


class Settings:
    factor = 1.0


class Slotted:
    __slots__ = ("factor",)


slotted = Slotted()
slotted.factor = 1.0


@pytest.mark.parametrize("holder", [Settings, slotted], ids=["class", "slots"])
def test_attributes_of_classes_and_slots(holder):
    step = tn.compile(lambda x: x * Settings.factor * slotted.factor)
    x = tn.ones(3)
    for _ in range(4):
        step(x)
    holder.factor = 3.0
    assert step(x)[0] == 3
    holder.factor = 1.0
    assert step(x)[0] == 1


def test_pythons_random_numbers():
    refused(lambda x: x * (1 if random.random() < 2 else 2), "draws numbers from Python's", tn.ones(3))


def test_an_argument_that_requires_grad_gets_its_gradient():
    def attack(x):
        x.square().sum().backward()
        return x.detach() + 0.1 * x.grad.sign()

    step = tn.compile(attack)
    for _ in range(5):
        x = tn.ones(3, requires_grad=True)
        assert step(x)[0] == 1.1 and (x.grad == 2).all()


def test_an_argument_that_is_changed_in_place():
    step = tn.compile(lambda x: x.add_(1).sum())
    for _ in range(6):
        x = tn.zeros(3)
        y = x.clone().requires_grad_()
        loss = (x * y).sum()
        assert step(x) == 3 and (x == 1).all()
        with pytest.raises(tn.GraphError, match="inplace"):
            loss.backward()


def test_a_schedule_that_fails_leaves_all_as_without_a_program():
    states = []
    for compile in (lambda step: step, tn.compile):
        tn.manual_seed(0)
        m = mlp(nn.ReLU())
        optimizer = optim.SGD(m.parameters(), lr=lambda t: 0.1 if t < 6 else -1.0)
        step = compile(trainer(m, optimizer))
        for k in range(6):
            step(*REGRESSION[k % 3])
        with pytest.raises(ValueError, match="lr must be ≥ 0"):
            step(*REGRESSION[0])
        states.append([bits(x.detach()) for p in m.parameters() for x in (p, p.grad)] + [optimizer.step_count])
    assert states[0] == states[1]


def test_an_error_in_the_middle_leaves_the_optimizer_as_it_was():
    table = nn.Embedding(3, 1)
    optimizer = optim.Adam(table.parameters())

    @tn.compile
    def step(i):
        optimizer.zero_grad()
        table(i * 2).sum().backward()
        optimizer.step()

    for _ in range(4):
        step(tn.tensor([1]))
    assert step.programs
    with pytest.raises(tn.TargetError):
        step(tn.tensor([2]))
    assert optimizer.step_count == 4


def test_show_has_the_text():
    step = tn.compile(lambda x: x + 1)
    for _ in range(3):
        step(tn.ones(2))
    assert repr(tn.show(step)) == step.source


def test_a_launch_that_copies_first_is_a_copy_and_a_launch():
    def net():
        return nn.Sequential(nn.Conv2d(1, 3, 3), nn.AvgPool2d(2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3, 1))

    pictures = batches(lambda: (tn.randn(4, 1, 6, 6), tn.randn(4, 1)))
    step = follow(training(net), pictures)
    tables = [x for x in step.programs[0].steps if x.call == -1]
    assert len(tables) == 1, "Python calls a kernel between the tables"
