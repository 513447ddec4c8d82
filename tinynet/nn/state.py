"""The state of a module, by path: taken from it, and checked and copied into it."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..arguments import wrong_kind
from ..autograd.mode import no_grad
from ..tensor import Tensor, wrap
from .parameter import is_lazy


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` could not match."""

    missing_keys: list
    unexpected_keys: list


def state_dict(module, destination, prefix, keep_vars):
    """See `Module.state_dict`."""
    found = OrderedDict() if destination is None else destination
    for name, tensor in module._state(prefix):
        found[name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
    if destination is None:
        found._metadata = OrderedDict()
    if hasattr(found, "_metadata"):
        versions = {path: {"version": inner._version} for path, inner in module.named_modules()}
        found._metadata.update((f"{prefix}{path}".removesuffix("."), version) for path, version in versions.items())
    return found


def _added_since(module, metadata):
    """The keys that a state may lack, as the versions that PyTorch writes into its `_metadata` are too old."""
    added = set()
    for path, inner in module.named_modules(remove_duplicate=False):
        if (metadata.get(path, {}).get("version") or 0) < inner._version:
            added |= {f"{path}.{name}" if path else name for name in inner._added}
    return added


def load(module, state_dict, strict):
    """See `Module.load_state_dict`. Raises: RuntimeError for a state that does not fit, TypeError for what is none."""
    if not isinstance(state_dict, Mapping):
        raise wrong_kind("load_state_dict", "state_dict", "a mapping from names to tensors", state_dict)
    own = dict(module._state())
    given = {k: v for k, v in state_dict.items() if not (is_lazy(v) and is_lazy(own.get(k)))}
    added = _added_since(module, getattr(state_dict, "_metadata", None) or {})
    missing = [k for k in own if k not in state_dict and k not in added]
    unexpected = [str(k) for k in state_dict if k not in own]
    problems = []
    if strict and missing:
        problems.append(f"missing keys: {', '.join(missing)}")
    if strict and unexpected:
        problems.append(f"unexpected keys: {', '.join(unexpected)}")
    given = {k: _array_of(k, v) for k, v in given.items()}
    problems += [problem for k, array in given.items() if k in own and (problem := _misfit(k, own[k], array))]
    if problems:
        raise RuntimeError("\n    ".join([f"the state does not fit {type(module).__name__}:", *problems]))
    arrays = {k: _of_dtype(given[k], tensor.dtype) for k, tensor in own.items() if k in given}
    with no_grad():
        for k, array in arrays.items():
            if is_lazy(own[k]):
                own[k].materialize(array.shape)
            own[k].copy_(wrap(array))
    return IncompatibleKeys(missing, unexpected)


def _misfit(key, tensor, array):
    """Why an array cannot be copied into a tensor, in words; None if it can."""
    if not is_lazy(tensor) and array.shape != tensor.shape:
        return f"{key}: expected shape {tensor.shape}, got {array.shape}"
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
