"""Fused gradients: one kernel for the gradients by several inputs, and how these have gradients themselves."""

from ..autograd.backward import grad
from ..autograd.graph import enable_grad, mode, record, zero_gradient
from ..kernels import reference as kernels
from ..kernels.launch import launch


class Together:
    """The gradients that `compute(g, *saved)` returns, one for each input, computed when the first is asked for.

        gradients = Together(layer_norm_grad)
        gx, gw = lambda g: gradients(0, g, x, weight), lambda g: gradients(1, g, x, weight)
        record("layer_norm", out, (x, weight), gx, gw)

    The rules pass what was saved, so that they capture it themselves: the walk looks there for what was overwritten.
    """

    def __init__(self, compute):
        self.compute, self.g, self.found = compute, None, None

    def __call__(self, i, g, *saved):
        state = g.write_counter()[0], mode.enabled
        if self.g is not g or self.found is None or self.found[0] != state or self.found[1][i] is None:
            self.g, self.found = g, (state, list(self.compute(g, *saved)))
        gradients = self.found[1]
        gradient, gradients[i] = gradients[i], None  # each is kept until it is fetched
        return gradient


def land(gradient, into):
    """The gradient itself, or with an arena's view `into`, written there."""
    return gradient if into is None else launch(kernels.copy, into, gradient.array)


def record_equation(op, array, inputs, equation):
    """A tensor over `array`, which a kernel computed from `inputs`, with the gradients of `equation(*inputs)`.

    The equation says the same in small operations. It is evaluated when a gradient of the gradient is wanted.
    """

    def rule(i):
        def gradient(h):
            onward = mode.enabled
            with enable_grad():
                # Stand-ins: the equation's partial derivative is wanted, not one through the history of the inputs.
                xs = [record("alias", x.array, (x,), lambda g: g, view=True) for x in inputs]
                y = equation(*xs)
                if y._edge is None:
                    return zero_gradient(inputs[i])
                (gx,) = grad(y, [xs[i]], h, create_graph=onward, allow_unused=True)
            return zero_gradient(inputs[i]) if gx is None else gx

        return gradient

    return record(op, array, inputs, *map(rule, range(len(inputs))))
