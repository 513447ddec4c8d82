"""Plans are kept as long as they are used, and no more of them than there is room for."""

import gc
import tracemalloc
from typing import NamedTuple

import numpy as np
import pytest

import tinynet as tn
from tinynet.kernels.runtime import plans
from tinynet.kernels.runtime.parallel_for import Plan, observe_plans
from tinynet.kernels.runtime.plans import plan_bytes, plan_count, planned


@pytest.fixture(autouse=True)
def _room(monkeypatch):
    """Room for few plans, and none left of other tests'."""
    monkeypatch.setattr(plans, "COUNT", 0)
    planned(lambda: None)()
    monkeypatch.setattr(plans, "COUNT", 8)
    monkeypatch.setattr(plans, "BYTES", 8 * 800)


def counting(make):
    """A planned function, and the list of the calls that were not found."""
    calls = []

    @planned
    def plan(*key):
        calls.append(key)
        return make(*key)

    return plan, calls


def test_a_plan_is_made_once():
    plan, calls = counting(lambda *shape: np.zeros(shape))
    assert plan(2, 3) is plan(2, 3)
    assert plan(3, 2).shape == (3, 2)
    assert calls == [(2, 3), (3, 2)]


def test_ever_new_plans_take_no_more_room_than_there_is():
    (first, _), (second, _) = counting(lambda n: n), counting(lambda n: [np.zeros(100)])
    for n in range(100):
        first(n), second(n)
        assert 0 < plan_count() <= 8 and plan_bytes() <= 8 * 800


def test_what_is_used_stays():
    plan, calls = counting(lambda n: n)
    for n in range(100):
        plan(-1), plan(n)
    assert calls.count((-1,)) == 1


def test_what_was_dropped_is_made_again():
    plan, calls = counting(lambda n: np.full(3, n))
    for n in [*range(100), 0]:
        assert plan(n)[0] == n
    assert calls.count((0,)) == 2


def test_a_plan_that_is_too_large_is_kept_until_the_next():
    plan, calls = counting(np.zeros)
    plan(10_000), plan(10_000)
    assert len(calls) == 1
    plan(1)
    assert plan_bytes() == 8


def test_bytes_are_those_of_all_arrays():
    class Tables(NamedTuple):
        rows: np.ndarray
        size: int

    class Plan:
        nbytes = 100

    plan, _ = counting(lambda: (Tables(np.zeros(3), 7), [Plan(), np.zeros(4, np.int8)], "text"))
    before = plan_bytes()
    plan()
    assert plan_bytes() - before == 24 + 100 + 4


def test_a_stream_of_ever_new_shapes_does_not_grow_memory(monkeypatch):
    monkeypatch.setattr(plans, "COUNT", 64)
    functional, weight, filters = tn.nn.functional, tn.ones(3, 5), tn.ones(2, 3, 3, 3)

    def step(n):
        images = tn.ones(n % 5 + 1, 3, 4 + n % 11, 4 + n // 11, requires_grad=True)
        functional.max_pool2d(functional.conv2d(images, filters, padding=1), 2).sum().backward()
        functional.avg_pool2d(images, 2)
        rows, q = tn.ones(n + 1, 5), tn.ones(1, 1, n + 1, 4)
        functional.layer_norm(functional.linear(rows, weight), (3,)), functional.scaled_dot_product_attention(q, q, q)

    def traced(shapes):
        for n in shapes:
            step(n)
        assert plan_count() <= 64
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    step(0)
    tracemalloc.start()
    try:
        before = traced(range(60))
        assert traced(range(60, 180)) - before < 100_000
    finally:
        tracemalloc.stop()


class Counted:
    """A kernel whose plans note that they have run."""

    def __init__(self):
        self.ran = 0

    def runner(self, plan):
        return self.run

    def run(self):
        self.ran += 1


def test_blocks_that_watch_plans_may_overlap():
    """The innermost sees each run, of plans made since too; after the last, plans run as before the first."""
    kernel, seen = Counted(), []
    block = lambda name: observe_plans(lambda plan, run, given: (seen.append(name), run(*given)))
    for ends in ("inner", "outer"), ("outer", "inner"):
        blocks = {"outer": block("outer"), "inner": block("inner")}
        made = [Plan(kernel, None, 1, False)]
        for begun in blocks.values():
            begun.__enter__()
            made.append(Plan(kernel, None, 1, False))
        for end in ends:
            kernel.ran = 0
            for plan in made:
                plan.run()
            assert seen == [list(blocks)[-1]] * 3 and kernel.ran == 3
            seen.clear(), blocks.pop(end).__exit__(None, None, None)
        assert [plan.run for plan in made] == [kernel.run] * 3
