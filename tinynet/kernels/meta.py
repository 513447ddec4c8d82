"""Meta arrays: NumPy arrays of a shape and strides over addresses that are never read, and so take no memory.

Which views an array on the GPU has, of which shapes and strides, is asked of NumPy by taking them of its meta array.
"""

import mmap

import numpy as np

_region = np.empty(0, np.uint8)  # the addresses that meta arrays lie over; different ones may share them


def meta_array(shape, dtype, nbytes, strides=None):
    """A meta array over `nbytes` of address space."""
    global _region
    if _region.size < nbytes:
        size = max(1 << 30, 2 * nbytes)
        if hasattr(mmap, "MAP_NORESERVE"):
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_NORESERVE
            _region = np.frombuffer(mmap.mmap(-1, size, flags=flags, prot=mmap.PROT_READ), np.uint8)
        else:
            _region = np.frombuffer(mmap.mmap(-1, size, access=mmap.ACCESS_READ), np.uint8)
    return np.ndarray(shape, dtype, _region, 0, strides)


def address(meta):
    """Where a meta array begins, for the distance between two of them."""
    return meta.__array_interface__["data"][0]
