"""SummaryWriter: what it hands to tensorboardX, and what arrives in the files where that is installed."""

import ast
import importlib
import inspect
import struct
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn


@pytest.fixture(autouse=True)
def imported_anew():
    yield
    sys.modules.pop("tinynet.utils.tensorboard", None)


def module_with(monkeypatch, tensorboard_x):
    monkeypatch.setitem(sys.modules, "tensorboardX", tensorboard_x)
    return importlib.import_module("tinynet.utils.tensorboard")


@pytest.fixture
def recorded(monkeypatch):
    """A SummaryWriter over a stand-in for tensorboardX, and the list of calls that this received."""
    calls = []

    class Writer:
        def __init__(self, logdir=None, *options):
            self.logdir = logdir or "runs/now"
            calls.append(("__init__", (logdir, *options), {}))

    def method(name):
        return lambda self, *args, **kwargs: calls.append((name, args, kwargs))

    names = """scalar scalars histogram histogram_raw image images image_with_boxes figure video audio text embedding
        pr_curve pr_curve_raw mesh hparams custom_scalars custom_scalars_multilinechart custom_scalars_marginchart"""
    for name in ["flush", "close", *(f"add_{name}" for name in names.split())]:
        setattr(Writer, name, method(name))
    module = module_with(monkeypatch, types.SimpleNamespace(SummaryWriter=Writer))
    return module.SummaryWriter, calls


def test_tensors_arrive_as_arrays(recorded):
    SummaryWriter, calls = recorded
    x = tn.ones(2, 3, requires_grad=True)
    with SummaryWriter("logs", "-a") as writer:
        writer.add_scalar("loss", (x * 2).sum(), tn.tensor(7))
        writer.add_scalars("all", {"a": x[0, 0]}, 1)
        writer.add_histogram("weights", x, 5)
        writer.add_hparams({"lr": 0.1}, {"accuracy": tn.tensor(0.5)}, run_name="first")
    assert calls[0] == ("__init__", ("logs", "-a", None, 10, 120, ""), {}) and writer.get_logdir() == "logs"
    (_, (tag, value, step, _), _), scalars, histogram, hparams, close = calls[1:]
    assert (tag, value, step) == ("loss", 12.0, 7) and type(value) is type(step) is np.ndarray
    assert scalars[2] == {"main_tag": "all", "tag_scalar_dict": {"a": np.array(1.0)}, "global_step": 1}
    assert type(histogram[2]["values"]) is np.ndarray and histogram[2]["global_step"] == 5
    assert hparams == ("add_hparams", ({"lr": 0.1}, {"accuracy": 0.5}, "first", None), {})
    assert close == ("close", (), {})


def test_what_a_method_does_not_take_is_an_error(recorded):
    writer = recorded[0]()
    with pytest.raises(TypeError, match="missing a required argument: 'values'"):
        writer.add_histogram("weights")
    with pytest.raises(TypeError, match="unexpected keyword argument 'steps'"):
        writer.add_text("a", "b", steps=3)
    with pytest.raises(ValueError, match="expected rescale=1, got 2"):
        writer.add_image_with_boxes("a", tn.ones(3, 2, 2), tn.ones(1, 4), rescale=2)


def test_without_the_package_the_error_names_it(monkeypatch):
    with pytest.raises(ImportError, match="needs the package tensorboardX: pip install tensorboardX"):
        module_with(monkeypatch, None)


def test_parameters_are_those_of_pytorch(recorded, torch):
    source = (Path(torch.__file__).parent / "utils" / "tensorboard" / "writer.py").read_text(encoding="utf-8")
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    writer = next(node for node in classes if node.name == "SummaryWriter")
    theirs = {f.name: [a.arg for a in f.args.args] for f in writer.body if isinstance(f, ast.FunctionDef)}
    ours = {n: list(inspect.signature(f).parameters) for n, f in vars(recorded[0]).items() if callable(f)}
    public = {name for name in theirs if not name.startswith("_")}
    assert public - set(ours) == {"add_graph", "add_onnx_graph", "add_tensor"}
    assert {n: ours[n] for n in public & set(ours)} == {n: theirs[n] for n in public & set(ours)}
    assert ours["__init__"] == theirs["__init__"]


def events(file):
    """Of each record of an event file, between its length and checksums, the event."""
    from tensorboardX.proto.event_pb2 import Event

    data = file.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]


def test_scalars_arrive_in_the_file(tmp_path):
    pytest.importorskip("tensorboardX")
    from tinynet.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", tn.tensor(0.5) * step, step)
    found = [(e.step, v.tag, v.simple_value) for e in events(next(tmp_path.iterdir())) for v in e.summary.value]
    assert found == [(0, "loss", 0.0), (1, "loss", 0.5), (2, "loss", 1.0)]
