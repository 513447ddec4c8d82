"""`save` and `load`: what goes in comes out, PyTorch's files are read, and no damaged file does anything but raise."""

import io
import os
import pickle
import random
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from safetensors.numpy import load_file

import tinynet as tn
from tinynet import nn
from tinynet.errors import ArgumentTypeError
from tinynet.training import CheckpointError


def example(lib):
    model, shared = lib.nn.Linear(3, 2), lib.arange(3)
    return {
        "epoch": 3, "big": 2**70, "loss": 0.1 + 0.2, "bad": float("inf"), "none": None, "flag": True, "name": "ä\n",
        1: [(), (1, "a"), [], {}], ("key", 2): {1, 2}, "model": model.state_dict(), "bias": model.bias,
        "shared": [shared, shared], "empty": lib.zeros(0, 3), "zero": lib.tensor(2.5, dtype=lib.float64),
        "shape": lib.ones(2, 3).shape, "half": lib.ones(2, dtype=lib.float16), "byte": lib.ones(2, dtype=lib.uint8),
        "order": OrderedDict(b=1, a=2), "leaf": lib.ones(2, requires_grad=True), "transposed": lib.ones(2, 3).T,
        "view": lib.arange(6)[2:4], "dtype": lib.float32, "bool": lib.tensor([True, False]),
    }  # fmt: skip


def same(a, b):
    """Whether b is what a was, of either library."""
    if hasattr(a, "requires_grad"):
        assert isinstance(b, tn.Tensor) and b.requires_grad == a.requires_grad and tuple(b.shape) == tuple(a.shape)
        assert type(b).__name__ == type(a).__name__ and str(a.dtype).removeprefix("torch.") == str(b.dtype)
        assert b.tolist() == a.tolist()
    elif isinstance(a, dict):
        assert type(a) is type(b) and list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert type(a).__name__ == type(b).__name__ and len(a) == len(b)
        for x, y in zip(a, b):
            same(x, y)
    else:
        assert type(a) is type(b) or "dtype" in type(a).__name__
        assert str(a).removeprefix("torch.") == str(b)


def test_what_goes_in_comes_out(tmp_path):
    obj = example(tn)
    tn.save(obj, tmp_path / "x.pt")
    file = io.BytesIO()
    tn.save(obj, file)
    file.seek(0)
    for found in (tn.load(tmp_path / "x.pt", weights_only=True), tn.load(file, map_location="cpu")):
        same(obj, found)
        assert found["shared"][0] is found["shared"][1]
    assert os.listdir(tmp_path) == ["x.pt"]
    found["leaf"].requires_grad_(False).add_(1)  # its memory can be written
    assert isinstance(found["bias"], nn.Parameter) and found["bias"].is_leaf


def test_arrays_are_named_by_where_they_are(tmp_path):
    model, x = nn.Linear(3, 2), tn.ones(2)
    tn.save(model.state_dict(), tmp_path / "state")
    assert set(load_file(tmp_path / "state")) == {"weight", "bias"}
    obj = {
        "model": model.state_dict(),
        "list": [x, (x, tn.zeros(1))],
        1: tn.ones(1),
        "1": tn.ones(1),
        "__metadata__": x,
    }
    tn.save(obj, tmp_path / "more")
    assert set(load_file(tmp_path / "more")) == {"model.weight", "model.bias", "list.0", "list.1.1", "1", "1.5"}
    same(obj, tn.load(tmp_path / "more"))
    tn.save(x, tmp_path / "one")
    assert list(load_file(tmp_path / "one")) == ["tensor"]


def test_numpy_and_devices(tmp_path):
    tn.save([np.arange(3), np.float64(2), tn.device("cpu"), (x := tn.ones(2, requires_grad=True)) * 2], tmp_path / "x")
    array, number, device, y = tn.load(tmp_path / "x")
    assert array.tolist() == [0, 1, 2] and number == 2.0 and device == tn.device("cpu")
    assert not y.requires_grad and x.requires_grad


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ({"model": nn.Linear(1, 1)}, r"expected obj\['model'\] to be data, got a Linear; save its state_dict"),
        ([1, object()], r"expected obj\[1\] to be a tuple, list"),
        ({"f": len}, r"obj\['f'\]"),
        ([1j], r"obj\[0\]"),
    ],
)
def test_what_is_no_data_is_refused_and_nothing_is_written(obj, message, tmp_path):
    with pytest.raises(ArgumentTypeError, match=message):
        tn.save(obj, tmp_path / "x")
    loop = []
    loop.append(loop)
    with pytest.raises(ArgumentTypeError, match="nested less deeply"):
        tn.save(loop, tmp_path / "x")
    assert os.listdir(tmp_path) == []


def pytorch_file(obj):
    """The bytes of a file as PyTorch writes it, with this pickle and no tensors."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", obj if isinstance(obj, bytes) else pickle.dumps(obj, 2))
    return io.BytesIO(file.getvalue())


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("obj", "name"), [(Evil(), "posix.system|nt.system"), ([eval], "eval"), ({"a": np.float64(1)}, "scalar")]
)
def test_what_is_more_than_data_is_refused_by_its_name(obj, name):
    with pytest.raises(CheckpointError, match=rf"asks for '[\w.]*({name}).*', which is not one of"):
        tn.load(pytorch_file(obj))


def test_other_files_are_refused(tmp_path):
    for data, message in [
        (pickle.dumps([1], 2), "a checkpoint of PyTorch, a pickle"), (b"", "cannot be read"), (b"hello" * 9, "cannot"),
        (b"PK\x03\x04", "damaged"), (pytorch_file(b"\x80\x02(N.").getvalue(), "damaged"),
        (pytorch_file(b"\x80\x02cos\nsystem\n.").getvalue(), "os.system"),
        (pytorch_file(b"\x80\x02}]N.s.").getvalue(), "damaged"),
    ]:  # fmt: skip
        with pytest.raises(CheckpointError, match=message):
            tn.load(io.BytesIO(data))
    with pytest.raises(FileNotFoundError):
        tn.load(tmp_path / "none")


def mutated(data, rng):
    """The same bytes with some changed, left out, doubled or cut off."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        if len(data) < 10:
            break
        at = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del data[at : at + rng.randrange(1, 9)]
        elif kind == 3:
            data[at:at] = data[max(at - 5, 0) : at]
        else:
            del data[max(at, 9) :]
    return bytes(data)


def fuzz(data, load, times, seed=0):
    rng, outcomes = random.Random(seed), {"read": 0, "refused": 0}
    for _ in range(times):
        try:
            load(mutated(data, rng))
            outcomes["read"] += 1
        except (CheckpointError, tn.DeviceError):
            outcomes["refused"] += 1
    return outcomes


def test_damaged_files_raise_clean_errors():
    file = io.BytesIO()
    tn.save(example(tn), file)
    outcomes = fuzz(file.getvalue(), lambda data: tn.load(io.BytesIO(data)), 300)
    assert outcomes["refused"] > 250


@pytest.mark.torch
def test_files_of_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    obj = example(torch)
    torch.save(obj, tmp_path / "x.pt")
    found = tn.load(tmp_path / "x.pt")
    same(obj, found)
    model, optimizer = nn.Linear(3, 2), torch.optim.Adam([torch.nn.Parameter(torch.ones(2))])
    model.load_state_dict(found["model"])
    optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
    optimizer.step()
    torch.save([optimizer.state_dict(), torch.ones(3, 1).expand(3, 4), torch.ones(2).bfloat16()], tmp_path / "y.pt")
    state, expanded, rounded = tn.load(tmp_path / "y.pt", map_location=lambda storage, location: storage)
    assert state["param_groups"][0]["lr"] == 1e-3 and state["state"][0]["exp_avg"].shape == (2,)
    assert expanded.stride() == (1, 0) and rounded.dtype == tn.float32 and rounded.tolist() == [1, 1]
    assert found["shared"][0] is not None and found["shared"][0].tolist() == [0, 1, 2]


@pytest.mark.torch
def test_damaged_pickles_raise_clean_errors(tmp_path):
    """The pickle alone is damaged: the archive's own checksum would notice anything before it is looked at."""
    torch = pytest.importorskip("torch")
    torch.save(example(torch), tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (pickled,) = [name for name in members if name.endswith("data.pkl")]

    def load(data):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in {**members, pickled: data}.items():
                archive.writestr(name, content)
        return tn.load(io.BytesIO(file.getvalue()))

    assert fuzz(members[pickled], load, 300)["refused"] > 150
    assert fuzz((tmp_path / "x.pt").read_bytes(), lambda data: tn.load(io.BytesIO(data)), 100)["refused"] > 20
