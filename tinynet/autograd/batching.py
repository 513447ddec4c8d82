"""Batches in the graph: a dimension of a tensor becomes a batch that is mapped over, and the other way.

A node that is made while a batch is mapped over has gradients that are of the batch too. If they are asked for by
somebody outside, its rules run as if inside, and what goes to a tensor that is the same for the whole batch is summed
over it, as what goes to a tensor that was broadcast is.
"""

import numpy as np

from ..kernels.batching import dispatch, rules  # noqa: F401 - which enters the rules
from ..kernels.batching.array import BatchedArray, Level, NeedsLoop, active, inside, levels_of
from .graph import record


class RecordedLevel(Level):
    """A level whose nodes know how gradients get out of it."""

    def __init__(self, size, randomness):
        super().__init__(size, randomness)
        dispatch.begin(self)

    def __del__(self):
        if dispatch is not None:  # else the interpreter is going
            dispatch.end(self)

    def adapt(self, node, array, inputs):
        """Let the rules of a node, whose output is of batches, run as where these are mapped over.

        `array` is that of the output, whose innermost batch this is, and `inputs` are the tensors of the operation.
        """
        if node.op == "vmap":
            return
        levels = levels_of(array)
        if node.joint is not None:
            node.joint = _at(levels, node.joint)
        wanted = [levels_of(x.array) for x in inputs if x is not None and x._edge is not None]
        node.inputs = [
            (edge, _outwards(levels, own, rule), shape) for own, (edge, rule, shape) in zip(wanted, node.inputs)
        ]


def _left(levels):
    return tuple([level for level in levels if level not in active.levels])


def _at(levels, function):
    def run(*given):
        with inside(active.levels + _left(levels)):
            return function(*given)

    return run


def _outwards(levels, own, rule):
    """A gradient rule in the batches `levels`, for an input that is of those in `own`."""

    def run(*given):
        around, left = active.levels, _left(levels)
        with inside(around + left):
            g = rule(*given)
        if g is None or all(level in own for level in left):
            return g
        return _summed(g, around, left, own)

    return run


def _summed(g, around, left, own):
    """The sum of g over the batches in `left`, the last of which is the innermost, but those in `own`."""
    if not left:
        return g
    *outer, level = left
    with inside(around + tuple(outer)):
        g = leave(g, level, 0)
        if level not in own:
            g = g.sum(0)
    g = _summed(g, around, tuple(outer), own)
    return enter(g, level, 0) if level in own else g


def enter(x, level, dim):
    """The tensor of a batch whose elements are the slices of x along a dimension."""
    array = BatchedArray(np.moveaxis(x.settle().array, dim, 0), level)
    return record("vmap", array, (x,), lambda g: leave(g, level, dim), view=True)


def leave(x, level, dim):
    """The elements of a batch as one tensor, along a dimension."""
    array, size = x.array, level.size
    own = array.__class__ is BatchedArray and array.level is level
    if not own:
        repeated = np.broadcast_to(array, (size, *array.shape))
        return record("vmap_same", np.moveaxis(repeated, 0, dim), (x,), lambda g: g.sum(dim), view=True)
    found = np.moveaxis(array.physical, 0, dim)
    return record("vmap", found, (x,), lambda g: enter(g, level, dim), view=True)


def of_each(function, tensors):
    """The tensors that a function makes of those slices along the first dimension, stacked; None stays None.

    It is called once, for all of them, or where it reads a value of one, for one after another. It returns a list.
    """
    size = len(tensors[0])
    level = RecordedLevel(size, "error")
    try:
        with inside((*active.levels, level)):
            found = function([enter(x, level, 0) for x in tensors])
    except NeedsLoop as error:
        if error.level is not level:
            raise
        each = [[x[b] for x in tensors] for b in range(size)] or [[zero_slice(x, 0) for x in tensors]]
        return [_stacked(of_one, size) for of_one in zip(*map(function, each))]
    return [None if x is None else leave(x, level, 0) for x in found]


def _stacked(rows, size):
    if rows[0] is None:
        return None
    out = rows[0].new_empty((len(rows), *rows[0].shape))
    for b, row in enumerate(rows):
        out[b] = row
    return out[:size]


def zero_slice(x, dim):
    """Zeros in place of a slice along a dimension of size 0: what a function makes of them has the right shape."""
    return x.sum(dim, dtype=x.dtype)
