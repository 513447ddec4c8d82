"""What a function returned, and how a program gives it back; or why it cannot."""

from collections import OrderedDict
from itertools import pairwise

import numpy as np

from ..convert import HoldsArray
from ..kernels import reference as kernels
from ..kernels.launch import run
from ..tensor import wrap
from ..trees import unflatten
from .recorder import Ref, refs
from .trace import Kind


class Result:
    """How to rebuild what a function returned."""

    def __init__(self, trace, found, structure):
        self.structure, self.parts = structure, []
        refs = iter(trace.results)
        for x in found:
            self.parts.append(self._part(x, trace, next(refs)) if isinstance(x, HoldsArray) else (None, x))

    def _part(self, x, trace, ref):
        buffer = trace.buffer(ref)
        if buffer is not None and buffer.kind is Kind.STATE:
            return None, x
        return ref, x._edge

    def place(self, array):
        """Find the arrays of a program in which the results lie; `array(ref)` gives one."""
        self.parts = [(ref if ref is None else array(ref), x) for ref, x in self.parts]

    def __call__(self):
        found = []
        for array, x in self.parts:
            if array is None:
                found.append(x)
            else:
                out = wrap(copy_of(array))
                out._edge = x
                found.append(out)
        return found[0] if self.structure is None else unflatten(self.structure, found)


def copy_of(array):
    """A copy in memory of its own, its dimensions in memory in the same order."""
    if isinstance(array, np.ndarray):
        return array.copy("K")
    out = array.new_like()
    run(kernels.copy, (out, array))
    return out


def has_graph(x):
    """Whether somebody may still walk backwards from a tensor."""
    return getattr(x._edge, "saved", None) is not None


def is_plain(structure):
    """Whether a result is made of tuples, lists and dicts."""
    if structure is None:
        return True
    kind, _, inside = structure
    known = kind in (tuple, list, dict, OrderedDict) or hasattr(kind, "_fields")
    return known and all(map(is_plain, inside))


def unreturnable(trace, found):
    """A text if a result is something that no program could give back; else None."""
    for x in found:
        if not isinstance(x, HoldsArray) and x.__class__ not in (type(None), bool, int, str):
            return f"it returns {type(x).__name__}, beside tensors; return a tensor, or read it outside"
    spans = sorted({(ref.start, ref.stop) for ref in trace.inputs})
    if any(start < stop for (_, stop), (start, _) in pairwise(spans)):
        return "two of its arguments share their memory"
    buffers = [trace.buffer(ref) for ref in trace.results if ref.stop > ref.start]
    if {trace.buffer(ref) for ref in trace.inputs if ref.stop > ref.start} & set(buffers):
        return "it returns an argument, or a view of one"
    if len(set(buffers)) < len(buffers):
        return "two of its results share their memory"
    return None


def unaccounted(trace, grads):
    """A text if memory that the step makes is there afterwards, and is neither returned nor a gradient; else None."""
    of_calls = [ref for x in trace.launches if x.call >= 0 for argument in x.arguments for ref in refs(argument)]
    found = [*trace.results, *of_calls, *(grad for grad in grads if isinstance(grad, Ref))]
    known = {trace.known_buffer(ref) for ref in found if ref.stop > ref.start}
    for buffer in trace.order:
        if buffer.kind is Kind.OUTPUT and buffer not in known:
            launch = trace.launches[buffer.first]
            return f"the result of {launch.kernel.name} at {launch.origin.place} is kept, but not returned"
    return None
