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
from .parameter import Parameter
class IncompatibleKeys(NamedTuple):
    missing_keys: list[_str]
    unexpected_keys: list[_str]

class Module(Hooked, Watched):
    """The base of all networks: subclass it, assign parameters and modules as attributes, and write `forward`."""
    training: _bool
    def __getattr__(self, name: _str) -> Any: ...
    def forward(self, *args: Any, **kwargs: Any) -> Any: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __setattr__(self, name, value) -> None: ...
    def __delattr__(self, name) -> None: ...
    def register_parameter(self, name, param) -> None:
        """The same as `self.<name> = parameter`; None for a parameter that is absent."""
    def register_module(self, name, module) -> None:
        """The same as `self.<name> = module`."""
    def add_module(self, name, module) -> None:
        """The same as `self.<name> = module`."""
    def register_buffer(self, name, tensor, persistent: _bool = True) -> None:
        """A tensor that is no parameter but belongs to the module: saved in `state_dict` if `persistent`."""
    def named_children(self) -> Iterator[tuple[_str, Module]]:
        """(name, module) for each module that is an attribute of this one, each once."""
    def children(self) -> Iterator[Module]: ...
    def named_modules(self, memo = None, prefix: _str = '', remove_duplicate: _bool = True) -> Iterator[tuple[_str, Module]]:
        """(path, module) for this module, whose path is '', and all inside it, each once."""
    def modules(self, remove_duplicate: _bool = True) -> Iterator[Module]: ...
    def named_parameters(self, prefix: _str = '', recurse: _bool = True, remove_duplicate: _bool = True) -> Iterator[tuple[_str, Parameter]]:
        """(path, parameter) for all parameters, each once: '0.weight', '0.bias', ..."""
    def parameters(self, recurse: _bool = True) -> Iterator[Parameter]: ...
    def named_buffers(self, prefix: _str = '', recurse: _bool = True, remove_duplicate: _bool = True) -> Iterator[tuple[_str, Tensor]]:
        """(path, tensor) for all buffers, each once."""
    def buffers(self, recurse: _bool = True) -> Iterator[Tensor]: ...
    def get_submodule(self, target) -> Module:
        """The module at a path such as 'encoder.0'."""
    def get_parameter(self, target) -> Parameter:
        """The parameter at a path such as 'encoder.0.weight'."""
    def get_buffer(self, target) -> Tensor:
        """The buffer at a path such as 'encoder.0.running_mean'."""
    def set_submodule(self, target, module, strict: _bool = False) -> Any:
        """Set the module at a path such as 'encoder.0'; with `strict` there must be one, without its parent."""
    def compile(self, *args: Any, **kwargs: Any) -> Any:
        """Let `forward` become a program, as `tinynet.compile` makes it, with the same arguments; returns nothing."""
    def train(self, mode: _bool = True) -> Self:
        """Switch to training, or with `mode=False` to evaluation: dropout and the like behave differently."""
    def eval(self) -> Self: ...
    def requires_grad_(self, requires_grad: _bool = True) -> Self: ...
    def zero_grad(self, set_to_none: _bool = True) -> None:
        """Set all gradients to None, or with `set_to_none=False` to zeros."""
    def apply(self, fn) -> Self:
        """Call `fn(module)` for every module inside, then for this one."""
    def to(self, *args: Any, dtype = None, device = None, non_blocking: _bool = False, memory_format = None) -> Self:
        """Move all parameters and buffers to a device, and convert those of floating dtype: to("cuda"), to(float64)."""
    def cuda(self, device = None) -> Self:
        """Move all parameters and buffers to the GPU."""
    def cpu(self) -> Self:
        """Move all parameters and buffers to the CPU."""
    def to_empty(self, *, device, recurse: _bool = True) -> Self:
        """`to(device)`, whose values may be overwritten."""
    def type(self, dst_type) -> Self:
        """Convert all parameters and buffers, those of integers too, to a type such as float64 or DoubleTensor."""
    def float(self) -> Self: ...
    def double(self) -> Self: ...
    def half(self) -> Self: ...
    def state_dict(self, *, destination = None, prefix: _str = '', keep_vars: _bool = False) -> dict[_str, Any]:
        """Parameters and persistent buffers by path, outside the graph but sharing memory, in an OrderedDict."""
    def load_state_dict(self, state_dict, strict: _bool = True, assign: _bool = False) -> IncompatibleKeys:
        """Copy tensors or arrays into the parameters and buffers of the same paths."""
    def get_extra_state(self) -> Any:
        """What else belongs into the state of a module, for a subclass to say; `state_dict` holds it."""
    def set_extra_state(self, state) -> Any:
        """Take over what `get_extra_state` returned, for a subclass to say; `load_state_dict` calls it."""
    def extra_repr(self) -> _str:
        """The arguments to show in `repr`."""
    def describe(self) -> _str:
        """The module in one line, for messages."""
    def __repr__(self) -> _str: ...
    def summary(self, *inputs: Any) -> _str:
        """A table of all modules with the number of their parameters, as text to print, and as HTML in notebooks."""
