"""Threads and processes: kernels that several use at once, for the first time or in a forked child."""

import threading

import numba
import numpy as np
import pytest
from formulas_for_lift import simple
from helpers import run_python

import tinynet as tn
from tinynet.kernels.lifting.lift import lift
from tinynet.kernels.runtime import threads
from tinynet.kernels.runtime.jit import Compiled, jit

needs_compilation = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def in_threads(function, count=8):
    """Run `function` in threads that start together; returns what they return."""
    barrier, results = threading.Barrier(count), []

    def run():
        barrier.wait()
        try:
            results.append(function())
        except Exception as error:
            results.append(error)

    started = [threading.Thread(target=run) for _ in range(count)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return results


def test_what_many_threads_ask_for_is_compiled_once():
    made = []
    table = Compiled(lambda key: made.append(threading.Event().wait(0.02)) or key + 1)
    assert in_threads(lambda: table[1]) == [2] * 8 and len(made) == 1


def test_the_first_use_of_a_lifted_kernel_by_eight_threads():
    kernel, x = lift(simple, prologue="x = x - 0.125"), np.linspace(-1, 1, 50, dtype=np.float32)

    def use():
        out = np.empty_like(x)
        kernel.cpu(out, x, x)
        return out.tobytes()

    assert len(set(in_threads(use))) == 1 and type(use()) is bytes


@needs_compilation
def test_no_setting_of_numba_changes_while_a_kernel_is_decorated(monkeypatch):
    seen, njit, before = [], numba.njit, numba.config.CACHE_DIR
    monkeypatch.setattr(numba, "njit", lambda **options: seen.append(numba.config.CACHE_DIR) or njit(**options))
    jit(lambda x: x)
    assert seen == [before]


# Each way of launching: a lifted loop, a reduction, tasks, a product, blocks, an update rule. All on all threads.
LAUNCHES = """
import hashlib, os, threading
import tinynet as tn
F = tn.nn.functional
x = tn.linspace(-3, 3, 1 << 18).reshape(512, 512)
image, weight = x.reshape(16, 16, 32, 32), tn.linspace(-1, 1, 16 * 16 * 9).reshape(16, 16, 3, 3)
p = tn.nn.Parameter(x.clone())
def bits():
    p.data, p.grad = x, x
    tn.optim.SGD([p], lr=0.1).step()
    results = x.sigmoid(), x.sum(1), F.softmax(x, 1), x @ x, F.conv2d(image, weight), p.detach()
    return hashlib.sha256(b"".join(y.numpy().tobytes() for y in results)).hexdigest()
expected = bits()
wrong = []
def repeat(times):
    wrong.extend(bits() for _ in range(times))
"""


@needs_compilation
def test_python_threads_launch_at_the_same_time():
    text = LAUNCHES + (
        "p.requires_grad_(False)\nbits = lambda: hashlib.sha256((x.sigmoid() @ F.softmax(x, 1)).numpy()).hexdigest()\n"
        "expected = bits()\n"
        "started = [threading.Thread(target=repeat, args=(20,)) for _ in range(3)]\n"
        "for t in started: t.start()\n"
        "for t in started: t.join()\n"
        "print(len(wrong), {*wrong} == {expected})"
    )
    assert run_python(text, NUMBA_THREADING_LAYER="workqueue", NUMBA_NUM_THREADS="2") == "60 True"


FORKED = """
def child(generations):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            wrong.clear()
            repeat(2)
            thread = threading.Thread(target=repeat, args=(2,))
            thread.start()
            thread.join()
            if len(wrong) == 4 and {*wrong} == {expected} and (generations == 1 or child(generations - 1)):
                code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0
print(child(2))
wrong.clear()
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    print({*pool.starmap(bits, [()] * 4)} == {expected}, bits() == expected)
"""


@pytest.mark.skipif(not hasattr(threads.os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
@needs_compilation
def test_a_forked_child_computes_the_same_bits(layer):
    text = LAUNCHES + FORKED
    assert run_python(text, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS="2") == "True\nTrue True"


@pytest.mark.skipif(not hasattr(threads.os, "fork"), reason="there is no fork")
def test_a_process_that_is_forked_during_a_compilation_can_compile():
    text = """
import os, threading, time
from tinynet.kernels.runtime.threads import compiling
taken = threading.Event()
def compile():
    with compiling:
        taken.set()
        time.sleep(0.1)
threading.Thread(target=compile).start()
taken.wait()
pid = os.fork()
if pid == 0:
    os._exit(0 if compiling._lock.acquire(timeout=2) else 1)
print(os.waitpid(pid, 0)[1])
"""
    assert run_python(text) == "0"


@needs_compilation
def test_no_training_imports_a_module_while_a_process_may_be_forked():
    """It would wait for ever for the end of the import, which is in a thread that it does not have."""
    text = """
import sys
import tinynet as tn
from tinynet import data, nn, training
from tinynet.kernels.runtime import threads
class Finder:
    def find_spec(self, name, path=None, target=None):
        if not threads.compiling.is_locked() and not threads._launching._is_owned():
            print(name)
sys.meta_path.insert(0, Finder())
model = nn.Sequential(nn.Linear(128, 512), nn.ReLU(), nn.Linear(512, 8))
batches = data.DataLoader(data.TensorDataset(tn.rand(256, 128), tn.randint(0, 8, (256,))), 128)
for compile in False, True:
    optimizer = tn.optim.Adam(model.parameters())
    training.fit(model, batches, None, optimizer, nn.CrossEntropyLoss(), epochs=2, compile=compile, progress=False)
"""
    assert run_python(text) == ""


@pytest.fixture
def as_before():
    yield
    threads._limit, threads._direct = None, False


def test_set_num_threads_counts_in_every_thread(as_before):
    assert tn.get_num_threads() == numba.config.NUMBA_NUM_THREADS
    tn.set_num_threads(np.int64(1))
    seen = []
    threads.launch_parallel(lambda: seen.append(numba.get_num_threads()))
    assert in_threads(tn.get_num_threads, 2) == [1, 1]
    in_threads(lambda: threads.launch_parallel(lambda: seen.append(numba.get_num_threads())), 2)
    assert seen == [1, 1, 1]
    tn.set_num_threads(1000)  # as in PyTorch; no more take part than there are
    threads.launch_parallel(lambda: seen.append(numba.get_num_threads()))
    assert tn.get_num_threads() == 1000 and seen[3] == numba.config.NUMBA_NUM_THREADS


@pytest.mark.parametrize("number", [0, -1, True, 2.0, "2", None, 2**40])
def test_set_num_threads_refuses(number, as_before, torch):
    before = tn.get_num_threads()
    with pytest.raises((TypeError, ValueError), match="set_num_threads: expected num"):
        tn.set_num_threads(number)
    with pytest.raises((RuntimeError, ValueError)):
        torch.set_num_threads(number)
    assert tn.get_num_threads() == before
