"""Watching a quantity over the epochs: its best value, and the end once that is long ago."""

import math

from ...arguments import integer, number
from ...errors import ArgumentValueError
from ..checkpoint import load
from ..checkpoint import write as write_model
from ..files import uninterrupted, whole_file
from ..scoring import better
from .base import Callback


class Watching(Callback):
    """A callback that knows the best value of a quantity so far, and its epoch.

    monitor: a field of `Epoch`, such as "test_loss", or the name of a metric.
    mode: "min" or "max"; "auto" is "min" for names that end in loss, error or deviance.
    min_delta: by how much a value has to be better to count.

    Raises: ValueError for another mode, and at the end of an epoch for a quantity that it does not have.
    """

    def __init__(self, monitor="test_loss", *, mode="auto", min_delta=0.0):
        self.monitor, self.is_better = monitor, better(monitor, mode)
        self.min_delta = abs(number(type(self).__name__, "min_delta", min_delta))
        self.best, self.best_epoch = None, 0

    def improved(self, row):
        """Whether the row is the best so far; then it is remembered."""
        value = value_of(row, self.monitor)
        if self.best is not None:
            margin = self.min_delta if self.is_better(0, 1) else -self.min_delta
            if not self.is_better(value + margin, self.best):  # so is NaN
                return False
        elif math.isnan(value):
            return False
        self.best, self.best_epoch = value, row.epoch
        return True

    def state_dict(self):
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict):
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]


def value_of(row, name):
    """A quantity of an epoch by name. Raises ValueError if there is none, or it was not measured."""
    known = {n: value for n, value in row.values().items() if value is not None}
    if name not in known:
        raise ArgumentValueError(f"monitor: expected one of {', '.join(known)}, got {name!r}")
    return known[name]


class EarlyStopping(Watching):
    """End the training when a quantity has not become better for `patience` epochs.

    monitor, mode, min_delta: which, and what is better, as `Watching` has it.

    Raises: ValueError for `patience` < 1.
    """

    def __init__(self, monitor="test_loss", patience=5, *, mode="auto", min_delta=0.0):
        super().__init__(monitor, mode=mode, min_delta=min_delta)
        self.patience = integer("EarlyStopping", "patience", patience, 1)

    def on_epoch_end(self, trainer):
        row = trainer.rows[-1]
        if not self.improved(row) and row.epoch - self.best_epoch >= self.patience:
            best = "" if self.best is None else f" since epoch {self.best_epoch}, where it was {self.best:.6g}"
            trainer.stop = f"{self.monitor} has not become better{best}"


class Best(Watching):
    """Write the weights to `path` at each epoch that is the best so far, and with `restore` load them at the end.

    monitor, mode, min_delta: by which quantity, as `Watching` has it.
    """

    def __init__(self, path, monitor="test_loss", *, restore=False, mode="auto", min_delta=0.0):
        super().__init__(monitor, mode=mode, min_delta=min_delta)
        self.path, self.files, self.restore = path, (path,), restore

    def on_epoch_end(self, trainer):
        row = trainer.rows[-1]
        if self.improved(row) and trainer.is_main:
            with uninterrupted(), whole_file(self.path) as file:
                write_model(trainer.evaluated, file, epoch=row.epoch)

    def on_fit_end(self, trainer):
        if self.restore and trainer.error is None and self.best_epoch:
            if trainer.is_main:
                load(trainer.evaluated, self.path)
            trainer.share(trainer.evaluated)
