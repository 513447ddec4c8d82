"""The documentation refers to code that exists, and its examples run."""

import ast
import inspect
import os
import re
import runpy
import shlex
import subprocess
import sys

import numba
import pytest
from helpers import ROOT
from walks import WALKS, stacks

from tinynet import optim, rules

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_references_to_code_exist(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py): (\w+)`", text)
    for file, name in named:
        source = (ROOT / "tinynet" / file).read_text(encoding="utf-8")
        assert re.search(rf"(def|class) {name}\b|^{name}\b", source, re.MULTILINE), f"{file} has no {name}"
    paths = [p for p in re.findall(r"`((?:[\w.]+/)*[\w.]+\.py|(?:\w+/)+)`", text) if not p.startswith("runs/")]
    for path in paths:
        assert (ROOT / "tinynet" / path).exists() or (ROOT / path).exists(), f"{path} does not exist"
    for link in re.findall(r"\]\(([\w./]+)\)", text):
        assert (page.parent / link).exists(), f"the link {link} leads nowhere"
    assert named or paths or page.name == "differences.md"


def test_the_figures_of_the_engine_show_what_is_there():
    drawing = runpy.run_path(str(ROOT / "docs" / "engine" / "draw.py"))
    for python, compiled in drawing["HOPS"].values():
        assert len(python) + len(compiled) <= 10
        for hop in (*python, *compiled):
            file, name = hop.split(": ")
            source = (ROOT / "tinynet" / file).read_text(encoding="utf-8")
            assert re.search(rf"def {name}\b", source), f"{file} has no {name}"
    lines, arrows = drawing["lines_and_arrows"]()
    assert lines[None] <= 200 and sum(lines.values()) > 20_000, "some room is in no figure"
    assert arrows["ops", "autograd"] and not arrows["autograd", "ops"]
    for figure in ("house", "step", "hops"):
        assert str(drawing[figure]()).count("<rect") == (ROOT / "docs" / "engine" / f"{figure}.svg").read_text(
            encoding="utf-8"
        ).count("<rect")


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="definitions are called in place of compiled kernels")
@pytest.mark.parametrize("title", [title for title in WALKS if "GPU" not in title])
def test_the_hops_in_the_figure_are_those_of_a_debugger(title, monkeypatch):
    monkeypatch.setattr("tinynet.kernels.launch._observer", None)  # where a GPU or float16 was used there is one more
    python, _ = runpy.run_path(str(ROOT / "docs" / "engine" / "draw.py"))["HOPS"][title]
    assert python in stacks(WALKS[title]("cpu"))


def test_the_readmes_example_runs_and_prints_what_it_says(tmp_path, capsys):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    script = tmp_path / "readme.py"
    script.write_text(code, encoding="utf-8")
    runpy.run_path(str(script))
    assert capsys.readouterr().out.strip() == re.search(r"# (\d\.\d+)", code)[1]


def test_a_debugger_stops_in_the_definition_of_a_kernel():
    """At the breakpoint that the page on the engine sets: a few turns of its loop later, in the backward pass."""
    page = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"    NUMBA_DISABLE_JIT=1 python (-m pdb .*)", page)
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    commands = "continue\n" * 8 + "where\nquit\n"
    done = subprocess.run(
        [sys.executable, *shlex.split(line)],
        input=commands, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    stack = done.stdout[done.stdout.rindex("main()") :]
    assert "-> loss.backward()" in stack and "-> out += a[" in stack, done.stdout[-2000:] + done.stderr[-2000:]


def test_no_text_names_another_distribution():
    """Until tinynet-numba is published a clone is installed; `tinynet` on PyPI is somebody else's."""
    texts = [*PAGES, ROOT / "setup.cfg", *(ROOT / "tinynet").rglob("*.py"), *(ROOT / "examples").rglob("*.py")]
    wrong = re.compile(r"pip install (?!-e .?\.)[^`\n]*\btinynet|\btinynet(-numba)?\[")
    assert [path.name for path in texts if wrong.search(path.read_text(encoding="utf-8"))] == []


def code(function):
    """The lines of a function as its file has them, without the docstring."""
    lines, tree = inspect.getsource(function).splitlines(), ast.parse(inspect.getsource(function)).body[0]
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    return "\n".join([lines[0], *lines[body[0].lineno - 1 :]])


@pytest.mark.parametrize("page", ["adam.md", "optimizers.md"])
def test_rules_are_quoted_as_they_run(page):
    blocks = re.findall(r"```python\n(.*?)\n```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    quoted = {name: block for block in blocks for name in re.findall(r"\Adef (\w+)", block) if hasattr(rules, name)}
    assert "adam" in quoted
    for name, block in quoted.items():
        assert block == code(getattr(rules, name)), f"{page} quotes another {name} than rules.py has"


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="the page has machine code")
def test_the_page_on_show_has_todays_outputs():
    """But for places in files, and machine code, which is the processor's. `docs/show/write.py` writes it anew."""
    page = (ROOT / "docs" / "show.md").read_text(encoding="utf-8")
    text, picture = runpy.run_path(str(ROOT / "docs" / "show" / "write.py"))["written"](page)
    alike = lambda text: re.sub(r":\d+$|_\w{12}\.py$|machine code: .*\n( .*\n)+", "", text, flags=re.MULTILINE)
    assert alike(text) == alike(page) and text.count("machine code: ") == 2
    assert picture == (ROOT / "docs" / "show" / "loss.svg").read_text(encoding="utf-8")


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="programs of compiled kernels")
def test_the_programs_of_the_page_on_compiling_are_todays():
    """`docs/compile/write.py` writes them anew."""
    page, folder = ROOT / "docs" / "compile.md", ROOT / "docs" / "compile"
    text, files = runpy.run_path(str(folder / "write.py"))["written"](page.read_text(encoding="utf-8"))
    assert text == page.read_text(encoding="utf-8")
    assert files == {name: (folder / name).read_text(encoding="utf-8") for name in files}


def test_the_page_on_adam_names_tests_that_exist_and_shows_small_pictures():
    text = (ROOT / "docs" / "adam.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "examples").glob("*.py"))
    named = set(re.findall(r"`(test_\w+)`", text))
    assert len(named) > 15 and all(f"def {name}(" in tests for name in named)
    shown = {ROOT / "docs" / name for name in re.findall(r"!\[[^\]]+\]\((.+?)\)", text)}
    assert shown == set((ROOT / "docs" / "adam").iterdir())
    assert all(path.stat().st_size < 150_000 for path in shown)


def test_the_table_of_optimizers_is_complete():
    text = (ROOT / "docs" / "optimizers.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)(?:\(optimizer\))?` \| .+ \| .+ \d{4} \|$", text, re.MULTILINE)
    assert sorted(listed) == sorted({n for n in optim.__all__ if n[0].isupper()} - {"Optimizer", "Rule"})
