"""Callbacks: when they are called, and those that come along."""

import numpy as np
import pytest

import tinynet as tn
from tinynet import data, nn, optim, training
from tinynet.optim.lr_scheduler import ReduceLROnPlateau
from tinynet.optim.swa_utils import AveragedModel
from tinynet.training.callbacks.base import EVENTS

X = tn.rand(40, 2, generator=tn.Generator(0))
SETS = data.TensorDataset(X[:24], X[:24].argmax(1)), data.TensorDataset(X[24:], X[24:].argmax(1))


def fit(callbacks=(), lr=0.1, model=None, loss=None, **options):
    tn.manual_seed(0)
    model = nn.Linear(2, 2) if model is None else model
    train, test = data.DataLoader(SETS[0], 8), data.DataLoader(SETS[1], 16)
    optimizer = optim.SGD(model.parameters(), lr)
    options = {"epochs": 2, "progress": False, **options}
    return training.fit(model, train, test, optimizer, loss or nn.CrossEntropyLoss(), callbacks=callbacks, **options)


class Recording:
    """A callback by its methods alone, of no class of the library's."""

    def __init__(self):
        self.events = []
        for event in EVENTS:
            setattr(self, event, lambda trainer, event=event: self.events.append(event))


def test_events_come_in_order():
    recording = Recording()
    fit([recording], epochs=1, accumulate=2)
    batch = ["on_batch_start", "on_batch_end"]
    ends = ["on_evaluation_start", "on_epoch_end", "on_fit_end"]
    assert recording.events == ["on_fit_start", "on_epoch_start", *batch * 2, *ends]


def test_the_trainer_knows_what_one_asks_of_it():
    seen = []

    class Asking(training.Callback):
        def on_batch_end(self, trainer):
            seen.append((trainer.epoch, trainer.step, len(trainer.batches), trainer.lr, trainer.value > 0))

        def on_fit_end(self, trainer):
            seen.append((trainer.error, trainer.stop, trainer.steps, len(trainer.rows)))

    fit([Asking()], epochs=2, accumulate=2)
    assert seen[:3] == [(1, 1, 2, 0.1, True), (1, 2, 1, 0.1, True), (2, 3, 2, 0.1, True)]
    assert seen[-1] == (None, None, 4, 2)


def test_the_end_is_told_however_it_comes():
    ends = []

    class End(training.Callback):
        def on_fit_end(self, trainer):
            ends.append(trainer.error)

    class Failing(training.Callback):
        def on_fit_start(self, trainer):
            raise ZeroDivisionError

    with pytest.raises(tn.NonFiniteError):
        fit([End()], model=nn.Linear(2, 2).requires_grad_(True), loss=lambda o, t: o.sum() * float("nan"))
    with pytest.raises(ZeroDivisionError):
        fit([End(), Failing(), End()])
    assert [type(error) for error in ends] == [tn.NonFiniteError, ZeroDivisionError]


def test_a_callback_stops_the_training(capsys):
    class Enough(training.Callback):
        def on_batch_end(self, trainer):
            trainer.stop = "that is enough"

    assert len(fit([Enough()], epochs=5, progress=True)) == 1
    assert capsys.readouterr().out.endswith("Stopped: that is enough.\n")


@pytest.mark.parametrize(
    ("values", "options", "epochs"),
    [
        ([5, 4, 3, 2, 1, 1], {}, 6),
        ([5, 4, 4, 4, 4, 4], {}, 4),
        ([5, 4, 5, 3.9, 5, 5], {"min_delta": 0.2}, 4),
        ([1, 2, 3, 2, 2, 2], {"mode": "max"}, 5),
        ([float("nan")] * 6, {}, 2),
        ([3, float("nan"), float("nan"), 2, 2, 2], {}, 3),
    ],
)
def test_early_stopping(values, options, epochs):
    metrics, left = {"mean_error": lambda y_true, y_pred: next(left)}, iter(values)
    rows = fit([training.EarlyStopping("mean_error", 2, **options)], metrics=metrics, epochs=6)
    assert len(rows) == epochs


def test_the_best_weights_are_kept_and_loaded_at_the_end(tmp_path):
    values, weights, model = iter([1, 3, 2]), [], nn.Linear(2, 2)

    class Weights(training.Callback):
        def on_epoch_end(self, trainer):
            weights.append(model.weight.tolist())

    best = training.Best(tmp_path / "best", "score", restore=True)
    fit([best, Weights()], model=model, metrics={"score": lambda y_true, y_pred: next(values)}, epochs=3)
    assert (best.best, best.best_epoch) == (3, 2)
    assert model.weight.tolist() == weights[1] != weights[2]


def test_an_unknown_quantity_is_refused():
    known = "epoch, step, train_loss, train_accuracy, test_loss, test_accuracy, lr, seconds"
    with pytest.raises(ValueError, match=f"monitor: expected one of {known}, got 'val_loss'"):
        fit([training.EarlyStopping("val_loss")])
    for wrong in (lambda: training.EarlyStopping(patience=0), lambda: training.EarlyStopping(mode="least")):
        with pytest.raises(ValueError, match="expected"):
            wrong()


def test_an_average_is_what_is_evaluated():
    model = nn.Linear(2, 2)
    average = training.Average(AveragedModel(model), start=2)
    seen = []

    class Evaluated(training.Callback):
        def on_epoch_end(self, trainer):
            seen.append(trainer.evaluated)

    rows = fit([average, Evaluated()], model=model, epochs=3)
    assert seen == [model, average.averaged.module, average.averaged.module] and average.averaged.n_averaged.item() == 6
    score = training.evaluate(average.averaged, data.DataLoader(SETS[1], 16), nn.CrossEntropyLoss())
    assert score == (rows[-1].test_loss, rows[-1].test_accuracy)
    with pytest.raises(TypeError, match="expected averaged to be an AveragedModel"):
        training.Average(model)


def test_csv_has_metrics_too(tmp_path):
    rows = fit([training.CSV(tmp_path / "x.csv")], metrics=[training.accuracy_score])
    found = training.read_csv(tmp_path / "x.csv")
    assert [row.metrics for row in found] == [{"accuracy_score": row.test_accuracy} for row in rows]
    text = (tmp_path / "x.csv").read_text()
    (tmp_path / "x.csv").write_text(text.replace("0.5\n", "0.5,1\n").replace("1\n", "1,1\n"))
    with pytest.raises(ValueError, match="row 1: expected 9 numbers"):
        training.read_csv(tmp_path / "x.csv")


def test_tensorboard(tmp_path, monkeypatch):
    written = []

    class Writer:
        def __init__(self, log_dir, purge_step):
            written.append((log_dir, purge_step))

        def add_scalar(self, tag, value, step):
            written.append((tag, step))

        def flush(self):
            pass

        close = flush

    pytest.importorskip("tensorboardX")
    board = training.TensorBoard(tmp_path, each_step=True)
    board._make = Writer
    fit([board, training.Checkpoint(tmp_path)], epochs=1)
    assert written[0] == (tmp_path, None) and written[1:4] == [("step/loss", n) for n in (1, 2, 3)]
    assert ("loss/test", 3) in written and ("accuracy/train", 3) in written
    fit([board, training.Checkpoint(tmp_path)], epochs=2, resume=tmp_path)
    assert (tmp_path, 4) in written


def test_clipping_and_plateaus():
    model = nn.Linear(2, 2, bias=False)
    before = model.weight.detach().numpy().copy()
    fit(model=model, lr=1.0, epochs=1, max_norm=1e-3)
    assert 0 < np.linalg.norm(model.weight.detach().numpy() - before) <= 3.1e-3
    optimizer = optim.SGD(model.parameters(), 0.1)
    plateau = ReduceLROnPlateau(optimizer, mode="max", patience=0)  # a loss that falls is no better
    loader = data.DataLoader(SETS[0], 8)
    loss = nn.CrossEntropyLoss()
    rows = training.fit(model, loader, None, optimizer, loss, epochs=3, scheduler=plateau, progress=False)
    assert rows[-1].lr < 0.1


def test_accumulated_batches_are_one_large_batch():
    whole, parts = nn.Linear(2, 2), nn.Linear(2, 2)
    parts.load_state_dict(whole.state_dict())
    for model, batch, accumulate in ((whole, 24, 1), (parts, 10, 3)):
        optimizer = optim.SGD(model.parameters(), 0.1)
        loader, loss = data.DataLoader(SETS[0], batch), nn.CrossEntropyLoss()
        training.fit(model, loader, None, optimizer, loss, epochs=2, accumulate=accumulate, progress=False)
    np.testing.assert_allclose(whole.weight.detach().numpy(), parts.weight.detach().numpy(), rtol=1e-5)


def test_a_training_that_diverged_is_told(capsys):
    assert "diverged" not in (fit(progress=True, epochs=1) and capsys.readouterr().out)
    fit(progress=True, lr=-5.0 * -1e4, epochs=1)
    assert "the training diverged. Lower the learning rate." in capsys.readouterr().out


# What is not finite


class Log(nn.Module):
    def forward(self, x):
        return x.log()


def diagnosed(model, x, y, loss, **options):
    loader, optimizer = data.DataLoader(data.TensorDataset(x, y), 4, **options), optim.SGD(model.parameters(), 0.1)
    with pytest.raises(tn.NonFiniteError) as caught:
        training.fit(model, loader, None, optimizer, loss, epochs=1, progress=False)
    return str(caught.value)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_loss_that_is_not_finite_names_row_and_operation():
    def changed(value):
        x = tn.ones(12, 3)
        x.array[9, 2] = value
        return x

    y, net = tn.ones(12, 1), nn.Sequential(Log(), nn.Linear(3, 1))
    operation = r"Log() at model.0: operation 'log' made NaN at (1, 2) of its result of shape (4, 3) from finite inputs"
    assert f"{operation}, from row 1 of the batch (item 9 of the dataset)" in diagnosed(
        net, changed(-1), y, nn.MSELoss()
    )
    tn.manual_seed(0)
    assert "(item 9 of the dataset)" in diagnosed(net, changed(-1), y, nn.MSELoss(), shuffle=True)
    text = diagnosed(nn.Linear(3, 1), changed(float("inf")), y, nn.MSELoss())
    assert "the inputs hold inf in row 1 of the batch (item 9 of the dataset)" in text
    text = diagnosed(nn.Linear(3, 3), tn.ones(12, 3), changed(float("nan")), nn.MSELoss())
    assert "the targets hold nan in row 1 of the batch (item 9 of the dataset)" in text
    text = diagnosed(nn.Linear(3, 1), tn.ones(12, 3), changed(-1)[:, 2:], lambda o, t: (o * 0 + t.log()).mean())
    assert "operation 'log' made NaN" in text and "from row 1 of the batch (item 9" in text
    text = diagnosed(nn.Linear(3, 1), 1e38 * tn.ones(12, 3), y, nn.MSELoss())
    assert "from all 4 rows of the batch" in text


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_weights_that_are_far_away_are_told():
    net = nn.Linear(3, 1)
    net.weight.data.fill_(1e30)
    assert "The weights reach 1e+30: the training diverged" in diagnosed(
        net, tn.ones(8, 3), tn.ones(8, 1), nn.MSELoss()
    )


# The learning-rate finder


def test_find_lr_leaves_all_as_it_was(tmp_path):
    tn.manual_seed(0)
    model, generator = nn.Sequential(nn.Linear(2, 16), nn.Dropout(0.1), nn.Linear(16, 2)), tn.Generator(3)
    optimizer = optim.Adam(model.parameters(), lr=optim.schedules.constant(0.01))
    train = data.DataLoader(SETS[0], 8, shuffle=True, generator=generator)
    before = str(model.state_dict()), str(optimizer.state_dict()), tn.get_rng_state(), generator.get_state()
    rates = training.find_lr(model, train, optimizer, nn.CrossEntropyLoss(), steps=80)
    assert (str(model.state_dict()), str(optimizer.state_dict()), tn.get_rng_state(), generator.get_state()) == before
    assert 1e-6 < rates.suggestion < 1 and len(rates.lrs) == len(rates.losses) <= 80
    assert rates.lrs[0] == 1e-6 and rates.lrs == sorted(rates.lrs)
    rates.plot(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"lowest": 1, "highest": 0.1}, "expected 0 < lowest < highest"),
        ({"steps": 3}, "steps"),
        ({"train": []}, "expected train with at least one batch, got none"),
        ({"loss": lambda o, t: o.sum() * float("nan")}, "the loss is not finite from lr 1e-06 on"),
    ],
)
def test_find_lr_refuses(options, text):
    model = nn.Linear(2, 2)
    options = {"train": data.DataLoader(SETS[0], 8), "loss": nn.CrossEntropyLoss(), **options}
    with pytest.raises((ValueError, ArithmeticError), match=text):
        training.find_lr(model, optimizer=optim.SGD(model.parameters(), 0.1), **options)
