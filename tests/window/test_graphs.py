"""Drawings of graphs: every edge can be followed, no box lies on another, and what is left out is said."""

import re
from collections import OrderedDict
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet import nn
from tinynet.window.lanes import GLYPHS, lanes
from tinynet.window.layers import GAP, Layout, nearest_apart

F = nn.functional
SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw, most=12):
    """Of each vertex the higher numbers that its edges lead to; all but the first are led to."""
    n = draw(st.integers(1, most))
    targets = [set() for _ in range(n)]
    for v in range(1, n):
        for u in draw(st.sets(st.integers(0, v - 1), min_size=1, max_size=3)):
            targets[u].add(v)
    return [sorted(found) for found in targets]


# --- text ---------------------------------------------------------------------------------------------------------


def drawing(targets):
    return "\n".join(line for links, own in lanes(targets) for line in [*links, own])


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([[]], "●"),
        ([[1], [2], []], "●\n●\n●"),
        ([[1, 2], [3], [3], []], "●\n├─╮\n● │\n│ ●\n├─╯\n●"),
        ([[1, 4], [2], [3], [4], []], "●\n├─╮\n● │\n● │\n● │\n├─╯\n●"),
        ([[1, 2, 3], [4], [4], [4], []], "●\n├─┬─╮\n● │ │\n│ ● │\n├─╯ │\n│   ●\n├───╯\n●"),
        ([[1, 2], [], [3], []], "●\n├─╮\n● │\n╭─╯\n●\n●"),
        ([[1, 2], [3, 4], [3, 4], [5], [5], []], "●\n├─╮\n● │\n├─│─╮\n│ ● │\n├─┴─┤\n●   │\n│   ●\n├───╯\n●"),
    ],
    ids=["one", "chain", "diamond", "residual", "three", "end", "crossing"],
)  # fmt: skip
def test_lanes(targets, text):
    assert drawing(targets) == text


def followed(targets):
    """The edges of a drawing, by following its lines."""
    ways = {glyph: set(way) for way, glyph in GLYPHS.items() if len(way) > 1} | {" ": set(), "●": set("du")}
    rows = drawing(targets).split("\n")
    vertex = {row: sum("●" in line for line in rows[:row]) for row, line in enumerate(rows) if "●" in line}

    def goes(row, column):
        return ways.get(rows[row][2 * column], set()) if 2 * column < len(rows[row]) else set()

    def along(row, column, step):
        """The lanes that a line reaches sideways, to its end."""
        while ("r" if step > 0 else "l") in goes(row, column) or rows[row][2 * column] == "│":
            column += step
            if rows[row][2 * column] != "│":  # which is only crossed
                yield column

    def down(row, column):
        """The vertex that a lane leads to from above this row."""
        while rows[row][2 * column] != "●":
            if "d" not in goes(row, column):
                (column,) = [c for c in along(row, column, -1) if {"d", "r"} <= goes(row, c)][-1:]
            row += 1
        return vertex[row]

    for row, number in vertex.items():
        column = rows[row].index("●") // 2
        if not targets[number]:
            yield number, set()
        elif "●" in rows[row + 1]:  # straight on
            yield number, {down(row + 1, column)}
        else:
            ends = [column, *along(row + 1, column, 1), *along(row + 1, column, -1)]
            yield number, {down(row + 2, c) for c in ends if "d" in goes(row + 1, c)}


@settings(max_examples=60)
@given(graphs())
def test_each_edge_can_be_followed_in_the_text(targets):
    for vertex, found in followed(targets):
        assert found == set(targets[vertex]), drawing(targets)


def test_many_lanes_are_cut_off():
    lines = drawing([list(range(1, 101)), *[[]] * 100]).split("\n")
    assert max(map(len, lines)) == 32 and lines[1].endswith("…") and len(lines) == 103


# --- layers -------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(graphs(), st.randoms(use_true_random=False))
def test_boxes_keep_apart_and_edges_go_from_layer_to_layer(targets, random):
    widths = [random.uniform(20, 200) for _ in targets]
    layout = Layout(targets, widths, [random.choice([1, 12]) for _ in targets])
    for u, found in enumerate(targets):
        assert all(layout.layer[u] < layout.layer[v] for v in found)
        assert layout.layer[u] == max((layout.layer[w] + 1 for w, to in enumerate(targets) if u in to), default=0)
    ends = [(route[0], route[-1]) for route in layout.routes]
    at = [(x, layer) for x, layer in zip(layout.x, layout.layer)]
    assert ends == [(at[u], at[v]) for u, found in enumerate(targets) for v in found]
    assert all(b[1] == a[1] + 1 for route in layout.routes for a, b in pairwise(route))
    for row in layout.rows:
        spans = [(layout.x[v] - layout.widths[v] / 2, layout.x[v] + layout.widths[v] / 2) for v in row]
        assert all(b[0] - a[1] > GAP - 1e-6 for a, b in pairwise(spans)) and spans[0][0] > -1e-6
        assert spans[-1][1] < layout.width + 1e-6


def test_crossings_are_undone():
    targets = [[1, 2, 3], [6], [5], [4], [], [], []]
    layout = Layout(targets, [10] * 7, [1] * 7)
    assert layout._crossings() == 0 and layout.x[6] == layout.x[1]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0, 5), st.sampled_from([1, 4])), min_size=1, max_size=8))
def test_what_is_put_apart_lies_nearest(found):
    wanted, apart, weights = (np.array(column) for column in zip(*found))
    apart = apart[1:]
    x = np.array(nearest_apart(wanted, apart, weights))
    assert (np.diff(x) >= apart - 1e-9).all()
    slope = weights * (x - wanted)  # KKT: forces of those that touch are passed on, and press against each other
    touching = np.isclose(np.diff(x), apart, atol=1e-9)
    pressure = np.cumsum(slope)[:-1]
    assert abs(slope.sum()) < 1e-7 and (pressure < 1e-7).all() and (abs(pressure[~touching]) < 1e-7).all()


# --- graphs -------------------------------------------------------------------------------------------------------


def mlp():
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))


def loss_of(model):
    return F.cross_entropy(model(tn.randn(4, 6)), tn.tensor([0, 1, 2, 0]))


def test_a_loss_as_text():
    model = mlp()
    assert (
        str(tn.show(loss_of(model), model=model))
        == """tensor of shape (): 4 operations, 4 leaves; gradients go down

●  cross_entropy  ()
●  linear         (4, 3)  model.2  → weight (3, 5), bias (3,)
●  relu           (4, 5)
●  linear         (4, 5)  model.0  → weight (5, 6), bias (5,)"""
    )
    assert "→ leaf (3, 5), leaf (3,)" in str(tn.show(loss_of(model)))


def test_a_model_as_text(monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    text = str(tn.show(mlp(), tn.ones(4, 6)))
    table, graph = text.split("\n\n", 1)
    assert re.search(r"2 +Linear\(in_features=.* +\(4, 3\) +18\n", table) and max(map(len, text.splitlines())) <= 70
    assert "●  linear  (4, 5)  model.0  → weight (5, 6), bias (5,)" in graph and "relu    (4, 5)  model.1\n" in graph


def test_a_long_path_is_told_by_its_end(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    model = nn.Tanh()
    for name in ("0", "a_rather_long_name", "another_one"):
        model = nn.Sequential(OrderedDict({name: model}))
    rows = str(tn.show(model, tn.ones(2, requires_grad=True))).splitlines()[-2:]
    assert rows == ["●  tanh  (2,)  …l.another_one.a_rather_long_name.0", "│    → input 0 (2,)"]


def elements(graph, name):
    return list(ElementTree.fromstring(graph.svg).iter(f"{SVG}{name}"))


def test_a_loss_as_svg():
    model = mlp()
    graph = tn.show(loss_of(model), model=model)
    words = [element.text for element in elements(graph, "text")]
    assert {"cross_entropy", "model.2.weight", "(5, 6)", "model.0", graph.title} <= set(words)
    assert len(elements(graph, "rect")) == 1 + 4 + 4 and len(elements(graph, "path")) == 1 + 3 + 4  # and the arrowhead
    assert graph._repr_svg_() == graph.svg and graph.svg.startswith("<svg ")


def test_drawings_are_saved(tmp_path):
    graph = tn.show(loss_of(mlp()))
    for name, text in (("a.svg", graph.svg), ("a.txt", f"{graph}\n")):
        graph.save(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8") == text
    with pytest.raises(ValueError, match=r"save: expected a name that ends in .svg or .txt, got 'a.png'"):
        graph.save("a.png")


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (lambda: tn.ones(2, 3), "no gradient goes anywhere, since nothing was recorded"),
        (lambda: tn.ones(2, 3, requires_grad=True), "a leaf, where gradients arrive"),
        (lambda: backwards(tn.ones(2, 3, requires_grad=True) * 2), "backward() has freed the graph"),
    ],
)
def test_where_there_is_no_graph(tensor, text):
    graph = tn.show(tensor())
    assert text in str(graph) and "tensor of shape (2, 3): " in str(graph) and elements(graph, "rect")


def backwards(x):
    x.sum().backward()
    return x


@pytest.fixture(scope="module")
def long_chain():
    x = tn.ones(3, requires_grad=True)
    for _ in range(10_000):
        x = x * 1.0
    return x


@pytest.mark.parametrize("limit", [2, 5, 200])
def test_a_long_chain_says_what_is_left_out(long_chain, limit):
    graph = tn.show(long_chain, limit=limit)
    text = str(graph).splitlines()
    assert "10,000 operations, 1 leaf" in text[0] and len(text) == 2 + limit + 1
    assert text[2 + limit - limit // 2] == f"●  {10_000 - limit:,} operations left out" and "leaf (3,)" in text[-1]
    assert len(elements(graph, "rect")) == 1 + limit + 2


def test_a_leaf_is_drawn_at_each_use_where_these_lie_far_apart():
    w, h = tn.ones(3, requires_grad=True), tn.ones(3)
    for _ in range(2):
        h = (h * w).tanh()
    assert len(elements(tn.show(h), "rect")) == 1 + 4 + 1
    for _ in range(4):
        h = (h * w).tanh()
    graph = tn.show(h)
    assert len(elements(graph, "rect")) == 1 + 12 + 6 and "leaf, 1 of 6 uses" in graph.svg
    assert "12 operations, 1 leaf" in graph.title


def test_functions_of_the_users():
    class Halves(tn.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 0.5, x * 0.5

        @staticmethod
        def backward(ctx, g, h):
            return (g + h) * 0.5

    a, b = Halves.apply(tn.ones(2, requires_grad=True))
    text = str(tn.show(a * b))
    assert text.count("Halves") == 3 and text.count("(2,)") == 5


def test_names_are_escaped():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_parameter("a<b&c", nn.Parameter(tn.ones(2)))

        def forward(self, x):
            return x * getattr(self, "a<b&c")

    assert "model.a<b&c" in [element.text for element in elements(tn.show(Odd(), tn.ones(2)), "text")]


# --- models -------------------------------------------------------------------------------------------------------


def test_to_look_changes_nothing():
    model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 3))
    model[1].eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state, pending = tn.get_rng_state(), loss_of(model)
    after = tn.get_rng_state()
    tn.set_rng_state(state)
    with tn.no_grad():
        view = tn.show(model, tn.ones(4, 6))
    assert "batch_norm" in str(view) and "batch_norm" in view.svg
    assert np.array_equal(tn.get_rng_state(), state) and [m.training for m in model] == [True, False, True, True]
    assert all((before[name] == tensor).all() for name, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    tn.set_rng_state(after)
    pending.backward()  # nothing that it needs was written


def test_models_with_several_inputs_and_outputs():
    model = nn.LSTM(3, 4)
    x, state = tn.ones(5, 2, 3, requires_grad=True), (tn.zeros(1, 2, 4), tn.zeros(1, 2, 4))
    view = tn.show(model, x, state)
    assert view.graph.title.startswith("3 tensors of shapes (5, 2, 4), (1, 2, 4), (1, 2, 4): ")
    assert "input 0 (5, 2, 3)" in str(view) and "weight_ih_l0" in str(view)


def test_a_model_in_a_notebook():
    html = tn.show(mlp(), tn.ones(4, 6))._repr_html_()
    assert "<table" in html and html.endswith("</svg>\n") and "model.2.weight" in html
    assert "<svg" not in tn.show(mlp())._repr_html_()


def test_a_model_without_inputs_has_no_graph(tmp_path):
    view = tn.show(mlp())
    assert "53 parameters" in str(view) and "operations" not in str(view)
    for ask in (lambda: view.svg, lambda: view.save(tmp_path / "a.svg")):
        with pytest.raises(ValueError, match=r"show\(model, x\)"):
            ask()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: tn.show(tn.ones(2), tn.ones(2)), TypeError, "inputs go with a model"),
        (lambda: tn.show("adam", tn.ones(2)), TypeError, "inputs go with a model"),
        (lambda: tn.show(tn.ones(2), model=3), TypeError, "show: expected model to be a module"),
        (lambda: tn.show(tn.ones(2), limit=1), ValueError, "show: expected limit"),
    ],
)
def test_calls_that_are_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()
