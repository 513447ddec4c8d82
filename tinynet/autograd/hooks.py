"""Hooks: functions that see, and may change, the gradient of one tensor on its way."""

import itertools

from ..arguments import wrong_kind
from ..errors import GraphError
from ..tensor import Tensor
from .graph import NOT_RETAINED

_next_key = itertools.count().__next__


class RemovableHandle:
    """What `register_hook` returns; `remove()` takes the hook away."""

    def __init__(self, hooks):
        self._hooks, self._key = hooks, _next_key()

    def remove(self):
        self._hooks.pop(self._key, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def register_hook(tensor, hook):
    """Call `hook(grad)` whenever the gradient of `tensor` is computed; what it returns, if not None, replaces it.

    Raises: GraphError where the tensor does not require grad, ArgumentTypeError if the hook is no function.
    """
    if not callable(hook):
        raise wrong_kind("register_hook", "hook", "a function", hook)
    edge = tensor._edge
    if edge is None:
        raise GraphError("a hook can be registered only on a tensor that requires grad")
    if edge.hooks is None:
        edge.hooks = {}
    handle = RemovableHandle(edge.hooks)
    edge.hooks[handle._key] = hook
    return handle


def retain_grad(tensor):
    """Keep the gradient of a tensor that is not a leaf in its `grad`.

    Raises: GraphError where the tensor does not require grad.
    """
    if tensor._edge is None:
        raise GraphError("retain_grad on a tensor that does not require grad")
    if not tensor.is_leaf and tensor._edge.grad is NOT_RETAINED:
        tensor._edge.grad = None


def retains_grad(tensor: Tensor):
    """Whether this is a tensor in the middle of the graph whose gradient is kept."""
    return not tensor.is_leaf and tensor._edge.grad is not NOT_RETAINED
