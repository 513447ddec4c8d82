"""A part of the graph that is not kept: the walk backwards runs its function again, and goes through what that records.

    outer graph ← RecomputeNode ← outputs

The function runs recorded. Then only the edges are kept that lead out of what it has recorded, to nodes that were there
before it and to leaves, such as the parameters that it uses: its boundary.
"""

from operator import itemgetter

from ..errors import GraphError
from ..leaf import Leaf
from ..tensor import Tensor
from ..trees import flatten
from ..versions import tick
from .backward import walk_inside
from .function_node import CallNode, Gradients, OutputNode
from .mode import enable_grad, mode


def record_recomputed(op, function, again, inputs):
    """function(), a tree of tensors, of whose graph nothing is kept: the walk backwards calls `again` for it.

    `inputs` are the tensors that the function takes; if they were changed in place until then, it is an error.
    """
    first = tick()
    result = function()
    outputs = _inside(result, first)
    boundary = _boundary(outputs, first)
    if mode.enabled and outputs and boundary:
        node = RecomputeNode(op, again, boundary, outputs, inputs)
        for slot, y in enumerate(outputs):
            y._edge = node if len(outputs) == 1 else OutputNode(node, slot, y.array)
    return result


class RecomputeNode(CallNode):
    """What a function has computed, to be computed again where its gradients are wanted."""

    __slots__ = ("again", "outputs", "slots")

    def __init__(self, op, again, boundary, outputs, inputs):
        self.again, self.slots = again, range(len(outputs))
        self.outputs = [(y.array.shape, y.array.dtype) for y in outputs]
        wanted = [(edge, itemgetter(i), shape) for i, (edge, shape) in enumerate(boundary.items())]
        like = outputs[0].array if len(outputs) == 1 else Gradients
        super().__init__(op, wanted, [(x, x.array) for x in inputs], like)

    def joint(self, g):
        """The gradients by the boundary, from that of the output, or the Gradients of several."""
        first = tick()
        with enable_grad():
            outputs = _inside(self.again(), first)
        found = [(y.array.shape, y.array.dtype) for y in outputs]
        if found != self.outputs:
            raise GraphError(
                f"expected the same outputs when computed again, {_shown(self.outputs)}, got {_shown(found)}"
            )
        parts = g.parts if g.__class__ is Gradients else [g]
        roots = [(y._edge, part) for y, part in zip(outputs, parts) if part is not None]
        return walk_inside(roots, self.edges, first, mode.enabled)

    def free(self):
        """Drop the function, and with it all that it holds."""
        self.saved = self.again = None
        self.inputs = ()


def _shown(outputs):
    return ", ".join(f"{dtype} of shape {shape}" for shape, dtype in outputs) or "none"


def _is_inside(edge, first):
    return edge is not None and edge.__class__ is not Leaf and edge.number > first


def _inside(tree, first):
    """The tensors in a tree that were made after the number `first` and require grad, each once."""
    tensors = [x for x in flatten(tree)[0] if isinstance(x, Tensor) and _is_inside(x._edge, first)]
    return list({id(x): x for x in tensors}.values())


def _boundary(outputs, first):
    """{edge: shape} of the nodes from before `first`, and the leaves, to which the outputs lead first."""
    found, seen, stack = {}, set(), [y._edge for y in outputs]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            for edge, _, shape in node.inputs:
                if _is_inside(edge, first):
                    stack.append(edge)
                else:
                    found[edge] = shape
    return found
