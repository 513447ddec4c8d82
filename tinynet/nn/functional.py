"""The functions behind the modules."""

import functools
import inspect
import warnings

from ..arguments import boolean
from ..autograd.graph import write_in_place
from ..ops import FUNCTIONAL as _FUNCTIONAL
from ..ops import activation, loss, random, rectifiers
from ..tensor_arguments import expect_tensor

globals().update(_FUNCTIONAL)

_IN_PLACE = "celu elu hardtanh leaky_relu rrelu selu threshold".split()

__all__ = [
    *_FUNCTIONAL, "dropout", "log_softmax", "relu", "relu_", "softmax", "softmin", *(f"{name}_" for name in _IN_PLACE)
]  # fmt: skip


def relu(input, inplace=False):
    """max(x, 0), with gradient 0 at 0; with `inplace=True` written over x."""
    if boolean("relu", "inplace", inplace):
        return write_in_place("relu_", expect_tensor("relu", input), activation.relu)
    return activation.relu(input)


def relu_(input):
    """max(x, 0), written over x."""
    return relu(input, inplace=True)


def _written_over(function):
    """A function with a parameter `inplace` that is True."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs, inplace=True)

    call.__name__ = call.__qualname__ = f"{function.__name__}_"
    call.__doc__ = f"`{function.__name__}`, written over x."
    call.__signature__ = signature.replace(parameters=[p for n, p in signature.parameters.items() if n != "inplace"])
    return call


globals().update({f"{name}_": _written_over(getattr(rectifiers, name)) for name in _IN_PLACE})


def dropout(input, p=0.5, training=True, inplace=False):
    """Zero each element with probability p and scale the others by 1 / (1 − p): Srivastava et al. (2014)."""
    if boolean("dropout", "inplace", inplace):
        x = expect_tensor("dropout", input)
        return write_in_place("dropout_", x, lambda before: random.dropout(before, p, training))
    return random.dropout(input, p, training)


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """eˣ / Σ eˣ along `dim`; of x converted to `dtype` first, if one is given. For no `dim` see `implicit_dim`."""
    return loss.softmax(input, implicit_dim("softmax", input, _stacklevel) if dim is None else dim, dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """`softmax` of −x."""
    x = expect_tensor("softmin", input)
    return loss.softmax(-x, implicit_dim("softmin", x, _stacklevel) if dim is None else dim, dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """x − log Σ eˣ along `dim`; of x converted to `dtype` first, if one is given. For no `dim` see `implicit_dim`."""
    return loss.log_softmax(input, implicit_dim("log_softmax", input, _stacklevel) if dim is None else dim, dtype)


def implicit_dim(where, input, stacklevel):
    """The dimension that PyTorch takes for the classes where none is named: 0 of 0, 1 or 3 dimensions, else 1.

    This is deprecated: a warning to the caller `stacklevel` calls away.
    """
    warnings.warn(f"{where}: a call without dim is deprecated; say dim=... as an argument", stacklevel=stacklevel)
    return 0 if expect_tensor(where, input).ndim in (0, 1, 3) else 1
