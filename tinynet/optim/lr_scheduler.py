"""PyTorch's learning rate schedulers: objects that write the learning rate into an optimizer's groups.

    scheduler = StepLR(optimizer, step_size=30)
    for epoch in range(90):
        train(...)
        scheduler.step()

Names, arguments, defaults and numbers are PyTorch's. The mathematics is in `schedules.py`; what is here is when the
numbers are written, and what happens to one that somebody else has changed in between. For a program of your own, an
optimizer that follows a schedule needs less: `Adam(params, lr=warmup(100) >> cosine(1000))`.
"""

import copy
import math
from bisect import bisect_right
from collections import Counter

from ..arguments import number, one_of, shown, wrong_kind
from . import schedules
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .hyperparameters import mapping
from .scheduler import (
    ClosedForm,
    LRScheduler,
    check_optimizer,
    for_groups,
    numbers_for_groups,
    require_of,
    warn_of_epoch,
)
from .schedules import CURVES

__all__ = [
    "SWALR",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]

# Schedulers of the user's functions


class LambdaLR(LRScheduler):
    """lr = lr₀ λ(t), with one function of the epoch, or a list with one for each group."""

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        check_optimizer(self, optimizer)
        self.lr_lambdas = for_groups("lr_lambda", optimizer, lr_lambda)
        for f in self.lr_lambdas:
            if not callable(f):
                raise TypeError(f"{self._name}: expected functions as lr_lambda, got {type(f).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]

    def rehearse(self):
        """The user's functions are called for steps alone."""


class MultiplicativeLR(LambdaLR):
    """lr ← lr λ(t): the product of all λ(k) so far."""

    def get_lr(self):
        lrs = [group["lr"] for group in self.optimizer.param_groups]
        return lrs if self._is_initial else [lr * f(self.last_epoch) for lr, f in zip(lrs, self.lr_lambdas)]


# Schedulers with a closed form


class StepLR(ClosedForm, counts={"step_size": 1}):
    """lr₀ γ^⌊t/step_size⌋: `schedules.step`."""

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        self.step_size = number(self._name, "step_size", step_size)
        self.gamma = number(self._name, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def shape(self, t):
        return schedules.step(self.step_size, self.gamma)(t)


class MultiStepLR(ClosedForm):
    """lr₀ γ^(number of milestones ≤ t)."""

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        if not isinstance(milestones, list | tuple | Counter):
            raise wrong_kind(self._name, "milestones", "a list of epochs", milestones)
        self.milestones = Counter([number(self._name, "a milestone", m) for m in milestones])
        self.gamma = number(self._name, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def shape(self, t):
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)


class ConstantLR(ClosedForm, limits={"factor": (0, 1)}):
    """lr₀ · factor for t < total_iters, then lr₀."""

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        self.factor = number(self._name, "factor", factor, 0, 1)
        self.total_iters = number(self._name, "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def shape(self, t):
        return self.factor if t < self.total_iters else 1.0


class LinearLR(ClosedForm, counts={"total_iters": 1}, limits={"start_factor": (0, 1), "end_factor": (0, 1)}):
    """lr₀ times a line from start_factor to end_factor at total_iters: `schedules.linear`."""

    def __init__(self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5, last_epoch=-1):
        self.start_factor = number(self._name, "start_factor", start_factor)
        require_of(self, 0 < self.start_factor <= 1, "a start_factor in (0, 1]", start_factor)
        self.end_factor = number(self._name, "end_factor", end_factor, 0, 1)
        self.total_iters = number(self._name, "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def shape(self, t):
        return schedules.linear(self.total_iters, self.start_factor, self.end_factor)(t)


class ExponentialLR(ClosedForm):
    """lr₀ γᵗ: `schedules.exponential`."""

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = number(self._name, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def shape(self, t):
        return schedules.exponential(self.gamma)(t)


class PolynomialLR(ClosedForm, counts={"total_iters": 1}):
    """lr₀ (1 − t/total_iters)^power, then 0: `schedules.polynomial`."""

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters = number(self._name, "total_iters", total_iters)
        self.power = number(self._name, "power", power)
        super().__init__(optimizer, last_epoch)

    def shape(self, t):
        return schedules.polynomial(self.total_iters, self.power)(t)


class CosineAnnealingLR(ClosedForm, counts={"T_max": 1}):
    """eta_min + (lr₀ − eta_min)(1 + cos(πt/T_max))/2, `schedules.cosine`; after T_max it rises again, and so on."""

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        self.T_max = number(self._name, "T_max", T_max)
        require_of(self, self.T_max > 0, "T_max > 0", T_max)
        self.eta_min = number(self._name, "eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def lows(self):
        return [self.eta_min] * len(self.base_lrs)

    def shape(self, t):
        t %= 2 * self.T_max
        return schedules.cosine(self.T_max)(min(t, 2 * self.T_max - t))


class SWALR(ClosedForm, counts={"anneal_epochs": 0}, choices={"anneal_strategy": CURVES}):
    """From the present learning rate to swa_lr within anneal_epochs, along a half cosine or a line; then swa_lr.

    For averaging weights (see `swa_utils.py`): Izmailov et al. (2018).
    """

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        check_optimizer(self, optimizer)
        self.swa_lrs = numbers_for_groups(self, "swa_lr", optimizer, swa_lr)
        one_of(self._name, "anneal_strategy", anneal_strategy, tuple(CURVES))
        require_of(self, type(anneal_epochs) is int and anneal_epochs >= 0, "anneal_epochs ≥ 0", anneal_epochs)
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def lows(self):
        return self.swa_lrs

    def shape(self, t):
        return 1 - CURVES[self.anneal_strategy](min(1.0, t / self.anneal_epochs)) if self.anneal_epochs else 0.0

    def get_lr(self):
        lrs = super().get_lr()
        # afterwards it is swa_lr, whatever anybody else writes
        return list(self.swa_lrs) if self.last_epoch > self.anneal_epochs else lrs

    def _get_closed_form_lr(self):
        # in a sequence it begins at the present learning rate, not at the initial one
        return super()._get_closed_form_lr() if self._is_initial else self.get_lr()


# Schedulers made of others


class _Parts(LRScheduler):
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


class SequentialLR(_Parts, counts={"last_epoch": 0, "_milestones": 0}):
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


class ChainedScheduler(_Parts):
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


# The one that looks at results


class ReduceLROnPlateau(
    LRScheduler,
    counts={"cooldown_counter": 0, "num_bad_epochs": 0},
    choices={"mode": ("min", "max"), "threshold_mode": ("rel", "abs")},
):
    """lr ← max(lr · factor, min_lr) when `step(metric)` has seen no better metric for more than `patience` epochs.

    Better is lower ("min") or higher ("max") than the best, by a share (threshold_mode "rel") or an amount ("abs") of
    `threshold`. After a reduction `cooldown` epochs are not counted. Reductions of less than `eps` are left out.
    """

    def __init__(
        self, optimizer, mode="min", factor=0.1, patience=10, threshold=1e-4, threshold_mode="rel", cooldown=0,
        min_lr=0, eps=1e-8,
    ):  # fmt: skip
        check_optimizer(self, optimizer)
        self.optimizer, self.factor = optimizer, number(self._name, "factor", factor)
        require_of(self, self.factor < 1, "a factor < 1", factor)
        self.mode = one_of(self._name, "mode", mode, ("min", "max"))
        self.threshold_mode = one_of(self._name, "threshold_mode", threshold_mode, ("rel", "abs"))
        self.patience = number(self._name, "patience", patience)
        self.threshold = number(self._name, "threshold", threshold)
        self.cooldown, self.eps = number(self._name, "cooldown", cooldown), number(self._name, "eps", eps)
        lows = numbers_for_groups(self, "min_lr", optimizer, min_lr)
        self.min_lr = lows if isinstance(min_lr, list | tuple) else lows[0] if lows else min_lr
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def rehearse(self):
        if not self.factor < 1:
            raise ValueError(f"{self._name}: expected a factor < 1, got {self.factor}")

    @property
    def in_cooldown(self):
        return self.cooldown_counter > 0

    def is_better(self, a, best):
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * a > sign * best * (1 + sign * self.threshold)
        return sign * a > sign * best + self.threshold

    def step(self, metrics, epoch=None):
        """Take the metric of one more epoch: a number, or a tensor with one element."""
        metric = float(metrics)
        if epoch is not None:
            warn_of_epoch(self)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(metric, self.best):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        lrs = [group["lr"] for group in self.optimizer.param_groups]
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            lows = for_groups("min_lr", self.optimizer, self.min_lr)
            reduced = [max(lr * self.factor, low) for lr, low in zip(lrs, lows)]
            lrs = [new if lr - new > self.eps else lr for lr, new in zip(lrs, reduced)]
        self._write(lrs)
