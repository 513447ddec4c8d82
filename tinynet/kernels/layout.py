"""Where results go: memory in the order in which the inputs lie.

An image of shape (N, C, H, W) may lie in memory as (N, H, W, C). Results of elementwise operations then lie so too, for
two reasons: the next convolution finds what it wants, and loops that run over memory from one end to the other may
ignore that there are dimensions.
"""

import numpy as np


def model(array):
    """An array for `np.empty_like`, which makes dense memory with the dimensions in the order of the strides."""
    if array.flags.c_contiguous or 0 not in array.strides:
        return array
    return np.empty(array.shape, array.dtype)  # a broadcast array says nothing of order


def common_model(shape, x, y):
    """Whichever of two operands has the shape of the result, as a model; if none has, any array of that shape."""
    for array in (x, y):
        if array.shape == shape and (array.flags.c_contiguous or 0 not in array.strides):
            return array
    return np.empty(shape, x.dtype)
