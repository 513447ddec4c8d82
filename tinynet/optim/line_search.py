"""A line search that ends where the loss is low enough and flat enough: the strong Wolfe conditions."""

import numpy as np


class Point:
    """A step length t along the direction, and there the loss f, the gradient g, and the slope f'(t) = gᵀd."""

    def __init__(self, t, f, g, slope):
        self.t, self.f, self.g, self.slope = t, f, g, slope


class Search:
    """One line search: the conditions at its start, and how many evaluations it has made."""

    def __init__(self, evaluate, start, c1, c2, tolerance_change, max_ls):
        self.evaluate, self.start, self.c1, self.c2 = evaluate, start, c1, c2
        self.tolerance_change, self.max_ls, self.iterations = tolerance_change, max_ls, 0

    def at(self, t):
        self.iterations += 1
        return Point(t, *self.evaluate(t))

    def decreases(self, point):
        """Armijo: f(t) ≤ f(0) + c₁ t f'(0)."""
        return not point.f > self.start.f + self.c1 * point.t * self.start.slope

    def is_flat(self, point):
        """Curvature: |f'(t)| ≤ c₂ |f'(0)|."""
        return abs(point.slope) <= -self.c2 * self.start.slope

    def bracket(self, t):
        """Two points with a minimum in between, or one that satisfies both conditions: Nocedal & Wright, 3.5."""
        previous, point = self.start, Point(t, *self.evaluate(t))
        while self.iterations < self.max_ls:
            if not self.decreases(point) or (self.iterations > 1 and point.f >= previous.f):
                return [previous, point]
            if self.is_flat(point):
                return [point]
            if point.slope >= 0:
                return [previous, point]
            bounds = point.t + 0.01 * (point.t - previous.t), point.t * 10
            previous, point = point, self.at(cubic_minimum(previous, point, bounds))
        return [self.start, point]

    def zoom(self, bracket, size):
        """Make the bracket smaller, until its lower point satisfies both conditions: Nocedal & Wright, 3.6."""
        low, high = _order(bracket)
        stuck = False
        while self.iterations < self.max_ls and not abs(bracket[1].t - bracket[0].t) * size < self.tolerance_change:
            t, stuck = _interior(bracket, stuck)
            point = self.at(t)
            if not self.decreases(point) or point.f >= bracket[low].f:
                bracket[high] = point
                low, high = _order(bracket)
            elif self.is_flat(point):
                return point
            else:
                if point.slope * (bracket[high].t - bracket[low].t) >= 0:
                    bracket[high] = bracket[low]
                bracket[low] = point
        return bracket[low]


def strong_wolfe(evaluate, t, f, g, slope, size, c1=1e-4, c2=0.9, tolerance_change=1e-9, max_ls=25):
    """Search from 0, with loss f, gradient g and slope, first at t. Returns (f, g, t, number of evaluations).

        f(t) ≤ f(0) + c₁ t f'(0)  and  |f'(t)| ≤ c₂ |f'(0)|

    `evaluate(t)` gives f, g and the slope at t. Bracket and zoom as in minFunc (Schmidt), and in PyTorch: Nocedal &
    Wright, Numerical Optimization, algorithms 3.5 and 3.6. `size` is the largest element of the direction.
    """
    search = Search(evaluate, Point(0, f, g, slope), c1, c2, tolerance_change, max_ls)
    points = search.bracket(t)
    best = points[0] if len(points) == 1 else search.zoom(points, size)
    return best.f, best.g, best.t, search.iterations + 1


def _order(bracket):
    """The positions of the lower and the higher of two points."""
    return (0, 1) if bracket[0].f <= bracket[1].f else (1, 0)


def _interior(bracket, stuck):
    """(the next t, whether it is near an end of the bracket): near one twice in a row, it is moved inwards."""
    left, right = sorted(point.t for point in bracket)
    t, margin = cubic_minimum(*bracket), 0.1 * (right - left)
    if not min(right - t, t - left) < margin:
        return t, False
    if stuck or t >= right or t <= left:
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
    return t, True


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
