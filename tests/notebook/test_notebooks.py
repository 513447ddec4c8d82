"""The notebooks run, and what is written in cells works as in files: rules, compiled steps, bars and figures."""

import base64
import importlib.util
import re

import pytest
from helpers import ROOT

pytestmark = pytest.mark.extras
nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

FOLDER = ROOT / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("check", ROOT / "tests" / "notebook" / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(check, path):
    assert check.check(path, None) is None


def test_there_are_six_and_their_links_lead_somewhere():
    assert [path.stem[0] for path in NOTEBOOKS] == list("123456")
    for path in NOTEBOOKS:
        text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert (FOLDER / link).exists(), f"{path.name}: the link {link} leads nowhere"
        for file, name in re.findall(r"`([\w/]+\.py): (\w+)`", text):
            assert re.search(rf"def {name}\b", (ROOT / "tinynet" / file).read_text(encoding="utf-8"))


def test_cells_are_short():
    lengths = [len(cell.source.splitlines()) for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells]
    assert max(lengths) <= 25


def test_a_notebook_that_fails_or_has_outputs_is_found(check, tmp_path):
    path, code = tmp_path / "x.ipynb", nbformat.v4.new_code_cell
    notebook = check.stripped(nbformat.v4.new_notebook(cells=[code("1 / 0", id="a")]))
    path.write_text(check.text_of(notebook), encoding="utf-8")
    assert "ZeroDivisionError" in check.check(path, None)
    notebook.cells[0].execution_count = 3
    path.write_text(check.text_of(notebook), encoding="utf-8")
    assert "has outputs" in check.check(path, None)
    check.main([path], strip=True, out=None)
    assert check.is_stripped(path)


CELLS = [
    """
    import tinynet as tn
    from tinynet import nn, optim, training

    def typed(p, g, lr):
        return p - lr * g

    RULE = optim.Rule(typed)

    class Typed(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.1})

        def rule(self, group):
            return RULE
    """,
    """
    model = nn.Linear(4, 2)
    optimizer = Typed(model.parameters())

    @tn.compile
    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(3):
        step(tn.ones(3, 4))
    print(step.source)
    """,
    "tn.show(RULE)",
    """
    def typed(p, g, lr):
        return p - 3 * lr * g

    optim.Rule(typed).kernel.source("float32")
    """,
    """
    data = [(tn.ones(3, 4), tn.zeros(3, 2))]
    rows = training.fit(model, data, None, optimizer, nn.MSELoss(), epochs=2)
    training.plot(rows)
    """,
    "model",
    "tn.compile(lambda x: x.sum().item())(tn.ones(2))",
]


@pytest.fixture(scope="module")
def outputs():
    """What each of CELLS shows."""
    code = (nbformat.v4.new_code_cell(re.sub(r"^    ", "", cell.strip("\n"), flags=re.M).strip()) for cell in CELLS)
    notebook = nbformat.v4.new_notebook(cells=list(code))
    nbclient.NotebookClient(notebook, timeout=200, kernel_name="python3", allow_errors=True).execute()
    return [cell.outputs for cell in notebook.cells]


def test_rules_and_steps_of_cells(outputs):
    assert outputs[0] == []
    source = outputs[1][0]["text"]
    assert "def typed(p, g, lr):\n    return p - lr * g\n" in source and re.search(r"# update +In\[2\]:9\n", source)
    assert "formula, In[1]:4\n" in outputs[2][0]["data"]["text/plain"]


def test_a_cell_that_is_written_anew_counts(outputs):
    assert "p - k1 * g" in outputs[3][0]["data"]["text/plain"]


def test_bars_figures_and_faces(outputs):
    shown = [kind for output in outputs[4] for kind in output.get("data", {})]
    assert "application/vnd.jupyter.widget-view+json" in shown or importlib.util.find_spec("ipywidgets") is None
    assert base64.b64decode(outputs[4][-1]["data"]["image/png"]).startswith(b"\x89PNG")
    assert "<code>Linear(in_features=4" in outputs[5][0]["data"]["text/html"]


def test_an_error_names_the_cell(outputs):
    (error,) = outputs[6]
    assert error["ename"] == "CaptureError" and "In[7]:1: reads the value of a tensor" in error["evalue"]
