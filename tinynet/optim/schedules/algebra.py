"""The Schedule: a hyperparameter as a function of the step, and the algebra of schedules.

The schedules themselves are in `functions.py`.
"""

import math
import operator
from bisect import bisect_right

from .arguments import is_number, name_of, text_of, whole
from .curves import between

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
        text, recipe = f"{text_of(c)} * {self._within(ATOM)}", (operator.mul, (c, self))
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

    def _followed_by(self, value):
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

    def _followed_by(self, value):
        return Warmup(self.steps, self.start, value, self.text) if self.peak is None else self

    def _scaled(self, c):
        if self.peak is None:
            raise TypeError(
                f"{self} rises to the first value of what follows: multiply the whole, {text_of(c)} * ({self} >> ...), "
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
            runs.insert(0, part._followed_by(runs[0](0)))

        def at(t):
            i = bisect_right(starts, t) - 1
            return runs[i](t - starts[i])

        text = " >> ".join(p._within(PRODUCT) for p in parts)
        super().__init__(at, starts[-1] + last.steps, text, SEQUENCE, (Sequence, (parts,)))

    def _followed_by(self, value):
        return Sequence((*self.parts[:-1], self.parts[-1]._followed_by(value)))


def _number(value):
    return Schedule(lambda t: value, text=text_of(value), recipe=(_number, (value,)))


def _sequence(a, b):
    return Sequence(tuple(p for s in (a, b) for p in (s.parts if isinstance(s, Sequence) else (s,))))
