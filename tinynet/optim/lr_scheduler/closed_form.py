"""Schedulers with a closed form, lr = low + a f(t)."""

from bisect import bisect_right
from collections import Counter

from ...arguments import number, one_of, wrong_kind
from .. import schedules
from ..schedules.curves import CURVES
from .base import LRScheduler, check_optimizer, numbers_for_groups, require_of


class ClosedForm(LRScheduler):
    """lr = low + a f(t), from a schedule f; a = lr₀ − low, and low is 0 if a class does not say otherwise.

    As long as nobody else writes the learning rate, it is this, however many steps have gone. If somebody does, such
    as another scheduler in a chain, a changes so that lr = low + a f(t − 1), and f goes on from there.
    """

    def curve(self, t):
        """f(t)."""
        raise NotImplementedError

    def min_lrs(self):
        return [0.0] * len(self.base_lrs)

    def get_lr(self):
        t, lows = self.last_epoch, self.min_lrs()
        if self._is_initial:
            if t > 0:
                return self._get_closed_form_lr()
            self._heights = [0.0] * len(lows)
        now, before, lrs = self.curve(t), 1.0 if t <= 0 else self.curve(t - 1), []
        for i, (group, base, low) in enumerate(zip(self.optimizer.param_groups, self.base_lrs, lows)):
            lr = group["lr"]
            if before == 0:  # nothing is left of a to go on from: the way up begins here
                new = lr + (base - low) * now
                self._heights[i] = base - low if lr == low or now == 0 else (new - low) / now
            else:
                if t <= 0 or lr != self._last_lr[i]:
                    self._heights[i] = (lr - low) / before
                new = low + self._heights[i] * now
            lrs.append(new)
        return lrs

    def _get_closed_form_lr(self):
        now = self.curve(self.last_epoch)
        self._heights = [base - low for base, low in zip(self.base_lrs, self.min_lrs())]
        return [low + height * now for low, height in zip(self.min_lrs(), self._heights)]


class StepLR(ClosedForm, counts={"step_size": 1}):
    """lr₀ γ^⌊t/step_size⌋: `schedules.step`."""

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        self.step_size = number(self._name, "step_size", step_size)
        self.gamma = number(self._name, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return schedules.step(self.step_size, self.gamma)(t)


class MultiStepLR(ClosedForm):
    """lr₀ γ^(number of milestones ≤ t)."""

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        if not isinstance(milestones, list | tuple | Counter):
            raise wrong_kind(self._name, "milestones", "a list of epochs", milestones)
        self.milestones = Counter([number(self._name, "a milestone", m) for m in milestones])
        self.gamma = number(self._name, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)


class ConstantLR(ClosedForm, limits={"factor": (0, 1)}):
    """lr₀ · factor for t < total_iters, then lr₀."""

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        self.factor = number(self._name, "factor", factor, 0, 1)
        self.total_iters = number(self._name, "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return self.factor if t < self.total_iters else 1.0


class LinearLR(ClosedForm, counts={"total_iters": 1}, limits={"start_factor": (0, 1), "end_factor": (0, 1)}):
    """lr₀ times a line from start_factor to end_factor at total_iters: `schedules.linear`."""

    def __init__(self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5, last_epoch=-1):
        self.start_factor = number(self._name, "start_factor", start_factor)
        require_of(self, 0 < self.start_factor <= 1, "a start_factor in (0, 1]", start_factor)
        self.end_factor = number(self._name, "end_factor", end_factor, 0, 1)
        self.total_iters = number(self._name, "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return schedules.linear(self.total_iters, self.start_factor, self.end_factor)(t)


class ExponentialLR(ClosedForm):
    """lr₀ γᵗ: `schedules.exponential`."""

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = number(self._name, "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return schedules.exponential(self.gamma)(t)


class PolynomialLR(ClosedForm, counts={"total_iters": 1}):
    """lr₀ (1 − t/total_iters)^power, then 0: `schedules.polynomial`."""

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters = number(self._name, "total_iters", total_iters)
        self.power = number(self._name, "power", power)
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return schedules.polynomial(self.total_iters, self.power)(t)


class CosineAnnealingLR(ClosedForm, counts={"T_max": 1}):
    """eta_min + (lr₀ − eta_min)(1 + cos(πt/T_max))/2, `schedules.cosine`; after T_max it rises again, and so on."""

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        self.T_max = number(self._name, "T_max", T_max)
        require_of(self, self.T_max > 0, "T_max > 0", T_max)
        self.eta_min = number(self._name, "eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def min_lrs(self):
        return [self.eta_min] * len(self.base_lrs)

    def curve(self, t):
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

    def min_lrs(self):
        return self.swa_lrs

    def curve(self, t):
        return 1 - CURVES[self.anneal_strategy](min(1.0, t / self.anneal_epochs)) if self.anneal_epochs else 0.0

    def get_lr(self):
        lrs = super().get_lr()
        # afterwards it is swa_lr, whatever anybody else writes
        return list(self.swa_lrs) if self.last_epoch > self.anneal_epochs else lrs

    def _get_closed_form_lr(self):
        # in a sequence it begins at the present learning rate, not at the initial one
        return super()._get_closed_form_lr() if self._is_initial else self.get_lr()
