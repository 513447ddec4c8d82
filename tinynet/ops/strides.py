"""Views that are neither slices nor permutations: the same memory under any strides."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def restrided(array, shape, strides, shared=False):
    """The memory from the first element of an array on, in another shape and with other strides, in bytes.

    With `shared`, elements share memory, and it is not to be written through.
    """
    if array.__class__ is np.ndarray:
        return as_strided(array, shape, strides, writeable=array.flags.writeable and not shared)
    return array.__class__(array.memory, array.start, as_strided(array.meta, shape, strides))
