"""`evaluate`: a model's loss, accuracy and other metrics on data; and the sums that they are made of."""

import contextlib
import math
from typing import NamedTuple

import numpy as np

from ..autograd import no_grad
from ..kernels.arrays import host
from . import progress as shown
from .diagnosis import explain
from .scoring import Predictions, has_classes, measured, named


class _Score(NamedTuple):
    loss: float
    accuracy: float | None


class Score(_Score):
    """Mean loss, and the fraction of right answers, or None where the targets are no classes; `metrics` by name."""

    def __new__(cls, loss, accuracy, metrics=None):
        self = super().__new__(cls, loss, accuracy)
        self.metrics = metrics or {}
        return self


def evaluate(model, data, loss, *, metrics=None, device=None):
    """The model's `Score` on the batches of `data`, in evaluation mode; the modes are put back afterwards.

    metrics, device: as `fit` takes them.

    Raises: NonFiniteError at a loss that is NaN or infinite, and ValueError for data without a batch.
    """
    metrics, tally = named(metrics), Tally(keep=bool(metrics))
    with evaluating(model):
        for i, (inputs, targets) in enumerate(on_device(device, data)):
            outputs = model(inputs)
            number = loss(outputs, targets).item()
            error = evaluation_error(model, loss, inputs, targets, number, i)
            if error is not None:
                raise error
            tally.add(number, outputs, targets)
    return tally.score("evaluate", "data", metrics)


def evaluation_error(model, loss, inputs, targets, number, batch):
    """The NonFiniteError for the loss of a batch, or None for one that is finite."""
    if math.isfinite(number):
        return None
    return explain(model, loss, inputs, targets, number, f"at batch {batch} of an evaluation")


def predict(model, data, *, device=None):
    """The `Predictions` of the model for all batches of `data`, (inputs, targets): y_true, y_pred and y_score.

    Raises: ValueError for data without a batch.
    """
    tally = Tally(keep=True)
    with evaluating(model):
        for inputs, targets in on_device(device, data):
            tally.add(0.0, model(inputs), targets)
    tally.score("predict", "data")
    return tally.predictions()


@contextlib.contextmanager
def evaluating(model):
    """A block in which a model is in evaluation mode and nothing is recorded; its modes are put back afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def on_device(device, data):
    """The batches of `data`, moved to a device if one is given."""
    return data if device is None else ([part.to(device) for part in batch] for batch in data)


class Tally:
    """Sums of loss and right answers over batches, each weighted by its rows; with `keep` also all that was said."""

    def __init__(self, rows=0, loss=0.0, correct=0, keep=False):
        self.rows, self.loss, self.correct = rows, loss, correct
        self._kept = [] if keep else None

    def add(self, loss, outputs, targets):
        n = len(targets)
        self.rows += n
        self.loss += loss * n
        if self.correct is None or not has_classes(outputs, targets):
            self.correct = None  # a regression
        else:
            self.correct += int((outputs.argmax(1) == targets).sum()) / max(1, targets[0].numel())
        if self._kept is not None:
            self._kept.append((host(targets.array).copy(), host(outputs.array).copy()))

    def merge(self, other):
        """Add the sums of another Tally, as if its batches had been added here."""
        self.rows, self.loss = self.rows + other.rows, self.loss + other.loss
        self.correct = None if None in (self.correct, other.correct) else self.correct + other.correct
        if self._kept is not None:
            self._kept += other._kept

    def predictions(self):
        return Predictions.of(*(np.concatenate(parts) for parts in zip(*self._kept)))

    def score(self, caller="", argument="", metrics=None):
        """Raises ValueError, which names the caller and its argument, if nothing was added."""
        if self.rows == 0:
            raise ValueError(f"{caller}: expected {argument} with at least one batch, got none")
        accuracy = None if self.correct is None else self.correct / self.rows
        return Score(self.loss / self.rows, accuracy, measured(metrics, self.predictions()) if metrics else None)

    def state_dict(self):
        return {"rows": self.rows, "loss": self.loss, "correct": self.correct}

    def __str__(self):
        return shown.score(*self.score())
