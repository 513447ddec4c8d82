"""Arguments that must be tensors: each function returns what it was given, or raises an error that says what came."""

from .arguments import wrong_kind
from .errors import DTypeError
from .tensor import Tensor


def expect_tensor(where, x, name="input"):
    """x itself, an argument that must be a tensor. Raises ArgumentTypeError."""
    if isinstance(x, Tensor):
        return x
    raise wrong_kind(where, name, "a Tensor", x)


def optional_tensor(where, name, x):
    """x itself, an argument that must be a tensor or None. Raises ArgumentTypeError."""
    return x if x is None else expect_tensor(where, x, name)


def expect_floating(where, x, name="input"):
    """x itself, an argument that must be a tensor of a floating dtype. Raises ArgumentTypeError, DTypeError."""
    if expect_tensor(where, x, name).array.dtype.kind == "f":
        return x
    expected = "a floating dtype" if name == "input" else f"{name} of a floating dtype"
    raise DTypeError(f"{where}: expected {expected}, got {x.dtype}; convert with float()")


def listed(where, tensors, name):
    """A tensor, or any iterable of tensors, as a list. Raises ArgumentTypeError."""
    if isinstance(tensors, Tensor):
        return [tensors]
    try:
        tensors = list(tensors)
    except TypeError:
        raise wrong_kind(where, name, "a Tensor or an iterable of them", tensors) from None
    return _expect_each(where, tensors, name)


def _expect_each(where, tensors, name):
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise wrong_kind(where, f"{name}[{i}]", "a Tensor", x)
    return tensors


def expect_tensors(where, tensors, name="tensors"):
    """A tuple or list of tensors, as a list. Raises ArgumentTypeError."""
    if not isinstance(tensors, tuple | list):
        raise wrong_kind(where, name, "a tuple or list of tensors", tensors)
    return _expect_each(where, list(tensors), name)
