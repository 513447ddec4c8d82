"""The Schedule: a hyperparameter as a function of the step, and the algebra of schedules.

The schedules themselves are in `schedules.py`.
"""

import functools
import inspect
import math
import operator
from bisect import bisect_right

import numpy as np

from ..arguments import boolean, number, shown, wrong_kind

ATOM, PRODUCT, SEQUENCE = range(3)  # what binds less tightly than its surroundings is shown in brackets


class Schedule:
    """A hyperparameter as a function of the step, from a function of t in [0, steps]; made by the functions below.

    `steps` is how long it lasts before another can follow, inf if it never ends. `recipe`, a function and its
    arguments, makes the same schedule anew: pickle needs it, since the functions here have no names.
    """

    def __init__(self, function, steps=math.inf, text=None, kind=ATOM, recipe=None):
        self.function, self.steps, self.recipe = function, steps, recipe
        self.text, self.kind = name_of(function) if text is None else text, kind

    def __reduce__(self):
        return self.recipe or (Schedule, (self.function, self.steps, self.text, self.kind))

    def __deepcopy__(self, memo):
        return self  # it depends on t alone, and nothing changes it

    def __call__(self, t):
        if not t >= 0:
            raise ValueError(f"a schedule begins at step 0, got step {t}")
        try:
            return float(self.function(min(t, self.steps)))
        except OverflowError:
            return math.inf

    def __rshift__(self, after):
        if not isinstance(after, Schedule):
            if not is_number(after):
                return NotImplemented
            return _sequence(self, _number(after))
        return _sequence(self, after)

    def __mul__(self, other):
        if isinstance(other, Schedule):
            return Schedule(
                lambda t: self(t) * other(t),
                max(self.steps, other.steps),
                f"{self._within(PRODUCT)} * {other._within(ATOM)}",
                PRODUCT,
                (operator.mul, (self, other)),
            )
        if not is_number(other):
            return NotImplemented
        return self._scaled(other)

    __rmul__ = __mul__

    def _scaled(self, c):
        text, recipe = f"{_text(c)} * {self._within(ATOM)}", (operator.mul, (c, self))
        return Schedule(lambda t: c * self(t), self.steps, text, PRODUCT, recipe)

    def __getitem__(self, span):
        if not isinstance(span, slice) or span.step is not None:
            raise TypeError(f"expected a span of steps such as schedule[:1000], got {span!r}; a value is schedule(t)")
        start = 0 if span.start is None else whole("the start of a span", span.start, 0)
        stop = self.steps if span.stop is None else whole("the end of a span", span.stop, 0)
        if start > stop:
            raise ValueError(f"expected a span that ends after its start, got [{start}:{stop}]")
        text = f"{self._within(ATOM)}[{start or ''}:{'' if stop == math.inf else stop}]"
        return Schedule(lambda t: self(start + t), stop - start, text, recipe=(operator.getitem, (self, span)))

    __iter__ = None  # having items, it would otherwise count as a sequence

    def _before(self, value):
        """This schedule as it runs if another, which begins at `value`, follows."""
        return self

    def _within(self, kind):
        return f"({self.text})" if self.kind > kind else self.text

    def __repr__(self):
        return self.text


class Warmup(Schedule):
    """A line from `start` to `peak`; where no peak is given, to the first value of what follows."""

    def __init__(self, steps, start, peak, text=""):
        self.start, self.peak = start, peak
        top = 1.0 if peak is None else peak
        recipe = Warmup, (steps, start, peak, text)
        super().__init__(
            lambda t: between(start, top, (t + 1) / (steps + 1) if t < steps else 1.0), steps, text, recipe=recipe
        )

    def _before(self, value):
        return Warmup(self.steps, self.start, value, self.text) if self.peak is None else self

    def _scaled(self, c):
        if self.peak is None:
            raise TypeError(
                f"{self} rises to the first value of what follows: multiply the whole, {_text(c)} * ({self} >> ...), "
                "or give it a peak"
            )
        return super()._scaled(c)


class Sequence(Schedule):
    """One schedule after the other."""

    def __init__(self, parts):
        self.parts = parts
        *before, last = parts
        for part in before:
            if part.steps == math.inf:
                raise ValueError(f"nothing can follow {part}, which never ends; take its first n steps: ({part})[:n]")
        starts = [0]
        for part in before:
            starts.append(starts[-1] + part.steps)
        runs = [last]
        for part in reversed(before):
            runs.insert(0, part._before(runs[0](0)))

        def at(t):
            i = bisect_right(starts, t) - 1
            return runs[i](t - starts[i])

        text = " >> ".join(p._within(PRODUCT) for p in parts)
        super().__init__(at, starts[-1] + last.steps, text, SEQUENCE, (Sequence, (parts,)))

    def _before(self, value):
        return Sequence((*self.parts[:-1], self.parts[-1]._before(value)))


def _number(value):
    return Schedule(lambda t: value, text=_text(value), recipe=(_number, (value,)))


def _sequence(a, b):
    return Sequence(tuple(p for s in (a, b) for p in (s.parts if isinstance(s, Sequence) else (s,))))


# Arguments


def name_of(function):
    """What a function of the user's own goes by; two of one name cannot be told apart."""
    return getattr(function, "__qualname__", type(function).__qualname__)


def is_number(x):
    return isinstance(x, int | float | np.number) and not isinstance(x, bool)


def _text(value):
    return repr(value.item() if isinstance(value, np.generic) else value)


def whole(name, value, least):
    """A number of steps, as an int."""
    if not is_number(value) or not least <= value <= 2**53 or value != value // 1:
        raise ValueError(f"{name}: expected a whole number of steps ≥ {least}, got {shown(value)}")
    return int(value)


COUNTS = ("steps", "every", "first", "mult", "up", "down", "scale", "warm", "stable", "decay")


def schedule(make=None, *, least=1):
    """A function that returns η as a function of t becomes one that checks its arguments and returns a Schedule.

    Arguments called as in COUNTS are whole numbers ≥ `least`, other numbers are finite. An argument `steps` says how
    long the schedule lasts.
    """
    if make is None:
        return functools.partial(schedule, least=least)
    name, signature = make.__name__, inspect.signature(make)
    defaults = {k: p.default for k, p in signature.parameters.items()}

    @functools.wraps(make)
    def checked(*args, **kwargs):
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}: {error}") from None
        for k, value in bound.arguments.items():
            if k in COUNTS and value is not defaults[k]:
                bound.arguments[k] = whole(f"{name}: {k}", value, least)
            elif value is not defaults[k]:
                bound.arguments[k] = _in_form(name, k, value, defaults[k])
        given = [(k, _text(v)) for k, v in bound.arguments.items() if v is not defaults[k] and v != defaults[k]]
        first = next(iter(defaults))
        text = f"{name}({', '.join(v if k == first else f'{k}={v}' for k, v in given)})"
        bound.apply_defaults()
        made, recipe = make(*bound.args, **bound.kwargs), (_made, (checked, args, kwargs))
        if isinstance(made, Schedule):
            made.text, made.kind, made.recipe = text, ATOM, recipe
            return made
        return Schedule(made, bound.arguments.get("steps", math.inf), text, recipe=recipe)

    return checked


def _in_form(where, name, value, default):
    """An argument in the form of its default: a bool, a word, or a finite number; points have none."""
    if isinstance(default, bool):
        return boolean(where, name, value)
    if isinstance(default, str):
        if not isinstance(value, str):
            raise wrong_kind(where, name, "a string", value)
        return value
    if name == "points":
        if not isinstance(value, dict):
            raise wrong_kind(where, name, "points {step: value}", value)
        return value
    if not math.isfinite(number(where, name, value)):
        raise ValueError(f"{where}: {name}: expected a finite number, got {value}")
    return number(where, name, value)


def _made(make, args, kwargs):
    return make(*args, **kwargs)


def require(name, holds, expected, value):
    if not holds:
        raise ValueError(f"{name}: expected {expected}, got {shown(value)}")


def between(start, end, x):
    """From start, at x = 0, to end, at x = 1, and exactly there at both."""
    return (1 - x) * start + x * end
