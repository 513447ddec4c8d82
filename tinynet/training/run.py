"""The run: a folder with a configuration, and what came of it.

config.json                  all that it takes to repeat the run
data.json                    classes, scaling and vocabulary of data of one's own, which `predict` needs
metrics.csv                  one row for each epoch
model.safetensors            the parameters at the end of the last epoch, whose number is among its metadata
best.safetensors             those of the epoch with the lowest test loss
checkpoint-STEP.safetensors  all that it takes to go on
curves.png, confusion.png    pictures of the metrics, and of which classes are taken for which

Metrics and model are replaced one right after the other, the metrics first. `Run.rows` leaves out an epoch that the
model does not have yet, so that both belong together whenever they are read.
"""

import contextlib
import errno
import functools
import itertools
from dataclasses import replace
from pathlib import Path

from ..data import DataLoader, k_fold, random_split
from ..random import manual_seed
from .callbacks import Best, Callback, Checkpoint, EarlyStopping, Progress
from .callbacks.saving import checkpoints
from .checkpoint import load as load_checkpoint
from .checkpoint import read_notes
from .checkpoint import write as write_checkpoint
from .choices import AVERAGES, OPTIMIZERS, SCHEDULES
from .config import Config
from .curves import plot, plot_confusion
from .evaluation import evaluate, predict
from .files import locked, remove_leftovers, uninterrupted, whole_files
from .finder import find_lr
from .fit import fit
from .html import html_of
from .metrics import read_csv, to_csv
from .models import MODELS
from .scoring import confusion_matrix
from .sources import MODEL_FOR, DigitsTask, open_source, read_task, write_task
from .team import current_ranks

PICTURES = ("curves.png", "confusion.png", "learning-rate.png")
FILES = ("config.json", "data.json", "metrics.csv", "model.safetensors", "best.safetensors", *PICTURES)
EVALUATION_BATCH = 512  # the results do not depend on it; large, because nothing has to be kept for a walk backwards


class Run:
    """A run folder, and the configuration in it."""

    def __init__(self, folder, config):
        self.folder = None if folder is None else Path(folder)
        self.config = config

    def __getstate__(self):
        """For other processes, which read the data themselves."""
        return {"folder": self.folder, "config": self.config}

    @classmethod
    def create(cls, config, out="runs", name=None, source=None):
        """Make a new folder in `out`; if `name` is taken, one called name-2, name-3, ... Nothing is overwritten.

        Raises ValueError for a name that is more than a name, and OSError if the folder cannot be made or written to,
        before any training. The data are read first, unless `source` is given: see `open_source` for what it raises.
        """
        source = open_source(config) if source is None else source
        config = replace(config, model=_model_for(config, source)).located()
        if name is None:
            fold = "" if config.fold is None else f"-fold{config.fold}"
            name = f"{config.title}-{config.model}-{config.optimizer}{fold}"
        if name in ("", ".", "..") or Path(name).name != name or not name.isprintable():
            raise ValueError(f"name: expected the plain name of a folder, got {name!r}")
        out = Path(out)
        try:
            if out.is_symlink() and not out.exists():
                raise FileNotFoundError(errno.ENOENT, "a link that leads nowhere", str(out))
            out.mkdir(parents=True, exist_ok=True)
            folder = _new_folder(out, name)
            config.write(folder / "config.json")
        except OSError as error:
            raise OSError(f"cannot make the run folder {out / name}: {error.filename}: {error.strerror}") from None
        run = cls(folder, config)
        run.source = source
        return run

    @classmethod
    def open(cls, folder):
        """The run in an existing folder; raises OSError if it is none, and ValueError if it is damaged."""
        path = Path(folder) / "config.json"
        if not path.is_file():
            raise FileNotFoundError(f"{folder} is not a run folder: it has no config.json")
        for name in FILES:
            remove_leftovers(Path(folder) / name)
        return cls(folder, Config.read(path))

    def train(self, progress=True, *, resume=False, callbacks=()):
        """Train, saving at the end of each epoch; returns the rows of metrics.

        resume: go on from the last checkpoint, to the bits of a training that was not interrupted.
        callbacks: to be called besides those that save.

        Raises: FileExistsError for a run that was trained before, unless it is to be gone on with; BlockingIOError if
        another process trains it; and as `fit` does.
        """
        is_main = current_ranks().rank == 0
        with locked(self.folder) if is_main else contextlib.nullcontext():
            if is_main and not resume and checkpoints(self.folder):
                raise FileExistsError(f"{self.folder} was trained before: `tinynet train --resume` goes on with it")
            model, loader, test, optimizer = self._prepared()
            config = self.config
            average = AVERAGES[config.average](model, config.epochs)
            stopping = None if config.patience is None else EarlyStopping(patience=config.patience)
            own = [
                Progress(verdict=False) if progress else None, average, *callbacks, _Files(self.folder),
                Best(self.folder / "best.safetensors"), stopping,
                Checkpoint(self.folder, config.save_every, keep=config.keep),
            ]  # fmt: skip
            return fit(
                model, loader, DataLoader(test, EVALUATION_BATCH), optimizer, self.task.loss(), epochs=config.epochs,
                progress=progress, callbacks=[callback for callback in own if callback is not None],
                accumulate=config.accumulate, max_norm=config.clip, compile=config.compile, device=config.device,
                resume=self.folder if resume else None, shards=config.shards, exact=config.exact,
            )  # fmt: skip

    def extend(self, epochs):
        """Train for so many epochs in all, once it goes on. Raises ValueError if fewer are left than there were, or if
        the learning rate depends on their number."""
        if self.config.schedule != "constant" and epochs != self.config.epochs:
            made = f"the schedule {self.config.schedule!r} of {self.folder} is made for {self.config.epochs}"
            raise ValueError(f"epochs: {made}, got {epochs}")
        try:
            done = len(self.rows())
        except ValueError:  # they are damaged, and written anew from the checkpoint
            done = 0
        if epochs < done:
            raise ValueError(f"epochs: expected at least the {done} that {self.folder} has, got {epochs}")
        self.config = replace(self.config, epochs=epochs)
        self.config.write(self.folder / "config.json")

    def steps_done(self):
        """The number of steps up to the last checkpoint, or None if there is none."""
        found = checkpoints(self.folder)
        return int(found[0].stem.rpartition("-")[2]) if found else None

    def counted(self, rows):
        """Of the rows, that of the model that `model` returns."""
        return rows[-1] if self.config.patience is None else min(rows, key=lambda row: row.test_loss)

    def find_lr(self):
        """The `Rates` of a short training with rising learning rates; nothing is kept of it."""
        model, loader, _, optimizer = self._prepared()
        return find_lr(model, loader, optimizer, self.task.loss(), device=self.config.device)

    def _prepared(self):
        """(model, batches to train on, dataset to test on, optimizer), as the training begins."""
        train, test, model = self._begin()
        config = self.config
        model.to(config.device)
        loader = DataLoader(train, config.batch_size, shuffle=True)
        steps = config.epochs * -(-len(loader) // config.accumulate)
        lr = SCHEDULES[config.schedule](config.lr, steps)
        return model, loader, test, OPTIMIZERS[config.optimizer].make(model.parameters(), lr)

    def model(self):
        """The trained model and the held-out dataset: with early stopping the best one, else the last.

        Raises: OSError or CheckpointError if the model cannot be read.
        """
        path = self._trained()
        _, test, model = self._begin()
        return load_checkpoint(model, path).eval(), test

    def _trained(self):
        path = self.folder / ("model.safetensors" if self.config.patience is None else "best.safetensors")
        if not path.is_file():
            raise FileNotFoundError(
                f"{self.folder} has no {path.name}: training was stopped before the first epoch ended"
            )
        return path

    def evaluate(self):
        """The trained model's `Score` on the part of the dataset that was held out."""
        model, test = self.model()
        return evaluate(model, DataLoader(test, EVALUATION_BATCH), self.task.loss())

    def report(self, data=None):
        """[(name, value)]: the loss, and what else says how good the model is, on the held-out part or on other data.

        data: a path; see `Task.test_data`.
        """
        if data is None:
            model, test = self.model()
        else:
            model, task = self.predictor()
            test = task.test_data(data)
        loss, accuracy = evaluate(model, DataLoader(test, EVALUATION_BATCH), self.task.loss())
        return [("loss", loss), *self.task.scores(loss, accuracy, test)]

    def chance(self):
        """The loss of guessing."""
        return self.task.chance

    @functools.cached_property
    def source(self):
        """The data, read when first asked for. Raises ValueError or OSError if they cannot be read."""
        try:
            return open_source(self.config)
        except FileNotFoundError as error:
            if self.folder is None:
                raise
            reason = "it is not there" if error.strerror else str(error)
            raise FileNotFoundError(
                f"{self.folder} was trained on {self._origin}, which is read to go on, or to measure on what was held "
                f"out: {reason}. Put it back, or write where it is into {self.folder / 'config.json'}. {self._others}"
            ) from None

    @property
    def _origin(self):
        return self.config.data or self.config.dataset

    @property
    def _others(self):
        return f"`tinynet eval {self.folder} DATA` measures on other data"

    @functools.cached_property
    def task(self):
        """What goes into the model and what comes out. Raises ValueError or OSError if data.json cannot be read."""
        return DigitsTask() if self.config.dataset == "digits" else read_task(self.folder / "data.json")[0]

    def predictor(self):
        """The trained model and the task, for which the data are not needed. Raises as `model` does."""
        path = self._trained()
        return load_checkpoint(MODELS[self.config.model].make(self.task), path).eval(), self.task

    def rows(self):
        """The metrics, one row for each epoch up to that which the model is of; none if there is no model yet."""
        metrics, model = self.folder / "metrics.csv", self.folder / "model.safetensors"
        if not (metrics.is_file() and model.is_file()):
            return []
        rows, epoch = read_csv(metrics), read_notes(model).get("epoch")
        return rows[:epoch] if isinstance(epoch, int) else rows  # another program's model knows no epoch

    def draw_curves(self):
        """Draw curves.png from the metrics."""
        plot(self.rows(), self.folder / "curves.png", title=self.folder.name)

    def plot(self):
        """The curves as a figure, which shows itself in notebooks."""
        return plot(self.rows(), title=self.folder.name)

    def __repr__(self):
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self):
        return html_of(self)

    def draw_confusion(self):
        """Draw confusion.png: which classes the trained model takes for which, on the held-out data."""
        model, test = self.model()
        found = predict(model, DataLoader(test, EVALUATION_BATCH))
        matrix = confusion_matrix(found.y_true, found.y_pred)
        plot_confusion(matrix, self.folder / "confusion.png", title=self.folder.name)

    def _begin(self):
        """The split and the untrained model, which the seed decides in this order."""
        manual_seed(self.config.seed)
        own_test = self.config.folds is None
        train, test, self.task = self.source.split(self.config.held_out, self._split, own_test)
        if self.folder is not None:
            self._note_task()
        return train, test, MODELS[_model_for(self.config, self.source)].make(self.task)

    def _split(self, items, fraction):
        """(training part, held-out part) of a sequence, at random."""
        config = self.config
        if config.folds is not None:
            return k_fold(items, config.folds)[config.fold - 1]
        return random_split(items, [1 - fraction, fraction])

    def _note_task(self):
        """Write data.json, or see that the data are those that it was written for."""
        path, task = self.folder / "data.json", self.task
        if task.kind == "digits":
            return
        if not path.exists():
            if current_ranks().rank == 0:
                write_task(task, path, self.source.fingerprint)
        elif read_task(path)[1] != self.source.fingerprint:
            began = f"{self._origin} has changed since the run {self.folder} began"
            raise ValueError(f"{began}: expected the same data. {self._others}")


class _Files(Callback):
    """Writes metrics and model at the end of each epoch, and anew where all epochs have been."""

    main_only = True

    def __init__(self, folder):
        self.paths = folder / "metrics.csv", folder / "model.safetensors"
        self.files = folder / "config.json", folder / "data.json", *self.paths

    def on_fit_start(self, trainer):
        if trainer.is_last:
            self.on_epoch_end(trainer)

    def on_epoch_end(self, trainer):
        with uninterrupted(), whole_files(*self.paths) as (metrics, parameters):
            metrics.write(to_csv(trainer.rows))
            write_checkpoint(trainer.evaluated, parameters, epoch=len(trainer.rows))


def _model_for(config, source):
    """The name of the model: the configuration's, if it takes such data, or one that suits them."""
    takes = source.takes
    if config.model is None:
        return MODEL_FOR[takes]
    if takes not in MODELS[config.model].takes:
        able = ", ".join(name for name, model in MODELS.items() if takes in model.takes)
        raise ValueError(f"model {config.model!r} does not take {takes}; those that do: {able}")
    return config.model


def _new_folder(out, name):
    for number in itertools.count(1):
        folder = out / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue
