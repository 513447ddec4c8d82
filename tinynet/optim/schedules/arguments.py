"""Arguments of schedules: whole numbers of steps, numbers, and how they are shown."""

import numpy as np

from ...arguments import shown


def name_of(function):
    """What a function of the user's own goes by; two of one name cannot be told apart."""
    return getattr(function, "__qualname__", type(function).__qualname__)


def is_number(x):
    return isinstance(x, int | float | np.number) and not isinstance(x, bool)


def text_of(value):
    return repr(value.item() if isinstance(value, np.generic) else value)


def whole(name, value, least):
    """A number of steps, as an int."""
    if not is_number(value) or not least <= value <= 2**53 or value != value // 1:
        raise ValueError(f"{name}: expected a whole number of steps ≥ {least}, got {shown(value)}")
    return int(value)


def require(name, holds, expected, value):
    if not holds:
        raise ValueError(f"{name}: expected {expected}, got {shown(value)}")
