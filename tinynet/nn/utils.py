"""Norms of gradients, and clipping them in place.

`Optimizer.step(max_norm=...)` and `step(clip_value=...)` do the same without a pass of their own over memory.
"""

import math

import numpy as np

from .. import formulas
from ..arguments import boolean, number, wrong_value
from ..errors import NonFiniteError
from ..kernels import reference as kernels
from ..kernels.launch import launch
from ..kernels.lifting.sums import largest_magnitude, lift_sum, total
from ..tensor import check_writable, listed, wrap

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

SQUARES, MAGNITUDES = lift_sum(formulas.square), lift_sum(formulas.absolute)
POWERS = lift_sum(formulas.power, scalars=("p",))


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all elements of `tensors` together, (Σ|x|ᵖ)^(1/p), as a 0-d tensor; p = inf gives the largest.

    `foreach`, here and below, is accepted: there is one implementation.
    Raises NonFiniteError if it is NaN or infinite and `error_if_nonfinite`.
    """
    tensors = listed("get_total_norm", tensors, "tensors")
    norm_type = _order("get_total_norm", norm_type)
    error_if_nonfinite = boolean("get_total_norm", "error_if_nonfinite", error_if_nonfinite)
    norm = _norm([_flat(x.array) for x in tensors], norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise NonFiniteError(
            f"the norm of order {norm_type} of these {len(tensors)} tensors is {norm}; with error_if_nonfinite=False "
            "they are clipped by it nevertheless"
        )
    return wrap(np.array(norm, tensors[0].dtype if tensors else np.float32))


def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Multiply the gradients of `parameters` by min(1, max_norm / (total_norm + 1e-6)), in place."""
    max_norm = number("clip_grads_with_norm_", "max_norm", max_norm, 0)
    total_norm = number("clip_grads_with_norm_", "total_norm", total_norm)
    factor = np.minimum(max_norm / (total_norm + 1e-6), 1.0)  # NaN if the norm is
    with np.errstate(invalid="ignore"):  # 0 · inf, where the norm is infinite
        for g in _gradients("clip_grads_with_norm_", parameters):
            check_writable("clip_grads_with_norm_", g)
            launch(kernels.mul, g.array, g.array, np.asarray(factor, g.dtype))
            g.mark_written()


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scale the gradients of `parameters` in place so that their norm together is at most `max_norm`.

    Returns the norm before. Raises NonFiniteError, and changes nothing, if it is NaN or infinite and
    `error_if_nonfinite`.
    """
    parameters = listed("clip_grad_norm_", parameters, "parameters")
    max_norm = number("clip_grad_norm_", "max_norm", max_norm, 0)
    norm = get_total_norm(_gradients("clip_grad_norm_", parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, norm)
    return norm


def clip_grad_value_(parameters, clip_value, foreach=None):
    """Cut off the elements of the gradients of `parameters` at ±clip_value, in place."""
    clip_value = float(number("clip_grad_value_", "clip_value", clip_value, 0))
    for g in _gradients("clip_grad_value_", parameters):
        check_writable("clip_grad_value_", g)
        launch(kernels.clamp, g.array, g.array, -clip_value, clip_value)
        g.mark_written()


def _gradients(where, parameters):
    return [g for g in (p.borrow_grad() for p in listed(where, parameters, "parameters")) if g is not None]


def _order(where, norm_type):
    p = float(number(where, "norm_type", norm_type))
    if not p > 0:
        raise wrong_value(where, "norm_type > 0", norm_type)
    return p


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
