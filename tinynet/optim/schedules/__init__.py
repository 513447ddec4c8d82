"""Schedules: hyperparameters as functions of the step.

    lr = warmup(1000) >> cosine(10_000, peak=1e-3)
    lr(0), lr(1000), lr(11_000)                      # 9.99e-07, 0.001, 0.0
    optimizer = Adam(model.parameters(), lr=lr)

A schedule η(t) depends on t alone, the number of updates made before: 0 at the first. So a run that is resumed needs
to know nothing but t. All durations are in steps; for epochs, multiply by the steps of one. After its last step a
schedule stays at its last value.

    a >> b       first a, then b from its beginning; b may be a number
    c * a        values times a number; a * b: times each other, step by step
    a[:n]        the first n steps of a; a[m:] what follows after m steps
"""

from .algebra import Schedule
from .functions import (
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    inverse_sqrt,
    linear,
    one_cycle,
    piecewise,
    polynomial,
    step,
    time_based,
    warmup,
    warmup_stable_decay,
)

__all__ = [
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "exponential",
    "inverse_sqrt",
    "linear",
    "one_cycle",
    "piecewise",
    "polynomial",
    "step",
    "time_based",
    "warmup",
    "warmup_stable_decay",
]
