"""A line search that ends where the loss is low enough and flat enough: the strong Wolfe conditions."""

import numpy as np


class Point:
    """A place t along the line, and there the loss f, the gradient g, and the slope, its part along the line."""

    def __init__(self, t, f, g, slope):
        self.t, self.f, self.g, self.slope = t, f, g, slope


def strong_wolfe(evaluate, t, f, g, slope, size, c1=1e-4, c2=0.9, tolerance_change=1e-9, max_ls=25):
    """Search from 0, with loss f, gradient g and slope, first at t. Returns (f, g, t, number of evaluations).

        f(t) ≤ f(0) + c₁ t f'(0)  and  |f'(t)| ≤ c₂ |f'(0)|

    `evaluate(t)` gives f, g and the slope at t. Bracket and zoom as in minFunc (Schmidt), and in PyTorch: Nocedal &
    Wright, Numerical Optimization, algorithms 3.5 and 3.6. `size` is the largest element of the direction.
    """
    start = Point(0, f, g, slope)

    def too_high(point):
        return point.f > start.f + c1 * point.t * start.slope

    def flat(point):
        return abs(point.slope) <= -c2 * start.slope

    # Go on until there is a minimum in between.
    previous, point = start, Point(t, *evaluate(t))
    calls, turns, bracket = 1, 0, None
    while turns < max_ls:
        if too_high(point) or (turns > 1 and point.f >= previous.f):
            bracket = [previous, point]
            break
        if flat(point):
            return point.f, point.g, point.t, calls
        if point.slope >= 0:
            bracket = [previous, point]
            break
        bounds = point.t + 0.01 * (point.t - previous.t), point.t * 10
        t = cubic_minimum(previous, point, bounds)
        previous, point = point, Point(t, *evaluate(t))
        calls, turns = calls + 1, turns + 1
    if bracket is None:
        bracket = [start, point]

    # Make the bracket smaller, until it holds a point that will do.
    stuck, done = False, False
    low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
    while not done and turns < max_ls:
        left, right = sorted(p.t for p in bracket)
        if (right - left) * size < tolerance_change:
            break
        t = cubic_minimum(*bracket)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) < margin:
            if stuck or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        point = Point(t, *evaluate(t))
        calls, turns = calls + 1, turns + 1
        if too_high(point) or point.f >= bracket[low].f:
            bracket[high] = point
            low, high = (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)
        else:
            if flat(point):
                done = True
            elif point.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = point
    best = bracket[low]
    return best.f, best.g, best.t, calls


def cubic_minimum(a, b, bounds=None):
    """Where the cubic through two points with these slopes is least, within `bounds` or between them."""
    left, right = bounds or sorted((a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (left + right) / 2
    d2 = np.sqrt(square)
    if a.t <= b.t:
        t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    else:
        t = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return min(max(t, left), right)
