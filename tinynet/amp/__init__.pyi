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

class GradScaler:
    """Multiplies losses by a scale, and divides gradients by it before a step, which is skipped where one overflowed."""
    def __init__(self, device: _str = 'cuda', init_scale: Any = 65536.0, growth_factor: Any = 2.0, backoff_factor: Any = 0.5, growth_interval: Any = 2000, enabled: _bool = True) -> None: ...
    def scale(self, outputs):
        """A tensor times the scale, or a list, tuple or other iterable of such."""
    def unscale_(self, optimizer):
        """Divide the gradients of an optimizer's parameters by the scale, in place, as before clipping; at most once."""
    def step(self, optimizer, *args: Any, **kwargs: Any) -> Any:
        """optimizer.step(*args, **kwargs) with gradients divided by the scale, unless one of them is infinite or NaN."""
    def update(self, new_scale = None):
        """Set the scale for the next iteration: to `new_scale`, or by what was found since the last `update`."""
    def is_enabled(self):
        """Whether anything is scaled."""
    def get_scale(self):
        """The scale, 1 if the scaler is disabled."""
    def get_growth_factor(self):
        """By what the scale is multiplied as it grows."""
    def set_growth_factor(self, new_factor):
        """Set by what the scale is multiplied as it grows. Raises ArgumentValueError for a factor ≤ 1."""
    def get_backoff_factor(self):
        """By what the scale is multiplied after a step that was skipped."""
    def set_backoff_factor(self, new_factor):
        """Set by what the scale is multiplied after a skipped step. Raises ArgumentValueError for a factor ≥ 1."""
    def get_growth_interval(self):
        """After how many steps in a row that were not skipped the scale grows."""
    def set_growth_interval(self, new_interval):
        """Set after how many steps in a row that were not skipped the scale grows."""
    def state_dict(self) -> dict[_str, Any]:
        """The scale, the factors, the interval, and how many steps have counted towards it; {} if disabled."""
    def load_state_dict(self, state_dict) -> None:
        """Go on from a state. Raises RuntimeError for that of a scaler that was disabled, unless this one is too."""

class autocast:
    """A context, or a decorator of a function, in which operations would choose their dtypes: here it does nothing."""
    def __init__(self, device_type, dtype = None, enabled: _bool = True, cache_enabled = None) -> None: ...
    def __enter__(self): ...
    def __exit__(self, *error: Any): ...
    def __call__(self, func):
        """The function itself. Raises ArgumentTypeError for what cannot be called."""

def custom_bwd(bwd = None, *, device_type):
    """Decorates `backward` of an `autograd.Function`: it is called as it is."""
def custom_fwd(fwd = None, *, device_type, cast_inputs = None):
    """Decorates `forward` of an `autograd.Function`: called as it is, since inputs are cast under `autocast` alone."""
def is_autocast_available(device_type):
    """Whether operations on this device can choose their dtypes: no. Raises ArgumentValueError for another device."""
