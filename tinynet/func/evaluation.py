"""A function evaluated at inputs of its own, so that it can be differentiated by them and by nothing else."""

from ..arguments import integer
from ..autograd.backward import grad
from ..autograd.graph import reachable, record
from ..autograd.mode import enable_grad, mode
from ..errors import ArgumentTypeError, ArgumentValueError, DTypeError
from ..leaf import Leaf
from ..ops.creation import zeros_like
from ..tensor import Tensor
from ..trees import flatten, unflatten


class Evaluation:
    """The result of func(*args, **kwargs), where the tensors in the chosen arguments are inputs of its own.

    These have the values of the given ones and come from them, as a view does: a derivative by them is a partial
    one, and has derivatives by the given ones in turn. What has derivatives by no one else is cut off from the graph
    (`given`), and gradients are recorded only where somebody may want theirs (`recorded`).
    """

    def __init__(self, where, func, args, kwargs, argnums):
        self.where, self.recording = where, mode.enabled
        chosen = _chosen(where, argnums, len(args))
        tree = tuple([args[i] for i in chosen]) if isinstance(argnums, tuple | list) else args[chosen[0]]
        given, self.structure = flatten(tree)
        with enable_grad():
            self.inputs = [_own(where, x) for x in given]
            trees = unflatten(self.structure, self.inputs)
            args = list(args)
            for i, tree in zip(chosen, trees if isinstance(argnums, tuple | list) else (trees,)):
                args[i] = tree
            self.result = func(*args, **(kwargs or {}))

    def split_aux(self):
        """The result and what is returned beside it, of a function that returns such a pair."""
        if not (isinstance(self.result, tuple) and len(self.result) == 2):
            raise ArgumentTypeError(f"{self.where}: expected func to return a pair (output, aux) with has_aux=True")
        return self.result

    def in_tree(self, gradients):
        """The gradients by the inputs, in the structure of the chosen arguments."""
        return unflatten(self.structure, gradients)

    def recorded(self, *tensors):
        """Whether these, and gradients of them, can have derivatives by anything but the inputs."""
        return self.recording and any(_reaches_beyond(x, self.inputs) for x in tensors)

    def given(self, tree):
        """What func returned, for the caller: outside of the graph, unless it has derivatives by anything else."""
        leaves, structure = flatten(tree)
        cut = [isinstance(x, Tensor) and x.requires_grad and not self.recorded(x) for x in leaves]
        return unflatten(structure, [x.detach() if c else x for x, c in zip(leaves, cut)])

    def gradients(self, outputs, grad_outputs, inputs=None, record=None):
        """Σ ∂(grad_output · output)/∂input for each input, zeros where it has no part in it."""
        inputs = self.inputs if inputs is None else inputs
        pairs = [(y, g) for y, g in zip(outputs, grad_outputs) if y.requires_grad]
        if not pairs:
            return [zeros_like(x) for x in inputs]
        if record is None:
            record = self.recorded(*outputs) or (mode.enabled and any(_needs_grad(g) for _, g in pairs))
        ys, gs = zip(*pairs)
        return list(grad(ys, inputs, gs, retain_graph=True, create_graph=record, materialize_grads=True))


def tensors_of(where, tree):
    """The leaves of what a function returned, which must be tensors, and the structure. Raises ArgumentTypeError."""
    leaves, structure = flatten(tree)
    for x in leaves:
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(f"{where}: expected func to return tensors, got {type(x).__name__}")
    return leaves, structure


def _needs_grad(g):
    return g is not None and g.requires_grad


def _chosen(where, argnums, n):
    """The numbers of the arguments to differentiate by."""
    chosen = []
    for i in argnums if isinstance(argnums, tuple | list) else [argnums]:
        i = integer(where, "argnums", i)
        if not -n <= i < n:
            raise ArgumentValueError(
                f"{where}: expected argnums below the number of positional arguments, {n}, got {i}"
            )
        chosen.append(i % n)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ArgumentValueError(
            f"{where}: expected argnums to name at least one argument, and each once, got {argnums}"
        )
    return chosen


def _own(where, x):
    """A tensor over the memory of x whose gradients are its own."""
    if not isinstance(x, Tensor):
        raise ArgumentTypeError(
            f"{where}: expected tensors in the arguments to differentiate by, got {type(x).__name__}"
        )
    if not x.is_floating_point():
        raise DTypeError(f"{where}: expected tensors of a floating dtype to differentiate by, got {x.dtype}")
    out = record("own", x.settle().array, (x,), lambda g: g, view=True)
    return out if out.requires_grad else out.requires_grad_()


def _reaches_beyond(x, inputs):
    """Whether a leaf other than `inputs` can be reached from x through the graph."""
    own = {y._edge for y in inputs}
    return any(edge.__class__ is Leaf and edge not in own for edge in reachable([x._edge]))
