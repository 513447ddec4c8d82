"""The training loop, metrics, checkpoints and run folders."""

import errno
import json
import os
import signal

import numpy as np
import pytest
from helpers import run_python

import tinynet as tn
from tinynet import data, nn, training
from tinynet.training import CheckpointError, Config, Run
from tinynet.training.choices import OPTIMIZERS, SCHEDULES, mlp
from tinynet.training.files import uninterrupted, whole_file

QUICK = {"epochs": 2, "batch_size": 64}


def loaders(n=64, batch=16):
    """A problem that is learnt quickly: the class is the larger of two numbers."""
    x = tn.rand(n, 2, generator=tn.Generator(0))
    dataset = data.TensorDataset(x, x.argmax(1))
    return data.DataLoader(dataset, batch, shuffle=True), data.DataLoader(dataset, n)


def model():
    tn.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2))


def weights(module):
    return {name: tensor.array.tobytes() for name, tensor in module.state_dict().items()}


def fit(net, train, test, lr=0.1, **options):
    optimizer = tn.optim.SGD(net.parameters(), lr)
    return training.fit(net, train, test, optimizer, nn.CrossEntropyLoss(), **{"progress": False, **options})


# The loop


def test_fit_learns_and_tells(capsys):
    net, (train, test) = model(), loaders()
    rows = fit(net, train, test, lr=1.0, epochs=30, progress=True)
    assert [row.epoch for row in rows] == list(range(1, 31))
    assert rows[-1].step == 30 * 4 and rows[-1].lr == 1.0
    assert rows[-1].test_accuracy > 0.95 > rows[0].test_accuracy
    assert rows[-1].test_loss < rows[0].test_loss
    assert [row.seconds for row in rows] == sorted(row.seconds for row in rows)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 30 and out[-1].startswith("epoch 30/30   train loss") and "test loss" in out[-1]


def test_fit_is_the_loop_one_would_write():
    net, (train, _) = model(), loaders()
    rows = fit(net, train, None, epochs=2)
    by_fit = weights(net)
    assert rows[-1].test_loss is None and rows[-1].test_accuracy is None

    net, total = model(), 0.0
    optimizer = tn.optim.SGD(net.parameters(), 0.1)
    for _ in range(2):
        losses = []
        for x, y in train:
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        total = np.mean(losses)
    assert weights(net) == by_fit
    assert rows[-1].train_loss == pytest.approx(total)


def test_fit_calls_scheduler_and_hook():
    net, (train, test) = model(), loaders()
    optimizer = tn.optim.SGD(net.parameters(), 0.1)

    class Halve:
        def step(self):
            optimizer.param_groups[0]["lr"] /= 2

    seen = []
    loss = nn.CrossEntropyLoss()
    rows = training.fit(
        net,
        train,
        test,
        optimizer,
        loss,
        epochs=3,
        scheduler=Halve(),
        on_epoch=lambda rows: seen.append(len(rows)),
        progress=False,
    )
    assert [row.lr for row in rows] == [0.1, 0.05, 0.025]
    assert seen == [1, 2, 3]


def test_fit_of_a_regression_has_no_accuracy():
    x = tn.rand(32, 2, generator=tn.Generator(0))
    train = data.DataLoader(data.TensorDataset(x, x.sum(1, keepdim=True)), 8)
    net = nn.Linear(2, 1)
    row = training.fit(net, train, train, tn.optim.SGD(net.parameters(), 0.1), nn.MSELoss(), epochs=1, progress=False)[
        0
    ]
    assert row.train_accuracy is None and row.test_accuracy is None and row.test_loss > 0


def test_evaluate_weighs_batches_by_their_rows_and_restores_the_modes():
    net, (_, test) = model(), loaders()
    net[2].eval()  # a layer that somebody froze
    whole = training.evaluate(net, test, nn.CrossEntropyLoss())
    uneven = training.evaluate(net, data.DataLoader(test.dataset, 50), nn.CrossEntropyLoss())
    assert uneven.loss == pytest.approx(whole.loss) and uneven.accuracy == whole.accuracy
    assert net.training and not net[2].training
    x, y = test.dataset[:]
    assert whole.accuracy == (net.eval()(x).argmax(1) == y).float().mean().item()


def test_a_loss_that_is_not_finite_stops_before_the_step():
    net, (train, test) = model(), loaders()
    with tn.no_grad():
        net[3].weight.fill_(float("inf"))
    before = weights(net)
    with pytest.raises(tn.NonFiniteError, match=r"the loss became nan at step 1 \(epoch 1, lr 0.1\).*detect_anomaly"):
        fit(net, train, test, epochs=1)
    with pytest.raises(tn.NonFiniteError, match="at batch 0 of an evaluation"):
        training.evaluate(net, test, nn.CrossEntropyLoss())
    assert weights(net) == before


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_fit_refuses_epochs(epochs):
    with pytest.raises(ValueError, match="whole number >= 1 as epochs"):
        fit(model(), *loaders(), epochs=epochs)


def test_no_batches_is_an_error():
    empty = data.DataLoader(loaders()[0].dataset, 100, drop_last=True)
    with pytest.raises(ValueError, match="expected train with at least one batch"):
        fit(model(), empty, None, epochs=1)
    with pytest.raises(ValueError, match="expected data with at least one batch"):
        training.evaluate(model(), [], nn.CrossEntropyLoss())


# Files


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"), whole_file(path) as temporary:
            temporary.write_text("new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["x.txt"]
    with whole_file(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["x.txt"]


FULL = """
import os, resource
from tinynet import nn, training
path = os.environ["CHECKPOINT"]
training.save(nn.Linear(4, 4), path)
whole = open(path, "rb").read()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # as if the disk had no more room
try:
    training.save(nn.Linear(64, 64), path)
except OSError as error:
    print(error)
print(open(path, "rb").read() == whole, os.listdir(os.path.dirname(path)))
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files")
def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path):
    path = tmp_path / "model.safetensors"
    lines = run_python(FULL, CHECKPOINT=str(path)).splitlines()
    assert lines == [str(OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))), "True ['model.safetensors']"]


def test_ctrl_c_waits_for_files_that_belong_together():
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append(True)
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# Metrics and curves

ROWS = [
    training.Epoch(1, 45, 1.25, 0.5, 1.5, 0.625, 0.1, 0.5),
    training.Epoch(2, 90, 0.75, None, None, None, 1e-3, 1.0),
]


def test_metrics_round_trip(tmp_path):
    training.write_csv(ROWS, tmp_path / "metrics.csv")
    assert (tmp_path / "metrics.csv").read_text() == (
        "epoch,step,train_loss,train_accuracy,test_loss,test_accuracy,lr,seconds\n"
        "1,45,1.25,0.5,1.5,0.625,0.1,0.5\n"
        "2,90,0.75,,,,0.001,1\n"
    )
    assert training.read_csv(tmp_path / "metrics.csv") == ROWS


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", ",".join(training.Epoch._fields) + "\n1,2\n"])
def test_other_csv_files_are_refused(tmp_path, text):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ValueError, match=r"x\.csv: expected"):
        training.read_csv(tmp_path / "x.csv")


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []])
def test_curves_are_a_picture(tmp_path, rows):
    training.plot(rows, tmp_path / "curves.png", "title")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


# Checkpoints


def scrambled():
    net = model()
    net.register_buffer("count", tn.tensor(7))  # 0-d
    for p in net.parameters():
        p.data.mul_(-3)
    net.count.fill_(9)
    return net


def test_checkpoint_round_trip(tmp_path):
    saved, net = scrambled(), model()
    net.register_buffer("count", tn.tensor(7))
    training.save(saved, tmp_path / "m.safetensors")
    assert weights(net) != weights(saved)
    assert training.load(net, tmp_path / "m.safetensors") is net
    assert weights(net) == weights(saved)
    assert os.listdir(tmp_path) == ["m.safetensors"]
    (tmp_path / "other").touch()
    assert (tmp_path / "m.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode  # readable as any file is


def test_checkpoints_and_pytorch_read_each_other(tmp_path, torch):
    safetensors = pytest.importorskip("safetensors.torch")
    path, net = tmp_path / "m.safetensors", model().eval()
    training.save(net, path)
    twin = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(8, 2)).eval()
    twin.load_state_dict(safetensors.load_file(path))
    x = np.random.default_rng(0).random((5, 2), np.float32)
    np.testing.assert_allclose(net(tn.tensor(x)).detach().numpy(), twin(torch.tensor(x)).detach().numpy(), rtol=1e-5)
    with torch.no_grad():
        twin[0].weight += 1
    safetensors.save_file(twin.state_dict(), path)
    training.load(net, path)
    np.testing.assert_array_equal(net[0].weight.detach().numpy(), twin[0].weight.detach().numpy())


def flip(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda content: b"", r"\(0 bytes\) cannot be read as a safetensors file"),
        (lambda content: content[:5], "cannot be read"),
        (lambda content: content[:-1], "cannot be read"),
        (lambda content: content + b"0", "cannot be read"),
        (lambda content: flip(content, 7), "cannot be read"),
        (lambda content: flip(content, 12), "cannot be read|does not fit"),
        (lambda content: flip(content, len(content) - 3), "is damaged: its values do not match the checksum"),
        (lambda content: b"\x80\x04K\x01.", "cannot be read"),  # a pickle
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage, text):
    net, path = model(), tmp_path / "m.safetensors"
    training.save(net, path)
    path.write_bytes(damage(path.read_bytes()))
    before = weights(net)
    with pytest.raises(CheckpointError, match=text) as caught:
        training.load(net, path)
    assert "m.safetensors" in str(caught.value)
    assert weights(net) == before


@pytest.mark.parametrize(
    ("other", "texts"),
    [
        (
            lambda: nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2, bias=False)),
            [r"missing 3\.bias, expected float32 \(2,\)"],
        ),
        (
            lambda: nn.Sequential(*[nn.Linear(2, 8), nn.ReLU(), nn.ReLU(), nn.Linear(8, 2), nn.Linear(2, 2)]),
            [r"unexpected 4\.weight, float32 \(2, 2\)", r"unexpected 4\.bias"],
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 2)),
            [r"0\.weight: expected float32 \(8, 2\), got float32 \(9, 2\)", r"3\.weight: expected"],
        ),
        (lambda: model().double(), [r"0\.bias: expected float32 \(8,\), got float64 \(8,\)"]),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(tmp_path, other, texts):
    net, path = model(), tmp_path / "m.safetensors"
    training.save(other(), path)
    before = weights(net)
    for text in ["m.safetensors does not fit the model", *texts]:
        with pytest.raises(CheckpointError, match=text):
            training.load(net, path)
    assert weights(net) == before


def test_a_missing_checkpoint_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.safetensors"):
        training.load(model(), tmp_path / "no.safetensors")


# Configurations


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"optimizer": "adm"}, "no optimizer 'adm'; did you mean 'adam'"),
        ({"model": "mpl"}, "no model 'mpl'; did you mean 'mlp'"),
        ({"dataset": "mnist"}, "no dataset 'mnist'; known: digits"),
        ({"lr": 0.0}, "lr: expected a number > 0, got 0.0"),
        ({"lr": float("nan")}, "lr: expected"),
        ({"lr": float("inf")}, "lr: expected"),
        ({"epochs": 0}, "epochs: expected a whole number >= 1, got 0"),
        ({"batch_size": -3}, "batch-size: expected a whole number >= 1, got -3"),
        ({"seed": -1}, "seed: expected a whole number in"),
        ({"epochs": True}, "epochs: expected"),
        ({"held_out": 1.0}, "held-out: expected a fraction"),
    ],
)
def test_config_refuses(values, text):
    with pytest.raises(ValueError, match=text):
        Config(**values)


def test_config_round_trip(tmp_path):
    config = Config(optimizer="sgd", epochs=3)
    assert config.lr == OPTIMIZERS["sgd"].lr
    config.write(tmp_path / "config.json")
    assert Config.read(tmp_path / "config.json") == config
    assert json.loads((tmp_path / "config.json").read_text())["tinynet"] == tn.__version__


@pytest.mark.parametrize("text", ["", "[]", '{"tinynet": "0"', '{"epochs": 1}', '{"tinynet": "0", "epoch": 1}'])
def test_a_damaged_config_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json is not a configuration that tinynet wrote"):
        Config.read(tmp_path / "config.json")


# Run folders


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_the_digits(tmp_path, optimizer):
    rows = Run.create(Config(optimizer=optimizer, epochs=10), tmp_path).train(progress=False)
    assert rows[-1].test_accuracy > 0.94


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 30, 1000])
def test_every_schedule_has_lr_as_its_largest_rate(name, steps):
    rates = [SCHEDULES[name](0.1, steps)(t) for t in range(steps)]
    assert min(rates) > 0 and max(rates) <= 0.1 and (steps < 30 or max(rates) == pytest.approx(0.1))


def test_a_run_can_be_opened_and_measured_again(tmp_path):
    run = Run.create(Config(**QUICK), tmp_path)
    rows = run.train(progress=False)
    again = Run.open(run.folder)
    assert again.config == run.config
    assert again.evaluate() == (rows[-1].test_loss, rows[-1].test_accuracy)
    assert [row.epoch for row in again.rows()] == [1, 2]
    assert not again.model()[0].training


def test_the_same_seed_gives_the_same_bits(tmp_path):
    def train(seed):
        run = Run.create(Config(**QUICK, seed=seed), tmp_path)
        return [row[:-1] for row in run.train(progress=False)], (run.folder / "model.safetensors").read_bytes()

    assert train(1) == train(1)
    assert train(1)[0] != train(2)[0]
    assert sorted(os.listdir(tmp_path)) == ["digits-mlp-adam", *(f"digits-mlp-adam-{i}" for i in (2, 3, 4))]


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_interrupt_leaves_the_last_finished_epoch(tmp_path, monkeypatch, epoch):
    class Interrupting(data.TensorDataset):
        batches = 0

        def __getitems__(self, indices):
            self.batches += 1
            if self.batches == 12 * (epoch - 1) + 5:  # an epoch is ten batches of training and two of evaluation
                raise KeyboardInterrupt
            return super().__getitems__(indices)

    x = tn.rand(800, 4, generator=tn.Generator(0))
    with monkeypatch.context() as patch:
        patch.setitem(data.DATASETS, "tiny", lambda: Interrupting(x, x.argmax(1)))
        run = Run.create(Config(dataset="tiny", batch_size=64, held_out=0.2), tmp_path)
        patch.setattr("tinynet.training.run.EVALUATION_BATCH", 80)
        with pytest.raises(KeyboardInterrupt):
            run.train(progress=False)
        assert len(run.rows()) == epoch - 1
        files = {"config.json"} if epoch == 1 else {"config.json", "metrics.csv", "model.safetensors"}
        assert set(os.listdir(run.folder)) == files
        if epoch > 1:
            assert run.evaluate().accuracy == pytest.approx(run.rows()[-1].test_accuracy, rel=1e-5)
        else:
            with pytest.raises(FileNotFoundError, match="training was stopped before the first epoch ended"):
                run.evaluate()


def test_what_is_no_run_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a run folder: it has no config\.json"):
        Run.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"cannot make the run folder .*: Not a directory"):
        Run.create(Config(), tmp_path / "file")


def test_mlp_has_the_names_of_pytorch():
    assert {name: p.shape for name, p in mlp(64, 10).named_parameters()} == {
        "0.weight": (128, 64),
        "0.bias": (128,),
        "2.weight": (64, 128),
        "2.bias": (64,),
        "4.weight": (10, 64),
        "4.bias": (10,),
    }
