"""The parameter group: parameters, and their hyperparameters by name, which may follow schedules."""

import math
import operator

from ... import capture
from ...tensor import Tensor
from ..schedules.algebra import Schedule
from ..schedules.arguments import name_of
from .hyperparameters import plain


class Params(list):
    """The parameters of a group; `changed` says that they are no longer those that lie in its arenas."""

    changed = False

    def _changing(method):
        def change(self, *args, **kwargs):
            self.changed = True
            capture.rebuilt()
            return method(self, *args, **kwargs)

        return change

    append, extend, insert, pop, remove, clear, reverse, sort, __setitem__, __delitem__, __iadd__, __imul__ = map(
        _changing,
        (
            list.append, list.extend, list.insert, list.pop, list.remove, list.clear, list.reverse, list.sort,
            list.__setitem__, list.__delitem__, list.__iadd__, list.__imul__,
        ),
    )  # fmt: skip


class Group(dict):
    """A dict in which every hyperparameter is a number, also one that follows a schedule: its value at step `t`.

    A schedule that is assigned goes to `schedules`, and its value takes its place here; `t` is the step to come. A
    number that is assigned ends a schedule. So whoever reads a group reads numbers, and whoever writes one, as
    PyTorch's schedulers do, writes the number that the next step uses.
    """

    def __init__(self, items, t=0, names=()):
        super().__init__()
        self.t, self.schedules, self.names = t, {}, frozenset(names)  # of hyperparameters; what else is here is kept
        self.update(items)

    def __setitem__(self, name, value):
        capture.sets(f"{name!r} of a parameter group")
        self.schedules.pop(name, None)
        if name == "params":
            value = self._params(value)
        elif name in self.names:
            if is_scheduled(value):
                self.schedules[name] = value
                value = value_or_nan(value, self.t)
            value = plain(value)
        super().__setitem__(name, value)

    def _params(self, params):
        """A list of parameters, which is marked if it is not the one before."""
        before, after = self.get("params"), Params([params] if isinstance(params, Tensor) else params)
        same = before is None or (len(before) == len(after) and all(map(operator.is_, before, after)))
        after.changed = not same or (before is not None and before.changed)
        return after

    def set_number(self, name, value):
        """Set a hyperparameter, and leave its schedule as it is."""
        super().__setitem__(name, value)

    def update(self, *args, **kwargs):
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def move_to(self, t):
        """Go on to step t, and to the values that the schedules have there."""
        self.t = t
        for name, schedule in self.schedules.items():
            super().__setitem__(name, value_or_nan(schedule, t))

    def not_finite(self):
        """(name, value) of a scheduled hyperparameter that is NaN or infinite, or None.

        Raises: what the schedule itself raises.
        """
        for name, schedule in self.schedules.items():
            if not _is_finite(self[name]):
                return name, value_at(schedule, self.t)
        return None

    def texts(self):
        """The schedules by name, as text: what is saved of them, since code cannot be."""
        return {name: text(schedule) for name, schedule in self.schedules.items()}

    def line(self, name):
        """A hyperparameter as text, with its schedule."""
        origin = f", from {text(self.schedules[name])}" if name in self.schedules else ""
        return f"{name}: {self[name]}{origin}"

    def __reduce__(self):
        return dict, (dict(self),)  # a copy is a dict of numbers


class Scheduled:
    """What an optimizer does about schedules: t counts its steps, and a bad value is found before it is used.

    An optimizer with a `step` of its own calls `begin_step` first and `end_step` last.
    """

    @property
    def lr(self):
        """The learning rate of the step to come, in the first group: `param_groups[0]["lr"]`."""
        return self.param_groups[0]["lr"]

    @property
    def step_count(self):
        """How many steps have been taken: the t of schedules."""
        return self.param_groups[0].t if self.param_groups else 0

    def begin_step(self):
        """Raise if a schedule has come to a bad value, before anything is written."""
        self._steps_begun += 1
        for group in self.param_groups:
            if group.schedules:
                self.validate_at_step(group)

    def end_step(self):
        """Go on to the values of the next step."""
        for group in self.param_groups:
            group.move_to(group.t + 1)

    def validate_at_step(self, group):
        """`check`, and for a group that follows schedules finite values; the error names them."""
        scheduled = ", ".join(f"{name} = {text}" for name, text in group.texts().items())
        origin = f" at step {group.t} of {scheduled}" if scheduled else ""
        odd = group.not_finite()
        if odd:
            raise ValueError(f"{type(self).__name__}: {odd[0]} must be finite, got {odd[1]}{origin}")
        try:
            self.check(group)
        except ValueError as error:
            raise ValueError(f"{error}{origin}") from None

    def schedule_state(self):
        """For the state dict: t, and the schedules as text, to be compared; their values are in the groups."""
        return {"step_count": self.step_count, "schedules": [group.texts() for group in self.param_groups]}

    def load_groups(self, groups, t):
        """Take over checked groups, and go on from step t; schedules stay, and what else a group holds."""
        for mine, group in zip(self.param_groups, groups):
            schedules, mine.t = dict(mine.schedules), t
            mine.update({**group, **schedules})

    def _check_schedules(self, k, mine, saved):
        for name in {**mine, **saved}:
            if mine.get(name) != saved.get(name):
                raise ValueError(
                    f"{type(self).__name__}: the state is of {name} = {saved.get(name, 'a number')} in group {k}, and "
                    f"this optimizer has {name} = {mine.get(name, 'a number')}; make it as it was, load the state, and "
                    f"then assign another to param_groups[{k}][{name!r}]"
                )


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


def is_scheduled(setting):
    return callable(setting) or (isinstance(setting, tuple | list) and any(map(callable, setting)))


def _is_finite(value):
    return all(map(_is_finite, value)) if isinstance(value, tuple) else math.isfinite(value)


def value_or_nan(schedule, t):
    """NaN where a schedule fails: the step that would use the value finds out, and not the one before."""
    try:
        return value_at(schedule, t)
    except Exception:
        return math.nan
