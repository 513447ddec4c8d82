"""Losses of a number `x` and its target, each for one element as in `formulas.py`, with their gradients.

`g` is the gradient by the loss of the element; that by the target has the other sign.
"""

from math import log, log1p

from .formulas import signum


def squared_error(x, y):
    """(x − y)²."""
    return (x - y) * (x - y)


def squared_error_grad(g, x, y):
    return g * (2.0 * (x - y))


def huber(x, y, bound, inside, outside):
    """inside · d² where d = |x − y| < bound, else outside · (d − bound / 2): Huber (1964)."""
    d = abs(x - y)
    return d * d * inside if d < bound else (d - 0.5 * bound) * outside


def huber_grad(g, x, y, bound, inside, outside):
    d = x - y
    return g * (signum(d) * outside if abs(d) >= bound or bound == 0.0 else d * (2.0 * inside))


def binary_cross_entropy(x, t):
    """−[t log x + (1−t) log(1−x)] for probabilities x and t, with logarithms from −100 on."""
    return (t - 1.0) * max(log1p(-x), -100.0) - t * max(log(x), -100.0)


def binary_cross_entropy_grad(g, x, t):
    return g * (x - t) / max(x * (1.0 - x), 1e-12)
