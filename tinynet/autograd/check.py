"""Gradient checks against finite differences, by random projection.

For a function y = f(x) with Jacobian J, the walk backwards computes Jᵀu for any u, and a central difference along a
direction v gives Jv to O(ε²). Both must agree in ⟨u, Jv⟩ = ⟨Jᵀu, v⟩. Random directions find a wrong entry with
probability one, at the cost of two evaluations each in place of two per element.
"""

import numpy as np

from ..errors import DeviceError, DTypeError, GraphError
from ..kernels.filled import store
from ..tensor import Tensor, listed, wrap
from .backward import grad
from .mode import no_grad


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, directions=4, seed=0):
    """Whether the gradients of `func(*inputs)` by the inputs that require grad match finite differences.

    |⟨Jᵀu, v⟩ − ⟨u, (f(x + εv) − f(x − εv)) / 2ε⟩| ≤ atol + rtol |⟨u, Jv⟩| for each input alone and `directions`
    random pairs u, v. Inputs must be float64. Raises GraphError that shows both sides, or returns False with
    `raise_exception=False`.
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise GraphError("gradcheck: expected at least one input that requires grad")
    for i, x in checked:
        if x.is_cuda:
            raise DeviceError(
                f"gradcheck: expected tensors on the CPU, where the differences are taken; input {i} is not"
            )
        if x.dtype != np.float64:
            raise DTypeError(
                f"gradcheck: expected float64, for finite differences to mean something; input {i} is {x.dtype}"
            )
    random = np.random.default_rng(seed)
    for k, output in enumerate(_outputs(func(*inputs))):
        for _ in range(directions):
            u = np.asarray(random.standard_normal(output.shape))
            products = [None] * len(checked)  # an output outside the graph must not change with the inputs
            if output.requires_grad:
                products = grad(output, [x for _, x in checked], wrap(u), retain_graph=True, allow_unused=True)
            for (i, x), product in zip(checked, products):
                v = np.asarray(random.standard_normal(x.shape))
                backward = 0.0 if product is None else float(np.sum(product.array * v))
                forward = float(np.sum(u * _difference(func, inputs, x, v, eps, k)))
                if not abs(backward - forward) <= atol + rtol * abs(forward):
                    if not raise_exception:
                        return False
                    raise GraphError(
                        f"gradcheck: the gradient of output {k} by input {i} of shape {x.shape} is wrong: along a "
                        f"random direction finite differences give {forward:.10g}, the gradient rule {backward:.10g}"
                    )
    return True


def gradgradcheck(
    func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, directions=4, seed=0
):
    """Whether the gradients of the gradients of `func(*inputs)` match finite differences.

    Checks (inputs, u) ↦ Jᵀu with `gradcheck`, where u is `grad_outputs`, or a random gradient of the outputs.
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    random = np.random.default_rng(seed + 1)
    if grad_outputs is None:
        with no_grad():
            shapes = [y.shape for y in _outputs(func(*inputs))]
        us = [wrap(np.asarray(random.standard_normal(shape))).requires_grad_() for shape in shapes]
    else:
        us = listed("gradgradcheck", grad_outputs, "grad_outputs")

    def gradients(*args):
        args, us = args[: len(inputs)], args[len(inputs) :]
        pairs = [(y, u) for y, u in zip(_outputs(func(*args)), us) if y.requires_grad]
        xs = [x for x in args if isinstance(x, Tensor) and x.requires_grad]
        found = grad([y for y, _ in pairs], xs, [u for _, u in pairs], create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    options = {"eps": eps, "atol": atol, "rtol": rtol, "raise_exception": raise_exception}
    return gradcheck(gradients, (*inputs, *us), **options, directions=directions, seed=seed)


def _outputs(result):
    outputs = [result] if isinstance(result, Tensor) else list(result)
    return [y for y in outputs if isinstance(y, Tensor) and y.is_floating_point()]


def _difference(func, inputs, x, v, eps, k):
    """(f(x + εv) − f(x − εv)) / 2ε for output k, leaving x as it was."""
    before, sides = x.array.copy(), []
    try:
        for sign in (1, -1):
            store(x.array, before + sign * eps * v)
            sides.append(_outputs(func(*inputs))[k].array.copy())
    finally:
        store(x.array, before)
    return (sides[0] - sides[1]) / (2 * eps)
