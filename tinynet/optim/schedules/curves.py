"""The shapes of schedules: lines, half cosines, cycles and triangle waves, as plain functions of numbers."""

import math
from bisect import bisect_left


def between(start, end, x):
    """From start, at x = 0, to end, at x = 1, and exactly there at both."""
    return (1 - x) * start + x * end


def linear_curve(x):
    return x


def cosine_curve(x):
    """Half a period: slow, fast, slow."""
    return (1 - math.cos(math.pi * x)) / 2


CURVES = {"linear": linear_curve, "cos": cosine_curve}


def interpolate(t, points, curve):
    """The value at t of the curve through points (t, value); past the last, the last curve goes on."""
    ends = [b for b, _ in points[1:]]
    i = min(bisect_left(ends, t), len(ends) - 1)
    (a, start), (b, end) = points[i : i + 2]
    return between(start, end, curve((t - a) / (b - a) if b != a else 1.0))


def position_in_cycle(t, first, mult):
    """(steps done, length) of the cycle that step t is in, the lengths being first, first·mult, first·mult², ..."""
    if mult == 1:
        return t % first, first
    while t >= first:
        t, first = t - first, first * mult
    return t, first


def one_cycle_points(steps, pct_start, three_phase, low, peak, end):
    up, last = pct_start * steps - 1, steps - 1
    if three_phase:
        return [(0, low), (up, peak), (2 * pct_start * steps - 2, low), (last, end)]
    return [(0, low), (up, peak), (last, end)]


SCALES = {
    "triangular": lambda t, cycle, gamma: 1.0,
    "triangular2": lambda t, cycle, gamma: 0.5 ** (cycle - 1),
    "exp_range": lambda t, cycle, gamma: gamma**t,
}


def triangle_wave(t, up, down):
    """(number of the cycle, from 1; height in [0, 1]) of a wave that rises for `up` steps and falls for `down`."""
    cycle, s = divmod(t, up + down)
    return cycle + 1, s / up if s <= up else (up + down - s) / down
