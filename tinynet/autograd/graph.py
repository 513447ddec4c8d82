"""The graph: one Node per recorded operation, made while the forward pass runs.

    record("mul", out, (x, y), lambda g: g * y, lambda g: g * x)

A node holds one gradient rule per input and an edge to where that input came from. It does not hold the inputs
themselves: what a rule needs it captures, so the closure of a rule is exactly what is kept alive until the walk
backwards. Rules are written with operations on tensors; when these are recorded too (`create_graph=True`), the
gradients have gradients.
"""

import contextlib
import functools
import inspect
import itertools
import threading

from .. import dtypes
from .. import tensor as _tensor
from ..arguments import boolean, wrong_kind
from ..errors import DTypeError, GraphError, ShapeError
from ..kernels import reference as kernels
from ..kernels.filled import copied, zeros
from ..kernels.launch import launch
from ..tensor import History, Leaf, Tensor, check_writable, has_moved, view_of, wrap

_next_number = itertools.count(1).__next__


class _Mode(threading.local):
    enabled = True
    # Where somebody wants to know in which module an operation runs: the path of the current one, the modules around
    # it, and a function (path, module, output) to call after each. Else `path` is None, and modules take no notice.
    path = None
    modules = ()
    visit = None


mode = _Mode()


class Node:
    """A recorded operation: where its gradient goes, and by which rules."""

    __slots__ = (
        "clock", "dtype", "edges", "grad", "hooks", "lands", "number", "op", "output", "path", "rules", "saved",
        "shape", "shapes",
    )  # fmt: skip

    def __init__(self, op, out, edges, shapes, rules, lands, path):
        self.op = op
        self.shape, self.dtype = out.shape, out.dtype  # of the output, and so of its gradient
        self.edges = edges  # per input: a Node, a Leaf, or None where no gradient is wanted
        self.shapes = shapes  # per input
        self.rules = rules  # per input: a function of g, or None where the gradient is zero
        self.saved = _captured(rules)  # (tensor, its array) for what the rules need
        self.lands = lands  # whether the rules can write a gradient straight to where it is to lie
        self.number = _next_number()  # nodes are numbered as they are made, so inputs have smaller numbers
        self.clock = _tensor._writes
        self.output = None  # (array, its write counter), if the rules take the output as second argument
        self.hooks = None
        self.grad = NOT_RETAINED
        self.path = path

    def free(self):
        """Drop the rules, and with them all that they have saved."""
        self.rules = self.output = self.saved = None
        self.edges = ()

    def __repr__(self):
        return f"<{self.op}>"


class _NotRetained:
    def __repr__(self):
        return "not retained"


NOT_RETAINED = _NotRetained()


def record(op, array, inputs, *rules, keep=False, lands=False, view=False):
    """The output tensor of an operation, with a node behind it if gradients are to flow to one of its inputs.

    `rules` hold, for each of `inputs`, a function from the gradient of the output to that of the input; it may
    ignore broadcasting, which the walk undoes. With `keep=True` the rules receive the output as a second argument.
    They must not capture it themselves: output, node, rule and output again would be a reference cycle.
    With `lands=True` the rules take a second argument `into`: None, or an array that they may write the gradient to
    and return None, which spares a parameter's gradient the copy into its optimizer's arena.
    `view=True` says that `array` lies in the memory of the first input.
    """
    out = view_of(inputs[0], array) if view else wrap(array)
    if not mode.enabled:
        return out
    edges, shapes, wanted = [], [], False
    for x in inputs:
        edge = x._edge
        if edge is not None:
            wanted = True
        edges.append(edge)
        shapes.append(x.array.shape)
        if x._base is not None:
            _check_view(op, x)
    if not wanted:
        return out
    if None in edges:  # a rule that nobody needs must not keep alive what it captured
        rules = [rule if edge is not None else None for rule, edge in zip(rules, edges)]
    node = Node(op, array, edges, shapes, rules, lands, mode.path)
    if keep:
        node.output = array, out.write_counter()
    out._edge = node
    return out


class PutBack:
    """The rule of an operation that took elements out of its input: zeros, to which the gradient is added there.

    `add(out, g)` adds a gradient's array at the place, `take` is the operation itself. If a gradient of the input is
    at hand already, the walk calls `add` alone, so that many parts of a tensor cost one array of zeros together.
    """

    def __init__(self, shape, add, take):
        self.shape, self.add, self.take = shape, add, take
        self.__closure__ = add.__closure__  # as of a rule that is a function: what must not be overwritten

    def __call__(self, g):
        out = zeros(self.shape, g.array.dtype, g.array)
        self.add(out, g.array)
        return record("put_back", out, (g,), self.take)


def zero_gradient(g):
    """The rule of an operation whose output does not change with its input, except in jumps."""
    return wrap(zeros(g.array.shape, g.array.dtype, g.array))


def _check_view(op, x):
    """A view taken before its base got a new history by an in-place operation does not know of that history."""
    history = x._written[1]
    if x._base is not history:
        raise GraphError(
            f"{op}: an input is a view of a tensor that {history.op!r} changed in place after the view was taken; "
            "take the view again, or use the operation that is not in place"
        )


def _captured(rules):
    """The tensors that rules keep for gradients that are wanted, each with the array that it has now."""
    saved = []
    for rule in rules:
        if rule is not None:
            for cell in rule.__closure__ or ():
                x = cell.cell_contents
                if isinstance(x, Tensor):
                    saved.append((x, x.array))
                elif x.__class__ is tuple:
                    saved.extend([(y, y.array) for y in x if isinstance(y, Tensor)])
    return saved


def check_arrays(node, g):
    """Raise if a tensor that the rules of `node` need, or its output, has another array than it had then.

    A rule forms addresses by the shapes and dtypes that there were when the node was made.
    """
    for x, array in node.saved:
        if x.array is not array and not has_moved(array, x.array):
            _raise_changed(node, f"a tensor of shape {array.shape} and {array.dtype}", "was given another array")
    if g.array.shape != node.shape or g.array.dtype != node.dtype:
        came = f"the gradient that came has shape {g.shape} and {g.dtype}"
        _raise_changed(node, f"the gradient of its output, of shape {node.shape} and {node.dtype},", came)


def check_saved(node):
    """Raise if a tensor that the rules of `node` need was overwritten since."""
    for x, _ in node.saved:
        if x._written is not None and _last_write(x._written) > node.clock:
            _raise_overwritten(node, f"a tensor of shape {x.shape}")
    if node.output is not None and _last_write(node.output[1]) > node.clock:
        _raise_overwritten(node, f"its output, of shape {node.output[0].shape},")


def _last_write(written):
    return max(written[0], written[2][0])


def _raise_overwritten(node, what):
    after = f"it was overwritten after {node.op!r} had used it"
    _raise_changed(node, f"{what} for its gradient", after, "been modified by an inplace operation")


def _raise_changed(node, what, how, summary="changed"):
    at = f" at {node.path}" if node.path else ""
    raise GraphError(
        f"one of the variables needed for gradient computation has {summary}: {node.op!r}{at} needs {what}, and {how}"
    )


def write_in_place(op, x, value):
    """Overwrite `x` by what `value(x)` computes, and let `x` take over its history; returns `x`.

    `value` receives a stand-in for `x` with the history up to now, so that no rule captures `x` itself.
    """
    before = stand_in(x)
    recording = mode.enabled
    if recording and x._edge.__class__ is Leaf:
        raise GraphError(f"{op}: a leaf tensor that requires grad cannot be changed in place; use no_grad()")
    result = value(before)
    if result.shape != x.shape:
        raise ShapeError(f"{op}: the result has shape {result.shape}, which does not fit in place of {x.shape}")
    if dtypes.category(result.dtype) > dtypes.category(x.dtype):
        raise DTypeError(f"{op}: a result of dtype {result.dtype} cannot be stored in a tensor of {x.dtype}")
    check_writable(op, x)
    if result.dtype != x.dtype:
        result = result.to(x.dtype)
    if recording and x._base is not None and not (x._edge is result._edge is None):
        raise GraphError(
            f"{op}: a view cannot be changed in place while gradients are recorded; index the tensor itself, "
            "as in x[i] = ..., or use the operation that is not in place"
        )
    if recording and result._edge is None is not x._edge:  # a constant was written: the gradient by x is 0
        result = record(op, result.array, (before,), zero_gradient)
    if result._edge is not None and any(saved is before for saved, _ in result._edge.saved):
        before.move_to(copied(before.array))  # the values that the gradient needs are the old ones
        before._written = None
    launch(kernels.copy, x.array, result.array)
    x.mark_written()
    if result._edge is not None:
        x._edge, x._written[1] = result._edge, History(op)
    return x


def stand_in(x):
    """Another tensor object for the same memory and history."""
    out = wrap(x.array)
    out._edge, out._base, out._written = x._edge, x._base, x.write_counter()
    return out


class _GradMode(contextlib.ContextDecorator):
    """Switches recording on or off in a `with` block, or in a function that it decorates; per thread."""

    def __init__(self, enabled):
        self._enabled, self._before = enabled, []

    def __enter__(self):
        self._before.append(mode.enabled)
        mode.enabled = self._enabled

    def __exit__(self, *error):
        mode.enabled = self._before.pop()

    def __call__(self, function):
        if not callable(function):
            raise wrong_kind("a switch of gradients", "what it decorates", "a function", function)
        if inspect.isgeneratorfunction(function):  # it would run after the mode has been switched back
            raise TypeError(f"a generator cannot be decorated, use a with block inside it: {function.__name__}")
        return super().__call__(function)

    def _recreate_cm(self):  # a decorated function may call itself, or run in several threads
        return _GradMode(self._enabled)


def no_grad(orig_func=None):
    """Record no operations in the `with` block or decorated function: `with no_grad():`, `@no_grad()`."""
    context = _GradMode(False)
    return context if orig_func is None else functools.wraps(orig_func)(context(orig_func))


def enable_grad(orig_func=None):
    """Record operations in the `with` block or decorated function, even under an outer `no_grad()`."""
    context = _GradMode(True)
    return context if orig_func is None else functools.wraps(orig_func)(context(orig_func))


def is_grad_enabled():
    """Whether operations on tensors that require grad are recorded at this point."""
    return mode.enabled


class set_grad_enabled(_GradMode):
    """Switch recording on or off: at once, and as a context manager or decorator for its block or function only."""

    def __init__(self, mode):
        super().__init__(boolean("set_grad_enabled", "mode", mode))
        super().__enter__()

    def __enter__(self):
        mode.enabled = self._enabled

    def __call__(self, orig_func):
        self.__exit__()  # decorating a function changes nothing outside it
        return super().__call__(orig_func)
