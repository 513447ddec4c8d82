"""The graph behind tensors, drawn as text and as SVG: operations, shapes, modules, and where gradients go."""

import os
import shutil
import textwrap
from pathlib import Path

from ..errors import ArgumentValueError
from ..leaf import Leaf
from .lanes import lanes
from .layers import Layout
from .picture import INK, MUTED, Picture
from .vertices import vertices_of

LONG_EDGE = 3  # layers; a leaf with a longer one gets a box at each of its uses
BOX, ROW, MARGIN = 58, 92, 16  # the height of a box, from one layer to the next, around all, in pixels
FILLS = {"operation": "engine", "leaf": "scalar", "gap": "memory"}
WEIGHTS = {"operation": 12, "leaf": 1, "gap": 12}  # how much it counts that edges are upright


class Graph:
    """The graph of one or several tensors. Prints as text, is drawn as SVG in notebooks, and saved by `save`.

    `names` has the leaves' names. Of more than `limit` operations those in the middle are left out.
    """

    def __init__(self, tensors, names, limit):
        edges = [x._edge for x in tensors if x._edge is not None]
        self.vertices, self.operations = vertices_of(edges, names, limit)
        self.title = _title(tensors, edges, self.operations, sum(v.kind == "leaf" for v in self.vertices))

    # As text

    def __str__(self):
        width = max(shutil.get_terminal_size((100, 24)).columns, 40)
        title = textwrap.wrap(self.title, width)
        return "\n".join([*title, "", *self._rows(width)] if self.operations else title)

    __repr__ = __str__

    def _rows(self, width):
        """A row for each operation, with the leaves that it has gradients for."""
        shown = [v for v in self.vertices if v.kind != "leaf"]  # they come first
        drawn = list(lanes([[t for t in v.targets if t < len(shown)] for v in shown]))
        left = max(len(line) for links, own in drawn for line in (*links, own))
        wide = [max(len(getattr(v, name)) for v in shown if v.kind != "gap") for name in ("name", "size")]
        room = max(width - left - sum(wide) - 6, 12)
        cells = [(v.name, v.size, _end(v.module, room)) for v in shown]
        widths = [*wide, max(len(module) for *_, module in cells)]
        for vertex, cell, (links, own) in zip(shown, cells, drawn):
            yield from links
            row = "  ".join([own.ljust(left), *(text.ljust(w) for text, w in zip(cell, widths) if w)])
            leaves = [_brief(self.vertices[t], vertex.module) for t in vertex.targets if t >= len(shown)]
            row = f"{row}  → {', '.join(leaves)}" if leaves else row.rstrip()
            first, *rest = textwrap.wrap(row, width, subsequent_indent=" " * (left + 4), break_long_words=False)
            passing = own.replace("●", "│")
            yield from [first, *(passing + line[len(passing) :] for line in rest)]

    # As SVG

    @property
    def svg(self):
        """The drawing, as the text of an SVG."""
        vertices, targets = _with_near_leaves(self.vertices)
        lines = [[(v.name, 13, INK), *((text, 11, MUTED) for text in (v.size, v.module) if text)] for v in vertices]
        widths = [max(len(words) * size * 0.56 for words, size, _ in found) + 20 for found in lines]
        layout = Layout(targets, widths, [WEIGHTS[v.kind] for v in vertices])
        wide = max([layout.width, len(self.title) * 6.5]) + 2 * MARGIN
        left, top = (wide - layout.width) / 2, MARGIN + 28
        picture = Picture(wide, top + len(layout.rows) * ROW - (ROW - BOX) * bool(layout.rows) + MARGIN)
        picture.text(MARGIN, MARGIN + 10, self.title, 12, MUTED, "start")
        for route in layout.routes:
            (x, y), *between, (u, v) = [(left + x, top + layer * ROW + BOX / 2) for x, layer in route]
            picture.path([(x, y + BOX / 2), *between, (u, v - BOX / 2)])
        for vertex, x, layer, width, found in zip(vertices, layout.x, layout.layer, widths, lines):
            corner = BOX / 2 if vertex.kind == "leaf" else 6
            picture.box(left + x - width / 2, top + layer * ROW, width, BOX, FILLS[vertex.kind], found, corner)
        return str(picture)

    def _repr_svg_(self):
        return self.svg

    def save(self, path):
        """Write the drawing to a file whose name ends in .svg, or the text to one whose name ends in .txt.

        Raises: ValueError for another ending.
        """
        path = Path(os.fspath(path))
        if path.suffix not in (".svg", ".txt"):
            raise ArgumentValueError(f"save: expected a name that ends in .svg or .txt, got {str(path)!r}")
        path.write_text(self.svg if path.suffix == ".svg" else f"{self}\n", encoding="utf-8")


def _title(tensors, edges, operations, leaves):
    """A line on what is drawn, or why nothing is."""
    shapes = ", ".join(str(tuple(x.shape)) for x in tensors[:4]) + (", ..." if len(tensors) > 4 else "")
    what = f"tensor of shape {shapes}" if len(tensors) == 1 else f"{len(tensors)} tensors of shapes {shapes}"
    if not edges:
        return f"{what}: no gradient goes anywhere, since nothing was recorded"
    if not operations:
        return f"{what}: a leaf, where gradients arrive"
    if any(edge.__class__ is not Leaf and edge.saved is None for edge in edges):
        return f"{what}: backward() has freed the graph, unless it is told retain_graph=True"
    counts = f"{_count(operations, 'operation', 'operations')}, {_count(leaves, 'leaf', 'leaves')}"
    return f"{what}: {counts}; gradients go down"


def _count(n, one, many):
    return f"{n:,} {one if n == 1 else many}"


def _end(path, width):
    """The end of a path that is longer than `width`."""
    return path if len(path) <= width else f"…{path[len(path) - width + 1 :]}"


def _brief(leaf, module):
    """A leaf in the row of an operation of this module."""
    return f"{leaf.name.removeprefix(f'{module}.')} {leaf.size}"


def _with_near_leaves(vertices):
    """(vertices, the targets of each), where a leaf that is used in layers far apart is drawn at each use."""
    vertices, targets, uses = list(vertices), [list(v.targets) for v in vertices], [[] for _ in vertices]
    depth = Layout.depths(targets)
    for u, found in enumerate(targets):
        for v in found:
            uses[v].append(u)
    for v, found in enumerate(uses):
        if vertices[v].kind == "leaf" and found and depth[v] - min(depth[u] for u in found) > LONG_EDGE:
            vertices[v] = vertices[v]._replace(name=f"{vertices[v].name}, 1 of {len(found)} uses")
            for u in found[1:]:
                targets[u][targets[u].index(v)] = len(vertices)
                vertices.append(vertices[v])
                targets.append([])
    return vertices, targets
