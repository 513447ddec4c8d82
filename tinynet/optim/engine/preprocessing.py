"""What a step does to gradients before its rule sees them: scale them, clip them, refuse those that are not finite.

The norm of all gradients and the factor that limits it stay on the device, so a step waits for nothing; only a step
that may be refused reads the norm.
"""

import math

import numpy as np

from ...errors import NonFiniteError
from ...kernels import reference as kernels
from ...kernels.arrays import empty, host
from ...kernels.launch import launch
from ...kernels.total_norm import F64, DeviceScalar, total_norm
from .arena import Span


class Preprocessing:
    """g ← clip(factor · scale · g, ±limit): `scale` and `limit` are numbers, the factor is a `DeviceScalar`."""

    def __init__(self, scale=1.0, limit=math.inf, factor=None):
        self.scale, self.limit = scale, limit
        self.factor = ONE if factor is None else factor
        self.clips = factor is not None or limit != math.inf


ONE = DeviceScalar(np.ones(1))
PLAIN = Preprocessing()


class GradNorm:
    """The norm of all gradients of a step: an array of one number, read when it is asked for, times a scale."""

    def __init__(self, array, scale):
        self.array, self.scale = array, scale

    def __float__(self):
        return self.scale * float(host(self.array))

    def __reduce__(self):
        return GradNorm, (np.array(float(self)), 1.0)


def prepared(optimizer, runs, max_norm, clip_value, grad_scale, nonfinite):
    """The Preprocessing for the gradients in `runs`, {arena: [(first, last)]}; None if the step is to be left out."""
    name, require = type(optimizer).__name__, optimizer.require
    if nonfinite not in ("pass", "raise", "skip"):
        raise ValueError(f"{name}: nonfinite must be 'pass', 'raise' or 'skip', got {nonfinite!r}")
    if max_norm is not None and clip_value is not None:
        raise ValueError(f"{name}: expected max_norm or clip_value, got both")
    require(grad_scale > 0, "grad_scale must be > 0", grad_scale)
    for option, value in (("max_norm", max_norm), ("clip_value", clip_value)):
        require(value is None or value >= 0, f"{option} must be ≥ 0", value)
    scale, limit = 1.0 / grad_scale, math.inf if clip_value is None else float(clip_value)
    if max_norm is None and nonfinite == "pass":
        return Preprocessing(scale, limit)
    spans = [Span(arena, *run, 0) for arena, own in runs.items() for run in own]
    norm = norm_of(spans)
    optimizer._grad_norm = GradNorm(norm, scale)
    odd = None if nonfinite == "pass" or np.isfinite(host(norm)) else _first_not_finite(spans, optimizer)
    if odd is not None:
        if nonfinite == "raise":
            i, p = odd
            raise NonFiniteError(
                f"{name}: the gradient of parameter {i}, of shape {p.shape}, has a NaN or Inf; nothing was updated"
            )
        return None
    if max_norm is None:
        return Preprocessing(scale, limit)
    factor = empty((1,), F64, norm)
    launch(kernels.clip_factor, factor, norm, float(max_norm), scale)
    return Preprocessing(factor=DeviceScalar(factor))


def norm_of(spans):
    """The norm of all gradients of some spans together, as a 0-d float64 array."""
    return total_norm([(span.grads, *span.pieces()) for span in spans])


def _first_not_finite(spans, optimizer):
    """(number, parameter) of the first gradient with a NaN or Inf; None if their squares alone are too large."""
    numbers = optimizer._numbers()
    for span in spans:
        for i in span.tensors():
            if not np.isfinite(host(span.view(span.grads, i))).all():
                p = span.arena.parameters[i]
                return numbers[p], p
    return None
