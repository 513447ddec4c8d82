"""Schedulers made of others: one after the other, or several at once."""

import copy
from bisect import bisect_right

from ...arguments import shown
from ..engine.hyperparameters import mapping
from .base import LRScheduler, require_of
from .plateau import ReduceLROnPlateau


class _Composite(LRScheduler):
    """A scheduler made of others."""

    def _take(self, optimizer, schedulers):
        schedulers = list(schedulers)
        require_of(self, schedulers, "at least one scheduler", schedulers)
        self.optimizer = optimizer or getattr(schedulers[0], "optimizer", None)
        for i, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{self._name}: expected schedulers, got {type(scheduler).__name__} as number {i}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"{self._name}: number {i} is a ReduceLROnPlateau, whose step needs a metric")
            if scheduler.optimizer is not self.optimizer:
                raise ValueError(f"{self._name}: number {i}, {scheduler._name}, belongs to another optimizer")
        self._schedulers = schedulers

    def _update_lr(self, epoch=None):
        """The turn of this scheduler has come, in a sequence."""
        self._rewind()
        self._begin()

    def _rewind(self):
        for scheduler in self._schedulers:
            scheduler._rewind()

    def state_dict(self):
        state = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_schedulers")}
        return {**copy.deepcopy(state), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def prepare_to_load(self, state_dict):
        given = mapping(self._name, "the state dict", state_dict)
        parts = given.pop("_schedulers", None)
        if not isinstance(parts, list | tuple) or len(parts) != len(self._schedulers):
            raise ValueError(
                f"{self._name}: expected a state of {len(self._schedulers)} schedulers, got {shown(parts)}"
            )
        loads = [scheduler.prepare_to_load(part) for scheduler, part in zip(self._schedulers, parts)]
        names = [name for name in self.__dict__ if name not in ("optimizer", "_schedulers")]
        if set(names) != set(given):
            odd = ", ".join(sorted(set(names) ^ set(given)))
            raise ValueError(f"{self._name}: the state is of another scheduler: {odd} in one and not both")
        new = {name: self._checked(name, self.__dict__[name], value) for name, value in given.items()}

        def load():
            for load_part in loads:
                load_part()
            self.__dict__.update(new)

        return load


class SequentialLR(_Composite, counts={"last_epoch": 0, "_milestones": 0}):
    """One scheduler after the other: from milestones[i] on number i + 1, from its beginning."""

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        self._take(optimizer, schedulers)
        expected = len(self._schedulers) - 1
        require_of(self, len(milestones) == expected, f"{expected} milestones", milestones)
        self._milestones, self.last_epoch = list(milestones), last_epoch + 1
        self._rewind()
        self._begin()

    def _begin(self):
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    _initial_step = _begin

    def _update_lr(self, epoch=None):
        self.last_epoch = 0
        super()._update_lr()

    def step(self):
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Composite):
    """Several schedulers at once: each changes what the ones before it have written."""

    def __init__(self, schedulers, optimizer=None):
        self._take(optimizer, schedulers)
        self._note()

    def _note(self):
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _begin(self):
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._note()

    _initial_step = _begin

    def step(self):
        for scheduler in self._schedulers:
            scheduler.step()
        self._note()
