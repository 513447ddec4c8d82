"""`detect_anomaly` names the first operation that made a NaN or Inf."""

import threading

import numpy as np
import pytest
from helpers import TINYNET, leaf

import tinynet as tn
from tinynet.autograd import detect_anomaly
from tinynet.autograd.mode import mode
from tinynet.kernels import launch as launching
from tinynet.kernels.kernel import In, Kernel, Out
from tinynet.kernels.launch import launch, observe, observer, run, unobserved


@pytest.mark.parametrize(
    ("run", "match"),
    [
        (
            lambda x: (x * 0).log() * 2,
            r"operation 'log' made Inf at \(0,\) of its result of shape \(3,\) from finite inp",
        ),
        (lambda x: (x - 2).sqrt() + 1, r"'sqrt' made NaN at \(0,\)"),
        (lambda x: x / tn.tensor([1.0, 1.0, 0.0]), r"'div' made Inf at \(2,\).*from finite inputs"),
        (lambda x: (x * 1e3).exp(), "'exp' made Inf"),
        (lambda x: x.masked_fill(x > 2, float("inf")) * 0, r"'mul' made NaN at \(2,\).*an input that held Inf"),
    ],
)
def test_forward(run, match):
    with np.errstate(all="ignore"), pytest.raises(tn.NonFiniteError, match=match), detect_anomaly():
        run(tn.tensor([1.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    ("run", "match"),
    [
        (lambda x: (x * 0).sqrt(), "in the backward of 'sqrt'.*made Inf.*from finite inputs"),
        (lambda x: (x * 0) ** 0.5, "in the backward of 'pow'.*made Inf"),
        (lambda x: (x * 0 + 1e-30).log(), "in the backward of 'log'.*made Inf"),
    ],
)
def test_backward(run, match):
    x = tn.tensor([1.0, 2.0], requires_grad=True)
    with detect_anomaly():
        y = run(x)
        g = tn.full((2,), 1e10)
        with pytest.raises(tn.NonFiniteError, match=match):
            y.backward(g)
    assert x.grad is None


def test_an_infinity_that_was_put_in_passes():
    with detect_anomaly():
        assert (tn.tensor([1.0, 2.0]) + float("inf")).sum().item() == float("inf")


def test_a_mask_of_minus_infinity_passes():
    x = leaf(np.arange(6.0).reshape(2, 3))
    mask = tn.tensor([[False, True, False], [False, False, True]])
    with detect_anomaly():
        scores = x.masked_fill(mask, float("-inf"))
        y = TINYNET.softmax(scores + 1.0, dim=1)
        y.sum().backward()
    assert np.isfinite(x.grad.array).all()
    assert y.array[mask.array].tolist() == [0, 0]


def test_it_ends_with_the_block():
    for _ in range(2):
        with pytest.raises(tn.NonFiniteError), detect_anomaly():
            tn.zeros(1).log()
    assert tn.zeros(1).log().item() == float("-inf")


def test_it_names_the_module():
    model = tn.nn.Sequential(tn.nn.Linear(2, 2), tn.nn.Linear(2, 1))
    with tn.no_grad():
        model[1].weight.fill_(3e38)
        model[0].weight.fill_(10.0)
    with np.errstate(all="ignore"), pytest.raises(tn.NonFiniteError, match=r"^Linear\(.*at model\.1: .*'linear' made"):
        with detect_anomaly():
            model(tn.ones(1, 2))


# The launch, which it watches through


def test_observers_see_everything_and_nest():
    double = Kernel("double", {"out": Out, "x": In}, "")
    double.on("cpu", lambda out, x: np.add(x, x, out=out))

    def note(name):
        def observer(kernel, arrays):
            seen.append((name, kernel.name, len(arrays)))
            run(kernel, arrays)

        return observer

    seen, out = [], np.zeros(2)
    launch(double, out, np.ones(2))
    with observe(note("outer")):
        launch(double, out, out)
        with observe(note("inner")):
            launch(double, out, out)
        with pytest.raises(ZeroDivisionError), observe(lambda kernel, arrays: 1 / 0):
            launch(double, out, out)
        launch(double, out, out)
    launch(double, out, out)
    assert out.tolist() == [32, 32]
    assert seen == [("outer", "double", 2), ("inner", "double", 2), ("outer", "double", 2)]


def test_blocks_may_overlap():
    """As those of two threads do, of which the first to begin may be the first to end."""
    first, second = detect_anomaly(), detect_anomaly()
    first.__enter__(), second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(tn.NonFiniteError):
        leaf([-1.0]).log()
    second.__exit__(None, None, None)
    leaf([-1.0]).log()
    assert observer() is None and launching._observer is launching._dispatch and mode.path is None


def test_an_observer_of_one_thread_alone():
    """Sees that thread's launches, whoever watches all; the others' are seen by those who watch all, or just run."""

    def note(name):
        return lambda kernel, arrays: (seen.append(name), run(kernel, arrays))

    def elsewhere():
        thread = threading.Thread(target=lambda: results.append((tn.ones(2) + 1).tolist()))
        thread.start(), thread.join()

    seen, results, this = [], [], threading.get_ident()
    with observe(note("mine"), this):
        elsewhere()
        assert not seen
        with observe(note("all")):
            tn.ones(2) + 1, elsewhere()
            with unobserved():
                tn.ones(2) + 1, elsewhere()
    assert seen == ["mine", "all", "all"] and results == [[2, 2]] * 3


def test_an_observer_changes_no_result():
    def run():
        tn.manual_seed(3)
        x = tn.randn(5, 4, requires_grad=True)
        y = TINYNET.dropout(TINYNET.gelu(x @ tn.randn(4, 3)), 0.3)
        TINYNET.cross_entropy(y, tn.tensor([0, 1, 2, 0, 1])).backward()
        return x.grad.array.tobytes()

    seen = []
    plain = run()
    with observe(lambda kernel, arrays: (seen.append(kernel.name), kernel.cpu(*arrays))):
        assert run() == plain
    assert {"normal", "matmul", "gelu", "dropout", "cross_entropy", "gelu_grad"} <= set(seen)


def test_it_is_switched_on_and_off():
    x = leaf([-1.0])
    switch = tn.autograd.set_detect_anomaly
    with switch(True):
        with pytest.raises(tn.NonFiniteError), switch(True):
            x.log()
        with switch(False):
            x.log()
        with pytest.raises(tn.NonFiniteError):
            x.log()
    x.log()
    switch(True)
    with pytest.raises(tn.NonFiniteError):
        x.log()
    switch(False)
    x.log()
