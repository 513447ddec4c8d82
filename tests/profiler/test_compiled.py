"""Profiles of compiled steps: the rows of a program, each with its time and where it comes from."""

import json
from pathlib import Path

import tinynet as tn
from tinynet import nn, optim

F = nn.functional


def line_of(text):
    """ "test_compiled.py:12" of the only line of this file with a text behind spaces."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (found,) = [i for i, line in enumerate(lines, 1) if line.strip() == text]
    return f"test_compiled.py:{found}"


def compiled():
    """(a compiled step of a small network, the network, a batch), all from one seed."""
    tn.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Dropout(0.5), nn.Linear(16, 3))
    optimizer, x, y = optim.Adam(model.parameters()), tn.randn(5, 8), tn.tensor([0, 1, 2, 0, 1])

    @tn.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x) * 2 + 1, y)
        loss.backward()
        optimizer.step()
        return loss

    return step, model, (x, y)


def test_a_compiled_step_lists_its_own_kernels(tmp_path):
    step, model, data = compiled()
    twin, watched, _ = compiled()
    for run in (step, twin):
        tn.manual_seed(3)
        for _ in range(3):
            run(*data)
    rest = tn.get_rng_state()
    with tn.profile() as p:
        twin(*data)
    tn.set_rng_state(rest)
    step(*data)
    assert step.programs and len(twin.programs) == 1
    assert all((a == b).all() for a, b in zip(model.parameters(), watched.parameters()))
    found = {(x.kernel, x.phase, x.module): x for x in p.events()}
    assert found["linear", "forward", "model.0"].flops == 2 * 5 * 8 * 16
    assert found["adam", "update", ""].place == line_of("optimizer.step()")
    assert found["linear", "forward", "model.3"].place == line_of("loss = F.cross_entropy(model(x) * 2 + 1, y)")
    (loop,) = [x for x in p.events() if x.kernel == "mul_add"]  # one loop, and what it keeps in registers is no array
    assert loop.shapes == ((5, 3), (5, 3), (), ()) and loop.nbytes == 4 * 32
    names = [x.kernel for x in p.events()]
    assert names.index("check_range") < names.index("linear") and names.count("adam") == 1
    assert 0 < sum(x.duration for x in p.events()) / 1e3 < p.elapsed and "mul_add" in str(p)
    p.export_chrome_trace(tmp_path / "trace.json")
    assert "mul_add" in {e["name"] for e in json.loads((tmp_path / "trace.json").read_text())["traceEvents"]}


def test_a_step_is_compiled_while_it_is_recorded():
    step, _, data = compiled()
    with tn.profile() as p:
        for _ in range(5):
            step(*data)
    assert step.programs
    assert [x.kernel for x in p.events()].count("adam") == 5


def test_launches_that_a_program_leaves_to_python_are_recorded():
    ps = [tn.ones(4, requires_grad=True)]
    lookahead = optim.Lookahead(optim.SGD(ps, lr=0.1), k=4)

    @tn.compile
    def step():
        lookahead.zero_grad()
        (ps[0] * ps[0]).sum().backward()
        lookahead.step()

    for _ in range(3):
        step()
    with tn.profile() as p:
        step()
    assert step.programs and [x.kernel for x in p.events()].count("toward") == 1
