"""The state of a module, by path: taken from it, and checked and copied into it."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..arguments import wrong_kind
from ..autograd.mode import no_grad
from ..ops.creation import as_tensor
from ..tensor import Tensor, wrap
from .parameter import Parameter, is_lazy


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` could not match."""

    missing_keys: list
    unexpected_keys: list

    def __repr__(self):
        keys = f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"
        return keys if any(self) else "<All keys matched successfully>"


EXTRA = "_extra_state"


def get_extra_state(self):
    """What else belongs into the state of a module, for a subclass to say; `state_dict` holds it."""
    raise NotImplementedError(f"get_extra_state is not implemented for {type(self).__name__}")


def set_extra_state(self, state):
    """Take over what `get_extra_state` returned, for a subclass to say; `load_state_dict` calls it."""
    raise NotImplementedError(f"set_extra_state is not implemented for {type(self).__name__}")


def state_dict(module, destination, prefix, keep_vars):
    """See `Module.state_dict`."""
    for hook in list(module._state_dict_pre_hooks.values()):
        hook(module, prefix, keep_vars)
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix.removesuffix(".")] = metadata
    for name, tensor in module._own_state():
        destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
    if type(module).get_extra_state is not get_extra_state:
        destination[prefix + EXTRA] = module.get_extra_state()
    for name, child, _ in module._registered("module"):
        child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in list(module._state_dict_hooks.values()):
        changed = hook(module, destination, prefix, metadata)
        destination = destination if changed is None else changed
    return destination


def _added_since(module, metadata):
    """The keys that a state may lack, as the versions that PyTorch writes into its `_metadata` are too old."""
    added = set()
    for path, inner in module.named_modules(remove_duplicate=False):
        if (metadata.get(path, {}).get("version") or 0) < inner._version:
            added |= {f"{path}.{name}" if path else name for name in inner._added}
    return added


def load(module, state_dict, strict, assign=False):
    """See `Module.load_state_dict`. Raises: RuntimeError for a state that does not fit, TypeError for what is none."""
    if not isinstance(state_dict, Mapping):
        raise wrong_kind("load_state_dict", "state_dict", "a mapping from names to tensors", state_dict)
    metadata = getattr(state_dict, "_metadata", None) or {}
    keys, problems = IncompatibleKeys([], []), []
    state = _after_pre_hooks(module, OrderedDict(state_dict), "", metadata, (strict, *keys, problems))
    own, extra = dict(module._state()), _modules_with_extra(module)
    given = {k: v for k, v in state.items() if k not in extra and not (is_lazy(v) and is_lazy(own.get(k)))}
    added = _added_since(module, metadata)
    keys.missing_keys.extend(k for k in [*own, *extra] if k not in state and k not in added)
    keys.unexpected_keys.extend(str(k) for k in state if k not in own and k not in extra)
    arrays = {k: _array_of(k, v) for k, v in given.items()}
    problems += [p for k, array in arrays.items() if k in own and (p := _misfit(k, own[k], array, assign))]
    forgiving = any(inner._load_state_dict_post_hooks for inner in module.modules())
    _raise_if(module, problems, keys if strict and not forgiving else IncompatibleKeys([], []))
    if assign:
        _assign(module, {k: given[k] for k in own if k in given})
    else:
        _copy(own, {k: _of_dtype(arrays[k], tensor.dtype) for k, tensor in own.items() if k in arrays})
    for k, inner in extra.items():
        if k in state:
            inner.set_extra_state(state[k])
    _call_post_hooks(module, keys)
    if strict:
        _raise_if(module, [], keys)
    return keys


def _copy(own, arrays):
    """Copy arrays into tensors."""
    with no_grad():
        for k, array in arrays.items():
            if is_lazy(own[k]):
                own[k].materialize(array.shape)
            own[k].copy_(wrap(array))


def _assign(module, given):
    """Put tensors, or tensors of arrays, in the places of parameters and buffers."""
    for key, value in given.items():
        path, _, name = key.rpartition(".")
        owner = module.get_submodule(path)
        value = value if isinstance(value, Tensor) else as_tensor(value)
        if isinstance(getattr(owner, name), Parameter):
            requires_grad = getattr(owner, name).requires_grad
            value = value if isinstance(value, Parameter) else Parameter(value.detach())
            value.requires_grad_(requires_grad)
        setattr(owner, name, value)


def _after_pre_hooks(module, state, prefix, metadata, rest):
    """The state as the hooks of a module and of those inside it leave it; each sees what begins with its prefix."""
    for hook in list(module._load_state_dict_pre_hooks.values()):
        hook(module, state, prefix, metadata.get(prefix.removesuffix("."), {}), *rest)
    children = {f"{prefix}{name}.": child for name, child, _ in module._registered("module")}
    found = OrderedDict((k, v) for k, v in state.items() if not str(k).startswith(tuple(children)))
    for at, child in children.items():
        inner = OrderedDict((k, v) for k, v in state.items() if str(k).startswith(at))
        found.update(_after_pre_hooks(child, inner, at, metadata, rest))
    return found


def _call_post_hooks(module, keys):
    """Call the hooks after loading, those of inner modules first. Raises: TypeError if one returns something."""
    for child in module.children():
        _call_post_hooks(child, keys)
    for hook in list(module._load_state_dict_post_hooks.values()):
        if hook(module, keys) is not None:
            raise TypeError("a load_state_dict post-hook must return None; it may change incompatible_keys in place")


def _modules_with_extra(module):
    """{key: module} of those that take over an extra state."""
    found = {}
    for path, inner in module.named_modules(remove_duplicate=False):
        if type(inner).set_extra_state is not set_extra_state:
            found[f"{path}.{EXTRA}" if path else EXTRA] = inner
    return found


def _raise_if(module, problems, keys):
    """Raise RuntimeError if there are problems, or keys that are missing or unexpected."""
    known = [("missing keys", keys.missing_keys), ("unexpected keys", keys.unexpected_keys)]
    problems = [f"{what}: {', '.join(names)}" for what, names in known if names] + problems
    if problems:
        raise RuntimeError("\n    ".join([f"the state does not fit {type(module).__name__}:", *problems]))


def _misfit(key, tensor, array, assign):
    """Why an array cannot be copied into a tensor, or take its place, in words; None if it can."""
    if not is_lazy(tensor) and array.shape != tensor.shape:
        return f"{key}: expected shape {tensor.shape}, got {array.shape}"
    if assign:
        trained = isinstance(tensor, Parameter) and tensor.requires_grad
        return f"{key}: expected floating point, got {array.dtype}" if trained and array.dtype.kind != "f" else None
    if not np.can_cast(array.dtype, tensor.dtype, "same_kind"):
        return f"{key}: expected dtype {tensor.dtype}, got {array.dtype}"
    if not is_lazy(tensor) and not tensor.array.flags.writeable:
        return f"{key}: its elements share memory or are read-only; use clone() first"
    return None


def _array_of(key, value):
    if is_lazy(value):
        raise RuntimeError(f"{key}: expected a tensor with values, got one of a module that has not been called yet")
    if isinstance(value, Tensor):
        return value.array
    try:
        return np.asarray(value)
    except Exception as error:  # of another library, or lists of different lengths
        raise RuntimeError(f"{key}: expected a tensor or an array: {error}") from error


@np.errstate(over="ignore")
def _of_dtype(array, dtype):
    return array if array.dtype == dtype else array.astype(dtype)
