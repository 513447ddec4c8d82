"""Hooks on the gradients of a module: two identities, around its inputs and around its outputs, that show them."""

import warnings

from ..autograd.function import Function
from ..errors import GraphError
from ..ops.creation import zeros
from ..tensor import Tensor


class _Shown(Function):
    """The identity of some tensors. `show` sees their gradients, None where there is none, and may return others."""

    @staticmethod
    def forward(ctx, show, *tensors):
        ctx.show, ctx.like = show, [(x.shape, x.dtype, x.device) for x in tensors]
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        grads = zip(ctx.show(grads), ctx.like)
        return None, *[zeros(n, dtype=dtype, device=device) if g is None else g for g, (n, dtype, device) in grads]


class BackwardHooks:
    """The hooks on the gradients of one call of a module.

    `before` are called when the gradients of all outputs are there, `after` when those of the inputs are.
    """

    def __init__(self, module, before, after):
        self.module, self.before, self.after = module, before, after
        self.n_inputs = self.n_outputs = 0
        self.inputs = self.outputs = ()  # the numbers of those that are shown
        self.grad_output = None

    def watch_inputs(self, args):
        """The arguments of forward; the tensors among them that require grad as results of an identity."""
        self.n_inputs, self.inputs = len(args), _requiring_grad(args)
        return _replaced(args, self.inputs, self._came_to_inputs) if self.after else args

    def watch_outputs(self, result):
        """What forward returned, a tensor or a tuple, in the same way."""
        if not isinstance(result, Tensor | tuple):
            kind = type(result).__name__
            warnings.warn(
                f"backward hooks of {type(self.module).__name__} are not called: its output is a {kind}, and no tensor "
                "or tuple",
                stacklevel=4,
            )
            return result
        outputs = result if isinstance(result, tuple) else (result,)
        self.n_outputs, self.outputs = len(outputs), _requiring_grad(outputs)
        outputs = _replaced(outputs, self.outputs, self._came_to_outputs)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _came_to_outputs(self, grads):
        grad_output = _spread(grads, self.outputs, self.n_outputs)
        for hook in self.before:
            grad_output = self._changed(grad_output, hook(self.module, grad_output), "grad_output")
        if self.inputs:
            self.grad_output = grad_output
        else:
            self._call_without_inputs(grad_output)
        return [grad_output[i] for i in self.outputs]

    def _call_without_inputs(self, grad_output):
        if self.after:
            warnings.warn(
                f"no input of {type(self.module).__name__} requires grad: its backward hooks get None as grad_input",
                stacklevel=2,
            )
        nothing = (None,) * self.n_inputs
        for hook in self.after:
            changed = hook(self.module, nothing, grad_output)
            if changed is not None and any(g is not None for g in _tuple(changed)):
                raise GraphError("expected None of a backward hook, since no input of the module requires grad")

    def _came_to_inputs(self, grads):
        if self.grad_output is None:  # it came on another way than through the output, which hooks are not shown
            return grads
        grad_input = _spread(grads, self.inputs, self.n_inputs)
        for hook in self.after:
            grad_input = self._changed(grad_input, hook(self.module, grad_input, self.grad_output), "grad_input")
        self.grad_output = None
        return [grad_input[i] for i in self.inputs]

    def _changed(self, grads, changed, name):
        """The gradients after a hook."""
        changed = grads if changed is None else _tuple(changed)
        if len(changed) != len(grads):
            raise GraphError(f"expected {len(grads)} gradients as {name} from a backward hook, got {len(changed)}")
        return changed


def _tuple(grads):
    return grads if isinstance(grads, tuple) else (grads,)


def _requiring_grad(values):
    return [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]


def _replaced(values, chosen, show):
    """The values, the chosen ones as results of an identity that shows their gradients."""
    if not chosen:
        return values
    values = list(values)
    for i, y in zip(chosen, _Shown.apply(show, *[values[i] for i in chosen])):
        values[i] = y
    return tuple(values)


def _spread(grads, chosen, n):
    """n gradients: those of the chosen ones, and None."""
    found = dict(zip(chosen, grads))
    return tuple([found.get(i) for i in range(n)])
