"""The state of several modules of one architecture, stacked, so that `vmap` computes all of them at once."""

from ..errors import ArgumentValueError
from ..ops.joining import stack


def stack_module_state(models):
    """(parameters, buffers): dicts of the tensors of all modules by their paths, stacked along a new first dimension.

    The parameters are leaves that require grad as those of the modules do. With `functional_call` and `vmap` each is
    the state of one module of the same architecture:

        parameters, buffers = stack_module_state(models)
        call = lambda p, b, x: functional_call(models[0], (p, b), x)
        vmap(call, in_dims=(0, 0, None))(parameters, buffers, x)

    Raises: RuntimeError for no modules, modules of several classes, some in training and others not, tensors of
    several shapes, and parameters that require grad in some modules alone.
    """
    models = list(models)
    if not models:
        raise ArgumentValueError("stack_module_state: expected at least one module, got none")
    for what, of in (("of one class", type), ("all in training, or all in evaluation", lambda m: m.training)):
        if len({of(model) for model in models}) > 1:
            raise ArgumentValueError(f"stack_module_state: expected modules {what}")
    parameters = _stacked([dict(model.named_parameters()) for model in models])
    return parameters, _stacked([dict(model.named_buffers()) for model in models])


def _stacked(states):
    """{name: tensor} from one for each module."""
    if len({tuple(state) for state in states}) > 1:
        raise ArgumentValueError("stack_module_state: expected modules with tensors of the same names")
    return {name: _leaf(name, [state[name] for state in states]) for name in states[0]}


def _leaf(name, tensors):
    wanted = {x.requires_grad for x in tensors}
    if len(wanted) > 1:
        raise ArgumentValueError(f"stack_module_state: expected {name} to require grad in all modules, or in none")
    return stack([x.detach() for x in tensors]).requires_grad_(wanted.pop())
