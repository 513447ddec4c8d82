"""The rolling balls of `examples/adam`: their paths, the translation to JavaScript, and the page in a real browser."""

import ast
import functools
import json
import re

import numpy as np
import pytest
from browser import Browser, find_browser
from contestants import CONTESTANTS
from helpers import sampled
from javascript import Program, derivative, parse
from page import main as write_page
from paths import best_rate, losses, path
from paths import main as draw_paths
from surfaces import SURFACES

import tinynet as tn

best_rate = functools.cache(best_rate)
EACH_RULE = pytest.mark.parametrize("rule", sampled(CONTESTANTS, 5))
FIRST, *OTHERS = SURFACES
SURFACES_IN_TURN = pytest.mark.parametrize(
    "surfaces", [[FIRST], pytest.param(OTHERS, marks=pytest.mark.thorough)], ids=["one surface", "all others"]
)
EACH_SURFACE = pytest.mark.parametrize("surface", SURFACES)


# Surfaces and paths


@EACH_SURFACE
def test_minima_are_minima_and_starts_are_in_view(surface):
    surface = SURFACES[surface]
    x0, x1, y0, y1 = surface.view
    grid = np.meshgrid(np.linspace(x0, x1, 101), np.linspace(y0, y1, 101))
    assert surface.f(*grid).min() >= surface.least - 1e-9
    for point in surface.minima:
        x, y = parameters = [tn.tensor(c, dtype=tn.float64, requires_grad=True) for c in point]
        surface.f(x, y).backward()
        assert all(abs(p.grad.item()) < 1e-9 for p in parameters) and surface.f(*point) == pytest.approx(surface.least)
    for x, y in (surface.start, *surface.minima):
        assert x0 < x < x1 and y0 < y < y1


@SURFACES_IN_TURN
@EACH_RULE
def test_every_rule_comes_down_every_surface(rule, surfaces):
    for surface in surfaces:
        found = losses(surface, path(rule, surface, best_rate(rule, surface, 40), 40))
        assert found[-1] < 0.8 * found[0]


def test_paths_are_drawn(tmp_path, capsys):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    draw_paths(["sgd", "adam"], ["beale", "saddle"], tmp_path / "paths.png", steps=20)
    picture = pyplot.imread(tmp_path / "paths.png")
    assert min(picture.shape[:2]) > 500 and len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 30
    assert "2 rules on 2 surfaces" in capsys.readouterr().out


# JavaScript


@EACH_SURFACE
def test_derivatives_are_those_of_autograd(surface):
    f, tree = SURFACES[surface].f, parse(SURFACES[surface].f).body[0].value
    for point in np.random.default_rng(0).uniform(-2, 2, (20, 2)):
        x, y = parameters = [tn.tensor(c, dtype=tn.float64, requires_grad=True) for c in point]
        f(x, y).backward()
        for name, p in zip("xy", parameters):
            expression = ast.fix_missing_locations(ast.Expression(derivative(tree, name)))
            found = eval(compile(expression, "derivative", "eval"), dict(zip("xy", point)))
            assert found == pytest.approx(p.grad.item(), rel=1e-12, abs=1e-12)


HALF = 0.5


def total(n):
    """Sums."""
    s = 0.0
    for i in range(1, n + 1):
        s = s + 1 / i if i != 2 else -s
    if s < 0:
        return None
    return s, HALF


def test_what_javascript_is_made_of_python():
    program = Program()
    program.add(total)
    assert program.text() == (
        "function total(n) {\n  let s = 0.0;\n  for (let i = 1; i < (n + 1); i++) {\n"
        "    s = ((i !== 2) ? (s + (1 / i)) : (-s));\n  }\n  if ((s < 0)) {\n    return null;\n  }\n"
        "  return [s, 0.5];\n}\n"
    )


def loops(x):
    while x > 1:
        x = x / 2
    return x


def indexes(x):
    return x[0]


def calls(x):
    return total(x) + np.sqrt(x)


def asks(x):
    return unknown(x)  # noqa: F821


@pytest.mark.parametrize(("function", "text"), [(loops, "while x > 1"), (indexes, "x[0]"), (calls, "np"), (asks, "un")])
def test_what_has_no_translation_is_refused(function, text):
    with pytest.raises(TypeError, match=re.escape(text)):
        Program().add(function)
    with pytest.raises(TypeError):
        Program().add_gradient(function, "gradient")


# The page in a browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    if not find_browser():
        pytest.skip("no Chromium was found (apt-get install chromium, or set CHROMIUM to the path of one)")
    folder = tmp_path_factory.mktemp("page")
    write_page(folder / "ravine.html", steps=10)
    with Browser((folder / "ravine.html").as_uri(), folder / "profile") as browser:
        yield browser


@pytest.fixture
def fresh(page):
    """The page as it opens, and, at the end, no error in its console and no request but for the page itself."""

    def to(address="", scheme="light", size=(1280, 900)):
        page.scheme(scheme)
        page.resize(*size, mobile=size[0] < 500)
        page.open("about:blank")
        page.open(f"{page.url}#{address}")
        page.value("new Promise(requestAnimationFrame)")
        return page

    yield to
    assert page.errors == [] and all(url.startswith(("file:", "data:", "about:")) for url in page.requests)


def javascript_path(page, rule, surface, steps, **settings):
    start = json.dumps(SURFACES[surface].start)
    return np.array(page.value(f"walk('{rule}', '{surface}', {json.dumps(settings)}, {start}, {steps})"))


@SURFACES_IN_TURN
@EACH_RULE
def test_javascript_takes_tinynets_paths(page, rule, surfaces):
    """Over 100 steps; at rates at which a ball swings to and fro, and rounding errors grow, over the first 20."""
    defaults = {name: setting.value for name, setting in CONTESTANTS[rule].settings.items()}
    others = {name: 1 - 2 * (1 - value) if value > 0.5 else 1e-4 for name, value in defaults.items()}
    for surface in surfaces:
        rate = best_rate(rule, surface, 40)
        for settings, lr, steps in ((defaults, rate, 20), (defaults, 0.03 * rate, 100), (others, 0.02 * rate, 100)):
            expected = path(rule, surface, lr, steps, **settings)
            found = javascript_path(page, rule, surface, steps, lr=lr, **settings)
            assert len(expected) == steps + 1 and not np.allclose(expected[-1], expected[0])
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_ball_that_flies_away_is_told(fresh):
    page = fresh("rule=sgd&surface=rosenbrock&lr=1&with=")
    assert page.value("paths.get('sgd').length") < 20
    page.value("setTime(100)")
    assert "flew away" in page.value("document.getElementById('standings').textContent")


def test_play_pause_step_and_reset(fresh):
    page = fresh()
    assert page.value("time") == 0
    page.click("#play")
    page.wait("time > 3")
    assert page.value("document.getElementById('play').textContent") == "Pause"
    page.click("#play")
    stopped = page.value("time")
    page.value("new Promise(done => setTimeout(done, 150))")
    assert page.value("time") == stopped and page.value("document.getElementById('play').textContent") == "Play"
    page.click("#step")
    assert page.value("document.getElementById('now').textContent") == str(stopped + 1)
    page.click("#reset")
    assert page.value("time") == 0


def test_play_ends_at_the_last_step_and_begins_again(fresh):
    page = fresh()
    page.value("setTime(STEPS - 2)")
    page.click("#play")
    page.wait("playing === null")
    assert page.value("time === STEPS")
    page.click("#play")
    assert page.value("time < STEPS")
    page.click("#play")


def test_keys_play_step_and_move_the_start(fresh):
    page = fresh("surface=beale")
    page.value("document.getElementById('map').focus()")
    page.press(".", text=".")
    page.press(".", text=".")
    assert page.value("time") == 2
    page.press("0", text="0")
    assert page.value("time") == 0
    page.press("ArrowLeft")
    assert page.value("startOf()[0]") == pytest.approx(SURFACES["beale"].start[0] - 0.06)
    page.press(" ", "Space", " ")
    page.wait("time > 0")
    page.press(" ", "Space", " ")
    assert page.value("playing === null")


def test_another_rule_shows_its_settings_its_code_and_its_path(fresh):
    page = fresh("rule=rmsprop&with=adam")
    page.value("document.getElementById('rule').focus()")
    page.press("ArrowDown")
    assert page.value("state.rule") == "adam"
    labels = page.value("[...document.querySelectorAll('#settings label')].map(l => l.textContent)")
    assert labels == ["Learning rate", "β₁", "β₂", "ε"]
    code = page.value("document.getElementById('code').textContent")
    assert code.startswith("def adam(p, exp_avg") and "m_hat = m / (1 - beta1**t)" in code and '"""' not in code
    assert page.value("[...paths.keys()]") == ["rmsprop", "adam"]
    page.wait("location.hash.includes('rule=adam')")


def test_the_learning_rate_is_dragged(fresh):
    page = fresh("rule=adam&lr=0.01&with=")
    before = page.value("paths.get('adam')")
    page.drag("#set-lr", 0.46, 0.7)
    lr = page.value("settingsOf('adam').lr")
    assert 0.1 < lr < 1 and page.value("paths.get('adam')") != before
    page.wait(f"location.hash.includes('lr={lr}')")
    np.testing.assert_allclose(page.value("paths.get('adam')")[:20], path("adam", "ravine", lr, 19), rtol=1e-9)
    page.click("#best")
    assert page.value("settingsOf('adam').lr === RULES.adam.rates.ravine")


def test_a_click_on_the_surface_sets_the_start(fresh):
    page = fresh("surface=saddle&rule=sgd")
    page.click("#map", 0.25, 0.75)
    assert page.value("startOf()") == pytest.approx([-1.25, -1.25], abs=0.02)
    assert page.value("paths.get('sgd')[0]") == page.value("startOf()")
    page.wait("location.hash.includes('x=-1.2')")
    page.click("#home")
    assert page.value("startOf()") == list(SURFACES["saddle"].start)


def test_rules_are_compared(fresh):
    page = fresh("with=sgd&rule=adam")
    page.click("#with-nadam")
    page.click("#with-sgd")
    assert page.value("[...paths.keys()]") == ["nadam", "adam"]
    page.wait("location.hash.includes('with=nadam')")
    page.value("setTime(100)")
    names = page.value("[...document.querySelectorAll('#standings tr')].map(r => r.dataset.rule)")
    assert names == sorted(names, key=lambda name: page.value(f"lossAt('{name}', 100)"))


def test_an_address_leads_to_what_was_seen(fresh):
    address = "surface=beale&rule=nesterov&lr=0.002&momentum=0.8&x=0.5&y=-1&with=adam,lion&t=37"
    page = fresh(address)
    seen = "[state.surface, state.rule, settingsOf('nesterov'), startOf(), [...paths.keys()], time]"
    expected = ["beale", "nesterov", {"lr": 0.002, "momentum": 0.8}, [0.5, -1], ["adam", "lion", "nesterov"], 37]
    assert page.value(seen) == expected
    page.click("#step")
    page.wait("location.hash.includes('t=38')")
    assert sorted(page.value("location.hash")[1:].split("&")) == sorted(address.replace("37", "38").split("&"))


@pytest.mark.parametrize(
    "address",
    [
        "surface=__proto__&rule=constructor&with=toString,%3Cimg src=x%3E",
        "rule=adam&lr=NaN&beta1=7&beta2=-3&eps=Infinity&x=nowhere&y=1",
        "rule=adam&lr=1e99&x=1e99&y=-1e99&t=1e99&%%%&=&lr",
    ],
)
def test_a_wrong_address_does_no_harm(fresh, address):
    page = fresh(address)
    points = np.array(page.value("paths.get(state.rule).slice(0, 3)"))
    assert np.isfinite(points).all() and page.value("Object.hasOwn(SURFACES, state.surface)")
    assert 0 < page.value("settingsOf('adam').lr") < 100 and page.value("settingsOf('adam').beta1") < 1
    assert page.value("document.images.length") == 0


# How it looks


def test_the_balls_are_where_the_paths_are(fresh):
    page = fresh("surface=ravine&rule=adam&with=")
    page.value("setTime(5)")
    x, y = path("adam", "ravine", page.value("settingsOf('adam').lr"), 5)[-1]
    u, v = (x + 5) / 10, (5 - y) / 10
    data = f"getContext('2d').getImageData({u} * map.width, {v} * map.height, 1, 1).data"
    assert page.value(f"Array.from(document.getElementById('map').{data})") == [214, 39, 40, 255]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844), (320, 700)], ids=str)
def test_it_fits_the_window_and_is_drawn(fresh, scheme, size):
    page = fresh("surface=rosenbrock", scheme, size)
    assert page.value("document.documentElement.scrollWidth") <= size[0]
    for canvas in ("map", "curve"):
        data = f"document.getElementById('{canvas}').getContext('2d').getImageData(0, 0, 300, 150).data"
        assert page.value(f"new Set(new Uint32Array({data}.buffer)).size") > 50
    heights = page.value("[...document.querySelectorAll('button, select')].map(e => e.offsetHeight)")
    assert len(heights) == 7 and min(heights) >= 36  # for fingers


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(fresh, scheme):
    """Contrast of 4.5 and more: WCAG 2.1, level AA."""
    page = fresh("", scheme)
    for text, ground in (("ink", "paper"), ("soft", "paper"), ("soft", "panel"), ("on-accent", "accent")):
        light, shade = sorted(luminance(page.value(f"variable('--{name}')")) for name in (text, ground))[::-1]
        assert (light + 0.05) / (shade + 0.05) >= 4.5, (text, ground)


def test_every_control_has_a_name(fresh):
    page = fresh("rule=nadam")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "combobox", "checkbox"}
    controls = [n for n in nodes if not n.get("ignored") and n["role"]["value"] in roles]
    assert len(controls) > 20 and all(node["name"]["value"] for node in controls)
