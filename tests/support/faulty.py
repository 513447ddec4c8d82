"""Cases that do what no kernel may, for the test of `guarded.py`."""

import ctypes

import numpy as np

from tinynet.kernels.runtime import memory

F32 = np.dtype("float32")


def byte(address):
    return ctypes.string_at(address, 1)


def past_the_end():
    a = memory.empty((5,), F32)
    return a.fill(0), byte(a.ctypes.data + a.nbytes)


def before_the_start():
    a = memory.empty((50_000,), F32)
    return a.fill(0), byte(a.ctypes.data - 1)


def after_its_death():
    address = np.ones(100).ctypes.data
    return byte(address)


def what_was_not_written():
    return memory.empty((5,), F32)


def an_input_of_odd_size():
    a = np.zeros(7, np.uint8)
    a[3:5].fill(1)
    return a.fill(0), byte(a.ctypes.data + 7)


def nothing():
    a = memory.zeros((50_000,), F32)
    return a[1:] + a[:-1]


def an_error():
    raise ValueError("of its own")


CASES = {f.__name__: f for f in (nothing, past_the_end, before_the_start, after_its_death, what_was_not_written,
                                 an_input_of_odd_size, an_error)}  # fmt: skip
