"""The walk backwards: gradients flow from outputs to leaves, newest node first."""

from heapq import heappop, heappush

import numpy as np

from ..arguments import boolean, only, wrong_kind
from ..errors import ArgumentValueError, GraphError, LocatedError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.batching.array import active as batch
from ..kernels.filled import full, zeros
from ..kernels.launch import launch
from ..leaf import Leaf
from ..tensor import Tensor, check_alike, check_writable, wrap
from ..tensor_arguments import listed
from .batching import of_each
from .graph import NOT_RETAINED, check_view, raise_freed, reachable
from .mode import mode
from .unshared import is_unshared

NO_TARGET = {}  # keywords for a rule whose gradient is an array of its own


def _walk(pending):
    """Send the gradient of each root along its edge, and on through the graph, newest node first.

    A node's number is larger than those of its inputs, so taking the largest number first means that a node is
    processed after everything that uses it. No recursion: a chain may be as long as memory allows.
    """
    needed = pending.needed
    with pending, np.errstate(all="ignore"):
        for edge, g in pending.roots:
            pending.add(edge, g)
        while pending.heap:
            node, g = pending.take_newest()
            node.check(g)
            try:
                given = pending.given(node, g)
                for edge, rule, shape in node.inputs:
                    if needed is None or edge in needed:
                        target = pending.target(edge, rule) if getattr(rule, "__kwdefaults__", None) else NO_TARGET
                        gx = rule(*given, **target)
                        if gx is not None:  # summed over what was broadcast
                            pending.add(edge, gx if gx.array.shape == shape else gx.sum_to_size(shape))
                        elif "out" in target:
                            edge.grad = edge.home
            except LocatedError as error:
                raise _in_backward_of(node, error) from error
            if not pending.keep:
                node.free()
            g = given = rule = target = gx = None  # what they hold is free before the next node needs memory
        pending.finish()


class _Pending:
    """The gradients on their way: what each node has been sent so far, and in which order nodes are to be visited.

    `arrive(edge, g)` takes what gets to a leaf, or to one of the nodes among the `targets`; without targets every leaf
    is one. As a context it switches recording on or off, as `create_graph` says.
    """

    def __init__(self, roots, targets, retain_graph, create_graph):
        self.roots, self.targets, self.create_graph = roots, targets or (), create_graph
        self.keep = _keeps(retain_graph, create_graph)
        self.needed = None if targets is None else _leading_to(targets, [edge for edge, _ in roots])
        self.accumulates = targets is None  # in the `grad` of every leaf, where rules may write themselves
        self.gradients, self.heap = {}, []  # node: its gradient so far; (-number, node)
        self.may_keep = self.accumulates and not create_graph  # whether a gradient may become a `grad` as it is
        self.own = set()  # nodes whose gradient so far was made for them alone, and may be added to in place
        self.gathered = {}  # leaf with hooks, or among the targets: its gradient so far

    def __enter__(self):
        self.before, mode.enabled = mode.enabled, self.create_graph

    def __exit__(self, *error):
        mode.enabled = self.before

    def add(self, edge, g):
        """One more gradient for the node or leaf at the end of an edge."""
        if edge.__class__ is Leaf:
            if edge.hooks or edge in self.targets:
                self.gathered[edge] = self.gathered[edge] + g if edge in self.gathered else g
            elif self.may_keep and edge.grad is None and edge.home is None and is_unshared(g):
                edge.grad = g
            else:
                self.arrive(edge, g)
        elif edge in self.gradients:
            before = self.gradients[edge]
            if edge in self.own:
                launch(kernels.add, before.array, before.array, g.array)
            else:
                self.gradients[edge] = before + g
                if not self.create_graph:
                    self.own.add(edge)
        elif self.needed is None or edge in self.needed:
            self.gradients[edge] = g
            heappush(self.heap, (-edge.number, edge))

    def take_newest(self):
        """Take the node with the largest number and its gradient, which is complete: show it to hooks, retain it."""
        node = heappop(self.heap)[1]
        g = self.gradients.pop(node)
        self.own.discard(node)
        if node.hooks:
            g = _through_hooks(node, g)
        if node in self.targets:
            self.arrive(node, g)
        elif node.grad is not NOT_RETAINED:
            node.grad = g.clone() if node.grad is None else node.grad + g
        return node, g

    def given(self, node, g):
        """What the rules of a node take: the gradient g, and its output if it is saved; or what a joint rule found."""
        if node.output is None:
            given = (g,)
        else:
            array, version = node.output
            y = wrap(array)
            y._version = version
            if self.create_graph:
                y._edge = node
            given = g, y
        return given if node.joint is None else (node.joint(*given),)

    def target(self, edge, rule):
        """Keywords for a rule that can write the gradient where it belongs, or add it to what is there, if it may."""
        keywords = rule.__kwdefaults__
        if self.create_graph:
            return NO_TARGET
        if edge.__class__ is Leaf:
            if "out" in keywords and self.accumulates and not edge.hooks and edge.grad is None:
                home = edge.free_home()
                if home is not None:
                    return {"out": home.array}
        elif "add_to" in keywords:
            if edge in self.own:
                return {"add_to": self.gradients[edge].array}
            if edge not in self.gradients:
                self.own.add(edge)
        return NO_TARGET

    def finish(self):
        """Leaves with hooks, and targets, get the sum of all that was sent to them."""
        for leaf, g in self.gathered.items():
            self.arrive(leaf, _through_hooks(leaf, g))


class _IntoLeaves(_Pending):
    """The gradients on their way to the `grad` of every leaf, or of the leaves and nodes among the `targets`."""

    def __enter__(self):
        self.before = mode.enabled, mode.finishing
        mode.enabled, mode.finishing = self.create_graph, {}

    def __exit__(self, *error):
        mode.enabled, mode.finishing = self.before

    def arrive(self, edge, g):
        if edge.__class__ is not Leaf:
            edge.grad = edge.grad + g if isinstance(edge.grad, Tensor) else g.clone()
        elif self.accumulates or edge in self.targets:
            _accumulate(edge, g, self.create_graph)

    def finish(self):
        """Then what was given to `call_after` is called."""
        super().finish()
        for function in mode.finishing:
            function()


class _Collected(_Pending):
    """The gradients on their way to the `targets`, a dict of what has got to each; no `grad` is touched."""

    def arrive(self, edge, g):
        if edge in self.targets:
            self.targets[edge] = g if self.targets[edge] is None else self.targets[edge] + g


class _Inside(_Pending):
    """The gradients in a part of the graph that was recorded after `first`; those at its boundary stay there."""

    def __init__(self, roots, boundary, first, create_graph):
        super().__init__(roots, None, True, create_graph)
        self.accumulates = self.may_keep = False
        self.found, self.first = dict.fromkeys(boundary), first

    def add(self, edge, g):
        if edge in self.found:
            before = self.found[edge]
            self.found[edge] = g if before is None else before + g
            self.own.discard(edge)
        elif edge.__class__ is Leaf or edge.number <= self.first:
            raise GraphError("a function that was called again has used a tensor that it did not use the first time")
        else:
            super().add(edge, g)


def _keeps(retain_graph, create_graph):
    """Whether the graph is kept after the walk."""
    return create_graph if retain_graph is None else boolean("backward", "retain_graph", retain_graph)


def walk_inside(roots, boundary, first, create_graph):
    """The gradients at each edge of the boundary of a part of the graph, recorded after `first`; None for none."""
    pending = _Inside(roots, boundary, first, create_graph)
    _walk(pending)
    return [pending.found[edge] for edge in boundary]


def _through_hooks(edge, g):
    for hook in list((edge.hooks or {}).values()):
        changed = hook(g)
        if changed is not None:
            if not isinstance(changed, Tensor):
                raise TypeError(f"expected a hook to return a Tensor or None, got {type(changed).__name__}")
            check_alike("a hook to return a gradient of", changed, g)
            g = changed
    return g


def _in_backward_of(node, error):
    at = f" at {node.path}" if node.path else ""
    return type(error)(f"in the backward of {node.op!r}{at}: {error}")


def _accumulate(leaf, g, create_graph):
    """grad += g, where the first gradient after `zero_grad` overwrites."""
    grad = leaf.grad
    if create_graph:
        leaf.grad = g.clone() if grad is None else grad + g
    elif grad is None:
        # A copy, since somebody else holds it: a rule may hand the same array to two inputs, as that of x + y does.
        grad = leaf.free_home()
        if grad is None:
            grad = wrap(empty_like(g.array))
        launch(kernels.copy, grad.array, g.array)
        leaf.grad = grad
    else:
        check_writable("backward: grad", grad)
        launch(kernels.add, grad.array, grad.array, g.array)
        if leaf.seen or grad is not leaf.home:  # else nobody has it, and no node can have saved it
            grad.mark_written()


def _seed(output, gradient):
    """The gradient to start from at `output`."""
    if output._edge is None:
        raise GraphError("the output does not require grad: no operation on a tensor that requires grad made it")
    if output._base is not None:
        check_view("backward", output)
    if gradient is None:
        array = output.array
        if array.size != 1:
            raise GraphError(f"grad can be implicitly created only for scalar outputs, got shape {output.shape}")
        return wrap(full(array.shape, 1, array.dtype, array))
    if not isinstance(gradient, Tensor):
        raise TypeError(f"expected a Tensor as gradient, got {type(gradient).__name__}")
    check_alike("a gradient of the output's", gradient, output)
    return gradient


def _seeds(where, name, gradients, outputs):
    """A gradient or None for each output, to start from."""
    if gradients is None:
        return [None] * len(outputs)
    gradients = [gradients] if isinstance(gradients, Tensor) else gradients
    if not isinstance(gradients, tuple | list):
        raise wrong_kind(where, name, "a Tensor or a sequence of them", gradients)
    if len(gradients) != len(outputs):
        raise ShapeError(f"{where}: expected as many {name} as tensors, {len(outputs)}, got {len(gradients)}")
    return gradients


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
    """Accumulate ∂(Σ grad_tensor · tensor)/∂leaf into the `grad` of every leaf, or of `inputs` only.

    `grad_tensors` are needed for tensors with more than one element. The graph is freed on the way unless
    `retain_graph` (default: `create_graph`) asks to keep it. With `create_graph=True` the gradients themselves can
    be differentiated.

    Raises: GraphError if there is no graph, or it has been freed, or a saved tensor was overwritten since.
    """
    only("backward", "grad_variables", grad_variables, None)
    outputs = listed("backward", tensors, "tensors")
    gradients = _seeds("backward", "grad_tensors", grad_tensors, outputs)
    _walk(_into_leaves(zip(outputs, gradients), retain_graph, create_graph, inputs))


def backward_from(tensor, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Accumulate ∂(gradient · tensor)/∂leaf into the `grad` of every leaf, or of `inputs` only; see `backward`."""
    _walk(_into_leaves([(tensor, gradient)], retain_graph, create_graph, inputs))


def _into_leaves(seeds, retain_graph, create_graph, inputs):
    """The gradients at the outputs, on their way to the leaves."""
    create_graph = boolean("backward", "create_graph", create_graph)
    if batch.levels:
        raise GraphError("backward: inside vmap, grad attributes would hold a gradient for each element; use func.grad")
    roots = [(x._edge, _seed(x, g)) for x, g in seeds]
    wanted = None if inputs is None else {_edge_of(x): x for x in listed("backward", inputs, "inputs")}
    if wanted == {}:
        raise GraphError("expected at least one tensor in inputs, got none")
    return _IntoLeaves(roots, wanted, retain_graph, create_graph)


def call_after(finish):
    """Let a function be called once when the `backward` that runs has arrived everywhere; in `grad` nothing is."""
    if mode.finishing is not None:
        mode.finishing[finish] = True


def grad(
    outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None,
    is_grads_batched=False, materialize_grads=False,
):  # fmt: skip
    """The gradients Σ ∂(grad_outputs · outputs)/∂input as a tuple, one per input; no `grad` attribute is touched.

    Only nodes on a path to `inputs` are visited. An input that the outputs do not depend on raises GraphError, or
    gives None with `allow_unused=True`, zeros with `materialize_grads=True`.

    Raises: GraphError as `backward` does, and for an input that was not used; ShapeError, DTypeError for grad_outputs
    that do not fit.

    With `is_grads_batched`, each of `grad_outputs` has one dimension more, the first, and so has each gradient: there
    is one for each slice, and all of them come from one walk.
    """
    only("grad", "only_inputs", only_inputs, True)
    batched = boolean("grad", "is_grads_batched", is_grads_batched)
    create_graph = boolean("grad", "create_graph", create_graph)
    materialize_grads = boolean("grad", "materialize_grads", materialize_grads)
    allow_unused = materialize_grads if allow_unused is None else boolean("grad", "allow_unused", allow_unused)
    if materialize_grads and not allow_unused:
        raise ArgumentValueError("grad: expected allow_unused=True or None with materialize_grads=True, got False")
    outputs, inputs = listed("grad", outputs, "outputs"), listed("grad", inputs, "inputs")
    gradients = _seeds("grad", "grad_outputs", grad_outputs, outputs)
    found = (_gradients_of_each if batched else _gradients)(outputs, inputs, gradients, retain_graph, create_graph)
    if materialize_grads:
        found = [wrap(zeros(x.shape, x.dtype, x.array)) if g is None else g for x, g in zip(inputs, found)]
    unused = [i for i, g in enumerate(found) if g is None]
    if unused and not allow_unused:
        raise GraphError(
            f"inputs[{unused[0]}] appears not to have been used in the graph of the outputs; "
            "pass allow_unused=True to get None for it"
        )
    return tuple(found)


def _gradients(outputs, inputs, gradients, retain_graph, create_graph):
    """The gradient by each input, or None, from one for each output."""
    roots = [(x._edge, _seed(x, g)) for x, g in zip(outputs, gradients)]
    wanted = {_edge_of(x): None for x in inputs}
    _walk(_Collected(roots, wanted, retain_graph, create_graph))
    return [wanted[x._edge] for x in inputs]


def _gradients_of_each(outputs, inputs, gradients, retain_graph, create_graph):
    """The same for each slice along the first dimension of the gradients. The graph is freed once all are there."""
    keep, shapes = _keeps(retain_graph, create_graph), [None if g is None else g.shape for g in gradients]
    fits = [shape and shape[1:] == x.shape and shape[0] == shapes[0][0] for x, shape in zip(outputs, shapes)]
    if not fits or not all(fits):
        expected = [("n", *x.shape) for x in outputs]
        raise ShapeError(f"grad: expected grad_outputs of shapes {expected} with is_grads_batched, got {shapes}")
    found = of_each(lambda slices: _gradients(outputs, inputs, slices, True, create_graph), gradients)
    if not keep:
        for edge in _leading_to({_edge_of(x): None for x in inputs}, [x._edge for x in outputs]):
            if edge.__class__ is not Leaf:
                edge.free()
    return found


def _edge_of(x):
    if x._edge is None:
        raise GraphError(f"expected inputs that require grad, got one of shape {x.shape} that does not")
    if x._base is not None:
        check_view("grad", x)
    return x._edge


def _leading_to(targets, roots):
    """The nodes and leaves from which one of `targets` can be reached, the targets included."""
    seen = list(reachable(roots))
    nodes, needed = [edge for edge in seen if edge.__class__ is not Leaf], {edge for edge in seen if edge in targets}
    if len(needed) < len(targets):
        for node in nodes:
            if node.saved is None:  # the missing target may be what it came from
                raise_freed(node)
    for node in sorted(nodes, key=lambda node: node.number):
        if any(edge in needed for edge in node.edges):
            needed.add(node)
    return needed
