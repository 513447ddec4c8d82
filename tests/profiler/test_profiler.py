"""Profiles: every launch once, with where it comes from and what it has to do."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from helpers import run_python

import tinynet as tn
from tinynet import nn, optim
from tinynet.kernels import reference as kernels
from tinynet.kernels.launch import launch, observe, run
from tinynet.profiler import (
    ProfilerAction,
    ProfilerActivity,
    peak,
    record_function,
    schedule,
    tensorboard_trace_handler,
)

F = nn.functional
HERE = "test_profiler.py"


def small():
    tn.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10))
    optimizer, x, y = optim.Adam(model.parameters()), tn.randn(5, 1, 8, 8), tn.tensor([0, 1, 2, 3, 4])

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()

    return step


def line_of(text):
    """ "test_profiler.py:12" of the only line of this file with a text behind spaces."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (found,) = [i for i, line in enumerate(lines, 1) if line.strip() == text]
    return f"{HERE}:{found}"


def test_every_launch_is_recorded_once_and_in_order():
    step, names = small(), []
    step()
    with observe(lambda kernel, arguments: (names.append(kernel.name), run(kernel, arguments))):
        step()
    with tn.profile() as p:
        step()
    assert [x.kernel for x in p.events()] == names and "adam" in names
    starts = [x.start for x in p.events()]
    assert starts == sorted(starts) and all(x.duration > 0 for x in p.events())
    assert 0 < sum(x.duration for x in p.events()) / 1e3 < p.elapsed


def test_a_profile_changes_no_result():
    plain, watched = small(), small()
    plain()
    with tn.profile():
        watched()
    state = lambda step: step.__closure__[step.__code__.co_freevars.index("model")].cell_contents.state_dict()
    assert all((a == b).all() for a, b in zip(state(plain).values(), state(watched).values()))


def test_launches_say_where_they_come_from():
    step = small()
    with tn.profile() as p:
        step()
    found = {(x.kernel, x.phase, x.module): x for x in p.events()}
    assert found["linear", "forward", "model.3"].place == line_of("loss = F.cross_entropy(model(x), y)")
    assert found["correlate", "backward", "model.0"].place == line_of("loss.backward()")
    assert found["adam", "update", ""].place == line_of("optimizer.step()")
    assert found["fill", "backward", ""].shapes == ((),)  # the gradient that the walk starts from
    count = len(p.events())
    tn.ones(2).exp()
    assert len(p.events()) == count  # nothing is recorded afterwards


def test_the_line_is_the_users_also_inside_a_module():
    class Twice(nn.Module):
        def forward(self, x):
            return x.exp() + x.exp()

    with tn.profile() as p:
        Twice()(tn.ones(3))
    assert [(x.kernel, x.module, x.place) for x in p.events()][-3:] == [
        (name, "model", line_of("return x.exp() + x.exp()")) for name in ("exp", "exp", "add")
    ]


def test_work():
    a, b, mask = tn.randn(7, 5), tn.randn(5, 3), None
    q, k, v = tn.randn(2, 3, 6, 4), tn.randn(2, 3, 8, 4), tn.randn(2, 3, 8, 5)
    image, weight = tn.randn(2, 4, 6, 6, requires_grad=True), tn.randn(8, 2, 3, 3, requires_grad=True)
    with tn.profile() as p:
        a @ b
        F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        F.conv2d(image, weight, groups=2).sum().backward()
        tn.ones(1, 4).expand(100, 4) + tn.ones(100, 4)
    flops = {x.kernel: x.flops for x in p.events()}
    each = 2 * 2 * 8 * 4 * 4 * (2 * 3 * 3)  # a product and a sum for each tap of each pixel of y
    assert flops["matmul"] == 2 * 7 * 5 * 3 and flops["attention"] == 2 * 2 * 3 * 6 * 8 * (4 + 5)
    assert flops["convolve"] == flops["convolve_transposed"] == flops["correlate"] == each and flops["add"] == 0
    (matmul,) = [x for x in p.events() if x.kernel == "matmul"]
    assert matmul.nbytes == 4 * (7 * 5 + 5 * 3 + 7 * 3) and matmul.shapes == ((7, 3), (7, 5), (5, 3))
    assert p.events()[-1].nbytes == 4 * (4 + 400 + 400)  # what is broadcast lies in memory once


def test_tables():
    step = small()
    with tn.profile(record_shapes=True) as p:
        step()
        step()
    rows = p.by("phase")
    assert {row.labels["phase"] for row in rows} == {"forward", "backward", "update"}
    assert sum(row.count for row in rows) == len(p.events()) == rows.total_average().count
    times = [row.time for row in rows]
    assert times == sorted(times, reverse=True)
    averages = p.key_averages()
    (adam,) = [row for row in averages if row.key == "adam"]
    assert adam.count == 2 and adam.cpu_time == adam.cpu_time_total / 2
    text = averages.table(sort_by="count", row_limit=2)
    counts = sorted((row.count for row in averages), reverse=True)
    assert [int(line.split()[1]) for line in text.splitlines()[2:4]] == counts[:2]
    assert f"... and {len(averages) - 2} more" in text
    assert (
        "model.0" in str(p)
        and line_of("optimizer.step()") in str(p)
        and "5×1×8×8" in str(p.key_averages(group_by_input_shape=True))
    )
    with pytest.raises(ValueError, match="table: expected sort_by to be"):
        averages.table(sort_by="beauty")


def test_a_profile_of_nothing():
    with tn.profile() as p:
        pass
    assert p.events() == [] and "0 launches" in str(p)


def test_the_trace(tmp_path):
    step = small()
    with tn.profile() as p, record_function("whole"):
        step()
    for name, opened in (("trace.json", open), ("trace.json.gz", gzip.open)):
        p.export_chrome_trace(tmp_path / name)
        with opened(tmp_path / name, "rt", encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
        assert len(events) == len(p.events()) + 1
        whole, *launches = events
        assert whole["name"] == "whole" and whole["cat"] == "user"
        for event in launches:
            assert whole["ts"] <= event["ts"] and event["ts"] + event["dur"] <= whole["ts"] + whole["dur"]
    assert next(e for e in launches if e["name"] == "linear")["args"]["module"] == "model.3"


@record_function("decorated")
def decorated():
    return 1


def test_named_stretches():
    assert decorated() == 1  # without a profile nothing happens
    with tn.profile() as p:
        decorated()
    assert [span.name for span in p._recorder.spans] == ["decorated"]


def test_schedules():
    N, W, R, S = ProfilerAction.NONE, ProfilerAction.WARMUP, ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE
    plan = schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)
    assert [plan(i) for i in range(11)] == [N, N, W, R, S, N, W, R, S, N, N]
    assert schedule(wait=0, warmup=0, active=1)(1000) is S
    with pytest.raises(ValueError, match="schedule: expected active"):
        schedule(wait=1, warmup=1, active=0)


def test_a_loop_by_a_schedule(tmp_path):
    seen, x = [], tn.ones(3)

    def ready(p):
        seen.append([event.kernel for event in p.events()])
        tensorboard_trace_handler(tmp_path, "me")(p)

    activities = [ProfilerActivity.CPU, ProfilerActivity.CUDA]
    with tn.profile(activities=activities, schedule=schedule(wait=1, warmup=1, active=2), on_trace_ready=ready) as p:
        for i in range(8):
            x.exp() if i % 2 else x.neg()
            p.step()
    assert seen == [["neg", "exp"], ["neg", "exp"]]
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 2 and all(n.startswith("me.") and n.endswith(".pt.trace.json") for n in names)


def test_an_error_ends_the_profile():
    with pytest.raises(ZeroDivisionError), tn.profile() as p:
        tn.ones(2).exp()
        raise ZeroDivisionError
    tn.ones(2).exp()
    assert [x.kernel for x in p.events()] == ["exp"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"activities": ["cpu"]}, "activities to be ProfilerActivity"),
        ({"schedule": 3}, "schedule to be a function"),
        ({"profile_memory": True}, "profile_memory=False"),
        ({"with_stack": 2}, "with_stack"),
    ],
)
def test_bad_arguments(options, error):
    with pytest.raises((TypeError, ValueError), match=error):
        tn.profile(**options)


def test_the_peak_is_measured_once_and_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(peak, "cache_folder", lambda: tmp_path / "kernels")
    monkeypatch.setattr(peak, "SIDE", 64)
    monkeypatch.setattr(peak, "COPIED", 1 << 12)
    assert peak.known_peak() is None
    found = peak.measure_peak()
    assert peak.known_peak() == pytest.approx(found) and min(found) > 0
    with tn.profile() as p:
        launch(kernels.neg, np.empty(4, np.float32), np.ones(4, np.float32))
    assert "%)" in str(p)
    for text in ("", "[]", '{"1": 3}', "{"):
        (tmp_path / "peak-of-tinynet.json").write_text(text)
        assert peak.known_peak() is None


def test_import_does_not_load_it():
    assert run_python("import sys, tinynet; print('tinynet.profiler' in sys.modules)") == "False"


@pytest.mark.torch
def test_schedules_are_those_of_pytorch():
    theirs = pytest.importorskip("torch.profiler")
    for options in (
        {"wait": 2, "warmup": 1, "active": 3},
        {"wait": 0, "warmup": 2, "active": 1, "repeat": 2, "skip_first": 3},
    ):
        ours, other = schedule(**options), theirs.schedule(**options)
        assert [ours(i).name for i in range(30)] == [other(i).name for i in range(30)]
