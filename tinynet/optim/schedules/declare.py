"""`@schedule`: from a function of t to one that checks its arguments and returns a `Schedule`."""

import functools
import inspect
import math

from ...arguments import boolean, number, wrong_kind
from .algebra import ATOM, Schedule
from .arguments import text_of, whole

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
        given = [(k, text_of(v)) for k, v in bound.arguments.items() if v is not defaults[k] and v != defaults[k]]
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
