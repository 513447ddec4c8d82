"""What the tests of CUDA share: whether there is a GPU or its simulator, and one program on both devices."""

import numba
import numpy as np
from helpers import TINYNET, OnDevice, close, derivatives, numpy

import tinynet as tn
from tinynet.tensor import wrap

SIMULATED = bool(numba.config.ENABLE_CUDASIM)
LIBRARIES = {device: OnDevice(TINYNET, device) for device in ("cpu", "cuda")}


def on(device, array, dtype=None, requires_grad=True):
    """A leaf on a device with these values, in the same order of dimensions in memory."""
    x = wrap(np.asarray(array, dtype)).to(device).detach()
    return x.requires_grad_(requires_grad and x.is_floating_point())


def lies_alike(array):
    """A copy on the GPU of the memory over which a NumPy array lies, seen with the same strides from the same place."""
    memory = array
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    start, first = (a.__array_interface__["data"][0] for a in (array, memory))
    copy = tn.cuda.arrays().from_host(memory.ravel("K"))
    meta = copy.meta[(start - first) // array.itemsize :]
    meta = np.lib.stride_tricks.as_strided(meta, array.shape, array.strides)
    return type(copy)(copy.memory, copy.start + start - first, meta)


def results(function, inputs, device, dtype=None, second=False):
    """[y, gradients by the inputs, and with `second` the gradients of these] of function(library, *inputs)."""
    xs = [on(device, a, dtype) for a in inputs]
    y = function(LIBRARIES[device], *xs)
    make = lambda a: on(device, a, dtype)
    return [x for x in derivatives(y, xs, make, orders=1 + second) if x is not None]


def same_on_both(function, inputs, ulp=16, **options):
    """The results on the GPU, which must lie there, are those on the CPU but for rounding."""
    expected, actual = (results(function, inputs, device, **options) for device in ("cpu", "cuda"))
    assert all(x.is_cuda for x in actual), "a result does not lie on the GPU"
    for a, e in zip(actual, expected, strict=True):
        close(a, e, ulp=ulp, scale=max(1.0, float(np.abs(np.nan_to_num(numpy(e), posinf=0, neginf=0)).max(initial=0))))
