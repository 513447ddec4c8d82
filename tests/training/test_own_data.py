"""Data of one's own, by the command: train, and then predict and eval, which know classes, scaling and vocabulary."""

import gzip
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

import tinynet as tn
from tinynet import cli, data, training
from tinynet.training import sources
from tinynet.training.models import MODELS

QUICK = ["--epochs", "3", "--quiet"]


def run(capsys, *args):
    """(exit code, stdout, stderr)"""
    try:
        code = cli.main([str(arg) for arg in args])
    except SystemExit as leave:
        code = leave.code
    return (code, *capsys.readouterr())


def trained(capsys, tmp_path, *args):
    """(the run's folder, what the training said)"""
    code, out, error = run(capsys, "train", *QUICK, *args, "--out", tmp_path / "runs")
    assert code == 0, error
    (folder,) = (tmp_path / "runs").iterdir()
    return folder, out


def table(path, n=120, missing=()):
    rng = np.random.default_rng(0)
    lines = ["name,age,colour,price,kind"]
    for i in range(n):
        age, colour = rng.integers(1, 90), rng.choice(["red", "green"])
        lines.append(f"P{i},{'' if i in missing else age},{colour},{age * 2 + 0.5},{'old' if age > 45 else 'young'}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_table_of_classes(capsys, tmp_path):
    path = table(tmp_path / "t.csv")
    folder, said = trained(capsys, tmp_path, path, "--target", "kind", "--lr", "0.02")
    assert "classification: 'kind' has 2 classes, old, young\n" in said and "model: mlp, three layers" in said
    assert "left out: column 'name', which has a word of its own in most rows" in said and "Test accuracy" in said
    # Statistics are of the rows that are trained on.
    description = json.loads((folder / "data.json").read_text())
    (age,) = (f for f in description["features"] if f["name"] == "age")
    ages = data.read_table(path)["age"].numbers
    assert age["mean"] == pytest.approx(ages[_train_rows(folder)].mean())
    code, out, _ = run(capsys, "eval", folder)
    assert code == 0 and out.startswith("test loss ") and float(out.split()[-1]) > 0.8
    assert run(capsys, "eval", folder, path)[1].startswith("test loss ")
    # predict needs the run alone: columns are found by name, and the target may be absent.
    path.unlink()
    (tmp_path / "new.csv").write_text("price,colour,age\n180.5,red,90\n10.5,blue,5\n")
    code, out, _ = run(capsys, "predict", folder, tmp_path / "new.csv")
    unknown, first, second = out.splitlines()
    assert code == 0 and "sure; next" in out
    assert unknown == "row 3, column 'colour': 'blue' is new to the run, and counts as no word"
    assert first.startswith("row 2: old, ") and second.startswith("row 3: young, ")
    assert run(capsys, "predict", folder, tmp_path / "new.csv", "--csv", tmp_path / "p.csv")[0] == 0
    header, *lines = (tmp_path / "p.csv").read_text().splitlines()
    assert header == "example,prediction,old,young" and lines[0].startswith("row 2,old,")
    assert "t.csv, which is read to go on" in run(capsys, "eval", folder)[2]


def _train_rows(folder):
    """The positions of the rows that a run of a table is trained on."""
    opened = training.Run.open(folder)
    tn.manual_seed(opened.config.seed)
    return np.array(list(opened._split(range(len(opened.source)), opened.config.held_out)[0]))


def test_a_regression_says_numbers_in_their_unit(capsys, tmp_path):
    folder, said = trained(
        capsys, tmp_path, table(tmp_path / "t.csv"), "--target", "price", "--epochs", 20, "--lr", "0.01"
    )
    assert "regression: 'price' has numbers (else say --task classification)" in said and "Test RMSE" in said
    code, out, _ = run(capsys, "eval", folder)
    values = dict(line.removeprefix("test ").split() for line in out.splitlines())
    assert code == 0 and float(values["R2"]) > 0.9 and 1 < float(values["RMSE"]) < 30
    out = run(capsys, "predict", folder, "--count", 2)[1]
    for line in out.splitlines():
        found, right = float(line.split(": ")[1].split(";")[0]), float(line.split("it is ")[1])
        assert abs(found - right) < 60
    assert out.count("held-out row") == 2


def test_missing_values_are_refused_unless_told(capsys, tmp_path):
    path = table(tmp_path / "t.csv", missing=(3, 7))
    args = ["train", path, "--target", "kind", "--out", tmp_path / "runs", *QUICK]
    code, _, error = run(capsys, *args)
    assert code == 2 and "t.csv: row 5, column 'age': expected a value, got none (2 of 120 rows have none)" in error
    assert "--missing drop" in error and not (tmp_path / "runs").exists()
    folder, said = trained(capsys, tmp_path, path, "--target", "kind", "--missing", "drop")
    assert "left out: 2 rows with missing values" in said
    out = run(capsys, "predict", folder, path)[1]
    assert out.startswith("left out for missing values: rows 5, 9\nrow 2: ") and "; it is " in out


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["t.csv"], "t.csv: --target: which column is to be learned? name, age, colour, price, kind"),
        (["t.csv", "--target", "kin"], "no column 'kin'"),
        (
            ["t.csv", "--target", "kind", "--model", "cnn"],
            "model 'cnn' does not take vectors; those that do: mlp",
        ),
        (["t.csv", "--target", "kind", "--task", "regression"], "row 2, column 'kind': expected a number, got"),
        (["nothing.csv", "--target", "kind"], "nothing.csv: No such file"),
        (["nothing"], "no dataset 'nothing'"),
        (["mnist"], "mnist: --data: expected the folder with its files, since nothing is downloaded"),
        (["mnist", "--data", "."], "expected a file train-images-idx3-ubyte"),
        (["x.doc"], "expected a file that ends in .csv"),
        (["short.txt"], "short.txt: expected at least 130 characters, got 5"),
        (["."], "a sub-folder of pictures for each of several classes"),
    ],
)
def test_a_request_for_other_data_trains_nothing(capsys, tmp_path, monkeypatch, args, text):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "t.csv")
    (tmp_path / "short.txt").write_text("abcab")
    (tmp_path / "x.doc").write_text("")
    code, _, error = run(capsys, "train", *args)
    assert code == 2 and text in error and "Traceback" not in error


def test_data_that_have_changed_or_moved_are_noticed(capsys, tmp_path):
    path = table(tmp_path / "t.csv")
    folder, _ = trained(capsys, tmp_path, path, "--target", "kind")
    table(path, n=121)
    code, _, error = run(capsys, "eval", folder)
    assert code == 2 and "t.csv has changed since the run" in error
    path.unlink()
    code, _, error = run(capsys, "eval", folder)
    assert code == 2 and f"{folder} was trained on {path}" in error and "is not there. Put it back" in error
    packed = tmp_path / "moved.csv.gz"
    packed.write_bytes(gzip.compress(table(tmp_path / "moved.csv").read_bytes()))
    config = folder / "config.json"
    config.write_text(config.read_text().replace("t.csv", packed.name))
    assert run(capsys, "eval", folder)[0] == 0


STROKES = {"seven": [(0, 0), (9, 0), (4, 14)], "one": [(5, 0), (5, 14)]}


def drawn(name, rng, size=28, ink=255, paper=0):
    """A shape of 20 pixels in the middle, a little inclined."""
    unit = size / 20
    image, (dx, slant) = Image.new("L", (size, size), paper), (rng.integers(-1, 2), rng.normal() / 20)
    points = [((5.5 + x + dx + slant * (y - 7)) * unit, (3 + y) * unit) for x, y in STROKES[name]]
    ImageDraw.Draw(image).line(points, fill=ink, width=int(2.4 * unit))
    return image


def test_pictures_in_folders_and_predictions_of_any_picture(capsys, tmp_path):
    rng = np.random.default_rng(0)
    for name in STROKES:
        (tmp_path / "shapes" / name).mkdir(parents=True)
        for i in range(24):
            drawn(name, rng).save(tmp_path / "shapes" / name / f"{i}.png")
    folder, said = trained(capsys, tmp_path, tmp_path / "shapes", "--batch-size", 8)
    assert "48 pictures of 28 x 28, grey, 2 classes" in said and "model: cnn, a small convolutional network" in said
    for name in STROKES:
        sheet = Image.new("RGB", (300, 400), (250, 240, 200))
        sheet.paste(drawn(name, rng, 120, 10, 255).convert("RGB").point(lambda v: min(v, 245)), (100, 200))
        sheet.save(tmp_path / "x.jpg")
        code, out, error = run(capsys, "predict", folder, tmp_path / "x.jpg")
        assert code == 0 and f"x.jpg: {name}, " in out, error
        assert "300 x 400 pixels, dark ink on a light background; cut out, centred and scaled to 28 x 28" in out
    Image.new("RGB", (50, 60), "white").save(tmp_path / "x.jpg")
    code, _, error = run(capsys, "predict", folder, tmp_path / "x.jpg")
    assert code == 2 and "expected one shape, got a blank picture (50 x 60 pixels)" in error
    assert "test accuracy" in run(capsys, "eval", folder, tmp_path / "shapes")[1]
    out = run(capsys, "predict", folder, tmp_path / "shapes" / "one")[1]
    assert out.count("sure; next") == 24


def test_photographs_are_cut_and_scaled(capsys, tmp_path):
    rng = np.random.default_rng(0)
    for name, color in (("red", (200, 60, 60)), ("blue", (60, 60, 200))):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(8):
            noise = np.clip(rng.normal(0, 30, (20 + i, 25, 3)) + color, 0, 255).astype(np.uint8)
            Image.fromarray(noise).save(tmp_path / "photos" / name / f"{i}.png")
    folder, said = trained(capsys, tmp_path, tmp_path / "photos", "--side", 8, "--model", "linear")
    assert "16 pictures of 8 x 8, in colour" in said and training.Run.open(folder).task.style is None
    out = run(capsys, "predict", folder, tmp_path / "photos" / "red" / "1.png")[1]
    assert "1.png: 25 x 21 pixels; the middle, scaled to 8 x 8\n1.png: red, " in out


def test_a_text_is_gone_on_with(capsys, tmp_path):
    (tmp_path / "t.txt").write_text("abc " * 300, encoding="utf-8")
    folder, said = trained(capsys, tmp_path, tmp_path / "t.txt", "--lr", "0.02", "--epochs", 1)
    assert "1,200 characters, 4 different ones; the end is held out" in said and "model: lstm" in said
    code, out, _ = run(capsys, "predict", folder, "bc a", "--count", 8, "--temperature", 0)
    assert (code, out) == (0, "bc abc abc a\n")
    assert run(capsys, "predict", folder)[1] == run(capsys, "predict", folder, "--seed", 0)[1]
    code, _, error = run(capsys, "predict", folder, "abx")
    assert code == 2 and "character 3: expected one of the 4 that the text has, got 'x'" in error
    assert "test perplexity 1" in run(capsys, "eval", folder)[1]


@pytest.mark.parametrize(("shape", "names"), [((64,), "x y"), ((8, 8), "x_train y_train x_test y_test")])
def test_arrays(capsys, tmp_path, shape, names):
    x, y = (tensor.numpy()[:300] for tensor in data.digits().tensors)
    x = x.reshape(-1, *shape)
    halves = (x, y) if len(names.split()) == 2 else (x[:200], y[:200], x[200:], y[200:])
    np.savez(tmp_path / "a.npz", **dict(zip(names.split(), halves)))
    folder, said = trained(capsys, tmp_path, tmp_path / "a.npz", "--model", "mlp")
    assert "model" not in said.split("\n")[2] and "10 classes" in said
    np.save(tmp_path / "x.npy", x[:5])
    code, out, _ = run(capsys, "predict", folder, tmp_path / "x.npy")
    assert code == 0 and out.count("sure; next") == 5


def test_models_take_their_tasks():
    tasks = [
        sources.ArrayTask([0.0] * 4, [1.0] * 4, None),
        sources.PictureTask((3, 9, 12), ("a", "b"), [0.0] * 3, [1.0] * 3),
        sources.TextTask(data.Vocabulary("abc"), 6),
    ]
    for task in tasks:
        for name, model in MODELS.items():
            if task.takes not in model.takes:
                continue
            x = tn.tensor(np.ones((2, *task.input_shape), np.int64 if task.takes == "text" else np.float32))
            expected = (2, 3, 6) if task.takes == "text" else (2, task.outputs)
            assert model.make(task)(x).shape == expected, name


DAMAGED = ["", "[]", "{}", '{"kind": "table", "fingerprint": "x"}', '{"kind": "os", "fingerprint": ""}']
DAMAGED.append('{"kind": "text", "fingerprint": "x", "characters": 5, "length": 1}')


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_description(tmp_path, text):
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is no description of data that tinynet wrote") as caught:
        sources.read_task(path)
    assert str(caught.value).startswith(str(path))
