"""A module as a function of its parameters."""

from collections.abc import Mapping

from ..arguments import boolean
from ..errors import ArgumentTypeError, ArgumentValueError
from ..tensor import Tensor

_ABSENT = object()


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """module(*args, **kwargs), with other tensors in the place of parameters and buffers, by their paths.

    They are given as a dict, or as several that have no key in common; gradients flow to them. `args` is a tuple, or
    the only argument. With `tie_weights` a tensor also takes the place of those that are the same as the one it is
    given for. With `strict` there must be one for each parameter and buffer, and no other.

    Raises: RuntimeError for missing and unexpected keys, ValueError for keys that are given twice, AttributeError for
    a path through a module that is not there, TypeError for what is no tensor.
    """
    tie_weights = boolean("functional_call", "tie_weights", tie_weights)
    dicts = _dicts(parameter_and_buffer_dicts)
    source = {key: d for d in dicts for key in d}
    given = {key: d[key] for key, d in source.items()}
    own = {**dict(_named(module.named_parameters)), **dict(_named(module.named_buffers))}
    if tie_weights:
        given = _with_tied(own, given)
    if boolean("functional_call", "strict", strict):
        _check_keys(module, own, given)
    before = []
    try:
        for key, tensor in given.items():
            path, _, name = key.rpartition(".")
            attributes = module.get_submodule(path).__dict__
            before.append((attributes, key, name, attributes.get(name, _ABSENT)))
            attributes[name] = tensor
        args = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*args, **({} if kwargs is None else kwargs))
    finally:
        for attributes, key, name, tensor in reversed(before):
            _restore(attributes, key, name, tensor, source)


def _dicts(given):
    dicts = given if isinstance(given, tuple | list) else [given]
    for d in dicts:
        if not isinstance(d, Mapping):
            raise ArgumentValueError(
                "functional_call: expected parameter_and_buffer_dicts to be a dict or several in a tuple, got "
                f"{type(d).__name__}"
            )
        for key, x in d.items():
            if x is not None and not isinstance(x, Tensor):
                raise ArgumentTypeError(f"functional_call: expected a Tensor as {key!r}, got {type(x).__name__}")
    twice = sorted({key for i, d in enumerate(dicts) for key in d for other in dicts[:i] if key in other})
    if twice:
        raise ArgumentValueError(f"functional_call: expected each key in one dict alone, got {', '.join(twice)} twice")
    return dicts


def _named(walk):
    return walk(remove_duplicate=False)


def _with_tied(own, given):
    """What is given, also for the names of the same tensors. Raises ArgumentValueError if these are given another."""
    names = {}
    for name, tensor in own.items():
        names.setdefault(id(tensor), []).append(name)
    out = dict(given)
    for group in names.values():
        values = {id(given[name]): given[name] for name in group if name in given}
        if len(values) > 1:
            raise ArgumentValueError(
                f"functional_call: {', '.join(group)} are one tensor, and got several; tie_weights=False unties them"
            )
        for value in values.values():
            out.update(dict.fromkeys(group, value))
    return out


def _check_keys(module, own, given):
    missing, unexpected = ([k for k in a if k not in b] for a, b in ((own, given), (given, own)))
    problems = [f"missing keys: {', '.join(missing)}"] * bool(missing)
    problems += [f"unexpected keys: {', '.join(unexpected)}"] * bool(unexpected)
    if problems:
        raise RuntimeError(f"functional_call: the tensors do not fit {type(module).__name__}: {'; '.join(problems)}")


def _restore(attributes, key, name, tensor, source):
    """Put back what an attribute was; what the module has made of the given one goes to its dict."""
    if key in source and attributes.get(name) is not source[key][key]:
        source[key][key] = attributes.get(name)
    if tensor is _ABSENT:
        attributes.pop(name, None)
    else:
        attributes[name] = tensor
