"""A model and what flows through it: its modules, their outputs' shapes, its parameters, and the graph."""

import functools
import shutil

from ..autograd.mode import enable_grad
from ..nn.summary import flow, table
from ..tensor import Tensor
from ..trees import flatten
from .graph import Graph
from .vertices import leaf_names


class ModelView:
    """The modules of a model, and the graph of what it makes of inputs. Prints as text, is drawn in notebooks.

    The model runs once, in evaluation mode, so that no statistics change and no random numbers are drawn.
    """

    def __init__(self, model, inputs, limit):
        with enable_grad():
            shapes, out = flow(model, inputs) if inputs else ({}, None)
        self._table = functools.partial(table, model, shapes)
        tensors = [x for x in flatten(out)[0] if isinstance(x, Tensor)]
        names = {x._edge: f"input {i}" for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.is_leaf}
        self.graph = Graph(tensors, names | leaf_names(model), limit) if tensors else None

    def __str__(self):
        text = self._table(shutil.get_terminal_size((100, 24)).columns)
        return text if self.graph is None else f"{text}\n\n{self.graph}"

    __repr__ = __str__

    @property
    def svg(self):
        """The graph, as the text of an SVG. Raises ValueError where the model was shown without inputs."""
        return self._drawn().svg

    def _repr_html_(self):
        return f"{self._table().html}{'' if self.graph is None else self.graph.svg}"

    def save(self, path):
        """Write the graph to a file, as `Graph.save` does. Raises ValueError where there were no inputs."""
        self._drawn().save(path)

    def _drawn(self):
        if self.graph is None:
            raise ValueError("show: a model has a graph of what it makes of inputs: show(model, x)")
        return self.graph
