"""The table of translations: which function of the library's becomes which nodes.

    @translates(activation.relu)
    def relu(g, out, input):
        return g.op("Relu", input)

A translator receives the graph, the result of the call as a `Value`, and those arguments of the function that it names,
tensors as Values. It returns the name of the result in the graph, or a tuple of several. It imports nothing of onnx, so
that the table can be read without it.
"""

import inspect
from collections.abc import Callable
from typing import NamedTuple

SEAMS = {}  # id of the code of a function: its Seam


class Seam(NamedTuple):
    """A function whose calls are translated as a whole."""

    name: str
    function: Callable
    translator: Callable
    arguments: tuple  # the names of those that the translator takes
    inside: Callable | None  # of which arguments a call is not translated, but what it calls
    asked: tuple  # the names of the arguments that `inside` takes
    writes: str | None  # the argument that the function changes in place


def translates(*functions, inside=None, writes=None):
    """Decorates the translator of these functions."""

    def register(translator):
        for function in functions:
            code = function.__code__
            wanted = _parameters(translator)[2:]
            asked = _parameters(inside) if inside else ()
            known = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + 2], *code.co_freevars}
            if not known.issuperset(wanted + asked):
                raise TypeError(f"{function.__name__} has no {sorted({*wanted, *asked} - known)}")
            seam = Seam(function.__name__, function, translator, wanted, inside, asked, writes)
            SEAMS[id(code)] = seam
        return translator

    return register


def _parameters(function):
    return tuple(inspect.signature(function).parameters)
