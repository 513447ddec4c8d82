"""Module: a part of a network, with parameters, and perhaps with modules inside."""

from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from .. import dtypes
from ..autograd.graph import mode, no_grad
from ..devices import CPU, CUDA, is_device
from ..errors import LocatedError
from ..tensor import Tensor
from .parameter import Parameter


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` could not match."""

    missing_keys: list
    unexpected_keys: list


class Module:
    """The base of all networks: subclass it, assign parameters and modules as attributes, and write `forward`.

    Attributes are plain Python attributes. `parameters()`, `state_dict()` and their like walk through them in the
    order of assignment: first a module's own parameters and buffers, then its modules. Under a subclass that does
    not call `super().__init__()` everything works all the same.
    """

    training = True

    def forward(self, *args, **kwargs):
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *args, **kwargs):
        if mode.path is not None:
            return self._call_by_name(*args, **kwargs)
        try:
            return self.forward(*args, **kwargs)
        except LocatedError as error:
            error.enter(self)
            raise

    def _call_by_name(self, *args, **kwargs):
        """The call while somebody wants to know in which module an operation runs."""
        outer, parents = mode.path, mode.modules
        name = next((n for n, m in parents[-1].named_children() if m is self), None) if parents else "model"
        path = ".".join(p for p in (outer, name) if p)
        mode.path, mode.modules = path, (*parents, self)
        try:
            out = self.forward(*args, **kwargs)
            if mode.visit is not None:
                mode.visit(path, self, out)
            return out
        except LocatedError as error:
            error.enter(self)
            raise
        finally:
            mode.path, mode.modules = outer, parents

    def __setattr__(self, name, value):
        before = self.__dict__.get(name)
        if isinstance(before, Parameter) and isinstance(value, Tensor) and not isinstance(value, Parameter):
            raise TypeError(f"cannot assign a plain Tensor as parameter {name!r}: expected a Parameter or None")
        object.__setattr__(self, name, value)

    # Registration by name

    def register_parameter(self, name, parameter):
        """The same as `self.<name> = parameter`; None for a parameter that is absent."""
        setattr(self, name, parameter)

    def register_module(self, name, module):
        """The same as `self.<name> = module`."""
        setattr(self, name, module)

    add_module = register_module

    def register_buffer(self, name, tensor, persistent=True):
        """A tensor that is no parameter but belongs to the module: saved in `state_dict` if `persistent`."""
        object.__setattr__(self, "_buffers", {**self.__dict__.get("_buffers", {}), name: persistent})
        setattr(self, name, tensor)

    # Walks

    def named_children(self):
        """(name, module) for each module that is an attribute of this one."""
        seen = set()
        for name, value in list(self.__dict__.items()):
            if isinstance(value, Module) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def children(self):
        return (module for _, module in self.named_children())

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """(path, module) for this module, whose path is '', and all inside it, each once."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self):
        return (module for _, module in self.named_modules())

    def _own_parameters(self):
        return ((n, v) for n, v in list(self.__dict__.items()) if isinstance(v, Parameter))

    def _own_buffers(self):
        for name, persistent in self.__dict__.get("_buffers", {}).items():
            if isinstance(self.__dict__.get(name), Tensor):
                yield name, self.__dict__[name], persistent

    def _named(self, own, prefix, recurse):
        seen = set()
        modules = self.named_modules(prefix=prefix) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, tensor, *_ in own(module):
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield f"{path}.{name}" if path else name, tensor

    def named_parameters(self, prefix="", recurse=True):
        """(path, parameter) for all parameters, each once: '0.weight', '0.bias', ..."""
        return self._named(Module._own_parameters, prefix, recurse)

    def parameters(self, recurse=True):
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix="", recurse=True):
        """(path, tensor) for all buffers."""
        return self._named(Module._own_buffers, prefix, recurse)

    def buffers(self, recurse=True):
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target):
        """The module at a path such as 'encoder.0'."""
        module = self
        for name in target.split(".") if target else []:
            module = dict(module.named_children()).get(name)
            if module is None:
                raise AttributeError(f"{type(self).__name__} has no module {target!r}: nothing is called {name!r}")
        return module

    def get_parameter(self, target):
        """The parameter at a path such as 'encoder.0.weight'."""
        path, _, name = target.rpartition(".")
        found = dict(self.get_submodule(path)._own_parameters()).get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no parameter {target!r}")
        return found

    # Modes

    def train(self, mode=True):
        """Switch to training, or with `mode=False` to evaluation: dropout and the like behave differently."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Set all gradients to None, or with `set_to_none=False` to zeros."""
        for p in self.parameters():
            if p._leaf is not None:
                p._leaf.zero_grad(set_to_none)

    def apply(self, function):
        """Call `function(module)` for every module inside, then for this one."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def to(self, *args, dtype=None, device=None):
        """Move all parameters and buffers to a device, and convert those of floating dtype: to("cuda"), to(float64).

        Make the optimizer afterwards. Raises DeviceError, and changes nothing, if the device cannot be used.
        """
        for arg in args:
            if is_device(arg):
                device = arg
            else:
                dtype = arg
        dtype = None if dtype is None else dtypes.as_dtype(dtype)
        moved = []
        for tensor in [*self.parameters(), *self.buffers()]:
            with no_grad():
                new = tensor.to(device, dtype if tensor.is_floating_point() else None)
            if new is not tensor:
                moved.append((tensor, new.array))
        for tensor, array in moved:
            tensor.array = array
            if tensor._leaf is not None:
                tensor._leaf.home = tensor._leaf.arena = tensor._leaf.grad = None
        return self

    def cuda(self):
        """Move all parameters and buffers to the GPU."""
        return self.to(CUDA)

    def cpu(self):
        """Move all parameters and buffers to the CPU."""
        return self.to(CPU)

    def float(self):
        return self.to(dtypes.float32)

    def double(self):
        return self.to(dtypes.float64)

    # State

    def state_dict(self, prefix=""):
        """Parameters and persistent buffers by path, outside the graph but sharing memory, in an OrderedDict."""
        return OrderedDict((name, tensor.detach()) for name, tensor in self._state(prefix))

    def _state(self, prefix=""):
        for path, module in self.named_modules(remove_duplicate=False):
            at = f"{prefix}{path}." if path else prefix
            yield from ((at + name, p) for name, p in module._own_parameters())
            yield from ((at + name, b) for name, b, persistent in module._own_buffers() if persistent)

    def load_state_dict(self, state_dict, strict=True):
        """Copy tensors or arrays into the parameters and buffers of the same paths.

        Everything is checked before the first is copied: after an error the module is as it was. Raises RuntimeError
        for missing or unexpected keys (unless `strict=False`, which returns them) and for other shapes.
        """
        own = dict(self._state())
        given = {k: v.array if isinstance(v, Tensor) else np.asarray(v) for k, v in state_dict.items()}
        missing = [k for k in own if k not in given]
        unexpected = [k for k in given if k not in own]
        problems = []
        if strict and missing:
            problems.append(f"missing keys: {', '.join(missing)}")
        if strict and unexpected:
            problems.append(f"unexpected keys: {', '.join(unexpected)}")
        for k, array in given.items():
            if k not in own:
                continue
            if array.shape != own[k].shape:
                problems.append(f"{k}: expected shape {own[k].shape}, got {array.shape}")
            elif not np.can_cast(array.dtype, own[k].dtype, "same_kind"):
                problems.append(f"{k}: expected dtype {own[k].dtype}, got {array.dtype}")
        if problems:
            raise RuntimeError("\n    ".join([f"the state does not fit {type(self).__name__}:", *problems]))
        with no_grad():
            for k, array in given.items():
                if k in own:
                    own[k].copy_(Tensor(array))
        return IncompatibleKeys(missing, unexpected)

    # Text

    def extra_repr(self):
        """The arguments to show in `repr`."""
        return ""

    def describe(self):
        """The module in one line, for messages."""
        return f"{type(self).__name__}({self.extra_repr()})"

    def __repr__(self):
        lines = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in self.named_children()]
        if not lines:
            return self.describe()
        extra = [self.extra_repr()] if self.extra_repr() else []
        return "\n  ".join([f"{type(self).__name__}(", *extra, *lines]) + "\n)"

    def summary(self, *inputs):
        """A table of all modules with the number of their parameters, as text to print.

        With example `inputs` the module is run on them, in evaluation mode, and the shape of each output is shown.
        """
        from .summary import summary

        return summary(self, *inputs)
