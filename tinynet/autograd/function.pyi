"""Written by tests/types/stubs.py."""

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator
from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from typing_extensions import Self, TypeAlias

from tinynet.tensor import Operand, Tensor

class FunctionCtx:
    """What the forward and the backward of one call pass to each other; they may give it attributes of their own."""
    def save_for_backward(self, *tensors: Any):
        """Keep tensors for backward, or None; that they are changed in place until then is found, and is an error."""
    def save_for_forward(self, *tensors: Any):
        """Accepted, and without effect: derivatives forwards are not taken by `jvp`."""
    @property
    def saved_tensors(self) -> Any:
        """The tensors of `save_for_backward`, with their places in the graph."""
    @property
    def saved_variables(self) -> Any:
        """The old name of `saved_tensors`."""
    def mark_dirty(self, *args: Any):
        """Say that forward has changed these arguments in place; it must return them too."""
    def mark_non_differentiable(self, *args: Any):
        """Say that no gradient flows through these outputs. That of integers and bools is known without."""
    def set_materialize_grads(self, value):
        """Whether backward gets zeros as the gradient of an output that has none, or None; zeros by default."""

class Function(FunctionCtx):
    """The base of functions with a gradient of their own: subclass it, and call `apply`."""
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any): ...
    forward: Callable[..., Any]
    setup_context: Callable[..., Any]
    backward: Callable[..., Any]
    @staticmethod
    def vjp(ctx, *grad_outputs: Any):
        """The gradients of the inputs, one for each argument of forward, from those of the outputs; None for none."""
    apply: Callable[..., Any]

class InplaceFunction(Function):
    """An old name of `Function`, for those that may work in place."""

def once_differentiable(fn):
    """Decorates a backward that does not consist of operations: it has no gradient, and to ask for one is an error."""
