"""A training that is stopped at any moment and gone on with ends with the bits of one that never was."""

import itertools
import json
import os
import random
from types import SimpleNamespace

import numpy as np
import pytest

import tinynet as tn
from tinynet import data, nn, optim, training
from tinynet.optim import lr_scheduler
from tinynet.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tinynet.training import CheckpointError, Config, Run
from tinynet.training.callbacks import saving
from tinynet.training.callbacks.saving import checkpoints
from tinynet.training.files import to_disk

EPOCHS, BATCHES = 3, 6
X = tn.rand(64, 2, generator=tn.Generator(0))
Y = X.argmax(1)


class Stopped(BaseException):
    """As a signal would: no `except Exception` sees it."""


class Stop(training.Callback):
    """Stops when so many of an event have been."""

    def __init__(self, event, count):
        self.left = count
        setattr(self, event, self.happened)

    def happened(self, trainer):
        self.left -= 1
        if self.left < 0:
            raise Stopped


class Noisy(data.Dataset):
    """Draws from the streams of Python and NumPy, as augmentations do."""

    def __len__(self):
        return 44

    def __getitem__(self, i):
        return X[i] + random.random() + np.random.rand(), Y[i]


def shuffled(dataset=None, **options):
    dataset = data.TensorDataset(X[:44], Y[:44]) if dataset is None else dataset
    return data.DataLoader(dataset, 8, shuffle=True, **options)


def parts(loader=shuffled, optimizer=optim.Adam, scheduler=None, average=False, stopping=False, **options):
    """What `fit` takes, made anew: its arguments, and its options."""
    tn.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
    made = optimizer(model.parameters(), lr=0.05)
    options["scheduler"] = scheduler and scheduler(made)
    options["callbacks"] = []
    if average:
        averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
        options["callbacks"].append(training.Average(averaged, start=2))
    if stopping:
        options["callbacks"].append(training.EarlyStopping("train_loss", 1, min_delta=10))
    test = data.DataLoader(data.TensorDataset(X[44:], Y[44:]), 20)
    return [model, loader(), test, made, nn.CrossEntropyLoss()], {"epochs": EPOCHS, "progress": False, **options}


def result(arguments, rows, options):
    """All that a training leaves behind, but the time it took."""
    model, _, _, optimizer, _ = arguments
    saved = {name: tensor.array.tobytes() for name, tensor in model.state_dict().items()}
    state = str(optimizer.state_dict())
    averaged = [c.averaged.state_dict() for c in options["callbacks"] if isinstance(c, training.Average)]
    streams = tn.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    return saved, state, str(averaged), [row._replace(seconds=0) for row in rows], streams


KINDS = {
    "plain": {},
    "sgd": {"optimizer": lambda p, lr: optim.SGD(p, lr, momentum=0.9), "max_norm": 0.1},
    "schedule": {"optimizer": lambda p, lr: optim.AdamW(p, optim.schedules.cosine(18, lr))},
    "scheduler": {"scheduler": lambda o: lr_scheduler.MultiStepLR(o, [1, 2])},
    "plateau": {"scheduler": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0)},
    "accumulate": {"accumulate": 4},
    "compiled": {"compile": True, "clip_value": 0.1},
    "averaged": {"average": True},
    "stopping": {"stopping": True},
    "own generator": {"loader": lambda: shuffled(generator=tn.Generator(5))},
    "other streams": {"loader": lambda: shuffled(Noisy())},
    "a list": {"loader": lambda: [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 44, 8)]},
}
MOMENTS = [
    ("on_batch_end", 0),
    ("on_batch_end", 4),
    ("on_batch_start", 9),
    ("on_epoch_end", 1),
    ("on_evaluation_start", 1),
]


SAMPLED = ("plain", "plateau", "accumulate", "compiled", "averaged", "stopping", "other streams", "a list")


@pytest.mark.parametrize("kind", [k if k in SAMPLED else pytest.param(k, marks=pytest.mark.thorough) for k in KINDS])
def test_a_resumed_training_ends_with_the_same_bits(tmp_path, kind):
    arguments, options = parts(**KINDS[kind])
    whole = result(arguments, training.fit(*arguments, **options), options)
    for moment in MOMENTS if kind in ("plain", "accumulate") else MOMENTS[1:3]:
        folder = tmp_path / "-".join(map(str, moment))
        for stop in (Stop(*moment), None):
            arguments, options = parts(**KINDS[kind])
            options["callbacks"] += [training.Checkpoint(folder, every=2), *([stop] if stop else [])]
            try:
                rows = training.fit(*arguments, resume=folder, **options)
            except Stopped:
                assert stop is not None
                tn.manual_seed(7)
            else:
                assert stop is None or kind in ("accumulate", "stopping")  # which have fewer steps, or epochs
        assert result(arguments, rows, options) == whole
        assert len(checkpoints(folder)) == 1


def test_a_checkpoint_outlasts_a_power_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    on_disk, left = {}, tmp_path / "left"
    monkeypatch.setattr(saving, "to_disk", lambda paths: on_disk.update({p: p.read_bytes() for p in paths}))

    class PowerFailure(training.Callback):
        def on_batch_start(self, trainer):
            if trainer.step == 13:  # what is not on the disk is empty
                for path in (tmp_path / "run").iterdir():
                    (left / path.name).write_bytes(on_disk.get(path, b""))

    arguments, options = parts()
    best = training.Best(tmp_path / "run" / "best.safetensors")
    options["callbacks"] += [best, training.Checkpoint(tmp_path / "run", every=2), PowerFailure()]
    left.mkdir()
    rows = training.fit(*arguments, **options)
    assert best.path in on_disk and tmp_path / "run" / "checkpoint-18.safetensors" in on_disk
    again, options = parts()
    with pytest.warns(UserWarning, match=r"checkpoint-12.*; checkpoint-6.safetensors is taken instead"):
        assert result(again, training.fit(*again, resume=left, **options), options) == result(arguments, rows, options)


def test_files_and_their_folders_are_brought_to_the_disk(tmp_path, monkeypatch):
    paths, brought = [tmp_path / name for name in "ab"], []
    for path in paths:
        path.write_bytes(b"x")
    monkeypatch.setattr(os, "fsync", lambda file: brought.append(os.fstat(file)))
    to_disk(paths)
    assert [f.st_ino for f in brought] == [
        p.stat().st_ino for p in (*paths, *([tmp_path] if os.name == "posix" else []))
    ]


def test_checkpoints_are_kept_and_told_of(tmp_path):
    told = []

    class Listening(training.Callback):
        def on_checkpoint(self, trainer):
            told.append(trainer.checkpoint.name)

    arguments, options = parts()
    options["callbacks"] += [training.Checkpoint(tmp_path, every=5, keep=2), Listening()]
    training.fit(*arguments, **options)
    assert told == [f"checkpoint-{step}.safetensors" for step in (5, 6, 10, 12, 15, 18)]
    assert sorted(os.listdir(tmp_path)) == sorted(told[-2:])


def test_a_damaged_checkpoint_is_passed_over_and_replaced(tmp_path):
    arguments, options = parts()
    options["callbacks"].append(training.Checkpoint(tmp_path, keep=2))
    rows = training.fit(*arguments, **options)
    newest, older = checkpoints(tmp_path)
    newest.write_bytes(newest.read_bytes()[:-1])
    again, options = parts()
    options["callbacks"].append(training.Checkpoint(tmp_path, keep=2))
    with pytest.warns(UserWarning, match=f"checkpoint-18.*; {older.name} is taken instead"):
        assert [r[:7] for r in training.fit(*again, resume=tmp_path, **options)] == [r[:7] for r in rows]
    assert checkpoints(tmp_path) == [newest, older]
    for path in (newest, older):
        path.write_bytes(b"junk")
    with pytest.raises(CheckpointError, match="checkpoint-18"):
        training.fit(*again, resume=tmp_path, **options)


def test_a_new_training_does_not_begin_where_another_was_saved(tmp_path):
    for error in (None, FileExistsError):
        arguments, options = parts()
        options["callbacks"].append(training.Checkpoint(tmp_path))
        if error is None:
            training.fit(*arguments, **options)
        else:
            with pytest.raises(error, match="has checkpoints of another training"):
                training.fit(*arguments, **options)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"optimizer": lambda p, lr: optim.SGD(p, lr)}, "SGD: .*the state is of another optimizer|SGD"),
        ({"scheduler": lambda o: lr_scheduler.StepLR(o, 2)}, "scheduler: expected the state of StepLR, got none"),
        (
            {"optimizer": lambda p, lr: optim.Adam(p, optim.schedules.cosine(9, lr))},
            "and this optimizer has lr = cosine",
        ),
    ],
)
def test_a_checkpoint_of_another_training_changes_nothing(tmp_path, changed, text):
    arguments, options = parts()
    options["callbacks"].append(training.Checkpoint(tmp_path))
    training.fit(*arguments, **options)
    arguments, options = parts(**changed)
    before = result(arguments, [], options)
    with pytest.raises(CheckpointError, match=rf"checkpoint-18\.safetensors does not fit this training: .*({text})"):
        training.fit(*arguments, resume=tmp_path, **options)
    assert result(arguments, [], options) == before


def test_a_checkpoint_of_another_model_changes_nothing(tmp_path):
    arguments, options = parts()
    training.fit(*arguments, **{**options, "callbacks": [training.Checkpoint(tmp_path)]})
    arguments[0] = nn.Linear(2, 2)
    arguments[3] = optim.Adam(arguments[0].parameters())
    with pytest.raises(CheckpointError, match="fit"):
        training.fit(*arguments, resume=tmp_path, **options)
    tn.save({"a": 1}, tmp_path / "other")
    with pytest.raises(CheckpointError, match="expected the state of a training"):
        training.fit(*arguments, resume=tmp_path / "other", **options)
    with pytest.raises(FileNotFoundError):
        training.fit(*arguments, resume=tmp_path / "none", **options)


# Run folders

QUICK = {"epochs": 2, "batch_size": 128, "save_every": 5}


def left(run):
    rows = [row._replace(seconds=0) for row in run.rows()]
    return rows, *((run.folder / name).read_bytes() for name in ("model.safetensors", "best.safetensors"))


@pytest.mark.parametrize(
    "options",
    [{}, {"compile": True, "average": "ema"}, {"accumulate": 2, "clip": 1.0, "patience": 1, "average": "swa"}],
)
def test_a_run_goes_on(tmp_path, options):
    whole = Run.create(Config(**QUICK, **options), tmp_path)
    rows = whole.train(progress=False)
    stopped = Run.create(Config(**QUICK, **options), tmp_path)
    for count in (3, 7):
        with pytest.raises(Stopped):
            stopped.train(progress=False, resume=count > 3, callbacks=[Stop("on_batch_end", count)])
    tn.manual_seed(9)
    again = Run.open(stopped.folder)
    assert [row[:7] for row in again.train(progress=False, resume=True)] == [row[:7] for row in rows]
    assert left(again) == left(whole)
    (again.folder / "model.safetensors").write_bytes(b"")  # by a power failure
    assert [row[:7] for row in again.train(progress=False, resume=True)] == [row[:7] for row in rows]  # nothing is left
    assert left(again) == left(whole)
    with pytest.raises(FileExistsError, match="was trained before"):
        again.train(progress=False)


def test_a_run_is_extended(tmp_path):
    run = Run.create(Config(**QUICK), tmp_path)
    run.train(progress=False)
    (run.folder / "metrics.csv").write_bytes(b"")  # by a power failure
    run.extend(3)
    assert len(Run.open(run.folder).train(progress=False, resume=True)) == 3
    with pytest.raises(ValueError, match="expected at least the 3"):
        run.extend(2)
    other = Run.create(Config(**QUICK, schedule="cosine"), tmp_path)
    with pytest.raises(ValueError, match=r"the schedule 'cosine' of .* is made for 2, got 3"):
        other.extend(3)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_one_process_at_a_time_trains_a_run(tmp_path):
    run = Run.create(Config(**QUICK), tmp_path)

    class Second(training.Callback):
        def on_fit_start(self, trainer):
            with pytest.raises(BlockingIOError, match="another process is training this run"):
                Run.open(run.folder).train(progress=False, resume=True)

    assert len(run.train(progress=False, callbacks=[Second()])) == 2


def test_folds_hold_out_each_row_once(tmp_path):
    runs = [Run.create(Config(**QUICK, folds=3, fold=k), tmp_path) for k in (1, 2, 3)]
    held = [run._begin()[1].indices for run in runs]
    assert sorted(i for indices in held for i in indices) == list(range(1797))
    assert json.loads((runs[1].folder / "config.json").read_text())["fold"] == 2
    with pytest.raises(ValueError, match="fold: expected one of no folds, got 1"):
        Config(fold=1)
    with pytest.raises(ValueError, match="fold: expected a number in"):
        Config(folds=3, fold=4)
