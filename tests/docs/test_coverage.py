"""The page on coverage: PyTorch's names are those of the PyTorch that is compared with, and no claim is false."""

import re
import runpy

import pytest
from helpers import ROOT

import tinynet as tn

WRITE = runpy.run_path(str(ROOT / "docs" / "coverage" / "write.py"))
PAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")


def test_what_the_page_has_is_there():
    """Whether it has all that is there today is `docs/coverage/write.py --check`, which is no test."""
    parts = re.findall(r"^## `(.+?)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert [namespace for namespace, _ in parts] == WRITE["NAMESPACES"]
    for namespace, text in parts:
        names = re.findall(r"`(\w+)`", text.rpartition("There:")[2])
        ours = WRITE["found"](namespace.replace("torch", "tinynet", 1))
        assert names and [name for name in names if not hasattr(ours, name)] == []


def test_names_are_compared():
    names = {"torch": ["abs", "sparse_coo_tensor", "no_such_name"], "torch.nn": ["Linear"]}
    result = WRITE["compare"](names)
    there, absent, outside = result["torch"]
    assert (there, absent, outside["Sparse tensors"]) == (["abs"], ["no_such_name"], ["sparse_coo_tensor"])
    text = WRITE["page"](result)
    assert "| `torch` | 1 | 1 | 1 |" in text and "| `torch.nn` | 1 | 0 | 0 |" in text
    assert "Absent:\n\n`no_such_name`\n\nThere:\n\n`abs`" in text


@pytest.mark.torch
def test_the_names_are_those_of_pytorch(torch):
    theirs, kept = WRITE["names_of_pytorch"](), WRITE["read_names"]()
    version = re.search(r"PyTorch (\d+\.\d+)", WRITE["NAMES"].read_text(encoding="utf-8"))[1]
    if not torch.__version__.startswith(version):
        pytest.skip(f"the names are those of PyTorch {version}")
    assert kept == theirs and {"relu_", "unique", "float32", "pi"} <= {*kept["torch"]}
    assert tn.__name__ not in "".join(kept)
