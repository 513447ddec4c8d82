"""New arrays that a launch has filled: with a number, with the elements of another, in another dtype.

Nothing else fills an array that tensors see, so an observer of launches knows where everything came from.
"""

from numpy import dtype as dtype_of
from numpy import ndarray

from . import reference as kernels
from .arrays import empty, empty_like, put
from .launch import launch


def full(shape, value, dtype, like):
    """`value` everywhere, on the device of `like`."""
    out = empty(shape, dtype, like)
    launch(kernels.fill, out, value)
    return out


def zeros(shape, dtype, like):
    """Zeros on the device of `like`."""
    return full(shape, 0, dtype, like)


def copied(x):
    """A copy of x, its dimensions in memory in the order in which those of x lie."""
    out = empty_like(x)
    launch(kernels.copy, out, x)
    return out


def contiguous(x):
    """x itself if its elements lie in memory in order, else a copy in which they do."""
    if x.flags.c_contiguous:
        return x
    out = empty(x.shape, x.dtype, x)
    launch(kernels.copy, out, x)
    return out


def converted(x, dtype):
    """x itself if it has this dtype, else a copy in which its elements are converted to it."""
    if x.dtype == dtype:
        return x
    out = empty_like(x, dtype_of(dtype))
    launch(kernels.cast, out, x)
    return out


def store(out, values):
    """out ← values, an array of the same shape and dtype, of the device of `out` or NumPy's."""
    launch(kernels.copy, out, put(values, out) if values.__class__ is not out.__class__ else values)


def in_shape(x, *shape):
    """The elements of x in another shape: a view where its memory allows, else a copy."""
    if x.__class__ is ndarray and not x.flags.c_contiguous:
        try:
            return x.reshape(shape, copy=False)
        except ValueError:
            x = contiguous(x)
    return x.reshape(shape)
