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

class ProfilerAction(Enum):
    """What a profile does in a step."""
    def __new__(self, value): ...

class ProfilerActivity(Enum):
    """What is recorded. A launch on a GPU is waited for, so that its time is the kernel's, and all count as CPU's."""
    def __new__(self, value): ...

class profile:
    """Record every launch of a kernel in a `with` block: its time, module, line of the user's code, and work."""
    step_num: Any
    elapsed: Any
    def __init__(self, *, activities = None, schedule = None, on_trace_ready = None, record_shapes: _bool = False, profile_memory: _bool = False, with_stack: _bool = False, with_flops: _bool = False, with_modules: _bool = False, use_cuda = None) -> None: ...
    def start(self):
        """Begin, as the `with` block does."""
    def stop(self):
        """End, as the `with` block does."""
    def __enter__(self): ...
    def __exit__(self, *error: Any): ...
    def step(self) -> Any:
        """Say that a step of the loop is done, for the schedule."""
    def events(self):
        """The launches in their order, each with kernel, start, duration, phase, module, place, shapes and work."""
    def key_averages(self, group_by_input_shape: _bool = False, group_by_stack_n: Any = 0, group_by_overload_name: _bool = False):
        """A Table with a row for each kernel, of each combination of shapes, or of each line, if they are asked for."""
    def by(self, *names: Any):
        """A Table with a row for what is alike in these: "kernel", "phase", "module", "place", "shapes"."""
    def __str__(self): ...
    def export_chrome_trace(self, path, use_python_export: _bool = False):
        """Write all launches for chrome://tracing and Perfetto; gzipped if the name ends in ".gz"."""

class record_function(ContextDecorator):
    """Give a name to a stretch of the program, for the trace: `with record_function("loading"):`."""
    name: Any
    def __init__(self, name, args = None) -> None: ...
    def __enter__(self): ...
    def __exit__(self, *error: Any): ...

def schedule(*, wait, warmup, active, repeat: Any = 0, skip_first: Any = 0):
    """A schedule: after `skip_first` steps, again and again `wait` steps of rest, `warmup` steps, `active` recorded."""
def tensorboard_trace_handler(dir_name, worker_name = None, use_gzip: _bool = False, use_python_export: _bool = False):
    """An `on_trace_ready` that writes each trace into a folder, named as TensorBoard's profiler expects it."""
