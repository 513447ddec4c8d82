"""What tensors, modules, summaries and runs show in a notebook: well-formed whatever they are told."""

import copy
import pickle
from xml.etree import ElementTree

import pytest

import tinynet as tn
from tinynet import nn, training

HOSTILE = '</pre><script>alert("1")</script>&amp;'


def text_of(face):
    """The text of a face, which must be well-formed, and have a color of its own nowhere, nor a script."""
    tree = ElementTree.fromstring(face)
    assert "color:" not in face and not list(tree.iter("script"))
    return "".join(tree.itertext())


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (tn.tensor([[1.0, -2.0], [3.0, 6.0]]), "2 × 2 · float32 · -2 to 6, mean 2"),
        (tn.tensor([1.0, tn.nan, tn.inf, 3.0]), "4 · float32 · 1 to 3, mean 2 · 1 NaN · 1 infinite"),
        (tn.tensor([tn.nan, tn.nan]), "2 · float32 · 2 NaN"),
        (tn.tensor([4, -1, 7]), "3 · int64 · -1 to 7"),
        (tn.tensor([True, False, True]), "3 · bool · 2 of 3 True"),
        (tn.tensor(2.5), "float32"),
        (tn.zeros(0, 3), "0 × 3 · float32"),
        (nn.Parameter(tn.ones(2, dtype=tn.float64)), "2 · float64 · requires grad · 1 to 1, mean 1"),
    ],
)
def test_a_tensor(x, told):
    assert text_of(x._repr_html_()) == repr(x) + told


def test_a_module_is_a_tree_that_folds():
    model = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 2)))
    face = model._repr_html_()
    assert face.count('<details open="">') == 2
    for told in ("Sequential 23", "1: Sequential 8", "0: ReLU()", "out_features=3, bias=True) 15", "23 parameters, 23"):
        assert told in text_of(face)
    deep = nn.Sequential(*(nn.Sequential(nn.ReLU()) for _ in range(40)))._repr_html_()
    assert deep.count('<details open="">') == 1 and deep.count("<details>") == 40


def test_a_module_that_knows_no_shape_yet():
    lazy = nn.Sequential(nn.LazyLinear(3))
    assert text_of(lazy._repr_html_()).endswith("not called yet")
    assert lazy[0].weight._repr_html_() is None  # its text is shown


def test_names_and_arguments_are_escaped():
    class Own(nn.Module):
        def extra_repr(self):
            return HOSTILE

    model = Own()
    setattr(model, HOSTILE, Own())
    for face in (model._repr_html_(), model.summary()._repr_html_()):
        assert HOSTILE in text_of(face)


def test_a_summary_is_text_and_a_table():
    summary = nn.Sequential(nn.Linear(4, 3), nn.ReLU()).summary(tn.ones(2, 4))
    assert repr(summary) == str(summary) and summary.startswith("Sequential\npath")
    rows = [[cell.text or "" for cell in row] for row in ElementTree.fromstring(summary._repr_html_()).iter("tr")]
    assert rows[0] == ["path", "module", "output shape", "parameters"]
    assert rows[2] == ["1", "ReLU()", "(2, 3)", ""]
    for twin in (copy.deepcopy(summary), pickle.loads(pickle.dumps(summary))):
        assert twin == summary and twin._repr_html_() == summary._repr_html_()


def test_a_run_shows_its_last_epochs_and_its_curves(tmp_path):
    run = training.Run.create(training.Config(epochs=1), tmp_path, "<b>")
    assert text_of(run._repr_html_()).endswith("no epoch was finished") and repr(run) == f"Run({str(run.folder)!r})"
    run.train(progress=False)
    (image,) = ElementTree.fromstring(run._repr_html_()).iter("img")
    assert image.get("src").startswith("data:image/png;base64,iVBOR")
    assert "lr 0.003" in text_of(run._repr_html_()) and "train accuracy" in text_of(run._repr_html_())


def test_a_profile_is_its_table():
    with tn.profile() as p:
        (tn.ones(3) * 2).relu()
    header, *rows = [[c.text for c in row] for row in ElementTree.fromstring(p._repr_html_()).iter("tr")]
    assert header[:5] == ["kernel", "phase", "module", "place", "launches"] and len(rows) == len(p.events()) == 2
    assert "launches, " in text_of(p._repr_html_()) and p.by("kernel")._repr_html_().count("<tr") == 3


def test_a_plot_is_a_figure_that_shows_itself(tmp_path):
    rows = [training.Epoch(1, 10, 0.5, 0.8, 0.6, 0.7, 1e-3, 1.0)]
    figure = training.plot(rows, title="a run")
    data, size = figure._repr_png_()
    assert data.startswith(b"\x89PNG") and size == {"width": 720, "height": 302}
    assert figure.get_suptitle() == "a run" and len(figure.axes) == 2
