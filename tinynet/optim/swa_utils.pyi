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
from tinynet.nn.module import Module as Module
from tinynet.optim.lr_scheduler import LRScheduler

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

class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's, taken at each `update_parameters`."""
    module: Any
    avg_fn: Any
    multi_avg_fn: Any
    use_buffers: Any
    def __init__(self, model, device = None, avg_fn = None, multi_avg_fn = None, use_buffers: _bool = False) -> None: ...
    def __getstate__(self): ...
    def __setstate__(self, state): ...
    def load_state_dict(self, state_dict, strict: _bool = True, assign: _bool = False) -> None:
        """Copy the averages and their number, as a module does; the number must not be negative."""
    def forward(self, *args: Any, **kwargs: Any) -> Any: ...
    def update_parameters(self, model) -> None:
        """Take the model's present parameters into the average."""

def get_ema_avg_fn(decay: Any = 0.999, *, debias: _bool = False):
    """`get_ema_multi_avg_fn` for one tensor at a time."""
def get_ema_multi_avg_fn(decay: Any = 0.999, *, debias: _bool = False):
    """The exponential average θ̄ ← βθ̄ + (1−β)θ with β = `decay`, which begins at the first θ."""
def get_swa_avg_fn():
    """`get_swa_multi_avg_fn` for one tensor at a time."""
def get_swa_multi_avg_fn():
    """The mean of all: θ̄ₜ = (1/t) Σ θₖ."""
def update_bn(loader, model, device = None):
    """Measure the running statistics of batch normalisation anew, on the batches of `loader`."""
