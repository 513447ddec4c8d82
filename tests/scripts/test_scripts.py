"""Scripts in the habits of tutorials, courses and small research code, old and new, run whole on either library.

Only what they import is changed. Where data and first weights come from NumPy, the losses must be PyTorch's; where a
script draws from the library's own stream, or stirs its batches with it, both libraries must learn.
"""

import ast
import re
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SCRIPTS = sorted(file for file in Path(__file__).parent.glob("*.py") if not file.name.startswith("test_"))
# Those whose draws are the library's own: the last loss is at most this part of the first.
DRAWN = {
    "actor_critic": 0.5,
    "bayes_by_backprop": 0.2,
    "fitting": 0.8,
    "mnist_old": 0.5,
    "reinforce": 0.7,
    "vae": 0.9,
}


def with_import_changed(script):
    """The script, with tinynet in PyTorch's place where it imports, and nowhere else."""
    lines = script.splitlines()
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            line = re.sub(r"\bimport torch$", "import tinynet as torch", lines[node.lineno - 1])
            lines[node.lineno - 1] = re.sub(r"\b(import|from) torch\b", r"\1 tinynet", line)
    return "\n".join(lines)


def run(script, folder):
    """The losses of a script, run as a program, and the kinds of its warnings."""
    file = folder / "script.py"
    file.write_text(script, encoding="utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        losses = runpy.run_path(str(file), run_name="__main__")["losses"]
    return np.array(losses), {warning.category for warning in caught}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    for library in (tn, torch):  # a script may have left another
        library.set_default_dtype(library.float32)
        library.set_printoptions(profile="default")


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)
def test_runs_with_the_import_changed(file, tmp_path):
    script = file.read_text(encoding="utf-8")
    expected, their_warnings = run(script, tmp_path)
    losses, our_warnings = run(with_import_changed(script), tmp_path)
    assert our_warnings <= their_warnings
    if file.stem in DRAWN:
        assert expected[-1] <= DRAWN[file.stem] * expected[0] and losses[-1] <= DRAWN[file.stem] * losses[0]
    else:
        np.testing.assert_allclose(losses, expected, rtol=3e-4, atol=3e-5)


def test_lists_name_scripts():
    assert DRAWN.keys() <= {file.stem for file in SCRIPTS}
    assert len(SCRIPTS) >= 30


def test_only_imports_are_changed():
    text = 'import torch\nimport torch.nn as nn\nfrom torch import optim\nprint("import torch", torch.nn)'
    assert with_import_changed(text).splitlines() == [
        "import tinynet as torch",
        "import tinynet.nn as nn",
        "from tinynet import optim",
        'print("import torch", torch.nn)',
    ]
