"""The walk backwards: gradients flow from outputs to leaves, newest node first."""

from heapq import heappop, heappush

import numpy as np

from .. import tensor as _tensor
from ..arguments import boolean, only, wrong_kind
from ..errors import ArgumentValueError, GraphError, LocatedError, ShapeError
from ..kernels import reference as kernels
from ..kernels.arrays import empty_like
from ..kernels.filled import full, zeros
from ..kernels.launch import launch
from ..tensor import Leaf, Tensor, check_alike, check_writable, listed, wrap
from .graph import NOT_RETAINED, Node, PutBack, check_arrays, check_saved, enable_grad, no_grad


def _walk(roots, arrive, *, keep, create_graph, needed=None, targets=(), land=False):
    """Send each root's gradient along its edge, and on through the graph; `arrive(leaf, g)` takes what gets to a leaf.

    A node's number is larger than those of its inputs, so taking the largest number first means that a node is
    processed after everything that uses it. No recursion: a chain may be as long as memory allows.
    """
    pending = _Pending(arrive, needed, targets, create_graph, land)
    for edge, g in roots:
        pending.add(edge, g)
    while pending.heap:
        node, g = pending.newest()
        if node in targets:
            arrive(node, g)
        elif node.grad is not NOT_RETAINED:
            node.grad = g.clone() if node.grad is None else node.grad + g
        _check(node, g)
        for edge, rule, shape in zip(node.edges, node.rules, node.shapes):
            if edge is None or rule is None or (needed is not None and edge not in needed):
                continue
            try:
                gx = pending.apply(rule, node, edge, g)
            except LocatedError as error:
                raise _in_backward_of(node, error) from error
            if gx is not None:
                pending.add(edge, gx if gx.array.shape == shape else gx.sum_to_size(shape))
        if not keep:
            node.free()
    pending.finish()


class _Pending:
    """The gradients on their way: what each node has been sent so far, and in which order nodes are to be visited."""

    def __init__(self, arrive, needed, targets, create_graph, land):
        self.arrive, self.needed, self.targets = arrive, needed, targets
        self.create_graph, self.land = create_graph, land  # with `land`, rules may write straight into an arena
        self.gradients, self.heap = {}, []  # node: its gradient so far; (-number, node)
        self.own = set()  # nodes whose gradient so far was made for them alone, and may be added to in place
        self.hooked = {}  # leaf with hooks: its gradient so far

    def add(self, edge, g):
        """One more gradient for the node or leaf at the end of an edge."""
        if edge.__class__ is Leaf:
            if edge.hooks or edge in self.targets:
                self.hooked[edge] = self.hooked[edge] + g if edge in self.hooked else g
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

    def newest(self):
        """The node with the largest number, and its gradient, which is complete."""
        node = heappop(self.heap)[1]
        self.own.discard(node)
        g = self.gradients.pop(node)
        return node, _through_hooks(node, g) if node.hooks else g

    def apply(self, rule, node, edge, g):
        """The gradient that a rule of `node` gives, or None if it has been put where it belongs."""
        if node.output is not None:
            return rule(g, _output(node, self.create_graph))
        if rule.__class__ is PutBack and not self.create_graph and edge.__class__ is Node:
            if edge in self.own:
                rule.add(self.gradients[edge].array, g.array)
                return None
            gx = rule(g)
            if edge not in self.gradients:
                self.own.add(edge)
            return gx
        if not node.lands:
            return rule(g)
        gx = rule(g, _place(edge) if self.land else None)
        if gx is None:
            edge.grad = edge.home
            _mark_written(edge.home)
        return gx

    def finish(self):
        """Leaves with hooks get the sum of all that was sent to them."""
        for leaf, g in self.hooked.items():
            self.arrive(leaf, _through_hooks(leaf, g))


def _check(node, g):
    """Raise where what `node` needs was freed, given another array, or overwritten."""
    if node.rules is None:
        _raise_freed(node)
    check_arrays(node, g)
    if node.clock != _tensor._writes:
        check_saved(node)


def _raise_freed(node):
    raise GraphError(
        f"backward through {node.op!r} a second time: what it had saved was freed by the first; "
        "pass retain_graph=True to the first backward or grad"
    )


def _output(node, create_graph):
    out = wrap(node.output[0])
    out._written = node.output[1]
    if create_graph:
        out._edge = node
    return out


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
    if leaf.grad is None:
        # A copy always, since a rule may hand the same array to two inputs, as that of x + y does.
        if create_graph:
            leaf.grad = g.clone()
        else:
            grad = leaf.home_for_overwriting() if leaf.seen else leaf.home
            if grad is None:
                grad = wrap(empty_like(g.array))
            launch(kernels.copy, grad.array, g.array)
            _mark_written(grad)
            leaf.grad = grad
    elif create_graph:
        leaf.grad = leaf.grad + g
    else:
        check_writable("backward: grad", leaf.grad)
        launch(kernels.add, leaf.grad.array, leaf.grad.array, g.array)
        _mark_written(leaf.grad)


def _place(edge):
    """Where a rule may write the first gradient of a parameter: its piece of an optimizer's arena."""
    if edge.__class__ is not Leaf or edge.home is None or edge.grad is not None or edge.hooks:
        return None
    home = edge.home_for_overwriting() if edge.seen else edge.home
    return None if home is None else home.array


def _mark_written(grad):
    """Note the write as of the end of the walk, so that the walk itself sees that no saved tensor has changed."""
    grad.write_counter()[0] = _tensor._writes + 1


def _seed(output, gradient):
    """The gradient to start from at `output`."""
    if output._edge is None:
        raise GraphError("the output does not require grad: no operation on a tensor that requires grad made it")
    if gradient is None:
        if output.numel() != 1:
            raise GraphError(f"grad can be implicitly created only for scalar outputs, got shape {output.shape}")
        return wrap(full(output.shape, 1, output.dtype, output.array))
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

    Raises GraphError if there is no graph, or it has been freed, or a saved tensor was overwritten since.
    """
    only("backward", "grad_variables", grad_variables, None)
    outputs, create_graph = listed("backward", tensors, "tensors"), boolean("backward", "create_graph", create_graph)
    gradients = _seeds("backward", "grad_tensors", grad_tensors, outputs)
    roots = [(x._edge, _seed(x, g)) for x, g in zip(outputs, gradients)]
    wanted = None if inputs is None else {_edge_of(x): x for x in listed("backward", inputs, "inputs")}
    if wanted == {}:
        raise GraphError("expected at least one tensor in inputs, got none")

    def arrive(edge, g):
        if edge.__class__ is Leaf and (wanted is None or edge in wanted):
            _accumulate(edge, g, create_graph)
        elif edge.__class__ is Node:
            edge.grad = edge.grad + g if isinstance(edge.grad, Tensor) else g.clone()

    land = inputs is None and not create_graph
    _run(roots, arrive, wanted, retain_graph, create_graph, land)


def backward_from(tensor, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Accumulate ∂(gradient · tensor)/∂leaf into the `grad` of every leaf, or of `inputs` only; see `backward`."""
    backward([tensor], [gradient], retain_graph, create_graph, None, inputs)


def grad(
    outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None,
    is_grads_batched=False, materialize_grads=False,
):  # fmt: skip
    """The gradients Σ ∂(grad_outputs · outputs)/∂input as a tuple, one per input; no `grad` attribute is touched.

    Only nodes on a path to `inputs` are visited. An input that the outputs do not depend on raises GraphError, or
    gives None with `allow_unused=True`, zeros with `materialize_grads=True`.
    """
    only("grad", "only_inputs", only_inputs, True)
    only("grad", "is_grads_batched", is_grads_batched, False)
    create_graph = boolean("grad", "create_graph", create_graph)
    materialize_grads = boolean("grad", "materialize_grads", materialize_grads)
    allow_unused = materialize_grads if allow_unused is None else boolean("grad", "allow_unused", allow_unused)
    if materialize_grads and not allow_unused:
        raise ArgumentValueError("grad: expected allow_unused=True or None with materialize_grads=True, got False")
    outputs, inputs = listed("grad", outputs, "outputs"), listed("grad", inputs, "inputs")
    roots = [(x._edge, _seed(x, g)) for x, g in zip(outputs, _seeds("grad", "grad_outputs", grad_outputs, outputs))]
    wanted = {_edge_of(x): None for x in inputs}

    def arrive(edge, g):
        if edge in wanted:
            wanted[edge] = g if wanted[edge] is None else wanted[edge] + g

    _run(roots, arrive, wanted, retain_graph, create_graph)
    found = [wanted[x._edge] for x in inputs]
    if materialize_grads:
        found = [wrap(zeros(x.shape, x.dtype, x.array)) if g is None else g for x, g in zip(inputs, found)]
    unused = [i for i, g in enumerate(found) if g is None]
    if unused and not allow_unused:
        raise GraphError(
            f"inputs[{unused[0]}] appears not to have been used in the graph of the outputs; "
            "pass allow_unused=True to get None for it"
        )
    return tuple(found)


def _edge_of(x):
    if x._edge is None:
        raise GraphError(f"expected inputs that require grad, got one of shape {x.shape} that does not")
    return x._edge


def _run(roots, arrive, wanted, retain_graph, create_graph, land=False):
    keep = create_graph if retain_graph is None else boolean("backward", "retain_graph", retain_graph)
    needed = None if wanted is None else _leading_to(wanted, [edge for edge, _ in roots])
    with enable_grad() if create_graph else no_grad(), np.errstate(all="ignore"):
        try:
            _walk(roots, arrive, keep=keep, create_graph=create_graph, needed=needed, targets=wanted or (), land=land)
        finally:
            _tensor.count_write()


def _leading_to(targets, roots):
    """The nodes and leaves from which one of `targets` can be reached, the targets included."""
    seen, stack, nodes = set(), list(roots), []
    while stack:
        edge = stack.pop()
        if edge is None or edge in seen:
            continue
        seen.add(edge)
        if edge.__class__ is Node:
            nodes.append(edge)
            stack.extend(edge.edges)
    needed = {edge for edge in seen if edge in targets}
    if len(needed) < len(targets):
        for node in nodes:
            if node.rules is None:  # the missing target may be what it came from
                _raise_freed(node)
    for node in sorted(nodes, key=lambda node: node.number):
        if any(edge in needed for edge in node.edges):
            needed.add(node)
    return needed
