"""What is drawn of a graph: its operations and leaves by number, each before those that its gradients go to."""

from typing import NamedTuple

from ..autograd.graph import reachable
from ..leaf import Leaf


class Vertex(NamedTuple):
    """An operation, a leaf, or what stands for operations that are left out."""

    kind: str  # "operation", "leaf" or "gap"
    name: str
    shape: tuple | None
    module: str
    targets: list  # the numbers of the vertices that its gradients go to

    @property
    def size(self):
        return "" if self.shape is None else str(tuple(self.shape))


def vertices_of(edges, names, limit):
    """(vertices, how many operations there are) behind edges; leaves come last, and have the names that `names` gives.

    Of more than `limit` operations those in the middle are left out, and a "gap" stands in their place.
    """
    nodes = sorted((x for x in reachable(edges) if x.__class__ is not Leaf), key=lambda node: -node.number)
    first, left_out = limit - limit // 2, max(len(nodes) - limit, 0)
    newest, middle, oldest = nodes[:first], nodes[first : first + left_out], nodes[first + left_out :]
    gap = [None] if middle else []
    number = {node: i for i, node in enumerate([*newest, *gap, *oldest])}
    number |= dict.fromkeys(middle, first)
    shapes = {edge: None for edge in edges if edge.__class__ is Leaf}
    shapes |= {x: shape for node in newest + oldest for x, _, shape in node.inputs if x.__class__ is Leaf}
    number |= {leaf: len(newest + gap + oldest) + i for i, leaf in enumerate(shapes)}

    def targets(*nodes):
        return sorted({number[edge] for node in nodes for edge in node.edges if edge in number})

    def operation(node):
        return Vertex("operation", node.op, node.shape, node.path or _module(node, names), targets(node))

    between = [i for i in targets(*middle) if i != first]
    drawn = [Vertex("gap", f"{left_out:,} operations left out", None, "", between) for _ in gap]
    leaves = [Vertex("leaf", names.get(leaf, "leaf"), shape, "", []) for leaf, shape in shapes.items()]
    return [*map(operation, newest), *drawn, *map(operation, oldest), *leaves], len(nodes)


def _module(node, names):
    """The path of the module whose parameters an operation takes, as their names have it."""
    paths = {names[edge].rpartition(".")[0] for edge in node.edges if edge in names}
    return paths.pop() if len(paths) == 1 else ""


def leaf_names(model):
    """{leaf: name} of the parameters of a model."""
    return {p._edge or p._leaf: f"model.{name}" for name, p in model.named_parameters()}
