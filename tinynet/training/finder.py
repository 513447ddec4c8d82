"""The learning-rate finder: a short training in which the rate rises at each step, and what becomes of the loss.

L. N. Smith, Cyclical Learning Rates for Training Neural Networks (2017), section 3.3.
"""

import copy
import math
from typing import NamedTuple

from ..arguments import integer, number
from ..errors import ArgumentValueError, NonFiniteError
from .curves import plot_rates
from .steps import Step
from .streams import Batches, get_streams, set_streams

SMOOTH = 0.9  # the weight of the losses before
DIVERGED = 4  # times the lowest loss
LEAST = 10  # steps from which something can be told


class Rates(NamedTuple):
    """Learning rates, the loss at each, smoothed, and the rate at which it fell most steeply."""

    lrs: list
    losses: list
    suggestion: float

    def plot(self, path=None):
        """Draw the losses over the rates; returns the figure, and writes it to `path` as a PNG if there is one."""
        return plot_rates(self, path)


def find_lr(model, train, optimizer, loss, *, lowest=1e-6, highest=10.0, steps=100, device=None):
    """Train a copy of model and optimizer while the rate rises from `lowest` to `highest`; returns the `Rates`.

        lrₖ = lowest (highest / lowest)^(k / (steps − 1))

    It ends when the loss is four times the lowest. Model, optimizer and random streams are left as they were.

    Raises: ValueError for numbers out of range and for data without a batch, NonFiniteError if the loss is not finite
    within the first steps.
    """
    lowest = number("find_lr", "lowest", lowest, 0)
    highest = number("find_lr", "highest", highest, 0)
    steps = integer("find_lr", "steps", steps, LEAST)
    if not 0 < lowest < highest:
        raise ArgumentValueError(f"find_lr: expected 0 < lowest < highest, got {lowest} and {highest}")
    streams, place = get_streams(), train.state_dict() if hasattr(train, "state_dict") else None
    model, optimizer = copy.deepcopy((model, optimizer))
    try:
        rates = [lowest * (highest / lowest) ** (k / (steps - 1)) for k in range(steps)]
        return _rates(rates, _losses(rates, model, Batches(train, device), optimizer, loss))
    finally:
        set_streams(streams)
        if place is not None:
            train.load_state_dict(place)


def _losses(rates, model, batches, optimizer, loss):
    """The loss at each rate, as far as its average stays near the lowest."""
    model.train()
    step, lowest, losses = Step(model, loss, optimizer, {}, False), math.inf, []
    for k, (lr, batch) in enumerate(zip(rates, _endless(batches)), 1):
        for group in optimizer.param_groups:
            group["lr"] = lr
        value = step.compute(*batch, 1, True)[0].item()
        if not math.isfinite(value):
            break
        losses.append(value)
        average = _averages(losses)[-1]
        lowest = min(lowest, average)
        if k > LEAST and average > lowest + (DIVERGED - 1) * abs(lowest):
            break
        step.update()
    return losses


def _averages(losses):
    """The exponential averages of the losses so far, whose first ones are the mean of all."""
    averages, average = [], 0.0
    for k, value in enumerate(losses, 1):
        average = SMOOTH * average + (1 - SMOOTH) * value
        averages.append(average / (1 - SMOOTH**k))
    return averages


def _endless(batches):
    """The batches of one pass after the other."""
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise ArgumentValueError("find_lr: expected train with at least one batch, got none")


def _rates(rates, losses):
    if len(losses) < LEAST:
        raise NonFiniteError(
            f"find_lr: the loss is not finite from lr {rates[len(losses)]:g} on; begin with a lower one"
        )
    losses = _averages(_averages(losses)[::-1])[::-1]  # there and back, or they would lag behind the rates
    end = losses.index(min(losses)) + 1
    falls = [losses[i - 1] - losses[i + 1] for i in range(1, end - 1)]  # the rates are evenly spaced in the logarithm
    steepest = falls.index(max(falls)) + 1 if falls and max(falls) > 0 else 0
    return Rates(rates[: len(losses)], losses, rates[steepest])
