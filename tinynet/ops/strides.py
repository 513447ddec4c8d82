"""The memory in which an array lies, all of it: how large it is, and views of it under any strides."""

import math

import numpy as np

from ..kernels.meta import meta_array


def owner_of(array):
    """The NumPy array that owns the memory in which an array lies."""
    base = array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            array = base
        base = getattr(base, "base", None)
    return array


def storage_of(array):
    """(elements, offset) of the memory in which an array lies: how many it has, and which of them is the first here."""
    item = array.itemsize
    if array.__class__ is not np.ndarray:
        return array.memory.block.size // item, array.start // item
    start, last = _bytes_into_owner(array)
    return start // item + last // item, start // item


def _bytes_into_owner(array):
    """How many bytes of the owner's memory lie before an array, and how many from its first element on."""
    owner = owner_of(array)
    reach = sum([(n - 1) * s for n, s in zip(owner.shape, owner.strides) if s > 0]) + owner.itemsize
    before = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return before, (reach if owner.size else 0) - before


def in_storage(array, shape, strides, offset):
    """The memory in which an array lies, from element `offset` on, with strides in elements; a view.

    What shares elements is read-only. Raises ValueError where it leaves that memory.
    """
    item = array.itemsize
    steps = tuple([s * item for s in strides])
    if needed(shape, strides, offset) > storage_of(array)[0]:
        raise ValueError("the memory ends before")
    if array.__class__ is not np.ndarray:
        nbytes = (needed(shape, strides, offset) - offset) * item
        return array.__class__(array.memory, offset * item, meta_array(shape, array.dtype, nbytes, steps))
    owner, (before, _) = owner_of(array), _bytes_into_owner(array)
    in_order = owner.transpose(sorted(range(owner.ndim), key=lambda axis: -owner.strides[axis]))
    found = np.ndarray(shape, array.dtype, in_order, before % item + offset * item, steps)
    found.flags.writeable = array.flags.writeable and not shares_elements(shape, strides)
    return found


def shares_elements(shape, strides):
    """Whether two indices into an array of these strides, in elements, may mean one place in memory."""
    reach = 0
    for step, n in sorted(zip(strides, shape)):
        if n > 1:
            if step <= reach:
                return True
            reach += (n - 1) * step
    return False


def needed(shape, strides, offset):
    """How many elements a memory must have, for an array of these strides to lie in it from `offset` on."""
    return offset + 1 + sum([(n - 1) * s for n, s in zip(shape, strides)]) if math.prod(shape) else 0
