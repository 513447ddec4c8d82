"""Which gradients nobody else holds: such a one becomes a leaf's `grad` as it is, where others are copied.

A rule may return what it has captured, or hand one array to two inputs. Whether it has done so is seen by counting
references, to the tensor, to its array, and to the memory of that. How many there are when there are no others depends
on the interpreter, so it is counted once, in calls of the same form.
"""

from sys import getrefcount

import numpy as np
from numpy import ndarray

from ..tensor import wrap


def is_unshared(g):
    """Whether a variable of the caller's caller is all that holds the tensor g, and g all that holds its memory."""
    if getrefcount(g) > _OF_TENSOR or g.array.__class__ is not ndarray:
        return False
    array, size = g.array, g.array.nbytes
    if not (array.flags.c_contiguous and array.flags.writeable):
        return False
    while array is not None:
        if getrefcount(array) > _OF_ARRAY:
            return False
        array = getattr(array, "base", None)
        if array.__class__ is ndarray and array.nbytes > size:  # it would keep all of that
            return False
    return True


def _count():
    """The numbers of references that `is_unshared` sees where nobody else holds the tensor."""

    def caller(g):
        return seen(g)

    def seen(g):
        tensor = getrefcount(g)
        array = g.array
        return tensor, getrefcount(array)

    g = wrap(np.empty(1, np.float32))
    return caller(g)


_OF_TENSOR, _OF_ARRAY = _count()
