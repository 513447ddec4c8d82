"""Hooks: functions that see, and may change, the gradient of one tensor on its way."""

import itertools

from .. import capture
from ..arguments import wrong_kind
from ..errors import GraphError
from ..tensor import Tensor
from .graph import NOT_RETAINED

_next_key = itertools.count().__next__


class RemovableHandle:
    """What registers a hook returns this: `remove()` takes the hook away, and so does the end of a `with` block."""

    def __init__(self, hooks):
        self._hooks, self.id = hooks, _next_key()

    def remove(self):
        capture.rebuilt()
        self._hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def expect_function(where, hook):
    """The hook itself, which must be a function. Raises ArgumentTypeError."""
    if not callable(hook):
        raise wrong_kind(where, "hook", "a function", hook)
    return hook


def add_hook(hooks, hook, prepend=False):
    """Put a hook into a dict of hooks, last or with `prepend` first. Returns the handle that removes it."""
    capture.rebuilt()
    before, handle = dict(hooks), RemovableHandle(hooks)
    if prepend:
        hooks.clear()
    hooks[handle.id] = hook
    if prepend:
        hooks.update(before)
    return handle


def register_hook(tensor, hook):
    """Call `hook(grad)` whenever the gradient of `tensor` is computed; what it returns, if not None, replaces it.

    Raises: GraphError where the tensor does not require grad, ArgumentTypeError if the hook is no function.
    """
    expect_function("register_hook", hook)
    edge = tensor._edge
    if edge is None:
        raise GraphError("a hook can be registered only on a tensor that requires grad")
    if edge.hooks is None:
        edge.hooks = {}
    return add_hook(edge.hooks, hook)


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
