"""`utils.benchmark`: what is run how often, on how many threads, and what a measurement says of its times."""

import itertools

import pytest

import tinynet as tn
from tinynet.errors import ArgumentTypeError, ArgumentValueError
from tinynet.utils.benchmark import Measurement, TaskSpec, Timer


def clock(*seconds):
    """A clock that goes on by each of the seconds in turn between two looks, again and again."""
    times = itertools.accumulate(itertools.chain([0.0], *([(s, 0.0) for s in seconds] * 1000)))
    return lambda: next(times)


def test_the_statement_runs_after_the_setup_with_the_globals():
    seen = []
    timer = Timer("""
        seen.append(a + b)
    """, "b = 2", globals={"seen": seen, "a": 1}, timer=clock(1.0))  # fmt: skip
    assert timer.timeit(5).times == [0.2] and seen == [3] * 7


def test_threads_are_those_that_are_asked_for():
    before, seen = tn.get_num_threads(), []
    for threads in (1, 2):
        Timer("seen.append(count())", globals={"seen": seen, "count": tn.get_num_threads}, num_threads=threads).timeit(
            1
        )
    assert seen == [1] * 3 + [2] * 3 and tn.get_num_threads() == before


def test_blocks_are_run_until_the_time_is_over():
    calls = []
    found = Timer(timer=clock(0.5)).blocked_autorange(lambda *told: calls.append(told), min_run_time=1.6)
    assert found.number_per_run == 1 and found.raw_times == [0.5] * 4 and calls == [(1, 0.5)] * 4
    assert Timer(timer=clock(1e-5, 3e-5, 2e-4)).blocked_autorange(min_run_time=1e-4).number_per_run == 100


def test_blocks_are_run_until_they_agree():
    found = Timer(timer=clock(1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0)).adaptive_autorange(max_run_time=100)
    assert found.raw_times == [1.0, 2.0, 1.0, 1.0, 1.0] and found.meets_confidence()
    assert len(Timer(timer=clock(1.0, 2.0)).adaptive_autorange(max_run_time=20).times) == 13


def test_a_measurement_says_what_was_timed():
    task = TaskSpec("x + x", "", label="sum", sub_label="small", description="float32", num_threads=2)
    found = Measurement(10, [2e-5, 2.2e-5, 2.1e-5, 2.1e-5], task)
    assert found.median == pytest.approx(2.1e-6) and found.mean == pytest.approx(2.1e-6) and not found.has_warnings
    assert found.iqr == pytest.approx(5e-8) and found.title == "sum: small"
    assert repr(found).splitlines()[1:] == [
        "sum: small",
        "float32",
        "  Median: 2.1 us",
        "  IQR:    0.05 us (2.08 to 2.12)",
        "  4 measurements, 10 runs per measurement, 2 threads",
    ]
    assert Measurement.merge([found, found])[0].times == found.times * 2
    assert "1 measurement, 1 run, 1 thread" in repr(Measurement(1, [3.0], TaskSpec("pass", "")))
    assert "scatter" in repr(Measurement(1, [1.0, 2.0, 3.0, 4.0], TaskSpec("pass", "")))


@pytest.mark.torch
def test_text_is_pytorchs(torch):
    from torch.utils.benchmark import Measurement as Theirs
    from torch.utils.benchmark.utils.common import TaskSpec as TheirTask

    words = {"stmt": "x + x", "setup": "", "label": "sum", "sub_label": "small", "description": "float32"}
    for times in ([2e-5], [2e-5, 2.4e-5, 2.2e-5, 2.2e-5, 2.1e-5]):
        ours, theirs = Measurement(10, times, TaskSpec(**words)), Theirs(10, times, TheirTask(**words))
        assert repr(ours).splitlines()[1:3] == repr(theirs).splitlines()[1:3]
        assert len(repr(ours).splitlines()) == len(repr(theirs).splitlines())
        assert (ours.median, ours.mean, ours.iqr) == pytest.approx((theirs.median, theirs.mean, theirs.iqr))


def test_errors_say_what_was_expected():
    with pytest.raises(ArgumentTypeError, match="stmt to be a string, got function"):
        Timer(test_text_is_pytorchs)
    with pytest.raises(ArgumentValueError, match="language"):
        Timer("1", language="cpp")
    with pytest.raises(ArgumentValueError, match="at least one time"):
        Measurement(1, [], TaskSpec("", "")).median  # noqa: B018
