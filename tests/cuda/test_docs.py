"""What the documentation says of the GPU: the examples, the kernel that a page shows, and the benchmark."""

import ast
import importlib.util
import os
import re
import runpy
import subprocess
import sys

import numpy as np
import pytest
from helpers import ROOT, sampled
from walks import WALKS, stacks

import tinynet as tn
from tinynet.data import TensorDataset, digits

pytestmark = pytest.mark.cuda

SMALL = {  # what makes an example small enough for the simulator
    "char_gpt": {"steps": 1, "layers": 1, "heads": 2, "width": 4, "length": 3, "batch": 1, "sample": 2},
    "spiral": {"steps": 5, "points": 2, "out": ""},
    "own_rule": {"epochs": 1},
    "digits_by_hand": {"epochs": 1},
    "cnn_digits": {"epochs": 1},
    "char_lstm": {"epochs": 1, "lines": 1, "width": 2, "length": 16},
    "vae": {"epochs": 1, "width": 8, "out": ""},
    "gan": {"steps": 1, "batch": 2, "width": 4, "noise": 2, "sample": 2, "out": ""},
    "resnet_digits": {"epochs": 1, "width": 1, "blocks": 1},
    "reinforce": {"updates": 1, "carts": 2, "steps": 3},
    "matrix_factorization": {"epochs": 1, "users": 3, "films": 6, "each": 4},
    "categories": {"epochs": 1, "rows": 20, "vector": 2, "width": 4},
}


def example(name):
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"))["main"]


@pytest.mark.parametrize("name", sampled(SMALL, 4))
def test_examples_print_the_same_numbers_on_both_devices(name, capsys, monkeypatch):
    main, tiny = example(name), TensorDataset(*digits()[:1])
    if "digits" in main.__globals__:
        monkeypatch.setitem(main.__globals__, "random_split", lambda data, parts: (tiny, tiny))
    numbers = []
    for device in ("cpu", "cuda"):
        tn.cuda.reset_peak_memory_stats()
        before = tn.cuda.max_memory_allocated()
        main(**SMALL[name], device=device)
        assert (tn.cuda.max_memory_allocated() > before) == (device == "cuda")
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("step", "epoch", "update"))]
        numbers.append([float(x) for line in lines for x in re.findall(r"\d+\.\d+", line)])
    assert numbers[0]
    np.testing.assert_allclose(numbers[1], numbers[0], atol=2e-3)


def test_the_example_has_the_same_losses_on_both_devices(capsys):
    (a, b), text = [example("cpu_gpu")(device, 2, 8) for device in ("cpu", "cuda")], capsys.readouterr().out
    np.testing.assert_allclose(b, a, rtol=1e-6)
    assert "on cpu" in text and "on cuda:0" in text


def test_the_page_shows_the_kernel_as_it_is_written():
    from tinynet.kernels.cuda.lifted.elementwise import Updates
    from tinynet.optim.adam import ADAM

    page, text = (ROOT / "docs" / "cuda.md").read_text(encoding="utf-8"), Updates(ADAM.kernel).source("float32")
    shown = [ast.parse(part) for part in re.findall(r"```python\n(.*?)\n```", page, re.DOTALL)]
    written = {ast.unparse(function) for function in ast.parse(text).body}
    assert len([part for part in shown if ast.unparse(part) in written]) == 2
    assert "k6 = T(1 / (1 - beta2 ** t))" in text and "`k6 = T(1 / (1 - beta2 ** t))`" in page


@pytest.mark.thorough
def test_the_benchmark_runs():
    script = ROOT / "tests" / "benchmarks" / "gpu.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script, "--small"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [re.split(r"  +", line) for line in done.stdout.splitlines()[2:]]
    found = {label: (theirs, float(ours.replace(",", ""))) for label, theirs, ours, *_ in lines}
    assert len(found) == 7 + 2 * 6 and all(ours > 0 for _, ours in found.values())
    with_torch = importlib.util.find_spec("torch") is not None
    assert all((theirs != "—") == with_torch for theirs, _ in found.values())
    for part in ("launch", "copy", "Adam over 64 elements", "Adam8bit over", "tensors", "6³", "LeNet", "GPT"):
        assert any(part in label for label in found)


def test_the_hops_in_the_figure_of_the_engine_are_those_of_a_debugger():
    """But for the last of Python, which is the simulator's where there is no GPU."""
    title = "of Linear's weight, on a GPU"
    *python, last = runpy.run_path(str(ROOT / "docs" / "engine" / "draw.py"))["HOPS"][title][0]
    assert last.endswith("device/calls.py: __call__") and python in stacks(WALKS[title]("cuda"))
