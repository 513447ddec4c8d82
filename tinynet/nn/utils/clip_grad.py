"""Norms of gradients, and clipping them in place.

`Optimizer.step(max_norm=...)` and `step(clip_value=...)` do the same without a pass of their own over memory.
"""

import warnings

import numpy as np

from ...arguments import boolean, number, wrong_value
from ...errors import NonFiniteError
from ...kernels import reference as kernels
from ...kernels.arrays import empty, host
from ...kernels.filled import converted
from ...kernels.launch import launch
from ...kernels.total_norm import F64, DeviceScalar, total_norm, whole
from ...tensor import Tensor, check_writable, wrap
from ...tensor_arguments import listed

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all elements of `tensors` together, (Σ|x|ᵖ)^(1/p), as a 0-d tensor; p = inf gives the largest.

    `foreach`, here and below, is accepted: there is one implementation.
    Raises: NonFiniteError if it is NaN or infinite and `error_if_nonfinite`.
    """
    tensors = listed("get_total_norm", tensors, "tensors")
    return _checked_norm([_flat(x) for x in tensors], tensors, norm_type, error_if_nonfinite)


def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Multiply the gradients of `parameters` by min(1, max_norm / (total_norm + 1e-6)), in place."""
    max_norm = number("clip_grads_with_norm_", "max_norm", max_norm, 0)
    if not isinstance(total_norm, Tensor):
        total_norm = wrap(np.array(number("clip_grads_with_norm_", "total_norm", total_norm), F64))
    elif total_norm.numel() != 1:
        raise wrong_value("clip_grads_with_norm_", "total_norm to be one number", total_norm)
    _clip(Gradients("clip_grads_with_norm_", parameters), max_norm, total_norm)


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scale the gradients of `parameters` in place so that their norm together is at most `max_norm`.

        g ← g min(1, max_norm / (norm + 10⁻⁶))

    Returns the norm before, a 0-d tensor. The host reads nothing, unless `error_if_nonfinite`.
    Raises: NonFiniteError, and changes nothing, if the norm is NaN or infinite and `error_if_nonfinite`.
    """
    max_norm = number("clip_grad_norm_", "max_norm", max_norm, 0)
    gradients = Gradients("clip_grad_norm_", parameters)
    norm = _checked_norm(gradients.slices(), gradients.tensors, norm_type, error_if_nonfinite)
    _clip(gradients, max_norm, norm)
    return norm


def clip_grad_norm(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """`clip_grad_norm_` by its older name, with the warning that PyTorch gives."""
    warnings.warn("clip_grad_norm is deprecated in favour of clip_grad_norm_", FutureWarning, stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters, clip_value, foreach=None):
    """Cut off the elements of the gradients of `parameters` at ±clip_value, in place."""
    clip_value = float(number("clip_grad_value_", "clip_value", clip_value, 0))
    gradients = Gradients("clip_grad_value_", parameters)
    for span in gradients.spans:
        launch(kernels.clamp, span.grads, span.grads, -clip_value, clip_value)
    for g in gradients.alone:
        launch(kernels.clamp, g.array, g.array, -clip_value, clip_value)
    gradients.mark_written()


class Gradients:
    """The gradients of parameters, to be written: spans of neighbours in arenas, and tensors that lie by themselves.

    Raises: GraphError if one of them cannot be written.
    """

    def __init__(self, where, parameters):
        parameters = listed(where, parameters, "parameters")
        self.tensors, self.alone, numbers = [], [], {}  # arena: the numbers of those of its gradients that are meant
        for p in parameters:
            g = p.borrow_grad()
            if g is None:
                continue
            self.tensors.append(g)
            leaf = p._leaf
            arena = leaf.arena() if leaf is not None and leaf.arena is not None else None
            i = None if arena is None else arena.number_of_gradient(leaf)
            if i is None or i in numbers.setdefault(arena, {}):
                check_writable(where, g)
                self.alone.append(g)
            else:
                numbers[arena][i] = None
        self.spans = [span for arena, own in numbers.items() for span in arena.spans_of(sorted(own))]

    def slices(self):
        """The same for `total_norm`."""
        return [*((span.grads, *span.pieces()) for span in self.spans), *map(_flat, self.alone)]

    def scale(self, factor):
        """Multiply all by a float64 array of one number."""
        factor = DeviceScalar(factor)
        with np.errstate(invalid="ignore"):  # 0 · inf
            for span in self.spans:
                launch(kernels.scale_slices, span.grads, factor.like(span.grads), *span.pieces())
            for g in self.alone:
                launch(kernels.mul, g.array, g.array, factor.like(g.array).reshape(()))
        self.mark_written()

    def mark_written(self):
        for span in self.spans:
            span.mark_grads_written()
        for g in self.alone:
            g.mark_written()


def _clip(gradients, max_norm, norm):
    """Multiply gradients by min(1, max_norm / (norm + 1e-6)), which stays on their device."""
    factor = empty((1,), F64, norm.array)
    launch(kernels.clip_factor, factor, converted(norm.array, F64), max_norm, 1.0)
    gradients.scale(factor)


def _checked_norm(slices, tensors, norm_type, error_if_nonfinite):
    p = float(number("get_total_norm", "norm_type", norm_type))
    if not p > 0:
        raise wrong_value("get_total_norm", "norm_type > 0", norm_type)
    norm = total_norm(slices, p)
    if boolean("get_total_norm", "error_if_nonfinite", error_if_nonfinite) and not np.isfinite(host(norm)):
        raise NonFiniteError(
            f"the norm of order {p} of these {len(tensors)} tensors is {norm.item()}; with error_if_nonfinite=False "
            "they are clipped by it nevertheless"
        )
    return wrap(converted(norm, tensors[0].dtype if tensors else np.dtype(np.float32)))


def _flat(x):
    return whole(np.ravel(x.array))  # a view if x is contiguous
