"""Landscapes of two parameters, on which the paths of update rules can be seen.

Each is one scalar expression. It is called with tensors, whose gradients are tinynet's, with NumPy arrays for a
picture, and is translated to JavaScript, with its derivatives, for the page (`javascript.py`).
"""

from collections.abc import Callable
from typing import NamedTuple


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def saddle(x, y):
    return x**2 - y**2 + y**4 / 4


def ravine(x, y):
    return (x**2 + 50 * y**2) / 2


def turned(x, y):
    return ((x + y) ** 2 + 50 * (y - x) ** 2) / 4


class Surface(NamedTuple):
    title: str
    f: Callable
    start: tuple
    view: tuple  # x from, x to, y from, y to
    minima: list
    note: str

    @property
    def least(self):
        return self.f(*self.minima[0])


SURFACES = {
    "ravine": Surface(
        "Ravine",
        ravine,
        (-4.0, 2.0),
        (-5, 5, -5, 5),
        [(0.0, 0.0)],
        "A quadratic, 50 times as steep across as along. Gradient descent must take steps that suit the steep sides, "
        "and crawls along the floor.",
    ),
    "turned": Surface(
        "Ravine, turned by 45°",
        turned,
        (-4.2426, -1.4142),
        (-5, 5, -5, 5),
        [(0.0, 0.0)],
        "The same quadratic, turned. Rules that scale each axis by itself lose their advantage: no axis is the steep "
        "one.",
    ),
    "beale": Surface(
        "Beale's function",
        beale,
        (1.0, 1.6),
        (-2, 4, -3, 3),
        [(3.0, 0.5)],
        "A long flat valley with steep walls at its corners (Beale, 1958).",
    ),
    "rosenbrock": Surface(
        "Rosenbrock's function",
        rosenbrock,
        (-1.2, 1.0),
        (-2, 2, -1, 3),
        [(1.0, 1.0)],
        "A curved valley with a floor that is almost level (Rosenbrock, 1960).",
    ),
    "saddle": Surface(
        "Saddle",
        saddle,
        (-1.8, 0.001),
        (-2.5, 2.5, -2.5, 2.5),
        [(0.0, 2**0.5), (0.0, -(2**0.5))],
        "Level at its centre, uphill along x and downhill along y. A ball that comes down to it along x must leave "
        "along y, by a gradient that is almost 0.",
    ),
}
