"""`save`, `load`, and PyTorch's list of what a file may execute, which is nothing here."""

from .training.objects import load, save

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]

_allowed = []


def add_safe_globals(safe_globals):
    """Accept classes and functions that a file may name: `load` calls none of them, whatever stands here."""
    _allowed.extend(x for x in safe_globals if x not in _allowed)


def clear_safe_globals():
    """Forget what was given to `add_safe_globals`."""
    _allowed.clear()


def get_safe_globals():
    """What was given to `add_safe_globals`."""
    return list(_allowed)


class safe_globals:
    """`add_safe_globals` for the length of a `with` block."""

    def __init__(self, safe_globals):
        self._added = list(safe_globals)

    def __enter__(self):
        self._before = get_safe_globals()
        add_safe_globals(self._added)
        return self

    def __exit__(self, *error):
        _allowed[:] = self._before
