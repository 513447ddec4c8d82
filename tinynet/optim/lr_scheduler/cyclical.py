"""PyTorch's schedulers that go in cycles, two of them with the momentum, which falls while the learning rate rises."""

import math

from ...arguments import boolean, integer, number, one_of, wrong_kind
from ..schedules.arguments import whole
from ..schedules.curves import (
    CURVES,
    SCALES,
    between,
    cosine_curve,
    interpolate,
    one_cycle_points,
    position_in_cycle,
    triangle_wave,
)
from .base import LRScheduler, check_optimizer, numbers_for_groups, require_of


class CosineAnnealingWarmRestarts(
    LRScheduler, counts={"T_0": 1, "T_mult": 1}, limits={"_t": (-1, None), "T_cur": (0, None)}
):
    """Half cosines from lr₀ to eta_min, of T_0 epochs and then each T_mult times as long: `schedules.cosine_restarts`.

    `step(epoch)` takes fractions, for a learning rate that falls within an epoch.
    """

    takes_fractions = True

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        self.T_0, self.T_mult = whole("T_0", T_0, 1), whole("T_mult", T_mult, 1)
        self.eta_min, self._t = number(self._name, "eta_min", eta_min), last_epoch
        super().__init__(optimizer, last_epoch)

    def _update_lr(self, epoch=None):
        t = self._t + 1 if epoch is None else epoch
        require_of(self, t >= 0, "an epoch ≥ 0", t)
        self._t, self.last_epoch = t, math.floor(t)
        self.T_cur, self.T_i = position_in_cycle(t, self.T_0, self.T_mult)
        self._write(self.get_lr())

    def _rewind(self):
        self._t = self.last_epoch = -1

    def get_lr(self):
        x = cosine_curve(self.T_cur / self.T_i)
        return [between(base, self.eta_min, x) for base in self.base_lrs]


class _WithMomentum(LRScheduler):
    """Writes a momentum along with the learning rate: `momentum`, or the first of `betas`."""

    def _take_momentum(self, cycle_momentum, base_momentum, max_momentum):
        self.cycle_momentum = boolean(self._name, "cycle_momentum", cycle_momentum)
        if self.cycle_momentum:
            known = self.optimizer.defaults
            require_of(self, "momentum" in known or "betas" in known, "a momentum or betas to cycle", list(known))
            self.use_beta1 = "betas" in known
            self.base_momentums = numbers_for_groups(self, "base_momentum", self.optimizer, base_momentum)
            self.max_momentums = numbers_for_groups(self, "max_momentum", self.optimizer, max_momentum)

    def rehearse(self):
        super().rehearse()
        if self.cycle_momentum and getattr(self, "use_beta1", None) != ("betas" in self.optimizer.defaults):
            raise ValueError(f"{self._name}: the state is of a scheduler that cycles another momentum, or none")

    def get_momentum(self):
        """The momentums at `last_epoch`."""
        raise NotImplementedError

    def _write(self, lrs):
        super()._write(lrs)
        for group, momentum in zip(self.optimizer.param_groups, self.get_momentum() if self.cycle_momentum else ()):
            if self.use_beta1:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum


class CyclicLR(_WithMomentum, choices={"mode": SCALES, "scale_mode": ("cycle", "iterations")}):
    """Up and down between base_lr and max_lr: `schedules.cyclic`.

    The height is multiplied by scale_fn of the cycle's number or of the step, as scale_mode "cycle" or "iterations"
    says; without one, by what `mode` says.
    """

    def __init__(
        self, optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode="triangular", gamma=1.0,
        scale_fn=None, scale_mode="cycle", cycle_momentum=True, base_momentum=0.8, max_momentum=0.9, last_epoch=-1,
    ):  # fmt: skip
        check_optimizer(self, optimizer)
        if scale_fn is None:
            one_of(self._name, "mode", mode, tuple(SCALES))
        elif not callable(scale_fn):
            raise wrong_kind(self._name, "scale_fn", "a function", scale_fn)
        self.optimizer, self.mode, self.gamma = optimizer, mode, number(self._name, "gamma", gamma)
        self.step_size_up = number(self._name, "step_size_up", step_size_up)
        down = step_size_up if step_size_down is None else step_size_down
        self.step_size_down = number(self._name, "step_size_down", down)
        require_of(self, self.step_size_up > 0 and self.step_size_down > 0, "step sizes > 0", (step_size_up, down))
        last_epoch = integer(self._name, "last_epoch", last_epoch, -1)
        one_of(self._name, "scale_mode", scale_mode, ("cycle", "iterations"))
        self._scale_fn, self.scale_mode = scale_fn, scale_mode
        base_lrs = numbers_for_groups(self, "base_lr", optimizer, base_lr)
        self.max_lrs = numbers_for_groups(self, "max_lr", optimizer, max_lr)
        self._take_momentum(cycle_momentum, base_momentum, max_momentum)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs):
                group["lr"] = lr
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def height(self):
        """How far up between base_lr and max_lr it is, a fraction."""
        t = self.last_epoch
        cycle, x = triangle_wave(t, self.step_size_up, self.step_size_down)
        if self._scale_fn is not None:
            return x * self._scale_fn(cycle if self.scale_mode == "cycle" else t)
        return x * SCALES[self.mode](t, cycle, self.gamma)

    def get_lr(self):
        x = self.height()
        return [base + (top - base) * x for base, top in zip(self.base_lrs, self.max_lrs)]

    def get_momentum(self):
        x = self.height()
        return [top - (top - base) * x for base, top in zip(self.base_momentums, self.max_momentums)]


class OneCycleLR(
    _WithMomentum, counts={"total_steps": 1}, limits={"pct_start": (0, 1)}, choices={"anneal_strategy": CURVES}
):
    """Up from max_lr/div_factor to max_lr, and down to max_lr/(div_factor·final_div_factor): `schedules.one_cycle`.

    The length is total_steps, or epochs · steps_per_epoch; call `step()` after every batch.
    """

    def __init__(
        self, optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3,
        anneal_strategy="cos", cycle_momentum=True, base_momentum=0.85, max_momentum=0.95, div_factor=25.0,
        final_div_factor=1e4, three_phase=False, last_epoch=-1,
    ):  # fmt: skip
        check_optimizer(self, optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: expected total_steps, or epochs and steps_per_epoch")
            total_steps = whole("epochs", epochs, 1) * whole("steps_per_epoch", steps_per_epoch, 1)
        self.pct_start = number(self._name, "pct_start", pct_start, 0, 1)
        self.anneal_strategy = one_of(self._name, "anneal_strategy", anneal_strategy, tuple(CURVES))
        self.optimizer, self.total_steps = optimizer, whole("total_steps", total_steps, 1)
        self.three_phase = boolean(self._name, "three_phase", three_phase)
        self.div_factor = number(self._name, "div_factor", div_factor)
        self.final_div_factor = number(self._name, "final_div_factor", final_div_factor)
        factors = self.div_factor, self.final_div_factor
        require_of(self, min(factors) > 0, "div_factor and final_div_factor > 0", factors)
        last_epoch = integer(self._name, "last_epoch", last_epoch, -1)
        self.max_lrs = numbers_for_groups(self, "max_lr", optimizer, max_lr)
        self._take_momentum(cycle_momentum, base_momentum, max_momentum)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, self.max_lrs):
                group["initial_lr"] = top / div_factor
        super().__init__(optimizer, last_epoch)

    def _at(self, low, peak, end):
        points = one_cycle_points(self.total_steps, self.pct_start, self.three_phase, low, peak, end)
        return interpolate(self.last_epoch, points, CURVES[self.anneal_strategy])

    def get_lr(self):
        if self.last_epoch > self.total_steps:
            raise ValueError(f"OneCycleLR: step {self.last_epoch} is beyond its total of {self.total_steps} steps")
        lows = [top / self.div_factor for top in self.max_lrs]
        return [self._at(low, top, low / self.final_div_factor) for low, top in zip(lows, self.max_lrs)]

    def get_momentum(self):
        return [self._at(top, base, top) for base, top in zip(self.base_momentums, self.max_momentums)]
