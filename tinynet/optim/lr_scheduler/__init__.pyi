"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor

class LRScheduler:
    """The base of all schedulers. One of your own defines `get_lr`, a list with a number for each group."""
    base_lrs: Any
    last_epoch: Any
    @classmethod
    def __init_subclass__(self, counts: Any = ..., limits: Any = ..., choices: Any = ..., **kwargs: Any): ...
    def __init__(self, optimizer, last_epoch: Any = -1) -> None: ...
    def get_lr(self):
        """The learning rates at `last_epoch`; called by `step`."""
    def get_last_lr(self):
        """The learning rates written last, one for each group."""
    def step(self, epoch = None) -> Any:
        """Write the learning rates of the next epoch, or of the given one; call it after `optimizer.step()`."""
    def state_dict(self) -> dict[_str, Any]:
        """All numbers of the scheduler. The learning rates themselves are in the optimizer's state."""
    def load_state_dict(self, state_dict) -> None:
        """Continue from a `state_dict()`. Everything is checked first; after an error nothing has changed."""
    def prepare_to_load(self, state_dict):
        """Check a state dict; returns a function that takes it over and cannot fail."""
    def rehearse(self):
        """Raise ValueError if there are no learning rates at `last_epoch`; called on a copy with what was loaded."""

class ClosedForm(LRScheduler):
    """lr = low + a f(t), from a schedule f; a = lr₀ − low, and low is 0 if a class does not say otherwise."""
    def curve(self, t):
        """f(t)."""
    def min_lrs(self): ...
    def get_lr(self): ...

class SWALR(ClosedForm):
    """From the present learning rate to swa_lr within anneal_epochs, along a half cosine or a line; then swa_lr."""
    swa_lrs: Any
    anneal_epochs: Any
    anneal_strategy: Any
    def __init__(self, optimizer, swa_lr, anneal_epochs: Any = 10, anneal_strategy: _str = 'cos', last_epoch: Any = -1) -> None: ...
    def min_lrs(self): ...
    def curve(self, t): ...
    def get_lr(self): ...

class _Composite(LRScheduler):
    """A scheduler made of others."""
    def state_dict(self) -> dict[_str, Any]: ...
    def prepare_to_load(self, state_dict): ...

class ChainedScheduler(_Composite):
    """Several schedulers at once: each changes what the ones before it have written."""
    def __init__(self, schedulers, optimizer = None) -> None: ...
    def step(self) -> Any: ...

class ConstantLR(ClosedForm):
    """lr₀ · factor for t < total_iters, then lr₀."""
    factor: Any
    total_iters: Any
    def __init__(self, optimizer, factor: Any = 0.3333333333333333, total_iters: Any = 5, last_epoch: Any = -1) -> None: ...
    def curve(self, t): ...

class CosineAnnealingLR(ClosedForm):
    """eta_min + (lr₀ − eta_min)(1 + cos(πt/T_max))/2, `schedules.cosine`; after T_max it rises again, and so on."""
    T_max: Any
    eta_min: Any
    def __init__(self, optimizer, T_max, eta_min: Any = 0.0, last_epoch: Any = -1) -> None: ...
    def min_lrs(self): ...
    def curve(self, t): ...

class CosineAnnealingWarmRestarts(LRScheduler):
    """Half cosines from lr₀ to eta_min, of T_0 epochs and then each T_mult times as long: `schedules.cosine_restarts`."""
    T_0: Any
    T_mult: Any
    eta_min: Any
    def __init__(self, optimizer, T_0, T_mult: Any = 1, eta_min: Any = 0.0, last_epoch: Any = -1) -> None: ...
    def get_lr(self): ...

class _WithMomentum(LRScheduler):
    """Writes a momentum along with the learning rate: `momentum`, or the first of `betas`."""
    def rehearse(self): ...
    def get_momentum(self):
        """The momentums at `last_epoch`."""

class CyclicLR(_WithMomentum):
    """Up and down between base_lr and max_lr: `schedules.cyclic`."""
    optimizer: Any
    mode: Any
    gamma: Any
    step_size_up: Any
    step_size_down: Any
    scale_mode: Any
    max_lrs: Any
    base_lrs: Any
    def __init__(self, optimizer, base_lr, max_lr, step_size_up: Any = 2000, step_size_down = None, mode: _str = 'triangular', gamma: Any = 1.0, scale_fn = None, scale_mode: _str = 'cycle', cycle_momentum: _bool = True, base_momentum: Any = 0.8, max_momentum: Any = 0.9, last_epoch: Any = -1) -> None: ...
    def height(self):
        """How far up between base_lr and max_lr it is, a fraction."""
    def get_lr(self): ...
    def get_momentum(self): ...

class ExponentialLR(ClosedForm):
    """lr₀ γᵗ: `schedules.exponential`."""
    gamma: Any
    def __init__(self, optimizer, gamma, last_epoch: Any = -1) -> None: ...
    def curve(self, t): ...

class LambdaLR(LRScheduler):
    """lr = lr₀ λ(t), with one function of the epoch, or a list with one for each group."""
    lr_lambdas: Any
    def __init__(self, optimizer, lr_lambda, last_epoch: Any = -1) -> None: ...
    def get_lr(self): ...
    def rehearse(self):
        """The user's functions are called for steps alone."""

class LinearLR(ClosedForm):
    """lr₀ times a line from start_factor to end_factor at total_iters: `schedules.linear`."""
    start_factor: Any
    end_factor: Any
    total_iters: Any
    def __init__(self, optimizer, start_factor: Any = 0.3333333333333333, end_factor: Any = 1.0, total_iters: Any = 5, last_epoch: Any = -1) -> None: ...
    def curve(self, t): ...

class MultiStepLR(ClosedForm):
    """lr₀ γ^(number of milestones ≤ t)."""
    milestones: Any
    gamma: Any
    def __init__(self, optimizer, milestones, gamma: Any = 0.1, last_epoch: Any = -1) -> None: ...
    def curve(self, t): ...

class MultiplicativeLR(LambdaLR):
    """lr ← lr λ(t): the product of all λ(k) so far."""
    def get_lr(self): ...

class OneCycleLR(_WithMomentum):
    """Up from max_lr/div_factor to max_lr, and down to max_lr/(div_factor·final_div_factor): `schedules.one_cycle`."""
    pct_start: Any
    anneal_strategy: Any
    optimizer: Any
    total_steps: Any
    three_phase: Any
    div_factor: Any
    final_div_factor: Any
    max_lrs: Any
    def __init__(self, optimizer, max_lr, total_steps = None, epochs = None, steps_per_epoch = None, pct_start: Any = 0.3, anneal_strategy: _str = 'cos', cycle_momentum: _bool = True, base_momentum: Any = 0.85, max_momentum: Any = 0.95, div_factor: Any = 25.0, final_div_factor: Any = 10000.0, three_phase: _bool = False, last_epoch: Any = -1) -> None: ...
    def get_lr(self): ...
    def get_momentum(self): ...

class PolynomialLR(ClosedForm):
    """lr₀ (1 − t/total_iters)^power, then 0: `schedules.polynomial`."""
    total_iters: Any
    power: Any
    def __init__(self, optimizer, total_iters: Any = 5, power: Any = 1.0, last_epoch: Any = -1) -> None: ...
    def curve(self, t): ...

class ReduceLROnPlateau(LRScheduler):
    """lr ← max(lr · factor, min_lr) when `step(metric)` has seen no better metric for more than `patience` epochs."""
    optimizer: Any
    factor: Any
    mode: Any
    threshold_mode: Any
    patience: Any
    threshold: Any
    cooldown: Any
    eps: Any
    min_lr: Any
    best: Any
    cooldown_counter: Any
    num_bad_epochs: Any
    last_epoch: Any
    def __init__(self, optimizer, mode: _str = 'min', factor: Any = 0.1, patience: Any = 10, threshold: Any = 0.0001, threshold_mode: _str = 'rel', cooldown: Any = 0, min_lr: Any = 0, eps: Any = 1e-08) -> None: ...
    def rehearse(self): ...
    @property
    def in_cooldown(self): ...
    def is_better(self, a, best): ...
    def step(self, metrics, epoch = None) -> Any:
        """Take the metric of one more epoch: a number, or a tensor with one element."""

class SequentialLR(_Composite):
    """One scheduler after the other: from milestones[i] on number i + 1, from its beginning."""
    last_epoch: Any
    def __init__(self, optimizer, schedulers, milestones, last_epoch: Any = -1) -> None: ...
    def step(self) -> Any: ...

class StepLR(ClosedForm):
    """lr₀ γ^⌊t/step_size⌋: `schedules.step`."""
    step_size: Any
    gamma: Any
    def __init__(self, optimizer, step_size, gamma: Any = 0.1, last_epoch: Any = -1) -> None: ...
    def curve(self, t): ...

