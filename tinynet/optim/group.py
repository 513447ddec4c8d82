"""The parameter group: parameters, and their hyperparameters by name."""

import math

from .schedule import Schedule, name_of


class Group(dict):
    """A dict in which every hyperparameter is a number, also one that follows a schedule: its value at step `t`.

    A schedule that is assigned goes to `schedules`, and its value takes its place here; `t` is the step to come. A
    number that is assigned ends a schedule. So whoever reads a group reads numbers, and whoever writes one, as
    PyTorch's schedulers do, writes the number that the next step uses.
    """

    def __init__(self, items, t=0):
        super().__init__()
        self.t, self.schedules = t, {}
        self.update(items)

    def __setitem__(self, name, value):
        self.schedules.pop(name, None)
        if name != "params" and _is_scheduled(value):
            self.schedules[name] = value
            value = _quiet_value(value, self.t)
        super().__setitem__(name, value)

    def update(self, *args, **kwargs):
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def move_to(self, t):
        """Go on to step t, and to the values that the schedules have there."""
        self.t = t
        for name, schedule in self.schedules.items():
            super().__setitem__(name, _quiet_value(schedule, t))

    def not_finite(self):
        """(name, value) of a scheduled hyperparameter that is NaN or infinite, or None.

        Raises what the schedule itself raises.
        """
        for name, schedule in self.schedules.items():
            if not _is_finite(self[name]):
                return name, value_at(schedule, self.t)
        return None

    def texts(self):
        """The schedules by name, as text: what is saved of them, since code cannot be."""
        return {name: text(schedule) for name, schedule in self.schedules.items()}

    def __reduce__(self):
        return dict, (dict(self),)  # a copy is a dict of numbers


def value_at(setting, t):
    """A hyperparameter, or the parts of a tuple of them, at step t."""
    if callable(setting):
        return float(setting(t))
    if isinstance(setting, tuple | list):
        return tuple(value_at(part, t) for part in setting)
    return setting


def text(setting):
    """A hyperparameter as text; what a schedule says of itself."""
    if isinstance(setting, tuple | list):
        return f"({', '.join(map(text, setting))})"
    return name_of(setting) if callable(setting) and not isinstance(setting, Schedule) else repr(setting)


def _is_scheduled(setting):
    return callable(setting) or (isinstance(setting, tuple | list) and any(map(callable, setting)))


def _is_finite(value):
    return all(map(_is_finite, value)) if isinstance(value, tuple) else math.isfinite(value)


def _quiet_value(schedule, t):
    """NaN where a schedule fails: the step that would use the value finds out, and not the one before."""
    try:
        return value_at(schedule, t)
    except Exception:
        return math.nan
