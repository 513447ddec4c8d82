"""Parametrizations: a tensor of a module that is computed, at each use, by modules from others, which are trained."""

import functools
from collections.abc import Sequence
from contextlib import contextmanager

from ...arguments import boolean, wrong_kind
from ...autograd.mode import no_grad
from ...errors import ArgumentTypeError, ArgumentValueError, DTypeError, ShapeError
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import BUFFERS, PARAMETER, Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "type_before_parametrizations",
]  # fmt: skip

_cache, _depth = {}, 0  # (module, name): its tensor, in `cached` blocks, of which so many are open


@contextmanager
def cached():
    """In the `with` block each parametrized tensor is computed once, when it is first asked for."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The parametrizations f₁, f₂, ... of a tensor, which is fₙ(... f₁(original)), and that original.

    It is a parameter `original`, or `original0`, `original1`, ... where `right_inverse` of f₁ returns several.
    """

    def __init__(self, modules, original, unsafe=False):
        if not len(modules):
            raise ArgumentValueError("ParametrizationList: expected at least one module")
        super().__init__(modules)
        self.unsafe = boolean("ParametrizationList", "unsafe", unsafe)
        with no_grad():
            new = self._inverted(original, needed=False)
            self.is_tensor = isinstance(new, Tensor)
            _expect_originals(new)
            if self.is_tensor and new.dtype != original.dtype:
                raise DTypeError(f"parametrization: expected an original of dtype {original.dtype}, got {new.dtype}")
            if not self.unsafe:
                _expect_alike(self._computed([new] if self.is_tensor else new), original)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            _set(original, new)
            _register(self, "original", original)
            return
        for i, x in enumerate(new):
            x = x.detach().clone()
            if isinstance(original, Parameter):
                x = Parameter(x, original.requires_grad)
            _register(self, f"original{i}", x)

    def _originals(self):
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def _computed(self, originals):
        first, *others = self
        x = first(*originals)
        for module in others:
            x = module(x)
        return x

    def _inverted(self, value, needed):
        """The originals of a value; a module without `right_inverse` is an error if that is `needed`, else skipped."""
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                try:
                    value = module.right_inverse(value)
                    continue
                except NotImplementedError:
                    if needed:
                        raise
            if needed:
                raise RuntimeError(f"parametrization: {type(module).__name__} has no right_inverse to assign by")
        return value

    def right_inverse(self, value):
        """Set the originals so that the tensor becomes `value`; all modules must have a `right_inverse`."""
        with no_grad():
            new = self._inverted(value, needed=True)
            _expect_originals(new)
            new, originals = [new] if self.is_tensor else list(new), self._originals()
            if len(new) != len(originals):
                raise ArgumentValueError(f"parametrization: expected {len(originals)} originals, got {len(new)}")
            for x, original in zip(new, originals):
                if x.dtype != original.dtype:
                    raise DTypeError(f"parametrization: expected an original of {original.dtype}, got {x.dtype}")
            for x, original in zip(new, originals):
                _set(original, x)

    def forward(self):
        return self._computed(self._originals())


def _expect_originals(new):
    if isinstance(new, Tensor):
        return
    if not isinstance(new, Sequence) or not all(isinstance(x, Tensor) for x in new):
        raise ArgumentTypeError(
            "parametrization: expected right_inverse to return a Tensor or a sequence of them, "
            f"got {type(new).__name__}"
        )


def _expect_alike(x, model):
    if not isinstance(x, Tensor):
        raise ArgumentTypeError(f"parametrization: expected it to return a Tensor, got {type(x).__name__}")
    if x.dtype != model.dtype:
        raise DTypeError(f"parametrization: expected dtype {model.dtype}, got {x.dtype}; or say unsafe=True")
    if x.shape != model.shape:
        raise ShapeError(f"parametrization: expected shape {model.shape}, got {x.shape}; or say unsafe=True")


def _set(tensor, new):
    """Let a parameter or buffer, which an optimizer may know, have the values of another tensor."""
    if new is tensor:
        return
    if new.shape == tensor.shape:
        with no_grad():
            tensor.copy_(new)
        return
    tensor.array = new.detach().clone().array
    if tensor._leaf is not None:
        tensor._leaf.leave_arena()
        tensor._leaf.grad = None


def _register(module, name, tensor):
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


# The class of a module with parametrized tensors


@functools.cache
def _class_of(base, names):
    """A subclass of `base` in which the attributes `names` are computed by the module's parametrizations."""

    def __setattr__(self, name, value):
        (object if name in names else base).__setattr__(self, name, value)

    def __reduce_ex__(self, protocol):
        return _rebuilt, (base, names), self.__dict__

    members = {name: property(_getter(name), _setter(name)) for name in names}
    members.update(__setattr__=__setattr__, __reduce_ex__=__reduce_ex__, __module__=base.__module__, _base=base)
    return type(f"Parametrized{base.__name__}", (base,), members)


def _rebuilt(base, names):
    cls = _class_of(base, names)
    return cls.__new__(cls)


def _getter(name):
    def get(module):
        if not _depth:
            return module.parametrizations[name]()
        key = id(module), name
        if key not in _cache:
            _cache[key] = module.parametrizations[name]()
        return _cache[key]

    return get


def _setter(name):
    def set_by_inverse(module, value):
        module.parametrizations[name].right_inverse(value)
        _cache.pop((id(module), name), None)

    return set_by_inverse


def type_before_parametrizations(module):
    """The class of a module without regard to parametrizations."""
    return getattr(type(module), "_base", type(module)) if is_parametrized(module) else type(module)


def is_parametrized(module, tensor_name=None):
    """Whether a module has parametrized tensors, or one of this name."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


# What a user calls


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """Let `module.<tensor_name>` be what the module `parametrization` makes of it at each use; returns the module.

        weight = fₙ(... f₂(f₁(original)))

    A parameter stays the same object, under the name `parametrizations.<tensor_name>.original`. It gets the values that
    `right_inverse` of the parametrization, where it has one, makes of its own. A further parametrization is applied
    after those before.

    Raises: ArgumentValueError for a name of no parameter or buffer; DTypeError, ShapeError, and changes nothing, where
    the tensor would become one of another dtype or shape, unless `unsafe`.
    """
    for name, value in (("module", module), ("parametrization", parametrization)):
        if not isinstance(value, Module):
            raise wrong_kind("register_parametrization", name, "a Module", value)
    unsafe = boolean("register_parametrization", "unsafe", unsafe)
    add = _append if is_parametrized(module, tensor_name) else _parametrize
    modes = [(part, part.training) for part in parametrization.modules()]
    parametrization.train(module.training)  # in which it is checked too
    try:
        add(module, tensor_name, parametrization, unsafe)
    except BaseException:
        for part, mode in modes:
            part.training = mode
        raise
    return module


def _append(module, tensor_name, parametrization, unsafe):
    """Let a tensor that is parametrized be what a further module makes of it."""
    if not unsafe:
        with no_grad():
            before = getattr(module, tensor_name)
            after = parametrization(before)
            _expect_alike(after, before)
            if hasattr(parametrization, "right_inverse"):
                _expect_alike(parametrization.right_inverse(after), before)
    found = module.parametrizations[tensor_name]
    found.append(parametrization)
    found.unsafe |= unsafe


def _parametrize(module, tensor_name, parametrization, unsafe):
    if module._kinds.get(tensor_name) not in (PARAMETER, *BUFFERS) or getattr(module, tensor_name) is None:
        raise ArgumentValueError(
            f"register_parametrization: expected the name of a parameter or buffer of {module.describe()}, "
            f"got {tensor_name!r}"
        )
    found = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    if not is_parametrized(module):
        module.register_module("parametrizations", ModuleDict())
    base = type_before_parametrizations(module)
    delattr(module, tensor_name)
    module.parametrizations[tensor_name] = found
    module.__class__ = _class_of(base, tuple(module.parametrizations))


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Make a parametrized tensor an ordinary one: of its present values, or those of its original; returns the module.

    Raises: ArgumentValueError where nothing is parametrized, or for `leave_parametrized=False` of several originals.
    """
    if not is_parametrized(module, tensor_name):
        raise ArgumentValueError(f"remove_parametrizations: {module.describe()} has no parametrized {tensor_name!r}")
    found = module.parametrizations[tensor_name]
    first = found._originals()[0]
    if boolean("remove_parametrizations", "leave_parametrized", leave_parametrized):
        with no_grad():
            value = getattr(module, tensor_name)
        if found.is_tensor:
            _set(first, value)
        else:
            trained = any(x.requires_grad for x in found._originals())
            first = Parameter(value.detach().clone()) if trained else value
    elif not found.is_tensor:
        raise ArgumentValueError("remove_parametrizations: expected leave_parametrized=True for several originals")
    base, left = type_before_parametrizations(module), module.parametrizations
    del left[tensor_name]
    module.__class__ = _class_of(base, tuple(left)) if len(left) else base
    if not len(left):
        del module.parametrizations
    _register(module, tensor_name, first)
    return module
