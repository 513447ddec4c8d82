"""`autocast`, as far as it changes nothing: operations compute in the dtype of what they are given, always."""

import warnings

from .. import cuda
from ..arguments import boolean, wrong_kind, wrong_value
from ..dtypes import as_dtype, float16

DEVICES = "cpu", "cuda"


class autocast:
    """A context, or a decorator of a function, in which operations would choose their dtypes: here it does nothing.

    With `enabled=False` that is what it should do. It is disabled too, with a warning, as in PyTorch: for "cuda" where
    there is no GPU, and for "cpu" with a `dtype` of more than 16 bits.

    Raises: ArgumentValueError where dtypes would have to change: pass `enabled=False`.
    """

    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        expect_nothing_to_do(device_type, dtype, enabled)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def __call__(self, func):
        """The function itself. Raises ArgumentTypeError for what cannot be called."""
        if not callable(func):
            raise wrong_kind("autocast", "what it decorates", "a function", func)
        return func


def expect_nothing_to_do(device_type, dtype, enabled):
    """Return where `autocast` is disabled, with PyTorch's warnings. Raises ArgumentValueError elsewhere."""
    kind = device_kind("autocast", device_type)
    if not boolean("autocast", "enabled", enabled):
        return
    if kind == "cuda" and not cuda.is_available():
        warnings.warn("autocast: there is no GPU, so it is disabled", stacklevel=3)
    elif kind == "cpu" and dtype is not None and as_dtype(dtype) != float16:
        warnings.warn(f"autocast: on the CPU it is disabled for {as_dtype(dtype).name}", stacklevel=3)
    else:
        raise wrong_value(
            "autocast", "enabled=False, since operations compute in the dtype of what they are given", enabled
        )


def device_kind(where, device_type):
    """ "cpu" or "cuda", of a device that is given by its name. Raises ArgumentValueError for another."""
    kind = device_type.partition(":")[0] if isinstance(device_type, str) else None
    if kind not in DEVICES:
        raise wrong_value(where, "device_type to be 'cpu' or 'cuda'", device_type)
    return kind


def custom_fwd(fwd=None, *, device_type, cast_inputs=None):
    """Decorates `forward` of an `autograd.Function`: called as it is, since inputs are cast under `autocast` alone.

    Raises: ArgumentValueError for another device_type than "cpu" and "cuda".
    """
    device_kind("custom_fwd", device_type)
    return _itself if fwd is None else fwd


def custom_bwd(bwd=None, *, device_type):
    """Decorates `backward` of an `autograd.Function`: it is called as it is.

    Raises: ArgumentValueError for another device_type than "cpu" and "cuda".
    """
    device_kind("custom_bwd", device_type)
    return _itself if bwd is None else bwd


def _itself(function):
    return function


def is_autocast_available(device_type):
    """Whether operations on this device can choose their dtypes: no. Raises ArgumentValueError for another device."""
    device_kind("is_autocast_available", device_type)
    return False


def is_autocast_enabled(device_type=None):
    """Whether operations choose their dtypes at this point: no."""
    return False
