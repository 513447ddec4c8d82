"""The examples do what they say: each run, with fewer steps than it takes by default, and its result checked."""

import re
import runpy
import sys
import types

import numpy as np
from helpers import ROOT
from matplotlib import pyplot

from tinynet.data import digits


def example(name):
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"))


def test_examples_are_short():
    lengths = {p.name: len(p.read_text(encoding="utf-8").splitlines()) for p in (ROOT / "examples").glob("*.py")}
    assert lengths and max(lengths.values()) < 100


def test_xor_is_learned(capsys):
    assert example("xor")["main"]() < 0.02
    assert "1 xor 0 = 0.99" in capsys.readouterr().out


def test_spirals_are_told_apart_and_drawn(tmp_path):
    out = tmp_path / "spiral.png"
    assert example("spiral")["main"](steps=600, points=60, out=str(out)) > 0.98
    picture = pyplot.imread(out)
    assert (
        min(picture.shape[:2]) > 400 and np.unique(picture.round(1).reshape(-1, picture.shape[2]), axis=0).shape[0] > 20
    )


def test_a_rule_of_ones_own_learns():
    assert example("own_rule")["main"]() >= 0.95
    text = (ROOT / "examples" / "own_rule.py").read_text(encoding="utf-8")
    rule = text[text.index("def signum") : text.index("def main")].strip()
    assert len([line for line in rule.splitlines() if line]) < 15
    shown = re.sub(r"\n+", "\n", (ROOT / "docs" / "optimizers.md").read_text(encoding="utf-8"))
    assert re.sub(r"\n+", "\n", rule) in shown


def test_digits_by_hand_are_recognised():
    assert example("digits_by_hand")["main"](epochs=12) >= 0.96


def test_digits_by_hand_mean_the_same_in_pytorch(torch, tmp_path, capsys):
    """As the example says: with another import it runs there, apart from the data."""
    text = (ROOT / "examples" / "digits_by_hand.py").read_text(encoding="utf-8")
    data = "from torch.utils.data import DataLoader, random_split\nfrom data import digits"
    for old, new in {
        "import tinynet as tn": "import torch as tn",
        "from tinynet import nn, optim": "from torch import nn, optim",
        "from tinynet.data import DataLoader, digits, random_split": data,
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    dataset = torch.utils.data.TensorDataset(*(torch.tensor(tensor.numpy()) for tensor in digits().tensors))
    script = tmp_path / "digits_by_hand.py"
    script.write_text(text, encoding="utf-8")
    sys.modules["data"] = types.SimpleNamespace(digits=lambda: dataset)
    try:
        assert runpy.run_path(str(script))["main"](epochs=3) > 0.9
    finally:
        del sys.modules["data"]
    assert "(hidden): Linear(in_features=64" in capsys.readouterr().out


def test_all_schedules_are_drawn(tmp_path, capsys):
    out = tmp_path / "schedules.png"
    assert example("schedules")["main"](out=str(out)) == []
    assert min(pyplot.imread(out).shape[:2]) > 800 and "16 schedules" in capsys.readouterr().out


def test_a_cnn_recognises_the_digits():
    assert example("cnn_digits")["main"](epochs=6) >= 0.94


def test_a_gpt_learns_which_characters_are_frequent(capsys):
    options = {"steps": 30, "layers": 1, "heads": 2, "width": 32, "length": 16, "batch": 8, "sample": 20}
    assert example("char_gpt")["main"](**options) < 4.0
    assert len(capsys.readouterr().out.splitlines()[-1]) > 0


def test_an_lstm_recites_the_zen_of_python(capsys):
    assert example("char_lstm")["main"](epochs=120, lines=3) == 1
    assert "The Zen of Python, by Tim Peters\n\nBeautiful is better than ugly.\n" in capsys.readouterr().out


def test_a_vae_describes_digits_in_fewer_nats_than_their_mean_and_draws_them(tmp_path):
    x = digits().tensors[0].numpy().astype(np.float64)
    p = x.mean(0).clip(1e-6, 1 - 1e-6)
    by_the_mean = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1).mean()
    out = tmp_path / "vae.png"
    assert example("vae")["main"](epochs=12, out=str(out)) < by_the_mean - 1
    assert pyplot.imread(out).shape[:2] == (14 * 10 * 4, 14 * 10 * 4)


def test_a_gan_makes_points_of_all_clouds(tmp_path):
    out = tmp_path / "gan.png"
    inside, smallest = example("gan")["main"](steps=600, out=str(out))
    assert inside > 0.6 and smallest > 0.03
    assert min(pyplot.imread(out).shape[:2]) > 300


def test_a_residual_network_recognises_the_digits():
    assert example("resnet_digits")["main"](epochs=4, width=8) >= 0.95


def test_poles_stand_longer_after_reinforcement():
    assert example("reinforce")["main"](updates=18, steps=200) > 0.8  # untrained: 0.4 s


def test_ratings_of_new_pairs_are_predicted_almost_as_well_as_can_be(capsys):
    error = example("matrix_factorization")["main"]()
    of_the_truth = float(re.search(r"of the truth (\d\.\d+)", capsys.readouterr().out)[1])
    assert of_the_truth < error < 1.15 * of_the_truth


def test_categories_that_are_alike_get_vectors_that_are_close():
    explained, near = example("categories")["main"](epochs=6)
    assert explained > 0.95
    assert near[5:] == [6, 5] and set(near[:5]) <= set(range(5))
