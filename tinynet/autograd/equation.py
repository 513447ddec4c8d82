"""The equation of what one kernel computes: the same in small operations, by which it has gradients."""

from .backward import grad
from .graph import record, zero_gradient
from .mode import enable_grad, mode


def record_equation(op, array, inputs, equation):
    """A tensor over `array`, which a kernel computed from `inputs`, with the gradients of `equation(*inputs)`.

    The equation says the same in small operations. It is evaluated when a gradient of the gradient is wanted.
    Inputs may be None, and the equation receives them as they are.
    """
    return record(op, array, inputs, joint=lambda h: _gradients(equation, inputs, h))


def _gradients(equation, inputs, h):
    """The gradients of ⟨h, equation(*inputs)⟩ by the inputs that are there; None for the others."""
    recording = mode.enabled
    with enable_grad():
        # Aliases: partial derivatives of the equation are wanted, not ones through the history of the inputs.
        xs = [None if x is None else record("alias", x.array, (x,), lambda g: g, view=True) for x in inputs]
        y = equation(*xs)
    wanted = [i for i, x in enumerate(xs) if x is not None and x._edge is not None]
    gradients = [None if x is None else zero_gradient(x) for x in xs]
    if y._edge is not None:
        found = grad(y, [xs[i] for i in wanted], h, create_graph=recording, allow_unused=True)
        for i, gx in zip(wanted, found):
            gradients[i] = gradients[i] if gx is None else gx
    return gradients
