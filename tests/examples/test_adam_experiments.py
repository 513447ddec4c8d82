"""The Adam paper's experiments in small (`examples/adam`): that they run, what they read, and how they choose."""

import gzip
import math
import re
import struct
import subprocess
import sys
import zlib

import cnn
import datasets
import logistic
import mlp
import numpy as np
import pytest
import vae
import words
from experiment import RATES, RULES, Experiment, effort
from helpers import ROOT, run_python
from uncorrected import Uncorrected

import tinynet as tn
from tinynet import nn, optim
from tinynet.data import TensorDataset, digits

EXAMPLES = ROOT / "examples" / "adam"


# They run


THOROUGH = [pytest.param(module, marks=pytest.mark.thorough) for module in (words, cnn)]


@pytest.mark.parametrize("module", [logistic, mlp, *THOROUGH], ids=lambda m: m.__name__)
def test_an_experiment_searches_tells_and_draws(module, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    results = module.main(quick=True, out=tmp_path / "picture.png")
    out = capsys.readouterr().out
    for found in results:
        assert {"Adam", "SGD with Nesterov", "AdaGrad"} <= set(found) <= set(RULES)
        costs = found["Adam"].costs
        assert costs.shape == (1, 2) and costs[0, 1] < costs[0, 0] < math.log(25)
        assert all(rule in out for rule in found) and out.count("the end of the grid") >= len(found)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_vae_needs_the_correction_when_beta2_is_near_1(tmp_path, capsys):
    """Section 6.4: without it the first steps are too large, by 1 / √(1 − β₂), up to 100 here."""
    pytest.importorskip("matplotlib")
    found = vae.main(quick=True, out=tmp_path / "vae.png")
    early = {key: costs[0].min() for key, costs in found.items()}
    assert early["with correction", (0.0, 0.9999)] < 35 < 200 < early["without", (0.0, 0.9999)]
    assert early["without", (0.9, 0.99)] < 35
    assert "β₁ 0.9, β₂ 0.9999" in capsys.readouterr().out
    assert (tmp_path / "vae.png").stat().st_size > 10_000


@pytest.mark.thorough
def test_a_script_runs_from_anywhere(tmp_path):
    command = [sys.executable, str(EXAMPLES / "logistic.py"), "--quick", "--out", "l.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "wrote l.png" in done.stdout and (tmp_path / "l.png").exists()


def test_what_is_wrong_with_the_data_is_told_without_a_traceback(tmp_path):
    command = [sys.executable, str(EXAMPLES / "words.py"), "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2 and "expected text files in train/neg, got none" in done.stderr
    assert "Traceback" not in done.stderr


# How they choose


def bowl(title="", **options):
    """Fitting y = 3x by one weight."""
    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    data = TensorDataset(tn.Tensor(x), tn.Tensor(3 * x))
    cost = lambda model, x, y: nn.functional.mse_loss(model(x), y)
    return Experiment(title, data, lambda: nn.Linear(1, 1), cost, ["SGD with Nesterov", "Adam"], 3, 16, **options)


def test_the_best_rate_of_the_grid_is_taken():
    experiment, rates = bowl(), [1e-4, 1e-2, 1e-1, 1e3]
    found = experiment.search(rates, seeds=2)
    for rule, (rate, costs) in found.items():
        ends = {lr: experiment.train(rule, lr)[-1] for lr in rates}
        assert ends[rate] == min(ends.values()) and costs.shape == (2, 3)
        assert (costs[0] == experiment.train(rule, rate)).all() and (costs[1] != costs[0]).all()
    assert np.isinf(experiment.train("SGD with Nesterov", 1e30)).all()


def test_the_rate_falls_as_in_the_paper(monkeypatch):
    seen = []

    class Watched(optim.Adam):
        def step(self):
            seen.append(self.lr)
            super().step()

    monkeypatch.setitem(RULES, "Adam", Watched)
    bowl(decay=True).train("Adam", 0.5)
    np.testing.assert_allclose(seen, [0.5 / math.sqrt(t) for t in range(1, 13)])


def test_the_grid_is_what_the_page_says():
    assert len(RATES) == 11 and (RATES[0], RATES[-1]) == (pytest.approx(1e-4), 10.0)
    assert effort(False, 45) == (45, {}) and effort(True, 45)[0] == 2


def test_uncorrected_is_rmsprop_with_momentum():
    p, m, v = tn.tensor([1.0, -2.0], dtype=tn.float64, requires_grad=True), 0.0, 0.0
    optimizer, x = Uncorrected([p], lr=0.1, betas=(0.8, 0.9)), p.detach().numpy().copy()
    for g in ([1.0, -3.0], [0.5, 2.0], [-1.0, 0.1]):
        p.grad, g = tn.tensor(g, dtype=tn.float64), np.array(g)
        optimizer.step()
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        x -= 0.1 * m / (np.sqrt(v) + 1e-8)
        np.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-12)


def test_softplus_neither_overflows_nor_loses_digits():
    x = tn.tensor([-1000.0, -20.0, 0.0, 3.0, 1000.0], dtype=tn.float64)
    np.testing.assert_allclose(vae.softplus(x).numpy(), np.logaddexp(0, x.numpy()), rtol=1e-12)


# What they read


@pytest.mark.thorough
def test_docstrings_are_the_same_in_another_process():
    x, y = (tensor.numpy() for tensor in datasets.sentences().tensors)
    text = f"import sys, zlib; sys.path.insert(0, {str(EXAMPLES)!r}); import datasets\n"
    text += "x, y = datasets.sentences().tensors; print(zlib.crc32(x.array.tobytes() + y.array.tobytes()))"
    assert int(run_python(text, PYTHONHASHSEED="1")) == zlib.crc32(x.tobytes() + y.tobytes())
    assert len(x) > 1500 and x.shape[1] == 3000 and set(np.unique(x)) == {0.0, 1.0}
    assert (np.bincount(y, minlength=len(datasets.MODULES)) >= 20).all()
    assert x.mean() < 0.02  # sparse
    counts = x.sum(0)
    assert (counts == np.sort(counts)[::-1]).all()


def test_whitened_pixels_are_uncorrelated():
    x = datasets.whitened(digits().tensors[0].numpy(), eps=1e-9).astype(float)
    alive = np.linalg.eigvalsh(x.T @ x / len(x))
    assert abs(x.mean(0)).max() < 1e-4 and set(alive.round(2)) <= {0.0, 1.0} and (alive > 0.5).sum() > 55
    assert datasets.coloured_pictures().tensors[0].shape == (1797, 1, 8, 8)


def idx(array):
    return (
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()
    )


def write_mnist(folder, zipped=False, separator="-", n=200):
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (n, 28, 28)), random.integers(0, 10, n)
    for name, array in (("train-images", images), ("train-labels", labels)):
        path = folder / f"{name}{separator}idx{array.ndim}-ubyte{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    return images, labels


@pytest.mark.parametrize(("zipped", "separator"), [(False, "-"), (True, "-"), (False, "."), (True, ".")])
def test_mnist_is_read(tmp_path, zipped, separator):
    images, labels = write_mnist(tmp_path, zipped, separator)
    x, y = datasets.mnist(tmp_path).tensors
    assert x.dtype == tn.float32 and y.dtype == tn.int64 and (y.numpy() == labels).all()
    np.testing.assert_array_equal((x.numpy() * 255).round(), images.reshape(-1, 784))


def test_experiments_take_mnist(tmp_path, capsys):
    write_mnist(tmp_path)
    results = logistic.main(data=tmp_path, quick=True, out=None)
    assert "MNIST" in capsys.readouterr().out and np.isfinite(results[0]["Adam"].costs).all()


LABELS = "train-labels-idx1-ubyte"
IMAGES = "train-images-idx3-ubyte"
BAD_MNIST = [
    ({LABELS: None}, "expected a file called train-labels-idx1-ubyte or train-labels.idx1-ubyte"),
    ({IMAGES: b"\x80\x04pickle"}, "expected an IDX file that begins with 00 00 08 03, got 80 04 70 69"),
    ({IMAGES: b""}, "begins with 00 00 08 03, got "),
    ({LABELS: idx(np.zeros(199))}, "expected a label for each image, got 200 images, 199 labels"),
    ({LABELS: idx(np.zeros(200))[:-1]}, "expected 200 bytes for the shape [200], got 199"),
    ({LABELS: None, f"{LABELS}.gz": b"no gzip"}, "expected a gzip file"),
]


@pytest.mark.parametrize(("files", "text"), BAD_MNIST, ids=range(len(BAD_MNIST)))
def test_what_is_no_mnist_is_refused(tmp_path, files, text):
    write_mnist(tmp_path)
    for name, content in files.items():
        (tmp_path / name).unlink(missing_ok=True)
        if content is not None:
            (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(text)):
        datasets.mnist(tmp_path)
    with pytest.raises(ValueError, match="expected a folder that holds train-images"):
        datasets.mnist(tmp_path / "nowhere")


def test_cifar_is_read_in_its_binary_version_only(tmp_path):
    random = np.random.default_rng(0)
    rows = random.integers(0, 256, (10, 3073)).astype(np.uint8)
    rows[:, 0] = random.integers(0, 10, 10)
    (tmp_path / "data_batch_1").write_bytes(b"\x80\x04")
    with pytest.raises(ValueError, match=r"got no data_batch_1\.bin; these are Python's pickles"):
        datasets.cifar(tmp_path)
    for k in range(5):
        rows[2 * k : 2 * k + 2].tofile(tmp_path / f"data_batch_{k + 1}.bin")
    x, y = datasets.cifar(tmp_path).tensors
    assert (y.numpy() == rows[:, 0]).all()
    np.testing.assert_array_equal((x.numpy() * 255).round(), rows[:, 1:])
    (tmp_path / "data_batch_3.bin").write_bytes(bytes(3000))
    with pytest.raises(ValueError, match="expected rows of a label from 0 to 9 and 3072 bytes, got 3000 bytes"):
        datasets.cifar(tmp_path)


def test_the_papers_network_takes_coloured_pictures():
    model = cnn.network(3, (64, 64, 128), 5, 1000, 32, dropout=True)
    assert model(tn.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert sum(p.numel() for p in model.parameters()) > 2_000_000


def test_imdb_is_read(tmp_path):
    with pytest.raises(ValueError, match="expected text files in train/neg, got none"):
        datasets.imdb(tmp_path)
    for kind, texts in {"neg": ["bad bad film", "Dull."], "pos": ["a good film", "good, good", "fine film"]}.items():
        (tmp_path / "train" / kind).mkdir(parents=True)
        for i, text in enumerate(texts):
            (tmp_path / "train" / kind / f"{i}_1.txt").write_text(text, "utf-8")
    x, y = datasets.sentences(tmp_path, 2).tensors
    assert y.tolist() == [0, 0, 1, 1, 1] and x.tolist() == [[1, 0], [0, 0], [1, 1], [0, 1], [1, 0]]  # film, good
    found = words.main(data=tmp_path, quick=True, out=None)[0]
    assert np.isfinite(found["Adam"].costs).all()
