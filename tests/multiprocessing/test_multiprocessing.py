"""Processes that run a function, and how one that fails is reported."""

import os
import pickle

import mp_functions
import pytest

import tinynet as tn
from tinynet import multiprocessing as mp

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # of Python 3.12, where there are threads
]


@pytest.fixture(autouse=True)
def _none_is_left():
    yield
    assert mp.active_children() == []


def run(function, *args, nprocs=2, **options):
    return mp.start_processes(function, args, nprocs, start_method="fork", **options)


@pytest.mark.parametrize(("method", "nprocs"), [("fork", 2), ("spawn", 1)])
def test_each_process_has_its_number_and_tensors_come_back(method, nprocs):
    queue = mp.get_context(method).SimpleQueue()
    assert mp.spawn(mp_functions.put, (queue, tn.ones(2)), nprocs, start_method=method) is None
    assert (
        sorted((i, x.tolist()) for i, x in (queue.get() for _ in range(nprocs))) == [(0, [1, 1]), (1, [2, 2])][:nprocs]
    )


@pytest.mark.parametrize("others", ["end", "wait", "long"])
def test_an_error_arrives_with_its_traceback_and_ends_the_others(others):
    with pytest.raises(mp.ProcessRaisedException, match=r"-- Process 1 terminated with the following error:") as found:
        run(mp_functions.fail, others)
    assert "in fail" in str(found.value) and "KeyError" in str(found.value) and found.value.error_index == 1
    copy = pickle.loads(pickle.dumps(found.value))
    assert (copy.msg, copy.error_pid) == (found.value.msg, found.value.error_pid)


@pytest.mark.parametrize(("how", "code", "text"), [("signal", -15, "signal SIGTERM"), ("exit", 3, "exit code 3")])
def test_a_process_that_ends_is_reported(how, code, text):
    context = run(mp_functions.leave, how, nprocs=1, join=False)
    assert context.pids() == [p.pid for p in context.processes]
    with pytest.raises(mp.ProcessExitedException, match=f"process 0 terminated with {text}") as found:
        while not context.join(timeout=10):
            pass
    assert found.value.exit_code == code == pickle.loads(pickle.dumps(found.value)).exit_code


class Once:
    """Can be pickled the first time."""

    pickled = 0

    def __reduce__(self):
        Once.pickled += 1
        if Once.pickled > 1:
            raise pickle.PicklingError("once is enough")
        return int, ()


def test_where_one_cannot_start_the_others_are_ended():
    with pytest.raises(pickle.PicklingError, match="once is enough"):
        mp.start_processes(mp_functions.rest, (Once(),), 2)


def test_the_rest_is_pythons():
    with mp.get_context("fork").Pool(1) as pool:
        assert [x.tolist() for x in pool.map(mp_functions.double, [1, 2])] == [2, 4]
        pool.close()
        pool.join()
    assert mp.Process.__module__.startswith("multiprocessing") and mp.get_start_method() in mp.get_all_start_methods()
    with pytest.raises(ValueError, match="start_method to be"):
        mp.spawn(mp_functions.double, start_method="x")


@pytest.mark.torch
def test_names_are_pytorchs(torch):
    assert set(torch.multiprocessing.__all__) - set(mp.__all__) == {
        "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy",
    }  # fmt: skip


def test_lists_of_what_a_file_may_execute_are_kept(tmp_path):
    serialization = tn.serialization
    serialization.add_safe_globals([dict])
    with serialization.safe_globals([set, (list, "a.list")]):
        assert serialization.get_safe_globals() == [dict, set, (list, "a.list")]
        tn.save({"x": tn.ones(1)}, tmp_path / "x")
        assert serialization.load(tmp_path / "x")["x"].tolist() == [1]
    assert serialization.get_safe_globals() == [dict]
    serialization.clear_safe_globals()
    assert serialization.get_safe_globals() == []
