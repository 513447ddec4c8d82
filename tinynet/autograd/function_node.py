"""Nodes of the graph for calls of a user's `Function`, whose gradient is a method and which may have several outputs.

    inputs ← FunctionNode ← outputs[0]          one output: the node is its edge
    inputs ← FunctionNode ← OutputNode ← each   several: the walk gathers their gradients in a `Gradients`

An OutputNode is younger than its FunctionNode, so the walk, which takes the newest node first, has met all of them
when it comes to the function.
"""

import weakref
from operator import itemgetter

import numpy as np

from ..errors import DeviceError, GraphError, ShapeError
from ..kernels.arrays import empty
from ..kernels.filled import zeros
from ..leaf import Leaf
from ..tensor import Tensor, view_of, wrap
from ..versions import History, tick
from .graph import NOT_RETAINED, Node, alias, check_view
from .mode import mode


class Gradients:
    """The gradients of several outputs on their way to the node that made them; None where none has come.

    For the walk it is a gradient like others: it has an array, which is itself, and can be added.
    """

    __slots__ = ("parts",)
    shape = dtype = None

    def __init__(self, parts):
        self.parts = parts

    @classmethod
    def of_one(cls, n, i, g):
        """Nothing but g, as the gradient of output i of n."""
        return cls([g if k == i else None for k in range(n)])

    @property
    def array(self):
        return self

    def put(self, i, g):
        """Add g to the gradient of output i."""
        self.parts[i] = g if self.parts[i] is None else self.parts[i] + g

    def __add__(self, other):
        out = Gradients(list(self.parts))
        for i, g in enumerate(other.parts):
            if g is not None:
                out.put(i, g)
        return out


class CallNode(Node):
    """A node whose gradients are computed by a call of what the user has written."""

    __slots__ = ()

    def __init__(self, op, inputs, saved, like):
        self.op, self.inputs, self.saved = op, inputs, saved
        self.shape, self.dtype = like.shape, like.dtype
        self.output, self.hooks, self.grad = None, None, NOT_RETAINED
        self.path, self.number = mode.path, tick()

    def name(self):
        """The function, in the way PyTorch says it: "MyReLUBackward"."""
        return f"{self.op}Backward"


class OutputNode(CallNode):
    """One of several outputs: hands its gradient to the node of the function."""

    __slots__ = ()

    def __init__(self, function, slot, like):
        n = len(function.slots)

        def rule(g, *, add_to=None):
            if add_to is None:
                return Gradients.of_one(n, slot, g)
            return add_to.put(slot, g)

        super().__init__(function.op, [(function, rule, Gradients.shape)], [], like)
        self.joint = None


class SavedOutput:
    """An output that a function has saved: its memory and version. The output itself would hold its own node."""

    __slots__ = ("slot", "stand_in")

    def __init__(self, slot, output):
        self.slot, self.stand_in = slot, _outside(output)


def outside_graph(x):
    """A saved tensor; an output without its place in the graph."""
    return x.stand_in if x.__class__ is SavedOutput else x


class FunctionNode(CallNode):
    """A call of a `Function`: its rules are the method `backward`."""

    __slots__ = ("__weakref__", "context", "expected", "function", "outputs", "slots")

    #   function, context   the class, and what its forward and backward pass to each other
    #   slots               the numbers of the outputs that are differentiable
    #   outputs             (shape, an empty array of the dtype and device) for each output whose gradient may not come
    #   expected            (shape, dtype, whether on a GPU) of each input's gradient, or None if it is no tensor

    def __init__(self, function, context, inputs, outputs, slots):
        self.function, self.context, self.slots = function, context, slots
        self.expected = [(x.array.shape, x.dtype, x.is_cuda) if isinstance(x, Tensor) else None for x in inputs]
        self.outputs = [None] * len(outputs)
        if len(outputs) > 1:  # of one, the gradient always comes
            self.outputs = [(y.array.shape, _empty(y)) if isinstance(y, Tensor) else None for y in outputs]
        op, wanted = function.__name__, []
        for i, x in enumerate(inputs):
            if isinstance(x, Tensor) and x._edge is not None:
                if x._base is not None:
                    check_view(op, x)
                wanted.append((x._edge, itemgetter(i), x.array.shape))
        like = outputs[slots[0]].array if len(slots) == 1 else Gradients
        super().__init__(op, wanted, [], like)

    def edge_of(self, slot, y):
        """Where the gradient of the differentiable output y goes, the one with this number."""
        return self if len(self.slots) == 1 else OutputNode(self, slot, y.array)

    def save(self, outputs):
        """Keep what forward has saved, the outputs among it without their nodes, and note it for checks."""
        slots = {id(outputs[i]): slot for slot, i in enumerate(self.slots)}
        context = self.context
        context.to_save = tuple([SavedOutput(slots[id(x)], x) if id(x) in slots else x for x in context.to_save])
        context._node = weakref.ref(self)
        held = map(outside_graph, context.to_save)
        self.saved += [(x, x.array) for x in held if x is not None]

    def unpacked(self, x):
        """A saved tensor; an output with its place in the graph."""
        if x.__class__ is not SavedOutput:
            return x
        y = _outside(x.stand_in)
        y._edge = self.edge_of(x.slot, y)
        return y

    def joint(self, g):
        """The gradients of the inputs, from the gradient of the output, or the Gradients of several."""
        grads = [None] * len(self.outputs)
        for i, part in zip(self.slots, g.parts if g.__class__ is Gradients else [g]):
            grads[i] = part
        if self.context.materialize_grads:
            for i, output in enumerate(self.outputs):
                if grads[i] is None and output is not None:
                    shape, model = output
                    grads[i] = wrap(zeros(shape, model.dtype, model))
        return self._checked(self.function._backward()(self.context, *grads))

    def _checked(self, returned):
        """What `backward` returned, one gradient or None for each input. Raises GraphError, ShapeError, DeviceError."""
        returned = list(returned) if isinstance(returned, tuple) else [returned]
        n = len(self.expected)
        while len(returned) > n and returned[-1] is None:
            returned.pop()
        if len(returned) != n:
            raise GraphError(f"expected a gradient or None for each of {n} arguments of forward, got {len(returned)}")
        return [
            g if g is None else self._checked_one(i, g, want)
            for i, (g, want) in enumerate(zip(returned, self.expected))
        ]

    def _checked_one(self, i, g, want):
        where = f"the gradient of argument {i} of forward"
        if want is None:
            raise GraphError(f"expected None for {where}, which is no tensor, got {type(g).__name__}")
        if not isinstance(g, Tensor):
            raise GraphError(f"expected a Tensor or None for {where}, got {type(g).__name__}")
        shape, dtype, is_cuda = want
        if not self.context.needs_input_grad[i]:
            return None
        if g.array.shape != shape and not _expands_to(shape, g.array.shape):
            raise ShapeError(f"expected {where} to have shape {shape}, got {g.shape}")
        if g.is_cuda != is_cuda:
            raise DeviceError(f"expected {where} on the device of the argument, got one on {g.device}")
        return g if g.dtype == dtype else g.to(dtype)

    def free(self):
        """Drop what was saved, and the context."""
        if self.context is not None:
            self.context.to_save = None
        self.saved = self.context = None
        self.inputs = ()


def record_call(function, context, inputs, result):
    """What a call of a `Function` returns: the result of its forward, its tensors with a node behind them if recorded.

    Raises: GraphError for a tensor that was marked dirty and is no output, or cannot be changed in place.
    """
    op, outputs = function.__name__, list(result) if isinstance(result, tuple) else [result]
    given, dirty = {id(x) for x in inputs}, {id(x) for x in context.dirty_tensors}
    if dirty and dirty - {id(y) for y in outputs}:
        raise GraphError(f"{op}: a tensor that was marked dirty must be returned by forward, and was not")
    recording = mode.enabled and True in context.needs_input_grad
    constant, slots = {id(x) for x in context.non_differentiable}, []
    for i, y in enumerate(outputs):
        if isinstance(y, Tensor):
            if recording and y.array.dtype.kind == "f" and id(y) not in constant:
                slots.append(i)
            outputs[i] = _output(op, y, id(y) in given, id(y) in dirty, recording)
    node = FunctionNode(function, context, inputs, outputs, slots) if slots else None
    for x in context.dirty_tensors if recording else ():
        x._edge, x.version().history = None, History(op)  # it has the history of the function's outputs, if any
    if slots:
        node.save(outputs)
        for slot, i in enumerate(slots):
            outputs[i]._edge = node.edge_of(slot, outputs[i])
    return tuple(outputs) if isinstance(result, tuple) else outputs[0]


def _output(op, y, given, changed, recording):
    """A tensor that forward returned: itself, or another one for its memory, outside of the graph."""
    if changed:
        if recording:
            _check_dirty(op, y)
        y.mark_written()
        aliased = y._edge is not None and not recording
    else:
        aliased = given or y._edge is not None
    return view_of(y, y.settle().array) if aliased else y


def _check_dirty(op, x):
    if x._edge.__class__ is Leaf:
        raise GraphError(f"{op}: a leaf tensor that requires grad cannot be changed in place; use no_grad()")
    if x._base is not None:
        raise GraphError(f"{op}: a view cannot be changed in place while gradients are recorded; change a copy")


def _outside(x):
    """Another tensor for the memory of x, with its version and no place in the graph."""
    out = alias(x)
    out._edge = None
    return out


def _empty(x):
    return empty((0,), x.dtype, x.array)


def _expands_to(shape, larger):
    try:
        return np.broadcast_shapes(shape, larger) == tuple(larger)
    except ValueError:
        return False
