"""`tinynet.show`: a window onto what runs, from an equation to its machine code, and from a tensor to its graph."""

from ..arguments import integer, one_of, wrong_kind
from ..compiler import CompiledStep
from ..nn.module import Module
from ..tensor import Tensor
from .graph import Graph
from .model import ModelView
from .page import Page
from .vertices import leaf_names


class Source(str):
    """A program's text, which shows as it is."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


def show(what, *inputs, model=None, dtype="float32", limit=200):
    """Show what runs: an update rule, an operation or a kernel; the graph behind a tensor; what flows in a model.

        show("adam"), show(nn.functional.gelu)   equation, definition, loop, machine code, and where they are
        show(loss), show(loss, model=model)      the graph; with a model its parameters have their names
        show(model, *inputs)                     its modules, the shapes that flow, its parameters, and the graph
        show(compile(step))                      the program of a compiled function, as Python

    dtype: of the loop, float32 or float64.
    limit: how many operations of a graph are drawn.
    Returns an object that prints as text. Graphs are drawn in notebooks, and saved by `.save("graph.svg")`.

    Raises:
        ValueError: there is nothing of this name, or `dtype` is another.
        TypeError: `what` is nothing that can be shown.
    """
    limit = integer("show", "limit", limit, 2)
    if model is not None and not isinstance(model, Module):
        raise wrong_kind("show", "model", "a module", model)
    if isinstance(what, Module):
        return ModelView(what, inputs, limit)
    if inputs:
        raise TypeError(f"show: inputs go with a model, as in show(model, x); got them with a {type(what).__name__}")
    if isinstance(what, CompiledStep):
        return Source(what.source)
    if isinstance(what, Tensor):
        return Graph([what], {} if model is None else leaf_names(model), limit)
    name = getattr(dtype, "name", getattr(dtype, "__name__", dtype))  # of NumPy's dtypes and types
    return Page(what, one_of("show", "dtype", name, ("float32", "float64")))
