"""`fit`: the training loop; and `evaluate`: the same without learning."""

import math
import time
from typing import NamedTuple

from ..autograd import no_grad
from ..errors import NonFiniteError
from . import progress as shown
from .metrics import Epoch


class Score(NamedTuple):
    """Mean loss, and the fraction of right answers, or None where the targets are no classes."""

    loss: float
    accuracy: float | None


def fit(model, train, test, optimizer, loss, *, epochs, scheduler=None, on_epoch=None, progress=True):
    """Train the model for a number of epochs; returns a list with one `Epoch` of metrics for each.

    train, test: iterables of (inputs, targets), such as a DataLoader; `test` may be None.
    loss: a function of (outputs, targets) that gives the mean over a batch.
    scheduler: its `step()` is called at the end of each epoch.
    on_epoch: called with the list of rows so far when an epoch has ended; the place to save.
    progress: print a line for each epoch, and show a bar in a terminal or a notebook.

    The model is left in training mode; switch layers that shall not learn with `eval()` in a `forward` of your own.
    Raises NonFiniteError, before the parameters are touched, at a loss that is NaN or infinite, and ValueError for
    `epochs` < 1 and for data without a batch.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"fit: expected a whole number >= 1 as epochs, got {epochs!r}")
    rows, step, start = [], 0, time.perf_counter()
    steps = epochs * len(train) if hasattr(train, "__len__") else None
    model.train()
    with shown.bar(steps, progress) as bar:
        for epoch in range(1, epochs + 1):
            bar.set_description(f"epoch {epoch}/{epochs}", refresh=False)
            tally = _Tally("fit", "train")
            for inputs, targets in train:
                step += 1
                outputs = model(inputs)
                value = loss(outputs, targets)
                lr = optimizer.param_groups[0]["lr"]
                tally.add(value.item(), outputs, targets, f"at step {step} (epoch {epoch}, lr {lr:g})")
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                bar.set_postfix_str(f"{tally}, lr {lr:g}", refresh=False)
                bar.update()
            trained = tally.score()
            tested = Score(None, None) if test is None else evaluate(model, test, loss)
            rows.append(Epoch(epoch, step, *trained, *tested, lr, time.perf_counter() - start))
            if scheduler is not None:
                scheduler.step()
            if progress:
                shown.show(rows[-1], epochs)
            if on_epoch is not None:
                on_epoch(rows)
    return rows


def evaluate(model, data, loss):
    """The model's `Score` on the batches of `data`, in evaluation mode; the modes are put back afterwards.

    Raises NonFiniteError at a loss that is NaN or infinite, and ValueError for data without a batch.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    tally = _Tally("evaluate", "data")
    try:
        with no_grad():
            for i, (inputs, targets) in enumerate(data):
                outputs = model(inputs)
                tally.add(loss(outputs, targets).item(), outputs, targets, f"at batch {i} of an evaluation")
    finally:
        for module, training in modes:
            module.training = training
    return tally.score()


class _Tally:
    """Sums of loss and right answers over batches, each weighted by its rows."""

    def __init__(self, caller, argument):
        self.rows, self.loss, self.correct = 0, 0.0, 0
        self.caller, self.argument = caller, argument

    def add(self, loss, outputs, targets, where):
        if not math.isfinite(loss):
            raise NonFiniteError(
                f"the loss became {loss} {where}; look at the data and lower the learning rate, or run the step in "
                "`with tinynet.autograd.detect_anomaly():` to find the operation that made it"
            )
        n = len(targets)
        self.rows += n
        self.loss += loss * n
        if self.correct is None or targets.array.dtype.kind not in "iu" or outputs.ndim != targets.ndim + 1:
            self.correct = None  # no classes: a regression
        else:
            self.correct += int((outputs.argmax(1) == targets).sum()) / max(1, targets[0].numel())

    def score(self):
        if self.rows == 0:
            raise ValueError(f"{self.caller}: expected {self.argument} with at least one batch, got none")
        return Score(self.loss / self.rows, None if self.correct is None else self.correct / self.rows)

    def __str__(self):
        return shown.score(*self.score())
