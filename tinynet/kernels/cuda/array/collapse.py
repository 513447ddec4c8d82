"""Arrays of any strides seen with as few dimensions as there can be, mostly none."""

import math

from .stacks import broadcast_strides


def collapse(layouts):
    """(shape, strides): the fewest dimensions of arrays (shape, strides, dtype), which broadcast to the first one's.

    `strides` has, for each array, elements from one to the next along each dimension. The shape is () if all lie alike,
    and densely: then element i of one belongs to element i of all.
    """
    shape, items = layouts[0][0], [dtype.itemsize for _, _, dtype in layouts]
    strides = [s if own == shape else broadcast_strides(shape, own, s) for own, s, _ in layouts]
    alike = all(s == strides[0] for s in strides) and all(item == items[0] for item in items)
    if alike and _is_dense(shape, strides[0], items[0]):
        return (), ()
    if all(own == shape and _is_contiguous(shape, s, dtype.itemsize) for own, s, dtype in layouts):
        return (), ()
    sizes, steps = [], []  # of the dimensions that are left, the outermost first; a step has a stride of each array
    for d in sorted((d for d in range(len(shape)) if shape[d] != 1), key=lambda d: -strides[0][d]):
        step = [s[d] for s in strides]
        if steps and all(outer == inner * shape[d] for outer, inner in zip(steps[-1], step)):
            sizes[-1], steps[-1] = sizes[-1] * shape[d], step
        else:
            sizes.append(shape[d])
            steps.append(step)
    sizes, steps = sizes or [1], steps or [[0] * len(strides)]
    return tuple(sizes), [tuple(step[i] // item for step in steps) for i, item in enumerate(items)]


def _is_contiguous(shape, strides, item):
    """Whether the elements of an array lie in memory in order, with none between them."""
    return all(n == 1 or s == item * math.prod(shape[d + 1 :]) for d, (n, s) in enumerate(zip(shape, strides)))


def _is_dense(shape, strides, item):
    """Whether an array covers one piece of memory, each element once."""
    expected = item
    for stride, n in sorted((s, n) for s, n in zip(strides, shape) if n != 1):
        if stride != expected:
            return False
        expected *= n
    return True
