"""Where results go: memory in the order in which the inputs lie, and on their device.

An image of shape (N, C, H, W) may lie in memory as (N, H, W, C). Results of elementwise operations then lie so too, for
two reasons: the next convolution finds what it wants, and loops that run over memory from one end to the other may
ignore that there are dimensions.
"""

from numpy import ndarray

from .arrays import empty


def model(array):
    """An array for `np.empty_like`, which makes dense memory with the dimensions in the order of the strides."""
    if array.flags.c_contiguous or 0 not in array.strides:
        return array
    return empty(array.shape, array.dtype, array)  # a broadcast array says nothing of order


def common_model(shape, x, y):
    """Whichever of two operands has the shape of the result, as a model; if none has, any array of that shape."""
    if x.__class__ is ndarray is not y.__class__:  # a number beside an array on a device
        x = y
    for array in (x, y):
        if array.shape == shape and (array.flags.c_contiguous or 0 not in array.strides):
            return array
    return empty(shape, x.dtype, x)
