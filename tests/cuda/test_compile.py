"""Compiled steps on the GPU: the bits of the steps as they are, as a graph and as a list of launches."""

import threading

import pytest

import tinynet as tn
from tinynet import nn, optim
from tinynet.errors import KernelError
from tinynet.kernels import reference as kernels
from tinynet.kernels.kernel import In, Kernel, Out

driver = pytest.importorskip("tinynet.kernels.cuda.device.driver")
Table = pytest.importorskip("tinynet.kernels.cuda.replay").Table
F = nn.functional
pytestmark = pytest.mark.cuda


@pytest.fixture(params=["list"] if driver.SIMULATED else ["graph", "list"], autouse=True)
def replay(request, monkeypatch):
    """How launches are made again; the simulator knows lists alone."""
    if not driver.SIMULATED:
        from tinynet.kernels.cuda.device import graphs

        monkeypatch.setattr(graphs, "graphs", request.param == "graph")
    return request.param


def batches(make):
    tn.manual_seed(1)
    return [tuple(x.to("cuda") for x in make()) for _ in range(3)]


REGRESSION = lambda: (tn.randn(3, 4), tn.randn(3, 2))
CLASSES = lambda: (tn.randn(3, 4), tn.randint(2, (3,)))
PICTURES = lambda: (tn.randn(2, 1, 4, 4), tn.randint(2, (2,)))


def bits(x):
    return x.dtype, x.shape, x.detach().cpu().numpy().tobytes()


def follow(build, make, steps=6):
    """`build()` gives (step, tensors), twice from one seed: calls as they are, and compiled, have the same bits."""
    runs, data = [], batches(make)
    for compile in (lambda step: step, tn.compile):
        tn.manual_seed(0)
        step, tensors = build()
        step, seen = compile(step), []
        for k in range(steps):
            out = step(*data[k % 3])
            seen.append([bits(x) for x in (out, *tensors())])
        runs.append((seen, tn.get_rng_state(), step))
    (eager, state, _), (found, state_too, step) = runs
    for k, (x, y) in enumerate(zip(eager, found)):
        assert x == y, f"step {k}"
    assert state == state_too and step.programs
    return step


def tables(step):
    """The tables of a compiled step's program."""
    found = [getattr(part.run, "__self__", None) for part in step.programs[0].steps]
    return [x for x in found if isinstance(x, Table)]


def training(model, optimizer, loss, options=None, schedule=None):
    def build():
        m = model().to("cuda")
        o = optimizer(m.parameters())
        after = schedule(o).step if schedule else lambda: None

        def step(x, y):
            o.zero_grad()
            value = loss(m(x), y)
            value.backward()
            o.step(**(options or {}))
            after()
            return value

        return step, lambda: [*m.parameters(), *m.buffers(), *(p.grad.clone() for p in m.parameters())]

    return build


def mlp(*between):
    return lambda: nn.Sequential(nn.Linear(4, 5), *[make() for make in between], nn.Linear(5, 2))


STEPS = {
    "adam, dropout, clipping and a schedule": (
        mlp(nn.Tanh, nn.Dropout), lambda ps: optim.Adam(ps, lr=0.01), F.mse_loss, {"max_norm": 0.5},
        lambda o: optim.lr_scheduler.StepLR(o, 2, 0.5),
    ),
    "momentum": (mlp(nn.ReLU), lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9), F.mse_loss, {"clip_value": 0.1}),
    "norms of tensors": (mlp(nn.ReLU), lambda ps: optim.LAMB(ps), F.mse_loss),
    "a number that is read": (mlp(nn.ReLU), lambda ps: optim.Prodigy(ps), F.mse_loss),
}  # fmt: skip


@pytest.mark.parametrize("case", STEPS.values(), ids=STEPS)
def test_a_training_step(case):
    step = follow(training(*case), REGRESSION)
    called = [part for part in step.programs[0].steps if part.run.__name__ == "<lambda>"]
    assert len(tables(step)) == 2 and not called  # all but the update, and the update


def test_how_launches_are_made(replay):
    step = follow(training(*STEPS["momentum"]), REGRESSION)
    graphs = [getattr(table.recorded, "graph", None) for table in tables(step)]
    assert all((graph is not None) == (replay == "graph") for graph in graphs)


@pytest.mark.skipif(driver.SIMULATED, reason="of the driver")
def test_a_driver_that_has_no_graphs_makes_a_list(monkeypatch):
    def refuse(*arguments):
        raise KernelError("there are none")

    monkeypatch.setattr("tinynet.kernels.cuda.device.graphs.Graph.__init__", refuse)
    step = follow(training(*STEPS["momentum"]), REGRESSION)
    assert all(table.recorded.graph is None for table in tables(step))


def test_what_launches_allocate_lies_in_the_same_memory():
    x, out = tn.randn(3, 4).to("cuda").array, [tn.zeros(4).to("cuda").array for _ in range(2)]

    def allocating(out, x):
        kernels.copy.cuda(out, x.copy()[0].copy())

    kernel = Kernel("allocating", {"out": Out, "x": In}, "")
    kernel.cuda = allocating
    table = Table([(kernel, [y, x]) for y in out])
    assert sum(map(len, table.workspace.kept.values())) == 2
    table.run()
    assert all((y.get() == x.get()[0]).all() for y in out)


def test_labels_and_batch_norm():
    follow(training(mlp(lambda: nn.BatchNorm1d(5)), lambda ps: optim.SGD(ps, lr=0.1), F.cross_entropy), CLASSES)


def test_a_convolutional_network():
    def model():
        return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2))

    follow(training(model, lambda ps: optim.SGD(ps, lr=0.1), F.cross_entropy), PICTURES)


def test_evaluation_and_a_step_without_an_optimizer():
    def build():
        m = mlp(nn.ReLU)().to("cuda")

        def step(x, y):
            loss = F.mse_loss(m(x), y)
            m.zero_grad()
            loss.backward()
            with tn.no_grad():
                for p in m.parameters():
                    p -= 0.1 * p.grad
                return m(x).softmax(1)

        return step, m.parameters

    follow(build, REGRESSION)


def test_a_learning_rate_that_is_set_by_hand_and_other_shapes_count():
    def trained(compile):
        tn.manual_seed(0)
        m = mlp(nn.ReLU)().to("cuda")
        o = optim.Adam(m.parameters(), lr=0.1)

        def step(x):
            o.zero_grad()
            m(x).square().sum().backward()
            o.step()

        run, x = compile(step), tn.ones(3, 4).to("cuda")
        for k in range(7):
            o.param_groups[0]["lr"] = 0.1 / (k + 1)
            run(x if k < 5 else x[:2])
        return [bits(p) for p in m.parameters()]

    assert trained(lambda step: step) == trained(tn.compile)


def test_two_threads_share_a_program():
    m, found = mlp(nn.ReLU)().to("cuda").eval(), {}
    predict = tn.compile(tn.no_grad()(lambda x: m(x)))
    data = [x for x, _ in batches(REGRESSION)]
    for x in data:
        predict(x)
    threads = [threading.Thread(target=lambda k=k: found.update({k: bits(predict(data[k]))})) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert predict.programs and [found[k] for k in range(3)] == [bits(m(x)) for x in data]


def test_what_cannot_be_compiled():
    x, there = tn.ones(3), tn.ones(3).to("cuda")
    for function, argument in (
        (lambda x: x * x.sum().item(), there), (lambda x: x.cpu(), there), (lambda x: x.to("cuda") + 1, x)
    ):  # fmt: skip
        with pytest.raises(tn.CaptureError, match="reads the value of a tensor"):
            tn.compile(function)(argument)


def test_a_wrong_label_is_reported_when_the_host_next_waits():
    step = tn.compile(lambda x, y: F.cross_entropy(x, y))
    x, y = tn.ones(2, 3).to("cuda"), tn.tensor([0, 2]).to("cuda")
    for _ in range(4):
        step(x, y)
    assert step.programs
    with pytest.raises(tn.TargetError, match=r"expected labels in \[0, 3\), got 7 at index 1"):
        step(x, tn.tensor([0, 7]).to("cuda")).item()
    assert step(x, y).item() == pytest.approx(1.0986, abs=1e-3)


def test_a_profile_lists_the_launches():
    step = follow(training(*STEPS["momentum"]), REGRESSION)
    x, y = batches(REGRESSION)[0]
    with tn.profile() as p:
        step(x, y)
    names = [event.kernel for event in p.events()]
    assert names.count("linear") == 2 and names[-1] == "sgd_momentum" and all(e.duration > 0 for e in p.events())


def test_the_text_of_a_program_on_the_gpu_and_that_it_is_no_file(tmp_path):
    step = follow(training(*STEPS["momentum"]), REGRESSION)
    assert "linear(" in step.source and "backward of model.0" in step.source
    with pytest.raises(tn.CaptureError, match="computes on a GPU"):
        step.export(tmp_path / "step.py")
