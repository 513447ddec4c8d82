"""The scheduler that looks at results: less when a metric no longer gets better."""

import math

from ...arguments import number, one_of
from .base import LRScheduler, check_optimizer, for_groups, numbers_for_groups, require_of, warn_of_epoch


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
