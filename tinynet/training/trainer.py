"""The trainer: the training loop, what it knows while it runs, and how that is saved."""

import contextlib
import itertools
import math
import time

from .. import __version__
from ..data.passes import items_of_batch
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..random import get_rng_state
from .callbacks.base import EVENTS, handlers
from .checkpoint import CheckpointError
from .diagnosis import explain
from .evaluation import Score, Tally, evaluate
from .metrics import Epoch, from_table, to_table
from .state import prepare_to_load, saved
from .steps import Step, weights_of
from .streams import Batches


class Trainer:
    """A training that runs, as callbacks see it; `fit` makes one.

    model, optimizer, scheduler, loss, train, test, metrics, epochs: as they were given to `fit`.
    epoch: the number of the present epoch, from 1; step: how many updates there were.
    batches: the batches of the step, one unless several are accumulated; value: the loss of the last step.
    lr: the learning rate of the last step; first: the loss of the first.
    rows: an `Epoch` for each that is complete; tally: the sums of the present one.
    evaluated: the model that is evaluated, which may be an average of the model.
    stop: a reason to end after this epoch, or None; error: the exception that ended the training, or None.
    """

    def __init__(
        self, model, train, test, optimizer, loss, *, epochs, scheduler, callbacks, metrics, accumulate, clipping,
        compile, device, team=None,
    ):  # fmt: skip
        self._team = team
        self.model, self.train, self.test = model, train, test
        self.optimizer, self.scheduler, self.loss, self.metrics = optimizer, scheduler, loss, metrics
        self.epochs, self.accumulate, self.device = epochs, accumulate, device
        callbacks = [callback for callback in callbacks if self.is_main or not getattr(callback, "main_only", False)]
        self.callbacks = sorted(callbacks, key=lambda callback: getattr(callback, "last", False))
        self._handlers = {event: handlers(self.callbacks, event) for event in EVENTS}
        self._step, self._batches = Step(model, loss, optimizer, clipping, compile), Batches(train, device)
        self.rows, self.tally, self.step, self.epoch = [], Tally(), 0, 0
        self.batches = self.value = self.lr = self.first = self.checkpoint = self.stop = self.error = None
        self.evaluated, self._seconds, self._since = model, 0.0, None

    @property
    def steps(self):
        """How many steps all epochs have, or None if the data does not say."""
        return self.epochs * -(-len(self.train) // self.accumulate) if hasattr(self.train, "__len__") else None

    @property
    def is_main(self):
        """Whether this is rank 0 of those that train together, which prints and writes, or alone."""
        return self._team is None or self._team.is_main

    def check_replicas(self):
        """Raise DistError on all ranks if they no longer have the same parameters."""
        if self._team is not None:
            self._team.check()

    def share(self, module):
        """Give all ranks the parameters that a module has on rank 0."""
        if self._team is not None:
            self._team.share(module)

    @property
    def is_last(self):
        """Whether no other epoch comes."""
        return self.stop is not None or len(self.rows) >= self.epochs

    def call(self, event):
        """Call what callbacks do at an event."""
        for method in self._handlers[event]:
            method(self)

    # The loop

    def run(self):
        """Train to the last epoch, or to that in which a callback sets `stop`; returns the rows."""
        with self._fitting():
            self._batches.go_on()
            while not self.is_last:
                self.epoch = len(self.rows) + 1
                self._train_epoch()
                self._end_epoch()
        return self.rows

    def _train_epoch(self):
        self.model.train()
        self.call("on_epoch_start")
        is_over = self.tally.rows and self._batches.is_between_passes  # it was left between its last step and its end
        batches = iter(() if is_over else self._batches)
        while group := list(itertools.islice(batches, self.accumulate)):
            self.batches = group
            self.call("on_batch_start")
            self.lr = self.optimizer.param_groups[0]["lr"]
            for k, weight in enumerate(weights_of(group)):
                self._learn_from(k, weight)
            self._step.update()
            self.step += 1
            self.call("on_batch_end")

    def _learn_from(self, k, weight):
        """Add the gradients of batch k of the step."""
        if self._team is None:
            self._learn_alone(k, weight)
        else:
            self._learn_together(k, weight)
        if self.first is None:
            self.first = self.value

    def _learn_alone(self, k, weight):
        stream, (inputs, targets) = get_rng_state(), self.batches[k]
        value, outputs = self._step.compute(inputs, targets, weight, k == 0)
        self.value = value.item()
        if not math.isfinite(self.value):
            raise self._explained(k, inputs, targets, self.value, stream=stream)
        self.tally.add(self.value, outputs, targets)

    def _learn_together(self, k, weight):
        if k == 0:
            self.optimizer.zero_grad()

        def explained(inputs, targets, value, shard, stream):
            return self._explained(k, inputs, targets, value, shard, stream)

        compute = lambda inputs, targets, weight: self._step.compute(inputs, targets, weight, False)
        added = self._team.learn(compute, *self.batches[k], weight, explained)
        self.value = added.loss / added.rows
        self.tally.merge(added)

    def _explained(self, k, inputs, targets, value, shard=None, stream=None):
        """The error for the loss of batch k of the step, or of one shard of it."""
        items = lambda: self._items(len(self.batches) - k)
        of, part = "the batch", items
        if shard is not None:
            of = f"shard {shard} of the batch"
            part = lambda: None if (all_of_them := items()) is None else all_of_them[shard :: self._team.shards]
        where = f"at step {self.step + 1} (epoch {self.epoch}, lr {self.lr:g})"
        return explain(self.model, self.loss, inputs, targets, value, where, stream=stream, items=part, of=of)

    def _end_epoch(self):
        trained = self.tally.score("fit", "train")
        self.call("on_evaluation_start")
        tested = Score(None, None)
        if self.test is not None:
            tested = self._evaluate()
        row = Epoch(self.epoch, self.step, *trained, *tested, self.lr, self.seconds, tested.metrics)
        self.rows.append(row)
        self.tally = Tally()
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(row.train_loss if row.test_loss is None else row.test_loss)
        elif self.scheduler is not None:
            self.scheduler.step()
        self.check_replicas()
        self.call("on_epoch_end")

    def _evaluate(self):
        if self._team is None:
            return evaluate(self.evaluated, self.test, self.loss, metrics=self.metrics, device=self.device)
        return self._team.evaluate(self.evaluated, self.test, self.loss, self.metrics, self.device)

    @contextlib.contextmanager
    def _fitting(self):
        """The block between the first event and the last, which every callback gets whose first has begun."""
        self._since = time.perf_counter()
        with contextlib.ExitStack() as stack:
            for callback in self.callbacks:
                stack.enter_context(self._begun(callback))
            yield

    @contextlib.contextmanager
    def _begun(self, callback):
        for method in handlers([callback], "on_fit_start"):
            method(self)
        try:
            yield
        except BaseException as error:
            self.error = error
            raise
        finally:
            for method in handlers([callback], "on_fit_end"):
                method(self)

    @property
    def seconds(self):
        """How long the training has run, before a resume too."""
        return self._seconds + (0.0 if self._since is None else time.perf_counter() - self._since)

    def _items(self, back):
        """The numbers in the dataset of the rows of a batch, or None where that is not known."""
        return items_of_batch(self.train, back) if hasattr(self.train, "index_sampler") else None

    # Its state

    def state_dict(self):
        """All that it takes to go on from here, to the same bits; between two steps."""
        return {
            "tinynet": __version__,
            **saved(model=self.model, optimizer=self.optimizer, scheduler=self.scheduler),
            "callbacks": [[type(c).__name__, *saved(c=c).values()] for c in self.callbacks],
            "data": self._batches.state_dict(),
            "rows": to_table(self.rows),
            "tally": self.tally.state_dict(),
            **{name: getattr(self, name) for name in NUMBERS},
        }

    def load_state_dict(self, state):
        """Go on from a state dict. Raises CheckpointError for another one, and then has changed nothing."""
        try:
            rows = from_table(state["rows"])
            tally, numbers = Tally(**state["tally"]), {name: state[name] for name in NUMBERS}
            data, callbacks = {**state["data"]}, self._states(state["callbacks"])
            load = prepare_to_load(state, model=self.model, optimizer=self.optimizer, scheduler=self.scheduler)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if isinstance(error, KeyError):
                error = f"expected the state of a training, with {error}"
            raise CheckpointError(str(error)) from None
        load()
        for callback, found in callbacks:
            callback.load_state_dict(found)
        self._batches.load_state_dict(data)
        self.rows, self.tally, self._seconds = rows, tally, numbers.pop("seconds")
        for name, value in numbers.items():
            setattr(self, name, value)

    def _states(self, saved_states):
        """[(callback, its state)]: of those that there were too, in their order."""
        left, found = [[*pair] for pair in saved_states], []
        for callback in self.callbacks:
            pair = next((pair for pair in left if pair[0] == type(callback).__name__), None)
            if pair is not None:
                left.remove(pair)
                if pair[1]:
                    found.append((callback, pair[1]))
        return found


NUMBERS = ("step", "lr", "first", "value", "stop", "seconds")
