"""Module: a part of a network, with parameters, and perhaps with modules inside."""

import itertools
from types import MappingProxyType

from .. import capture, dtypes
from ..arguments import boolean, only
from ..autograd.mode import mode, no_grad
from ..devices import CPU, CUDA, gpu, is_device
from ..errors import LocatedError
from ..tensor import Tensor
from . import hooks, state, summary
from .hooks import (  # noqa: F401, also found as nn.modules.module.register_...
    Hooked,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .parameter import Buffer, Parameter

# What an attribute may be registered as
PARAMETER, MODULE, BUFFER, TRANSIENT_BUFFER = "parameter", "module", "buffer", "transient buffer"
BUFFERS = BUFFER, TRANSIENT_BUFFER


class Module(Hooked, capture.Watched):
    """The base of all networks: subclass it, assign parameters and modules as attributes, and write `forward`.

    Attributes are plain Python attributes. Parameters and modules are registered when they are assigned, buffers by
    `register_buffer`; `parameters()`, `state_dict()` and their like walk through them in the order of registration:
    first a module's own parameters and buffers, then its modules. A name keeps its place while another of its kind, or
    None, is assigned to it. Under a subclass that does not call `super().__init__()` everything works all the same.
    """

    training = True
    _version, _added = 1, ()  # of the form of a state, and the names that this version added
    _kinds = MappingProxyType({})  # name: what it is registered as, in the order of registration

    def forward(self, *args, **kwargs):
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *args, **kwargs):
        if (hooks.active and hooks.around(self)) or mode.path is not None:
            return self._call_watched(args, kwargs)
        try:
            return self.forward(*args, **kwargs)
        except LocatedError as error:
            error.enter(self)
            raise

    def _call_watched(self, args, kwargs):
        """The call with its hooks, and while somebody wants to know in which module an operation runs."""
        forward = self.forward if mode.path is None else self._forward_by_name
        try:
            return hooks.call(self, forward, args, kwargs)
        except LocatedError as error:
            error.enter(self)
            raise

    def _forward_by_name(self, *args, **kwargs):
        outer, parents = mode.path, mode.modules
        name = parents[-1]._path_of(self) if parents else "model"
        path = ".".join(p for p in (outer, name) if p)
        mode.path, mode.modules = path, (*parents, self)
        try:
            out = self.forward(*args, **kwargs)
            if mode.visit is not None:
                mode.visit(path, self, out)
            return out
        finally:
            mode.path, mode.modules = outer, parents

    def _path_of(self, inner):
        """The path of a module inside this one, or None; it may be in a list or dict, which nobody calls."""
        paths = itertools.chain(self.named_children(), self.named_modules())
        return next((path for path, module in paths if module is inner), None)

    def __setattr__(self, name, value):
        if self.__dict__.get(name, self) is not value:
            capture.changed()
        kind = self._kinds.get(name)
        if isinstance(value, Parameter):
            self._register(name, value, PARAMETER)
        elif isinstance(value, Module) and kind != PARAMETER:
            self._register(name, value, MODULE)
        elif isinstance(value, Buffer) and kind not in (PARAMETER, MODULE):
            self._register(name, value, BUFFER if value.persistent else TRANSIENT_BUFFER)
        else:
            if kind is not None and value is not None and not (kind in BUFFERS and isinstance(value, Tensor)):
                expected = EXPECTED[kind].__name__
                raise TypeError(f"cannot assign {_described(value)} as {kind} {name!r}: expected a {expected} or None")
            object.__setattr__(self, name, value)

    def __delattr__(self, name):
        capture.changed()
        object.__delattr__(self, name)
        if name in self._kinds:
            del self._kinds[name]

    def _register(self, name, value, kind):
        """Set an attribute; if it was not of this kind, it comes last of its kind."""
        capture.changed()
        value = hooks.registered(self, name, value, kind)
        if self._kinds.get(name) != kind:
            if "_kinds" not in self.__dict__:
                object.__setattr__(self, "_kinds", {})
            self._kinds.pop(name, None)
            self.__dict__.pop(name, None)
            self._kinds[name] = kind
        object.__setattr__(self, name, value)

    def _registered(self, *kinds):
        """(name, value, kind) of each registered attribute of these kinds that is not None."""
        for name, kind in list(self._kinds.items()):
            if kind in kinds and self.__dict__.get(name) is not None:
                yield name, self.__dict__[name], kind

    # Registration by name

    def register_parameter(self, name, param):
        """The same as `self.<name> = parameter`; None for a parameter that is absent.

        Raises KeyError for a name that is no name or is taken, TypeError for what is no Parameter; as the others do.
        """
        self._register_new(name, param, PARAMETER)

    def register_module(self, name, module):
        """The same as `self.<name> = module`."""
        self._register_new(name, module, MODULE)

    add_module = register_module

    def register_buffer(self, name, tensor, persistent=True):
        """A tensor that is no parameter but belongs to the module: saved in `state_dict` if `persistent`."""
        self._register_new(name, tensor, BUFFER if persistent else TRANSIENT_BUFFER)

    def _register_new(self, name, value, kind):
        same = BUFFERS if kind in BUFFERS else (kind,)
        if not isinstance(name, str):
            raise TypeError(f"expected a string as name of a {kind}, got {type(name).__name__}")
        if name == "" or "." in name:
            raise KeyError(f"the name of a {kind} must not be empty or contain '.', got {name!r}")
        if hasattr(self, name) and self._kinds.get(name) not in same:
            raise KeyError(f"attribute {name!r} already exists")
        if value is not None and not isinstance(value, EXPECTED[kind]):
            raise TypeError(f"expected a {EXPECTED[kind].__name__} or None as {kind} {name!r}, got {_described(value)}")
        if self._kinds.get(name) in same:
            self._kinds[name] = kind  # in its place
        self._register(name, value, kind)

    # Walks

    def named_children(self):
        """(name, module) for each module that is an attribute of this one, each once."""
        seen = set()
        for name, module, _ in self._registered(MODULE):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

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
        for name, child, _ in self._registered(MODULE):
            yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate=True):
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def _named(self, kinds, prefix, recurse, remove_duplicate):
        seen = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, tensor, _ in module._registered(*kinds):
                if id(tensor) not in seen:
                    if remove_duplicate:
                        seen.add(id(tensor))
                    yield f"{path}.{name}" if path else name, tensor

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """(path, parameter) for all parameters, each once: '0.weight', '0.bias', ..."""
        return self._named((PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """(path, tensor) for all buffers, each once."""
        return self._named(BUFFERS, prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target):
        """The module at a path such as 'encoder.0'."""
        module = self
        for name in target.split(".") if target else []:
            module = module.__dict__.get(name) if module._kinds.get(name) == MODULE else None
            if module is None:
                raise AttributeError(f"{type(self).__name__} has no module {target!r}: nothing is called {name!r}")
        return module

    def get_parameter(self, target):
        """The parameter at a path such as 'encoder.0.weight'."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module.__dict__.get(name) if module._kinds.get(name) == PARAMETER else None
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no parameter {target!r}")
        return found

    def get_buffer(self, target):
        """The buffer at a path such as 'encoder.0.running_mean'."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module.__dict__.get(name) if module._kinds.get(name) in BUFFERS else None
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no buffer {target!r}")
        return found

    def set_submodule(self, target, module, strict=False):
        """Set the module at a path such as 'encoder.0'; with `strict` there must be one, without its parent."""
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule: expected module to be a Module, got {type(module).__name__}")
        if target == "":
            raise ValueError("set_submodule: expected a path that is not empty")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if boolean("set_submodule", "strict", strict):
            self.get_submodule(target)
        setattr(parent, name, module)

    # Modes

    def compile(self, *args, **kwargs):
        """Let `forward` become a program, as `tinynet.compile` makes it, with the same arguments; returns nothing."""
        from ..compiler import compile  # which few programs need, and takes as long to import as all modules

        self.forward = compile(self.forward, *args, **kwargs)

    def train(self, mode=True):
        """Switch to training, or with `mode=False` to evaluation: dropout and the like behave differently."""
        mode = boolean("train", "mode", mode)
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Set all gradients to None, or with `set_to_none=False` to zeros."""
        set_to_none = boolean("zero_grad", "set_to_none", set_to_none)
        for p in self.parameters():
            if p._leaf is not None:
                p._leaf.zero_grad(set_to_none)

    def apply(self, fn):
        """Call `fn(module)` for every module inside, then for this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args, dtype=None, device=None, non_blocking=False, memory_format=None):
        """Move all parameters and buffers to a device, and convert those of floating dtype: to("cuda"), to(float64).

        Gradients go with them. Those with 4 or 5 dimensions get the order of a `memory_format`, if one is given. Make
        the optimizer afterwards. `non_blocking` is accepted: nothing waits. Raises DeviceError, and changes nothing,
        if the device cannot be used.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                device, dtype = arg.device, arg.dtype
            elif is_device(arg):
                device = arg
            elif not isinstance(arg, bool):  # non_blocking
                dtype = arg
        dtype = None if dtype is None else dtypes.as_dtype(dtype)

        def convert(tensor):
            order = memory_format if memory_format is not None and tensor.ndim in (4, 5) else None
            return tensor.to(device, dtype if tensor.is_floating_point() else None, memory_format=order)

        return self._convert(convert)

    def _convert(self, convert):
        """Let all parameters and buffers, and gradients, be what a function makes of them, once it has for all."""
        moved = []
        for tensor in [*self.parameters(), *self.buffers()]:
            with no_grad():
                new = convert(tensor)
            if new is not tensor:
                grad = tensor.borrow_grad()
                moved.append((tensor, new, None if grad is None else grad.detach().to(new.device, new.dtype)))
        for tensor, new, grad in moved:
            tensor.array = new.array
            if not new.array.flags.c_contiguous:
                tensor.keep_order()
            if tensor._leaf is not None:
                tensor._leaf.leave_arena()
                tensor._leaf.grad = grad
        return self

    def cuda(self, device=None):
        """Move all parameters and buffers to the GPU."""
        return self.to(CUDA if device is None else gpu(device))

    def cpu(self):
        """Move all parameters and buffers to the CPU."""
        return self.to(CPU)

    def to_empty(self, *, device, recurse=True):
        """`to(device)`, whose values may be overwritten."""
        only("to_empty", "recurse", recurse, True)
        return self.to(device)

    def type(self, dst_type):
        """Convert all parameters and buffers, those of integers too, to a type such as float64 or DoubleTensor."""
        return self._convert(lambda tensor: tensor.type(dst_type))

    def float(self):
        return self.to(dtypes.float32)

    def double(self):
        return self.to(dtypes.float64)

    def half(self):
        return self.to(dtypes.float16)

    # State

    def state_dict(self, *, destination=None, prefix="", keep_vars=False):
        """Parameters and persistent buffers by path, outside the graph but sharing memory, in an OrderedDict.

        They go into `destination` if one is given, and with `keep_vars` are the parameters and buffers themselves.
        """
        return state.state_dict(self, destination, prefix, boolean("state_dict", "keep_vars", keep_vars))

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy tensors or arrays into the parameters and buffers of the same paths.

        With `assign` they take the places of those instead, with their dtypes and devices; parameters require grad as
        those did. Make the optimizer afterwards.

        Everything is checked before the first is copied: after an error the module is as it was. Raises RuntimeError
        for missing or unexpected keys (unless `strict=False`, which returns them) and for other shapes. Where a module
        has post-hooks, which may forgive missing and unexpected keys, those are reported after the copy.
        """
        strict, assign = boolean("load_state_dict", "strict", strict), boolean("load_state_dict", "assign", assign)
        return state.load(self, state_dict, strict, assign)

    get_extra_state, set_extra_state = state.get_extra_state, state.set_extra_state

    def _own_state(self):
        """(name, tensor) of the parameters and persistent buffers of the module itself."""
        return [(name, tensor) for kind in (PARAMETER, BUFFER) for name, tensor, _ in self._registered(kind)]

    def _state(self):
        """(path, tensor) of all parameters and persistent buffers."""
        for path, module in self.named_modules(remove_duplicate=False):
            yield from ((f"{path}.{name}" if path else name, tensor) for name, tensor in module._own_state())

    # Text

    def extra_repr(self):
        """The arguments to show in `repr`."""
        return ""

    def describe(self):
        """The module in one line, for messages."""
        return f"{type(self).__name__}({self.extra_repr()})"

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        modules = [(name, getattr(self, name)) for name, kind in self._kinds.items() if kind == MODULE]
        lines = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in modules]
        if not lines:
            return self.describe()
        extra = [self.extra_repr()] if self.extra_repr() else []
        return "\n  ".join([f"{type(self).__name__}(", *extra, *lines]) + "\n)"

    def _repr_html_(self):
        return summary.html_of(self)

    def summary(self, *inputs):
        """A table of all modules with the number of their parameters, as text to print, and as HTML in notebooks.

        With example `inputs` the module is run on them, in evaluation mode, and the shape of each output is shown.
        """
        return summary.summary(self, *inputs)


EXPECTED = {PARAMETER: Parameter, MODULE: Module, BUFFER: Tensor, TRANSIENT_BUFFER: Tensor}


def _described(value):
    return "a plain Tensor" if value.__class__ is Tensor else f"a {type(value).__name__}"
