"""Norms of gradients, and clipping them in place.

`Optimizer.step(max_norm=...)` and `step(clip_value=...)` do the same without a pass of their own over memory.
"""

import math

import numpy as np

from .. import formulas
from ..errors import NonFiniteError
from ..kernels import cpu as kernels
from ..kernels.launch import launch
from ..kernels.sums import largest_magnitude, lift_sum, total
from ..tensor import Tensor, wrap

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

SQUARES, MAGNITUDES = lift_sum(formulas.square), lift_sum(formulas.absolute)
POWERS = lift_sum(formulas.power, scalars=("p",))


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False):
    """The norm of all elements of `tensors` together, (Σ|x|ᵖ)^(1/p), as a 0-d tensor; p = inf gives the largest.

    Raises NonFiniteError if it is NaN or infinite and `error_if_nonfinite`.
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm = _norm([_flat(x.array) for x in tensors], float(norm_type))
    if error_if_nonfinite and not math.isfinite(norm):
        raise NonFiniteError(
            f"the norm of order {norm_type} of these {len(tensors)} tensors is {norm}; with error_if_nonfinite=False "
            "they are clipped by it nevertheless"
        )
    return wrap(np.array(norm, tensors[0].dtype if tensors else np.float32))


def clip_grads_with_norm_(parameters, max_norm, total_norm):
    """Multiply the gradients of `parameters` by min(1, max_norm / (total_norm + 1e-6)), in place."""
    factor = np.minimum(float(max_norm) / (float(total_norm) + 1e-6), 1.0)  # NaN if the norm is
    with np.errstate(invalid="ignore"):  # 0 · inf, where the norm is infinite
        for g in _gradients(parameters):
            launch(kernels.mul, g.array, g.array, np.asarray(factor, g.dtype))
            g.mark_written()


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Scale the gradients of `parameters` in place so that their norm together is at most `max_norm`.

    Returns the norm before. Raises NonFiniteError, and changes nothing, if it is NaN or infinite and
    `error_if_nonfinite`.
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, norm)
    return norm


def clip_grad_value_(parameters, clip_value):
    """Cut off the elements of the gradients of `parameters` at ±clip_value, in place."""
    for g in _gradients(parameters):
        launch(kernels.clamp, g.array, g.array, -float(clip_value), float(clip_value))
        g.mark_written()


def _gradients(parameters):
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [g for g in (p.borrow_grad() for p in parameters) if g is not None]


def _norm(arrays, p):
    if p == math.inf:
        return float(np.max([largest_magnitude(x) for x in arrays], initial=0.0))  # NaN if one is
    if p == 2:
        return math.sqrt(sum(total(SQUARES, x) for x in arrays))
    if p == 1:
        return sum(total(MAGNITUDES, x) for x in arrays)
    return sum(total(POWERS, x, p) for x in arrays) ** (1 / p)


def _flat(x):
    return np.ravel(x)  # a view if x is contiguous
