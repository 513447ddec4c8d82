"""The `tinynet` command: what it prints, what it leaves behind, and its exit codes."""

import contextlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import tinynet as tn
from tinynet import cli, training
from tinynet.commands.output import open_streams
from tinynet.data import digits
from tinynet.training.choices import OPTIMIZERS, SCHEDULES
from tinynet.training.models import MODELS

QUICK = ["train", "digits", "--epochs", "2", "--batch-size", "64"]


def run(capsys, *args):
    """(exit code, stdout, stderr)"""
    try:
        code = cli.main([str(arg) for arg in args])
    except SystemExit as leave:
        code = leave.code
    return (code, *capsys.readouterr())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder, trained for two epochs."""
    out = tmp_path_factory.mktemp("runs")
    assert cli.main([*QUICK, "--out", str(out), "--quiet"]) == 0
    return out / "digits-mlp-adam"


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Pictures take longer than all that the tests here train; `trained` has some."""
    for name in ("draw_curves", "draw_confusion"):
        monkeypatch.setattr(training.Run, name, lambda run: None)


# train


def test_train_ends_with_all_that_one_wants_to_know(capsys, tmp_path):
    code, out, _ = run(capsys, *QUICK, "--out", tmp_path, "--optimizer", "sgd", "--lr", "0.5", "--seed", "3")
    folder = tmp_path / "digits-mlp-sgd"
    assert code == 0
    assert out.startswith("Training mlp on digits with plain SGD: lr 0.5, batch size 64, 2 epochs, seed 3.\n")
    assert "epoch 2/2  train loss" in out
    rows = training.read_csv(folder / "metrics.csv")
    assert f"Test accuracy {rows[-1].test_accuracy:.1%}" in out
    assert f"\n  tinynet predict {folder}\n" in out
    config = json.loads((folder / "config.json").read_text())
    assert (config["optimizer"], config["lr"], config["seed"], config["epochs"]) == ("sgd", 0.5, 3, 2)
    assert {"config.json", "metrics.csv", "model.safetensors"} <= set(os.listdir(folder))


def test_one_epoch_is_told_in_the_singular(capsys, tmp_path):
    out = run(capsys, *QUICK, "--epochs", "1", "--quiet", "--out", tmp_path)[1]
    assert ", 1 epoch, seed" in out


def test_train_follows_a_schedule(capsys, tmp_path):
    options = ["--schedule", "onecycle", "--epochs", "10", "--lr", "0.005", "--name", "x"]
    code, out, _ = run(capsys, "train", "digits", "--out", tmp_path, *options)
    assert code == 0 and out.startswith("Training mlp on digits with Adam: lr 0.005 (onecycle), batch size 32")
    lrs = [row.lr for row in training.read_csv(tmp_path / "x" / "metrics.csv")]
    assert max(lrs) == pytest.approx(0.005, rel=0.05) and 0 < lrs[0] < lrs[1] and lrs[-1] < 1e-6
    assert lrs[3:] == sorted(lrs[3:], reverse=True)
    assert training.Run.open(tmp_path / "x").config.schedule == "onecycle"


def test_train_draws_curves(trained):
    for name in ("curves.png", "confusion.png"):
        assert (trained / name).read_bytes().startswith(b"\x89PNG")


def test_train_overwrites_nothing(capsys, tmp_path):
    for _ in range(2):
        assert run(capsys, *QUICK, "--out", tmp_path, "--name", "mine", "--quiet")[0] == 0
    assert sorted(os.listdir(tmp_path)) == ["mine", "mine-2"]


def test_the_default_run_reads_digits_well(capsys, tmp_path):
    assert run(capsys, "train", "digits", "--out", tmp_path, "--quiet")[0] == 0
    assert training.read_csv(tmp_path / "digits-mlp-adam" / "metrics.csv")[-1].test_accuracy >= 0.97


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--optimizer", "adm"], "no optimizer 'adm'; did you mean 'adam'?"),
        (["--schedule", "cosin"], "no schedule 'cosin'; did you mean 'cosine'?"),
        (["--model", "mlpp"], "no model 'mlpp'; did you mean 'mlp'?"),
        (["digit"], "no dataset 'digit'; did you mean 'digits'?"),
        (["--lr", "-1"], "lr: expected a number > 0, got -1.0"),
        (["--lr", "nan"], "lr: expected a number > 0, got nan"),
        (["--lr", "fast"], "argument --lr: expected a number, or 'find', got 'fast'"),
        (["--target", "y"], "--target is for a table, or arrays in an .npz, and changes nothing of digits"),
        (["mnist", "--side", "9"], "--side is for pictures in folders, and changes nothing of mnist"),
        (["--epochs", "0"], "epochs: expected a whole number in [1, 2^31), got 0"),
        (["--batch-size", "0"], "batch-size: expected a whole number in [1, 2^31), got 0"),
        (["--optimizer", "adma"], "no optimizer 'adma'; did you mean 'adam'?"),
        (["--device", "gpu"], "no device 'gpu'; did you mean 'cpu'?"),
        (["--name", "../../x"], "name: expected the plain name of a folder, got '../../x'"),
        (["--name", ""], "name: expected the plain name of a folder, got ''"),
        (["--seed", "-1"], "seed: expected a whole number in [0, 2^63), got -1"),
        (["--epoch-count", "3"], "unrecognized arguments"),
    ],
)
def test_a_wrong_request_trains_nothing(capsys, tmp_path, args, text):
    code, _, error = run(capsys, "train", *args, "--out", tmp_path)
    assert code == 2 and text in error and "Traceback" not in error
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--epochs", "9", "--lr", "1"], "--resume goes on with a run as it is; --lr cannot be changed"),
        (["digits"], "DATASET cannot be changed"),
        (["--epochs", "1"], "epochs: expected at least the 2 that"),
    ],
)
def test_a_run_goes_on_as_it_is(capsys, trained, args, text):
    code, _, error = run(capsys, "train", "--resume", trained, *args)
    assert code == 2 and text in error


def test_a_run_goes_on_for_more_epochs(capsys, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    code, out, _ = run(capsys, "train", "--resume", tmp_path / "run", "--epochs", "3")
    assert code == 0 and "It goes on after step 46." in out and "epoch 3/3" in out and "epoch 2/3" not in out
    assert [row.epoch for row in training.Run.open(tmp_path / "run").rows()] == [1, 2, 3]
    (tmp_path / "run" / "checkpoint-69.safetensors").unlink()
    assert "It begins anew: nothing was saved." in run(capsys, "train", "--resume", tmp_path / "run", "--quiet")[1]


def test_folds_are_runs_of_their_own(capsys, tmp_path):
    code, out, _ = run(capsys, *QUICK, "--epochs", "1", "--folds", "2", "--out", tmp_path, "--quiet")
    assert code == 0 and "seed 0, fold 2 of 2." in out and "\nTest accuracy over 2 folds: " in out
    assert sorted(os.listdir(tmp_path)) == ["digits-mlp-adam-fold1", "digits-mlp-adam-fold2"]


def test_a_learning_rate_is_found(capsys, tmp_path):
    code, out, _ = run(capsys, *QUICK, "--epochs", "1", "--lr", "find", "--out", tmp_path, "--quiet")
    config, picture = training.Run.open(tmp_path / "digits-mlp-adam").config, tmp_path / "digits-mlp-adam"
    assert code == 0 and f"most steeply at lr {config.lr:g}: {picture / 'learning-rate.png'}" in out
    assert 1e-3 < config.lr < 3e-2 and (picture / "learning-rate.png").exists()


def test_every_option_of_train_reaches_the_run(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(training.Run, "train", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    given = {"held_out": 0.5, "accumulate": 2, "clip": 1.5, "average": "swa", "patience": 3, "save_every": 9, "keep": 2}
    options = [text for name, value in given.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    assert run(capsys, *QUICK, *options, "--compile", "--out", tmp_path, "--quiet")[0] == 130
    config = training.Run.open(tmp_path / "digits-mlp-adam").config
    assert {name: getattr(config, name) for name in given} == given and config.compile


def test_a_folder_that_cannot_be_written_is_an_error_before_training(capsys, tmp_path):
    (tmp_path / "file").touch()
    code, out, error = run(capsys, *QUICK, "--out", tmp_path / "file")
    assert (code, out) == (2, "") and "cannot make the run folder" in error


def test_a_loss_that_is_not_finite_ends_the_training(capsys, tmp_path):
    code, _, error = run(capsys, *QUICK, "--out", tmp_path, "--optimizer", "sgd", "--lr", "1e30")
    assert code == 1 and "at step" in error and "Lower the learning rate" in error and "No epoch was finished" in error


def test_ctrl_c_keeps_the_epochs_that_are_finished(tmp_path):
    # Where the tests run in the background the signal is ignored, and children inherit that.
    listening = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{listening}; from tinynet.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "train", "digits", "--epochs", "100000"]
    folder, deadline = tmp_path / "digits-mlp-adam", time.monotonic() + 120
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        while not (folder / "metrics.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
    rows = training.read_csv(folder / "metrics.csv")
    assert process.returncode == 130
    assert f"holds the metrics of epoch{'s 1 to' if len(rows) > 1 else ''} {len(rows)}" in error
    assert "Traceback" not in error and f"To go on: tinynet train --resume {folder}" in error
    assert training.Run.open(folder).evaluate().accuracy == pytest.approx(rows[-1].test_accuracy, rel=1e-5)
    assert {"config.json", "metrics.csv", "model.safetensors", "best.safetensors"} <= set(os.listdir(folder))


def test_a_device_that_cannot_be_used_is_an_error_before_training(capsys, tmp_path, monkeypatch):
    def unavailable():
        raise tn.DeviceError("device 'cuda' cannot be used: none is there")

    monkeypatch.setattr("tinynet.cuda.arrays", unavailable)
    code, out, error = run(capsys, *QUICK, "--device", "cuda", "--out", tmp_path)
    assert (code, out) == (2, "") and "device 'cuda' cannot be used" in error and os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--lr", "1e9"], 1, "where guessing has 2.303: the training diverged. Lower the learning rate."),
        (["--lr", "1e-9"], 0, "where guessing has 2.303: hardly anything was learned."),
        ([], 0, ""),
    ],
)
def test_a_training_that_came_to_nothing_says_so(capsys, tmp_path, options, code, text):
    found, out, error = run(capsys, *QUICK, "--out", tmp_path, "--quiet", *options)
    assert found == code and text in error and (error == "") == (text == "")
    assert (
        "Test accuracy" in out
        and ("tinynet predict" in out) == (text == "")
        and (tmp_path / "digits-mlp-adam" / "model.safetensors").exists()
    )


@pytest.mark.parametrize(
    "streams",
    [*(pytest.param(s, marks=pytest.mark.thorough) for s in ("| head -1", ">&-", "> /dev/full")), "2>&1 | head -1"],
)
def test_training_goes_on_when_nobody_reads_its_output(tmp_path, streams):
    if "/dev/full" in streams and not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    command = f"{sys.executable} -m tinynet train digits --epochs 30 --batch-size 256 --out {tmp_path} {streams}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0 and done.stderr == "" and done.stdout.count("\n") <= 1
    (folder,) = tmp_path.iterdir()
    assert len(training.Run.open(folder).rows()) == 30 and (folder / "curves.png").exists()


def test_a_bar_in_a_terminal(tmp_path):
    pty, fcntl, termios = (pytest.importorskip(name) for name in ("pty", "fcntl", "termios"))
    command = [sys.executable, "-m", "tinynet", *QUICK, "--out", str(tmp_path)]
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=end)
    os.close(end)
    shown = bytearray()
    with contextlib.suppress(OSError):  # at the end
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    assert process.wait(timeout=100) == 0
    bars = [part for part in shown.decode().split("\r") if part.startswith("epoch 1/2")]
    assert bars and max(map(len, bars)) <= 80 and len(bars[-1].split("|")[1]) > 15


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal that Windows has not")
def test_kill_leaves_metrics_and_model_that_belong_together(tmp_path):
    command = [sys.executable, "-m", "tinynet", "train", "digits", "--epochs", "100000", "--batch-size", "999"]
    process = subprocess.Popen([*command, "--quiet", "--out", str(tmp_path)], stdout=subprocess.DEVNULL)
    folder, deadline = tmp_path / "digits-mlp-adam", time.monotonic() + 120
    while not (folder / "model.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    process.kill()
    process.wait()
    opened = training.Run.open(folder)
    assert opened.evaluate().loss == pytest.approx(opened.rows()[-1].test_loss, rel=1e-4)


# eval


def test_eval_finds_the_accuracy_that_training_reported(capsys, trained):
    code, out, _ = run(capsys, "eval", trained)
    row = training.read_csv(trained / "metrics.csv")[-1]
    assert (code, out) == (0, f"test loss {row.test_loss:.6g}\ntest accuracy {row.test_accuracy:.6g}\n")


@pytest.mark.parametrize("command", ["eval", "predict"])
def test_a_run_that_is_none(capsys, tmp_path, command):
    code, _, error = run(capsys, command, tmp_path / "nothing")
    assert code == 2 and "is not a run folder: it has no config.json" in error


def test_a_run_with_a_damaged_model(capsys, tmp_path):
    folder = training.Run.create(training.Config(), tmp_path).folder
    assert "training was stopped before the first epoch ended" in run(capsys, "eval", folder)[2]
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    code, _, error = run(capsys, "eval", folder)
    assert code == 2 and "model.safetensors (100 bytes) cannot be read" in error


# predict


def test_predict_reads_files(capsys, trained, tmp_path):
    images = digits().tensors[0].numpy()[:20]
    np.save(tmp_path / "x.npy", images)
    model, _ = training.Run.open(trained).model()
    with tn.no_grad():
        expected = model(tn.tensor(images)).softmax(1).numpy()
    code, out, _ = run(capsys, "predict", trained, tmp_path / "x.npy")
    lines = out.splitlines()
    assert code == 0 and len(lines) == 20
    for i, (line, p) in enumerate(zip(lines, expected)):
        assert line.startswith(f"image {i + 1}: {p.argmax()}, {p.max():.1%} sure; next ")
    assert len(run(capsys, "predict", trained, tmp_path / "x.npy", "--count", "1")[1].splitlines()) == 10


def test_predict_draws_digits_that_it_has_never_seen(capsys, trained):
    code, out, _ = run(capsys, "predict", trained)
    assert code == 0 and out.count("image") == 3 and "it is a" in out and "@@" in out


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("x.npy", b"junk", "x.npy: it does not begin as a .npy file does"),
        ("x.csv", b"1,2,3\n", "expected numbers of shape (n, 64)"),
        ("x.png", b"junk", "x.png: it is not a picture"),
        ("x.doc", b"junk", "expected a file that ends in .npy, .npz, .csv, .png"),
        ("x.npy", None, "x.npy: No such file"),
        ("x", b"junk", "that of another kind of picture, got no ending"),
    ],
)
def test_predict_refuses(capsys, trained, tmp_path, name, content, text):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, _, error = run(capsys, "predict", trained, tmp_path / name)
    assert code == 2 and text in error and "Traceback" not in error


def test_predict_says_what_it_did_to_a_picture(capsys, trained, tmp_path):
    Image.fromarray(np.pad(np.zeros((60, 14), np.uint8), 40, constant_values=255)).save(tmp_path / "x.png")
    code, out, _ = run(capsys, "predict", trained, tmp_path / "x.png")
    text = "x.png: 94 x 140 pixels, dark ink on a light background; cut out, centred and scaled to 8 x 8\n"
    assert code == 0 and out.startswith(text) and "\nimage 1: " in out


def test_predict_does_not_read_what_is_blank(capsys, trained, tmp_path):
    np.save(tmp_path / "x.npy", np.concatenate([np.zeros((1, 64)), digits().tensors[0].numpy()[:1]]))
    code, out, _ = run(capsys, "predict", trained, tmp_path / "x.npy")
    assert code == 0 and "image 1: blank\n" in out and "image 2: 0, " in out
    Image.new("RGBA", (40, 40)).save(tmp_path / "x.png")
    code, _, error = run(capsys, "predict", trained, tmp_path / "x.png")
    assert code == 2 and error.endswith("x.png: expected a digit, got a blank picture (40 x 40 pixels)\n")


# The rest


def test_info(capsys):
    code, out, _ = run(capsys, "info")
    facts = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert code == 0 and facts["tinynet"] == tn.__version__ and facts["numpy"] == np.__version__
    assert {"Python", "numba", "llvmlite", "CPU", "LLVM", "instructions", "threads", "compiled", "GPU"} <= set(facts)


@pytest.mark.parametrize("command", [[], ["train"], ["eval"], ["predict"], ["show"], ["info"]])
def test_help(capsys, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")  # argparse wraps to the terminal
    code, out, _ = run(capsys, *command, "--help")
    assert code == 0 and out.startswith(f"usage: {' '.join(['tinynet', *command])}")
    assert max(map(len, out.splitlines())) <= 80


def test_the_command_without_a_command_shows_its_help(capsys):
    assert run(capsys) == run(capsys, "--help")


def test_python_m_tinynet_and_a_closed_pipe():
    command = f"{sys.executable} -m tinynet --help | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("usage: tinynet") and done.stderr == ""


def test_import_is_light():
    heavy = ("tqdm", "matplotlib", "PIL", "mpi4py", "tinynet.training")
    code = f"import sys, tinynet; tinynet.distributed; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("option", "choices"), [("--model", MODELS), ("--optimizer", OPTIMIZERS), ("--schedule", SCHEDULES)]
)
def test_help_names_all_choices(capsys, option, choices):
    text = run(capsys, "train", "--help")[1].split(f"\n  {option} NAME")[1].split("\n  --")[0]
    named = text.split("(default")[0].split(":")[-1].replace(" or ", ", ")
    assert [name.strip() for name in named.split(",")] == list(choices)


def test_help_tells_the_true_defaults(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # argparse wraps to the terminal
    out, config = run(capsys, "train", "--help")[1], training.Config()
    for option, default in (("epochs", config.epochs), ("batch-size", config.batch_size), ("seed", config.seed)):
        line = next(line for line in out.splitlines() if line.strip().startswith(f"--{option} "))
        assert line.endswith(f"(default: {default})")


def test_a_terminal_that_knows_few_letters_is_spelled_to():
    spell = lambda text: text.encode("ascii", "tinynet.spelled").decode()
    open_streams()
    assert spell("θ − αλm̂/(√v̂ + ε), g², größe: 日") == "theta - alpha lambda m/(sqrt v + epsilon), g^2, grosse: ?"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-m", "tinynet", "show", "relu"], capture_output=True, env=env, timeout=60)
    assert done.returncode == 0 and done.stderr == b"" and done.stdout.decode("ascii").startswith("relu, ")
