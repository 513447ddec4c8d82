"""The graph: one Node per recorded operation, made while the forward pass runs.

    record("mul", out, (x, y), lambda g: g * y, lambda g: g * x)

A node holds an edge to where each input came from, and a gradient rule for it: a function from the gradient g of the
output to that of the input. It does not hold the inputs themselves: what a rule needs it captures, so the closure of a
rule is exactly what is kept alive until the walk backwards. Rules are written with operations on tensors; when these
are recorded too (`create_graph=True`), the gradients have gradients.

A rule may do two things more:

    lambda g, y: g * y              take the output y, which the node then saves (`saves_output=True`)
    def gw(g, *, out=None): ...     write the gradient to `out`, or add it to `add_to`, if it is given such an array

Where one function computes the gradients by all inputs it is a joint rule, `record(..., joint=lambda g: (gx, gw))`.
"""

import gc
from operator import itemgetter
from types import FunctionType, ModuleType

import numpy as np

from .. import dtypes, versions
from ..errors import DTypeError, GraphError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import DeviceArray
from ..kernels.batching.array import BatchedArray
from ..kernels.filled import copied, zeros
from ..kernels.kernel import Kernel
from ..kernels.launch import launch
from ..kernels.windows import Geometry, Windows
from ..leaf import Leaf
from ..tensor import Tensor, check_writable, view_of, wrap
from ..versions import History, has_moved, tick
from .mode import mode


class Node:
    """A recorded operation: where its gradient goes, and by which rules."""

    __slots__ = (
        "dtype", "grad", "hooks", "inputs", "joint", "number", "op", "output", "path", "saved", "shape",
    )  # fmt: skip

    # Made by `record`, field by field, since that is a third faster (and by `function_node.py`):
    #   op            the name of the operation
    #   inputs        (edge, rule, shape) for each input that a gradient is wanted for; the edge is a Node or a Leaf
    #   joint         a function that computes the gradients by all inputs at once, of which the rules then take theirs
    #   saved         (tensor, its array) for each tensor that the rules have captured
    #   output        (array, its Version) if the rules take the output, else None
    #   shape, dtype  of the output, and so of its gradient
    #   number        larger than those of the nodes that the inputs come from
    #   hooks, grad   functions to show the gradient to, and the gradient if it is retained
    #   path          of the module in which the operation ran, while module paths are tracked

    @property
    def edges(self):
        """Where gradients go from here."""
        return [edge for edge, _, _ in self.inputs]

    @property
    def next_functions(self):
        """The nodes and leaves that gradients go to from here, each beside which of its outputs it is: 0."""
        return tuple([(edge, 0) for edge in self.edges])

    def name(self):
        """The operation, in the way PyTorch says it: "MulBackward0"."""
        return f"{self.op.title().replace('_', '')}Backward0"

    def free(self):
        """Drop the rules, and with them all that they have saved."""
        self.saved = self.joint = self.output = None
        self.inputs = ()

    def check(self, g):
        """Raise GraphError unless all is here, and as it was, that the rules need to work on the gradient g."""
        if self.saved is None:
            raise_freed(self)
        for x, array in self.saved:
            if x.array is not array and not has_moved(array, x.array):
                _raise_changed(self, f"a tensor of shape {array.shape} and {array.dtype}", "was given another array")
        array = g.array
        if array.shape != self.shape or array.dtype != self.dtype:
            came = f"the gradient that came has shape {g.shape} and {g.dtype}"
            _raise_changed(self, f"the gradient of its output, of shape {self.shape} and {self.dtype},", came)
        if self.number < versions.last_write:
            self.check_versions()

    def check_versions(self):
        """Raise GraphError if a tensor that the rules need was overwritten since."""
        for x, _ in self.saved:
            if x._version is not None and x._version.last_write() > self.number:
                _raise_overwritten(self, f"a tensor of shape {x.shape}")
        if self.output is not None and self.output[1].last_write() > self.number:
            _raise_overwritten(self, f"its output, of shape {self.output[0].shape},")

    def __repr__(self):
        return f"<{self.op}>"


class _NotRetained:
    def __repr__(self):
        return "not retained"


NOT_RETAINED = _NotRetained()
_new = object.__new__


class _Parts(dict):
    """The rules of a node with a joint rule: the rule of input i takes element i of what that returned."""

    def __missing__(self, i):
        self[i] = part = itemgetter(i)
        return part


_PARTS = _Parts()


def record(op, array, inputs, *rules, saves_output=False, joint=None, view=False):
    """The output tensor of an operation, with a node behind it if gradients are to flow to one of its inputs.

    `rules` hold, for each of `inputs`, a function from the gradient of the output to that of the input; it may
    ignore broadcasting, which the walk undoes. `joint` is one function in their place that returns a gradient for each
    input; then inputs may be None. With `saves_output` the rules, or the joint one, receive the output as a second
    argument: they must not capture it, since output, node, rule and output again would be a reference cycle.
    `view=True` says that `array` lies in the memory of the first input.
    """
    out = view_of(inputs[0], array) if view else wrap(array)
    if not mode.enabled:
        return out
    if joint is not None:
        rules = _PARTS
    wanted, saved, i = [], [], 0
    for x in inputs:
        if x is not None:
            if x._base is not None:
                check_view(op, x)
            edge = x._edge
            if edge is not None:  # a rule that nobody needs must not keep alive what it captured
                rule = rules[i]
                wanted.append((edge, rule, x.array.shape))
                if joint is None:
                    _save(rule, saved)
        i += 1
    if not wanted:
        return out
    if joint is not None:
        _save(joint, saved)
    out._edge = node = _new(Node)
    node.op, node.inputs, node.joint, node.saved = op, wanted, joint, saved
    node.shape, node.dtype, node.number, node.path = array.shape, array.dtype, tick(), mode.path
    node.output = (array, out.version()) if saves_output else None
    node.hooks, node.grad = None, NOT_RETAINED
    if array.__class__ is BatchedArray:
        array.level.adapt(node, array, inputs)
    return out


def zero_gradient(g):
    """The rule of an operation whose output does not change with its input, except in jumps."""
    return wrap(zeros(g.array.shape, g.array.dtype, g.array))


def scatter(shape, add, take):
    """The rule of an operation that took elements out of its input: zeros, to which the gradient is added there.

    `add(out, g)` adds the array of a gradient where the elements were, `take` is the operation itself. Since the rule
    can add to an array, the gradients by many parts of a tensor cost one array of zeros together.
    """

    def rule(g, *, add_to=None):
        if add_to is not None:
            return add(add_to, g.array)
        out = zeros(shape, g.array.dtype, g.array)
        add(out, g.array)
        return record("scatter", out, (g,), take)

    return rule


def check_view(op, x):
    """Raises GraphError for a view taken before its base got a new history in place, of which it does not know."""
    history = x._version.history
    if x._base.history is not history:
        raise GraphError(
            f"{op}: an input is a view of a tensor that {history.op!r} changed in place after the view was taken; "
            "take the view again, or use the operation that is not in place"
        )


# What rules have saved

# Kinds of objects that hold no tensors: numbers, arrays, what belongs to the library itself
_PLAIN = (
    int, float, str, type(None), slice, np.ndarray, np.generic, np.dtype, DeviceArray, Kernel, Windows, Leaf, type,
    ModuleType,
)  # fmt: skip
# Of such the commonest: to look a class up costs less than `isinstance`, and `record` runs in each operation.
_QUICK = {
    int, float, bool, str, slice, type(None), type(...), np.ndarray, Geometry,
    *(kind.__class__ for kind in dtypes.ALL),
}  # fmt: skip
_NESTED = 4  # functions, tuples and lists inside each other, which are looked through before the interpreter is asked


def without_tensors(kind):
    """Decorates a class whose instances hold no tensors, so that nobody looks for one in them."""
    _QUICK.add(kind)
    return kind


def _save(x, saved, depth=0):
    """Add to `saved` each tensor that a rule, or what it has captured, holds, with the array that it has now."""
    kind = x.__class__
    if kind is FunctionType and depth < _NESTED:
        if x.__closure__ is not None:
            try:
                for cell in x.__closure__:
                    held = cell.cell_contents
                    if held.__class__ in _QUICK:
                        continue
                    if isinstance(held, Tensor):
                        saved.append((held, held.array))
                    else:
                        _save(held, saved, depth + 1)
            except ValueError:  # a name without a value
                saved += [(y, y.array) for y in tensors_in(x)]
        if x.__defaults__ is not None:
            _save(x.__defaults__, saved, depth + 1)
        if x.__kwdefaults__ is not None:
            _save(tuple(x.__kwdefaults__.values()), saved, depth + 1)
    elif isinstance(x, (tuple, list)) and depth < _NESTED:
        for held in x:
            if held.__class__ in _QUICK:
                continue
            if isinstance(held, Tensor):
                saved.append((held, held.array))
            else:
                _save(held, saved, depth + 1)
    elif isinstance(x, _PLAIN):
        _QUICK.add(kind)
    else:
        saved += [(y, y.array) for y in tensors_in(x)]


def tensors_in(x):
    """The tensors that an object holds, however deep: in its closure, its defaults, its attributes, its elements.

    The search follows the references that the interpreter itself follows to collect garbage, and so misses none.
    """
    found, seen, stack = [], set(), [x]
    while stack:
        x = stack.pop()
        if isinstance(x, Tensor):
            found.append(x)
        elif not isinstance(x, _PLAIN) and id(x) not in seen:
            seen.add(id(x))
            if x.__class__ is FunctionType:  # and not to the globals of its module
                stack += x.__closure__ or (), x.__defaults__, x.__kwdefaults__
            else:
                stack += gc.get_referents(x)
    return found


def raise_freed(node):
    """Raise GraphError: the node was walked through before."""
    raise GraphError(
        f"backward through {node.op!r} a second time: what it had saved was freed by the first; "
        "pass retain_graph=True to the first backward or grad"
    )


def _raise_overwritten(node, what):
    after = f"it was overwritten after {node.op!r} had used it"
    _raise_changed(node, f"{what} for its gradient", after, "been modified by an inplace operation")


def _raise_changed(node, what, how, summary="changed"):
    at = f" at {node.path}" if node.path else ""
    raise GraphError(
        f"one of the variables needed for gradient computation has {summary}: {node.op!r}{at} needs {what}, and {how}"
    )


# In-place operations


def write_in_place(op, x, value):
    """Overwrite `x` by what `value(x)` computes, and let `x` take over its history; returns `x`.

    `value` receives an alias of `x` with the history up to now, so that no rule captures `x` itself.

    Raises: GraphError where x cannot be changed in place, ShapeError and DTypeError if the result does not fit in it.
    """
    before = alias(x)
    recording = mode.enabled
    if recording and x._edge.__class__ is Leaf:
        raise GraphError(f"{op}: a leaf tensor that requires grad cannot be changed in place; use no_grad()")
    result = value(before)
    if result.array.shape != x.array.shape:
        raise ShapeError(f"{op}: the result has shape {result.shape}, which does not fit in place of {x.shape}")
    if result.array.dtype is not x.array.dtype:
        if dtypes.category(result.dtype) > dtypes.category(x.dtype):
            raise DTypeError(f"{op}: a result of dtype {result.dtype} cannot be stored in a tensor of {x.dtype}")
    check_writable(op, x)
    if result.array.dtype is not x.array.dtype and result.dtype != x.dtype:
        result = result.to(x.dtype)
    view = x._base is not None
    if recording and view and not (x._edge is result._edge is None) and not _is_alone(x):
        raise GraphError(
            f"{op}: a view cannot be changed in place while gradients are recorded; index the tensor itself, "
            "as in x[i] = ..., or use the operation that is not in place"
        )
    if result.array.__class__ is not x.array.__class__:  # of a batch, to which what is the same for all is written
        result = record(op, copied(result.array), (result,), lambda g: g)
    if recording and result._edge is None is not x._edge:  # a constant was written: the gradient by x is 0
        result = record(op, result.array, (before,), zero_gradient)
    if result._edge is not None and any(saved is before for saved, _ in result._edge.saved):
        before.move_to(copied(before.array))  # the values that the gradient needs are the old ones
        before._version = before._base = None
    launch(kernels.copy, x.array, result.array)
    x.mark_written()
    if result._edge is not None:
        if view:  # from now on other views of its memory are stale, and it stays as it lies
            x.keep_order()
        x._base, x._edge, x._version.history = None, result._edge, History(op)
    return x


def overwrite(op, x, value):
    """Let `x` hold the elements of a tensor `value` of its dtype, broadcast, where no gradient is recorded by that.

    Raises: GraphError where x cannot be changed in place.
    """
    check_writable(op, x)
    launch(kernels.copy, x.array, value.array)
    x.mark_written()
    return x


def _is_alone(view):
    """Whether the tensor is gone whose memory a view sees, such as an intermediate result of a function."""
    return view._base() is None and view._base.history is view._version.history


def view_in_place(op, x, view):
    """Let `x` become `view(x)`, a view of its own memory, with the history that this has; returns `x`.

    Raises: GraphError for a leaf that requires grad.
    """
    if mode.enabled and x._edge.__class__ is Leaf:
        raise GraphError(f"{op}: a leaf tensor that requires grad cannot be changed in place; use no_grad()")
    out = view(alias(x))
    x.array, x._edge = out.array, out._edge
    return x if x.array.flags.c_contiguous else x.keep_order()


def reachable(edges):
    """The nodes and leaves to which edges lead, each once."""
    seen, stack = set(), list(edges)
    while stack:
        edge = stack.pop()
        if edge is not None and edge not in seen:
            seen.add(edge)
            yield edge
            if edge.__class__ is not Leaf:
                stack += edge.edges


def alias(x):
    """Another tensor object for the same memory and history."""
    out = wrap(x.array)
    out._edge, out._base, out._version = x._edge, x._base, x.version()
    return out
