"""Stacks of matrices: how far it is in memory from one to the next, for leading dimensions of any strides."""

import math


def broadcast_strides(stack, shape, strides):
    """The strides of leading dimensions of this shape, broadcast to those of a stack: 0 where all are one matrix."""
    missing = len(stack) - len(shape)
    return (0,) * missing + tuple([0 if n == 1 else s for n, s in zip(shape, strides)])


def batch_strides(stack, *strides):
    """(inner, pairs): for arrays whose matrices lie in a stack with such strides, how far apart they are.

    A pair is (outer, inner) stride: the stack is counted through in two levels, `inner` matrices in the lower one. None
    where two levels will not do for all the arrays.
    """
    for split in range(max(len(stack), 1)):
        pairs = [(step(stack[:split], s[:split]), step(stack[split:], s[split:])) for s in strides]
        if not any(None in pair for pair in pairs):
            return math.prod(stack[split:]), pairs
    return None


def step(sizes, strides):
    """How far it is from one to the next if one counts through dimensions; None if it is not always as far."""
    found, count = 0, 1
    for n, stride in zip(reversed(sizes), reversed(strides)):
        if n > 1:
            if count > 1 and stride != count * found:
                return None
            found, count = found if count > 1 else stride, count * n
    return found
