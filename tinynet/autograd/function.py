"""`Function`: an operation of the user's own, with a gradient of the user's own.

    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    y = Square.apply(x)

Neither forward nor, in an ordinary walk, backward is recorded. Where gradients of gradients are wanted, backward is:
then it must consist of operations, and of tensors that were saved by `save_for_backward`.
"""

import functools
import inspect
import warnings

from ..arguments import boolean
from ..errors import GraphError
from ..tensor import Tensor
from ..tensor_arguments import expect_tensor
from .function_node import outside_graph, record_call
from .graph import record
from .mode import mode, no_grad


class FunctionCtx:
    """What the forward and the backward of one call pass to each other; they may give it attributes of their own."""

    needs_input_grad = ()  # for each argument of forward, whether a gradient is wanted for it
    to_save, dirty_tensors, non_differentiable, materialize_grads = (), (), (), True
    _node = None  # a weak reference to the node, once there is one

    def save_for_backward(self, *tensors):
        """Keep tensors for backward, or None; that they are changed in place until then is found, and is an error.

        Raises: ArgumentTypeError for what is no tensor.
        """
        for i, x in enumerate(tensors):
            if x is not None:
                expect_tensor("save_for_backward", x, f"tensors[{i}]")
        self.to_save = tensors

    def save_for_forward(self, *tensors):
        """Accepted, and without effect: derivatives forwards are not taken by `jvp`."""

    @property
    def saved_tensors(self):
        """The tensors of `save_for_backward`, with their places in the graph."""
        if self.to_save is None:
            raise GraphError("saved_tensors after backward: they were freed by it; pass retain_graph=True to keep them")
        node = self._node and self._node()
        return tuple(map(outside_graph if node is None else node.unpacked, self.to_save))

    @property
    def saved_variables(self):
        """The old name of `saved_tensors`."""
        warnings.warn("saved_variables is deprecated; use saved_tensors", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    def mark_dirty(self, *args):
        """Say that forward has changed these arguments in place; it must return them too."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args):
        """Say that no gradient flows through these outputs. That of integers and bools is known without."""
        self.non_differentiable = args

    def set_materialize_grads(self, value):
        """Whether backward gets zeros as the gradient of an output that has none, or None; zeros by default."""
        self.materialize_grads = boolean("set_materialize_grads", "value", value)


class Function(FunctionCtx):
    """The base of functions with a gradient of their own: subclass it, and call `apply`."""

    def __init__(self, *args, **kwargs):
        message = f"{type(self).__name__} should not be instantiated: its methods are static; use {type(self).__name__}"
        warnings.warn(f"{message}.apply(...)", DeprecationWarning, stacklevel=2)

    def __call__(self, *args, **kwargs):
        name = type(self).__name__
        raise GraphError(f"{name}: a function whose methods are not static is not supported; use {name}.apply(...)")

    @staticmethod
    def forward(*args, **kwargs):
        """The outputs: a tensor, or a tuple of what may also be no tensors. `forward(ctx, *args)`, or `forward(*args)`
        beside a `setup_context`."""
        raise NotImplementedError("a Function must have a static method forward")

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep on ctx what backward needs, where forward does not take a ctx."""
        raise NotImplementedError("setup_context is not implemented")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """The gradients of the inputs, one for each argument of forward, from those of the outputs; None for none."""
        raise NotImplementedError("a Function must have a static method backward, or vjp, for gradients")

    vjp = backward

    @classmethod
    def _backward(cls):
        """The method that computes gradients: `backward`, also by the name of `vjp`."""
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise GraphError(f"{cls.__name__} has both backward and vjp, which mean the same; write one of them")
        return cls.vjp

    @classmethod
    def apply(cls, *args, **kwargs):
        """Call the function.

        Raises: GraphError for a tensor that was marked dirty and is no output, or cannot be changed in place.
        """
        context = FunctionCtx()
        apart = cls.setup_context is not Function.setup_context
        if apart:
            args = _positional(cls.forward, args, kwargs, defaults=True)
        elif kwargs:
            args = _positional(cls.forward, (context, *args), kwargs)[1:]
        context.needs_input_grad = tuple([isinstance(x, Tensor) and x._edge is not None for x in args])
        before, mode.enabled = mode.enabled, False
        try:
            if apart:
                result = cls.forward(*args)
                cls.setup_context(context, args, result)
            else:
                result = cls.forward(context, *args)
        finally:
            mode.enabled = before
        return record_call(cls, context, args, result)


class InplaceFunction(Function):
    """An old name of `Function`, for those that may work in place."""


def _positional(function, args, kwargs, defaults=False):
    """The arguments of a call by their positions."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    if defaults:
        bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(f"forward() got an unexpected keyword argument {next(iter(bound.kwargs))!r}")
    return bound.args


def once_differentiable(fn):
    """Decorates a backward that does not consist of operations: it has no gradient, and to ask for one is an error."""

    @functools.wraps(fn)
    def backward(ctx, *grad_outputs):
        with no_grad():
            found = fn(ctx, *grad_outputs)
        source = next((g for g in grad_outputs if isinstance(g, Tensor) and g._edge is not None), None)
        if source is None or not mode.enabled:
            return found
        found = found if isinstance(found, tuple) else (found,)
        return tuple(
            [record("once_differentiable", x.array, (source,), _refuse) if isinstance(x, Tensor) else x for x in found]
        )

    return backward


def _refuse(g):
    raise GraphError("trying to differentiate twice a function that was marked with @once_differentiable")
