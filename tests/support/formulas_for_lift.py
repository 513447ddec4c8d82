"""Formulas that `kernels/test_lift.py` lifts; a formula must live in a file, where its source can be found."""

from math import exp, pi, sqrt

FACTOR = 3
SHIFT = 0.1


def helper(x):
    return 0.5 * x * nested(x)


def nested(x):
    return x + SHIFT


def simple(x, y):
    """x · y + ½."""
    return x * y + 0.5


def with_constants(x):
    return FACTOR * pi * x


def with_helper(x):
    return helper(x) + exp(-x)


def with_scalars(p, m, g, t, lr, beta):
    m = m + (1 - beta) * (g - m)
    correction = 1 - beta**t
    return p - lr * (m / correction) / (sqrt(1 - beta**2) + abs(m)), m


def with_branch(x):
    if x > 1.0:
        return 2.0 * x
    y = x if x > 0.0 else -0.25 * x
    return min(max(y, 0.125), 0.75)


def with_power(x):
    return x**2 + x**0.5


def assigns_to_scalar(x, lr):
    lr = lr * 0.5
    return x * lr


def uses_unknown(x):
    return undefined_thing(x)  # noqa: F821


def uses_a_module(x):
    return np.exp(x)


def uses_a_string(x):
    return x * NAME


NAME = "three"

import numpy as np  # noqa: E402


def sized(x, size):
    return x * size
