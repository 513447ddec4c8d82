"""Loaders with worker processes: the same batches, errors that arrive, and no process that is left behind."""

import itertools
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import time

import loaded
import numpy as np
import pytest
from helpers import sampled

import tinynet as tn
from tinynet.data import DataLoader, TensorDataset, channel

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # of Python 3.12, where there are threads
    pytest.mark.filterwarnings("ignore:DataLoader. num_workers is:UserWarning"),  # on a machine with few cores
]


NOT_PICKLED = (AttributeError, pickle.PicklingError)  # as the version of Python has it


@pytest.fixture(autouse=True)
def _none_is_left():
    yield
    assert multiprocessing.active_children() == []


def loader(dataset, *arguments, workers=2, method="fork", **options):
    if workers:
        options |= {"num_workers": workers, "multiprocessing_context": method}
    return DataLoader(dataset, *arguments, **options)


def shown(batches):
    return [str({k: v.tolist() if isinstance(v, tn.Tensor) else v for k, v in batch.items()}) for batch in batches]


def run(made):
    """(what three passes gave, the state of the stream after each)."""
    tn.manual_seed(3)
    passes = []
    for _ in range(3):
        passes.append((shown(made()), tn.get_rng_state(), tn.rand(()).item()))
    return passes


@pytest.mark.parametrize(
    "options", sampled([{"shuffle": True, "drop_last": True}, {}, {"sampler": [3, 1]}, {"shuffle": True}], 2)
)
def test_the_batches_are_the_same_with_any_number_of_workers(options):
    expected = run(lambda: loader(loaded.Squares(), 4, workers=0, **options))
    assert run(lambda: loader(loaded.Squares(), 4, workers=1, **options)) == expected
    assert run(lambda: loader(loaded.Squares(), 4, workers=3, prefetch_factor=1, **options)) == expected
    kept = loader(loaded.Squares(), 4, persistent_workers=True, **options)
    assert run(lambda: kept) == expected


def test_workers_that_are_spawned_know_nothing_but_what_is_sent_to_them():
    """And do the same, with a persistent loader left in the middle of a pass."""
    dataset = TensorDataset(tn.arange(20.0), tn.arange(20))
    kept = loader(dataset, 3, method="spawn", shuffle=True, persistent_workers=True, worker_init_fn=loaded.start_at)
    tn.manual_seed(1)
    first = [y.tolist() for _, y in itertools.islice(kept, 2)]
    second = [y.tolist() for _, y in kept]
    alone = DataLoader(dataset, 3, shuffle=True)
    tn.manual_seed(1)
    assert first == [y.tolist() for _, y in itertools.islice(alone, 2)]
    assert second == [y.tolist() for _, y in alone]


def test_workers_end_with_the_last_reference_to_their_loader():
    kept = loader(loaded.Squares(), persistent_workers=True)
    next(iter(kept))
    assert len(multiprocessing.active_children()) == 2
    del kept
    assert multiprocessing.active_children() == []


def test_columns_stay_columns():
    dataset = TensorDataset(tn.arange(6000.0).reshape(6, 1000), tn.arange(6))
    x, y = next(iter(loader(dataset, 4, sampler=[5, 0, 1, 2])))
    assert y.tolist() == [5, 0, 1, 2] and x.dtype == tn.float32
    np.testing.assert_array_equal(x.numpy(), dataset.tensors[0].numpy()[y.numpy()])
    assert x.numpy().flags.writeable and x.numpy().flags.aligned


def test_each_worker_has_streams_of_its_own():
    def draws():
        tn.manual_seed(7)
        return [batch for _ in range(2) for batch in loader(loaded.Draws(), None)]

    items = draws()
    ids, seeds, initial, *drawn, workers, lengths = zip(*items)
    assert ids == (0, 1) * 8 and set(workers) == {2} and set(lengths) == {8}
    assert seeds == initial and seeds[1] == seeds[0] + 1 and seeds[8] != seeds[0]
    for numbers in drawn:
        assert len(set(numbers)) == 16
    assert draws() == items
    before = random.getstate(), np.random.get_state()[2]
    list(loader(loaded.Draws(), None, generator=tn.Generator(1)))
    assert (random.getstate(), np.random.get_state()[2]) == before


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_iterable_datasets_end_in_each_worker(workers):
    batches = [b.tolist() for b in loader(loaded.Shared(11), 2, workers=workers)]
    assert sorted(itertools.chain(*batches)) == list(range(11))
    assert batches == [b.tolist() for b in loader(loaded.Shared(11), 2, workers=workers)]
    assert list(loader(loaded.Shared(11), None, workers=workers)) == list(range(11))


def test_iterable_datasets_as_in_pytorch():
    """The order that PyTorch's documentation shows, of a `worker_init_fn` that changes each copy."""
    assert [x.item() for x in loader(loaded.Counted())] == [0, 0, 1, 1, 2, 2]
    kept = loader(loaded.Counted(), worker_init_fn=loaded.start_at, persistent_workers=True)
    assert [x.item() for x in kept] == [x.item() for x in kept] == [0, 10, 1, 11, 2, 12]


def test_an_error_in_a_worker_arrives_with_its_traceback():
    class Local(Exception):
        pass

    errors = {1: KeyError("k"), 2: FileNotFoundError(2, "none", "a"), 3: loaded.Unusual(1, 2), 4: Local("here")}
    batches, found = iter(loader(loaded.Faulty(errors))), []
    while True:
        try:
            found.append(next(batches).item())
        except StopIteration:
            break
        except Exception as error:
            assert f"in DataLoader worker process {len(found) % 2}.\nOriginal Traceback (most" in str(error)
            assert "in __getitem__" in str(error) and "raise self.errors[i]" in str(error)
            found.append(type(error))
    assert found == [0, KeyError, FileNotFoundError, RuntimeError, RuntimeError, 5]


def test_other_errors_of_workers():
    with pytest.raises(OSError, match="Caught OSError in DataLoader worker process 0"):
        next(iter(loader(loaded.Squares(), worker_init_fn=loaded.fail)))
    with pytest.raises(RuntimeError, match=r"worker \(pid\(s\) \d+\) exited unexpectedly, by SIGKILL"):
        list(loader(loaded.Faulty(ends=3)))
    with pytest.raises(NOT_PICKLED, match="local object"):
        list(loader(["a"], collate_fn=lambda items: lambda: items))  # which cannot come back
    with pytest.warns(UserWarning, match="cannot be pickled"), pytest.raises(NOT_PICKLED, match="local object"):
        iter(loader(["a"], method="spawn", collate_fn=lambda items: items))


def test_timeout():
    start = time.monotonic()
    batches = iter(loader(loaded.Faulty(slow=2), timeout=0.5))
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.5 seconds"):
        list(batches)
    batches._workers.close(grace=0)
    assert time.monotonic() - start < 30


def test_a_slow_worker_does_not_hold_up_the_others_if_order_does_not_matter():
    batches = iter(loader(loaded.Faulty(slow=0), in_order=False))
    assert [next(batches).item() for _ in range(4)] == [1, 3, 4, 5]  # 2 waits for the worker that is at 0
    batches._workers.close(grace=0)


def test_memory_that_a_dataset_uses_again_is_copied_before():
    kept = list(loader(loaded.Reused(), None, workers=1, prefetch_factor=8))
    assert [(x[0].item(), x[-1].item()) for x in kept] == [(i, i) for i in range(8)]


def test_messages():
    here, there = multiprocessing.Pipe()
    values = [np.arange(6).reshape(2, 3).T, np.zeros((0, 3)), {"x": tn.ones(2000)}, "text"]
    channel.send(here, ("header", 1), channel.pack(values))
    header, got = channel.receive(there)
    assert header == ("header", 1) and str(got) == str(values)
    for end in (here, there):
        end.close()


SCRIPT = """
    import os, signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell switches off in the background
    from tinynet.utils.data import DataLoader, Dataset

    class Slow(Dataset):
        def __len__(self):
            return 100
        def __getitem__(self, i):
            time.sleep(0.02)
            return i

    loader = DataLoader(Slow(), num_workers=2, multiprocessing_context="fork", persistent_workers=True)
    for i, _ in enumerate(loader):
        if i == 0:
            print(*[process.pid for process in loader._iterator._workers._processes], flush=True)
        if sys.argv[1] == "leave":
            break
"""


def ended(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:  # which nobody has waited for
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("end", ["leave", "SIGINT", "SIGTERM", "SIGKILL"])
def test_no_worker_outlives_the_program(end):
    """Ctrl-C reaches all of its processes, the other signals only the first."""
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), end]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as program:
        workers = [int(pid) for pid in program.stdout.readline().split()]
        if end == "SIGINT":
            os.killpg(program.pid, signal.SIGINT)
        elif end != "leave":
            program.send_signal(getattr(signal, end))
        _, errors = program.communicate(timeout=60)
    assert len(workers) == 2 and errors.count("Traceback") == (end == "SIGINT"), errors
    assert program.returncode == (0 if end == "leave" else -getattr(signal, end))
    deadline = time.monotonic() + 20
    while not all(map(ended, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
