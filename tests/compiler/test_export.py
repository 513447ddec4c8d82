"""`step.export`: the file goes on with the bits of the step, in a process that has never heard of tinynet."""

import importlib.util
import inspect
import subprocess
import sys
import types

import numpy as np
import pytest

import tinynet as tn
from tests.compiler.test_examples import CASES, classified, trained, unchecked  # noqa: F401
from tinynet import nn, optim
from tinynet.compiler.export.image import Image
from tinynet.compiler.export.sources import Sources
from tinynet.compiler.recorder import ref_of
from tinynet.errors import CaptureError
from tinynet.kernels.runtime.arguments import address
from tinynet.kernels.runtime.parallel_for import Plan
from tinynet.trees import flatten

F = nn.functional

ELSEWHERE = """
import sys
import numpy as np
from exported import counters, load, save, state, step

given = np.load("given.npz")
losses = []
for k, (x, y) in enumerate(zip(given["x"], given["y"])):
    if k == 3:
        save("state.npz")
    losses.append(step(x, y, lr=0.1)["loss"])
last = state["m.0.weight"].copy()
load("state.npz")
again = [step(x, y, lr=0.1)["loss"] for x, y in zip(given["x"][3:], given["y"][3:])]
assert again == losses[3:] and np.array_equal(state["m.0.weight"], last)
assert not [name for name in sys.modules if name.startswith("tinynet")]
for wrong in [lambda: step(given["x"][0][:2], given["y"][0]), lambda: load("given.npz"), lambda: step(x, y + 5)]:
    try:
        wrong()
    except (TypeError, ValueError) as error:
        print(error)
np.savez("found.npz", losses=losses, weight=last)
"""


def digits_like():
    m = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3))
    optimizer = optim.SGD(m.parameters(), lr=0.1, momentum=0.9)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(m(x), y)
        loss.backward()
        optimizer.step()
        return {"loss": loss, "kind": "training"}

    return m, step


@pytest.mark.thorough  # since the file's kernels are compiled anew
def test_goes_on_in_a_process_without_tinynet(tmp_path):
    m, function = digits_like()
    step = tn.compile(function)
    x, y = tn.randn(9, 6, 4), tn.randint(3, (9, 6))
    for k in range(3):
        step(x[k], y[k])
    step.export(tmp_path / "exported.py")
    losses = [step(x[k], y[k])["loss"].item() for k in range(3, 9)]
    np.savez(tmp_path / "given.npz", x=x.numpy()[3:], y=y.numpy()[3:])
    run = subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    found = np.load(tmp_path / "found.npz")
    assert found["losses"].tolist() == losses
    assert np.array_equal(found["weight"], m[0].weight.detach().numpy())
    assert run.stdout.splitlines() == [
        "step: expected arrays float32 (6, 4), int64 (6,), got arrays float32 (2, 4), int64 (6,)",
        "given.npz: expected what save has written for step",
        f"cross_entropy: expected labels in [0, 3), got {y[8][0].item() + 5} at index 0",
    ]


def lenet():
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.GELU()),
        *(nn.AvgPool2d(2), nn.Flatten(), nn.LayerNorm(24), nn.Linear(24, 10)),
    )


PICTURES = (trained(lenet, classified), lambda: [(tn.randn(8, 1, 12, 12), tn.randint(10, (8,))) for _ in range(2)])


@pytest.mark.thorough
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", ["char_lstm", "char_gpt", "categories", "pictures"])
def test_networks(name, tmp_path):
    build, data = {**CASES, "pictures": PICTURES}[name]
    step, _ = build()
    data, step = data(), tn.compile(step)
    for k in range(4):
        step(*data[k % len(data)])
    step.export(tmp_path / "exported.py")
    exported = loaded(tmp_path / "exported.py")
    parameters = inspect.signature(exported.step).parameters.values()
    assert [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty] == ["lr"] * (
        name == "char_lstm"
    )
    optimizer = inspect.getclosurevars(step.function).nonlocals.get("optimizer")
    for k in range(20):
        given = data[k % len(data)]
        rates = {"lr": optimizer.param_groups[0]["lr"]} if name == "char_lstm" else {}
        found = exported.step(*[x.numpy() for x in given], **rates)
        assert list(map(bits, flatten(found)[0])) == list(map(bits, flatten(step(*given))[0]))


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bits(x):
    x = x.detach().numpy() if isinstance(x, tn.Tensor) else x
    return x.tobytes() if isinstance(x, np.ndarray) else x


def test_errors(tmp_path):
    _, function = digits_like()
    step = tn.compile(function)
    with pytest.raises(CaptureError, match="step: there is no program before two calls have done the same"):
        step.export(tmp_path / "exported.py")
    x, y = tn.randn(6, 4), tn.randint(3, (6,))
    for _ in range(3):
        step(x, y)
    function(x, y)
    with pytest.raises(CaptureError, match="its tensors were changed since it ran; call it once more"):
        step.export(tmp_path / "exported.py")
    assert not list(tmp_path.iterdir())
    step(x, y)
    with pytest.raises(OSError):
        step.export(tmp_path / "no folder" / "exported.py")


# --- sources ------------------------------------------------------------------------------------------------------

ONE = """
import math
from tinynet_of_two import shared as theirs, LIMIT

LIMIT_HERE = LIMIT + 1  # why
if LIMIT_HERE > 2:
    def shared(x):
        return x + 1
else:
    def shared(x):
        return x
shared, other = (lambda f: (f, 5))(shared)


# A comment of its own
def root(x: int, other_name=other):
    LIMIT = 7  # which is its own
    return [shared(LIMIT) + theirs(v) + math.floor(x) for v in range(LIMIT_HERE)] + [other_name]
"""
TWO = """
LIMIT = 3


def shared(n):
    return 1 if n <= 0 else n * partner(n - 1)


def partner(n):
    return shared(n)
"""


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Two modules that seem to belong to the package."""
    found = {}
    for name, text in (("tinynet_of_two", TWO), ("tinynet_of_one", ONE)):
        (tmp_path / f"{name}.py").write_text(text)
        found[name] = types.ModuleType(name)
        found[name].__file__ = str(tmp_path / f"{name}.py")
        monkeypatch.setitem(sys.modules, name, found[name])
        exec(compile(text, found[name].__file__, "exec"), found[name].__dict__)
    monkeypatch.setattr("tinynet.compiler.export.sources.is_ours", lambda module: module in found)
    return found["tinynet_of_one"]


def test_what_a_function_uses_is_copied_with_it(modules):
    sources = Sources(taken=["root"])
    name, text = sources.add(modules.root), sources.text()
    scope = {}
    exec(text, scope)
    assert name == "root_1"
    assert scope[name](2.5) == modules.root(2.5)
    assert "# A comment of its own" in text and "# why" in text
    assert "x: int" not in text


def test_what_is_forbidden_leaves_the_text_as_it_was(modules):
    sources = Sources(forbidden=[modules.theirs])
    with pytest.raises(LookupError, match="theirs cannot be copied"):
        sources.add(modules.root)
    assert sources.statements == [] and sources.imports == {} and "root" not in sources.taken


def test_no_kernel_with_plans_is_copied_as_python():
    with pytest.raises(LookupError, match=r"not copied|cannot be copied"):
        Sources(forbidden=[Plan]).add(tn.kernels.cpu.norms.layer_norm)


# --- memory -------------------------------------------------------------------------------------------------------


def test_an_image_knows_what_is_an_address_in_it():
    table, other = np.array([1, 2, 3]), np.zeros(4, np.float32)
    pointers = np.array([7, address(table) + 8, -1, address(other)])
    image = Image("TABLES", [ref_of(x) for x in (table, pointers, table[1:], other)])
    content = image.content()
    at = lambda x: image.place(address(x))
    assert image.addresses() == [(at(pointers) + 8, at(table) + 8), (at(pointers) + 24, at(other))]
    assert content[at(table) :][:24].view(np.int64).tolist() == [1, 2, 3]
    assert image.place(address(table) + 10**9) is None
